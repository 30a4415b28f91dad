package dev.tethys.insight.deployments;

/**
 * Range of time.
 *
 * @param from Unix milliseconds
 * @param to Unix milliseconds, above {@code from}
 */
public record TimeWindow(long from, long to) {
  public TimeWindow {
    if (from >= to) {
      throw new IllegalArgumentException("window from " + from + " to " + to + " has no length");
    }
  }

  long length() {
    return to - from;
  }

  TimeWindow shifted(long millis) {
    return new TimeWindow(from + millis, to + millis);
  }
}
