package dev.tethys.model;

/** Validation of names: any non-empty UTF-8, or the older narrow alphabet ("legacy"). */
public final class LabelNames {
  private LabelNames() {}

  /** {@code [a-zA-Z_][a-zA-Z0-9_]*}. */
  public static boolean isLegacyLabelName(String s) {
    return isLegacy(s, false);
  }

  /** {@code [a-zA-Z_:][a-zA-Z0-9_:]*}. */
  public static boolean isLegacyMetricName(String s) {
    return isLegacy(s, true);
  }

  /** Accepts any non-empty text that can be encoded in UTF-8. */
  public static boolean isUtf8LabelName(String s) {
    for (int i = 0; i < s.length(); i++) {
      char c = s.charAt(i);
      if (Character.isSurrogate(c)) {
        boolean pair = i + 1 < s.length() && Character.isSurrogatePair(c, s.charAt(i + 1));
        if (!pair) {
          return false;
        }
        i++;
      }
    }
    return !s.isEmpty();
  }

  private static boolean isLegacy(String s, boolean colon) {
    for (int i = 0; i < s.length(); i++) {
      char c = s.charAt(i);
      boolean ok =
          c >= 'a' && c <= 'z'
              || c >= 'A' && c <= 'Z'
              || c == '_'
              || c == ':' && colon
              || c >= '0' && c <= '9' && i > 0;
      if (!ok) {
        return false;
      }
    }
    return !s.isEmpty();
  }
}
