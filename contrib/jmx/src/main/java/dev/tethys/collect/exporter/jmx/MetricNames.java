package dev.tethys.collect.exporter.jmx;

/** Names of metrics and labels derived from bean names. */
final class MetricNames {
  /** Suffixes that Prometheus's client for Java removes, since they denote the kind of a sample. */
  private static final String[] RESERVED = {"_total", "_created", "_bucket", "_info"};

  private MetricNames() {}

  /**
   * Keeps letters, digits and colons; replaces each run of other characters with one underscore.
   */
  static String safe(String name) {
    StringBuilder b = new StringBuilder(name.length() + 1);
    if (!name.isEmpty() && Character.isDigit(name.charAt(0))) {
      b.append('_');
    }
    boolean gap = false;
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      boolean legal =
          c == ':' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
      if (legal) {
        b.append(c);
      } else if (!gap) {
        b.append('_');
      }
      gap = !legal;
    }
    return b.toString();
  }

  /** Labels have no colons. */
  static String label(String name) {
    return safe(name).replace(':', '_');
  }

  /** Converts {@code OpenFileCount} to {@code open_file_count}; a run of capitals is one word. */
  static String snakeCase(String name) {
    StringBuilder b = new StringBuilder(name.length() + 8);
    boolean joined = true;
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      boolean upper = Character.isUpperCase(c);
      if (upper && !joined) {
        b.append('_');
      }
      b.append(Character.toLowerCase(c));
      joined = upper || c == '_';
    }
    return b.toString();
  }

  /** Returns the family name without reserved suffixes. */
  static String family(String name) {
    String n = name;
    boolean again = true;
    while (again) {
      again = false;
      for (String ending : RESERVED) {
        if (n.equals(ending)) {
          return ending.substring(1);
        }
        if (n.endsWith(ending)) {
          n = n.substring(0, n.length() - ending.length());
          again = true;
        }
      }
    }
    return n;
  }
}
