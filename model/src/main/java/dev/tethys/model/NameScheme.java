package dev.tethys.model;

/** Validation scheme for names. */
public enum NameScheme {
  /** Any non-empty text. */
  UTF8,
  /** The narrow alphabet of Prometheus before version 3. */
  LEGACY;

  /** Whether a label may have this name. */
  public boolean isValidLabelName(String s) {
    return this == UTF8 ? isText(s) : LabelNames.isLegacyLabelName(s);
  }

  /** Whether a metric may have this name. */
  public boolean isValidMetricName(String s) {
    return this == UTF8 ? isText(s) : LabelNames.isLegacyMetricName(s);
  }

  private static boolean isText(String s) {
    if (s.isEmpty()) {
      return false;
    }
    for (int i = 0; i < s.length(); i++) {
      char c = s.charAt(i);
      if (Character.isSurrogate(c)) {
        if (!Character.isHighSurrogate(c)
            || i + 1 == s.length()
            || !Character.isLowSurrogate(s.charAt(i + 1))) {
          return false;
        }
        i++;
      }
    }
    return true;
  }
}
