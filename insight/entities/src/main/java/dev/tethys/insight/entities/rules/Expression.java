package dev.tethys.insight.entities.rules;

import dev.tethys.model.regex.Groups;
import dev.tethys.model.regex.Regex;
import java.util.List;
import java.util.function.BiConsumer;

/**
 * RE2 expression that must match entire values.
 *
 * @param groups names of its groups
 */
public record Expression(Regex regex, List<String> groups) {
  /**
   * Reads an expression.
   *
   * @throws IllegalArgumentException if it is not valid
   */
  static Expression parse(String text) {
    Regex r = Regex.whole(text);
    r.matches(""); // refuses what is too large
    return new Expression(
        r, text.contains("(?") ? r.groupNames().keySet().stream().sorted().toList() : List.of());
  }

  boolean matches(String value) {
    return regex.matches(value);
  }

  /** Visits the named groups of a value that matches. */
  void forEachGroup(String value, BiConsumer<String, String> visitor) {
    if (groups.isEmpty()) {
      return;
    }
    Groups g = regex.groups(value);
    if (g.matches()) {
      for (String name : groups) {
        String v = g.group(name);
        if (v != null) {
          visitor.accept(name, v);
        }
      }
    }
  }
}
