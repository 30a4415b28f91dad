package dev.tethys.insight.inspections.definition;

import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Named query parts, referenced in queries as {@code $name}. */
final class InspectionDefinitions {
  /** The longest query, with all definitions filled in. */
  static final int MAX_QUERY = 32_000;

  private static final Pattern REFERENCE = Pattern.compile("\\$([a-z][a-z0-9_]*)");

  private final Map<String, String> texts;

  InspectionDefinitions(Map<String, String> texts) {
    this.texts = Map.copyOf(texts);
  }

  /** Returns a copy with further definitions, which replace those of the same name. */
  InspectionDefinitions with(Map<String, String> others) {
    Map<String, String> all = new LinkedHashMap<>(texts);
    all.putAll(others);
    return new InspectionDefinitions(all);
  }

  /** Whether queries can refer to a name. */
  static boolean isName(String name) {
    return REFERENCE.matcher("$" + name).matches();
  }

  Map<String, String> texts() {
    return texts;
  }

  /**
   * Fills in definitions, each in parentheses.
   *
   * @throws IllegalArgumentException if one is missing or refers to itself, or the result is too
   *     long
   */
  String fill(String query) {
    return fill(query.strip(), new HashSet<>());
  }

  private String fill(String text, Set<String> open) {
    Matcher m = REFERENCE.matcher(text);
    StringBuilder out = new StringBuilder();
    int at = 0;
    while (m.find()) {
      String name = m.group(1);
      String definition = texts.get(name);
      if (definition == null) {
        throw new IllegalArgumentException(
            "$"
                + name
                + " has no definition; defined: "
                + String.join(", ", new TreeSet<>(texts.keySet())));
      }
      if (!open.add(name)) {
        throw new IllegalArgumentException("the definition of $" + name + " refers to itself");
      }
      out.append(text, at, m.start()).append('(');
      out.append(fill(definition.strip(), open)).append(')');
      open.remove(name);
      at = m.end();
      if (out.length() > MAX_QUERY) {
        break;
      }
    }
    out.append(text, at, text.length());
    if (out.length() > MAX_QUERY) {
      throw new IllegalArgumentException(
          "the query has more than " + MAX_QUERY + " characters with its definitions; shorten it");
    }
    return out.toString();
  }
}
