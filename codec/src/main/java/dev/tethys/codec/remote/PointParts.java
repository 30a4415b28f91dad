package dev.tethys.codec.remote;

/**
 * Recognises by name and label which neighbouring series are parts of one classic histogram or one
 * summary: buckets or quantiles first, then sum and count, as exporters write them.
 */
public final class PointParts {
  private PointParts() {}

  /**
   * Returns the label that distinguishes the buckets or quantiles of a point, given the series
   * name.
   */
  public static String bound(String name) {
    return name.endsWith("_bucket") ? "le" : "quantile";
  }

  /**
   * Whether a series continues the point of the preceding series.
   *
   * @param before name of the series before
   * @param name series name
   * @param bound value of its label {@link #bound}; empty if none
   */
  public static boolean continues(String before, String name, String bound) {
    if (before.isEmpty()) {
      return false;
    }
    if (isTotal(name)) {
      return base(before).equals(base(name)) && !before.equals(name);
    }
    return !bound.isEmpty() && before.equals(name);
  }

  private static boolean isTotal(String name) {
    return name.endsWith("_sum") || name.endsWith("_count");
  }

  private static String base(String name) {
    for (String s : new String[] {"_bucket", "_sum", "_count"}) {
      if (name.endsWith(s)) {
        return name.substring(0, name.length() - s.length());
      }
    }
    return name;
  }
}
