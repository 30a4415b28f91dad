package dev.tethys.config;

/**
 * A configuration that a person must change. The message is complete: {@code file:line:column: what
 * is wrong and what is allowed}. Secrets in URLs that it quotes are masked.
 */
public class ConfigException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String problem;

  public ConfigException(String where, String problem) {
    super(Redaction.text(where.isEmpty() ? problem : where + ": " + problem));
    this.problem = Redaction.text(problem);
  }

  /** What is wrong, without the position. */
  public String problem() {
    return problem;
  }
}
