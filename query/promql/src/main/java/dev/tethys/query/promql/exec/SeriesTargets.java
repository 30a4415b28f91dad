package dev.tethys.query.promql.exec;

/** Questions about finished columns. */
final class SeriesTargets {
  private SeriesTargets() {}

  /** Whether no step has a sample. */
  static boolean isEmpty(Column c) {
    for (int s = 0; s < c.values().length; s++) {
      if (c.has(s)) {
        return false;
      }
    }
    return true;
  }
}
