package dev.tethys.query.promql.exec;

/** Interpretation of the start times of two neighbouring samples; 0 is an unknown time. */
final class StartTimes {
  private StartTimes() {}

  /**
   * Whether the counter was reset between two samples. A start equal to the time of the sample
   * before is a reset only if that sample's own start is known: so it is with delta series, while a
   * cumulative series with an unknown start looks the same without.
   */
  static boolean reset(long previousStart, long previousTime, long start, long time) {
    if (start == 0 || start >= time || start < previousTime) {
      return false;
    }
    if (start > previousTime) {
      return true;
    }
    return previousStart <= previousTime && previousStart != 0 && previousStart != previousTime;
  }

  /** Whether a sample claims to have begun before the previous one ended. */
  static boolean overlap(long previousStart, long previousTime, long start) {
    return start != 0 && start < previousTime && start != previousStart;
  }
}
