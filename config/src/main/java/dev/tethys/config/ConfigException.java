package dev.tethys.config;

/**
 * Configuration error that must be fixed by a person. The message is complete: {@code
 * file:line:column: problem and accepted values}. Secrets in quoted URLs are masked.
 */
public class ConfigException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String problem;

  public ConfigException(String where, String problem) {
    super(Redaction.text(where.isEmpty() ? problem : where + ": " + problem));
    this.problem = Redaction.text(problem);
  }

  /** Returns the problem, without the position. */
  public String problem() {
    return problem;
  }
}
