package dev.tethys.codec.otlp;

import java.util.List;

/**
 * Names of attributes, chosen by patterns in which {@code *} is any text and {@code ?} any one
 * character.
 *
 * @param included names that match one of these, unless they are excluded
 * @param excluded names that match one of these are not
 */
public record AttributeNames(List<String> included, List<String> excluded) {
  /** No name at all. */
  public static final AttributeNames NONE = new AttributeNames(List.of(), List.of());

  public AttributeNames {
    included = List.copyOf(included);
    excluded = List.copyOf(excluded);
  }

  /** Whether a name is selected. */
  public boolean contains(String name) {
    return included.stream().anyMatch(p -> matches(p, name))
        && excluded.stream().noneMatch(p -> matches(p, name));
  }

  /** Backtracks to the last star only, which bounds the time of a match. */
  private static boolean matches(String pattern, String name) {
    int p = 0;
    int n = 0;
    int star = -1;
    int from = 0; // rest of the name after the last star's match
    while (n < name.length()) {
      char c = p < pattern.length() ? pattern.charAt(p) : 0;
      if (c == '*') {
        star = p++;
        from = n;
      } else if (p < pattern.length() && (c == '?' || c == name.charAt(n))) {
        p++;
        n++;
      } else if (star >= 0) {
        p = star + 1;
        n = ++from;
      } else {
        return false;
      }
    }
    while (p < pattern.length() && pattern.charAt(p) == '*') {
      p++;
    }
    return p == pattern.length();
  }
}
