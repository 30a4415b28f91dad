package dev.tethys.tools.ruletest;

import dev.tethys.alert.rule.RuleFileException;
import dev.tethys.config.ConfigException;
import java.util.List;

/** Errors of a rule file in promtool's format: {@code file: line:column: text}. */
public final class RuleErrors {
  private RuleErrors() {}

  /** Returns one text for each mistake. */
  public static List<String> of(String file, ConfigException e) {
    List<String> all =
        e instanceof RuleFileException r
            ? r.problems()
            : String.valueOf(e.getMessage()).lines().toList();
    return all.stream()
        .map(
            p ->
                p.startsWith(file + ":") ? file + ": " + p.substring(file.length() + 1).strip() : p)
        .toList();
  }
}
