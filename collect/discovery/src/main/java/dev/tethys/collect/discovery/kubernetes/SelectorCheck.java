package dev.tethys.collect.discovery.kubernetes;

import com.google.re2j.Pattern;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Checks selectors of labels and fields before a server sees them. */
final class SelectorCheck {
  private static final String NAME = "[A-Za-z0-9]([-A-Za-z0-9_./]*[A-Za-z0-9])?";
  private static final String VALUE = "([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?";
  private static final Pattern LABEL =
      Pattern.compile(
          "\\s*(!?\\s*"
              + NAME
              + "|"
              + NAME
              + "\\s*(=|==|!=)\\s*"
              + VALUE
              + "|"
              + NAME
              + "\\s*[<>]\\s*-?[0-9]+|"
              + NAME
              + "\\s+(in|notin)\\s*\\(\\s*"
              + VALUE
              + "\\s*(,\\s*"
              + VALUE
              + "\\s*)*\\))\\s*");

  private SelectorCheck() {}

  /** Problem of one of the two selectors, or null. */
  static @Nullable String problem(String label, String field) {
    if (!field.isEmpty()) {
      for (String term : field.split(",", -1)) {
        if (!term.isEmpty() && term.indexOf('=') <= 0) {
          return "invalid selector: '" + field + "'; can't understand '" + term + "'";
        }
      }
    }
    if (!label.isBlank()) {
      for (String term : terms(label)) {
        if (!LABEL.matches(term)) {
          return "unable to parse requirement: \""
              + term.strip()
              + "\" in label selector \""
              + label
              + "\"";
        }
      }
    }
    return null;
  }

  /** Parts between commas that are not in parentheses. */
  private static List<String> terms(String s) {
    List<String> out = new ArrayList<>();
    int depth = 0;
    int from = 0;
    for (int i = 0; i <= s.length(); i++) {
      char c = i == s.length() ? ',' : s.charAt(i);
      depth += c == '(' ? 1 : c == ')' ? -1 : 0;
      if (c == ',' && (depth == 0 || i == s.length())) {
        out.add(s.substring(from, i));
        from = i + 1;
      }
    }
    return out;
  }
}
