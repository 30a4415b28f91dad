package dev.tethys.alert.rule;

import dev.tethys.config.ConfigException;
import java.util.List;

/** Rule file errors that require manual changes; lists all errors found. */
public final class RuleFileException extends ConfigException {
  private static final long serialVersionUID = 1L;

  private final List<String> problems;

  RuleFileException(List<String> problems) {
    super("", String.join("\n", problems));
    this.problems = List.copyOf(problems);
  }

  /** Returns the messages of all errors, with {@code file:line:column}. */
  public List<String> problems() {
    return problems;
  }
}
