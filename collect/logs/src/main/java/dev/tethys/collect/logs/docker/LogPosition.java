package dev.tethys.collect.logs.docker;

import org.jspecify.annotations.Nullable;

/**
 * Read position in a container's log: a timestamp and a count, as several lines may have the same
 * one.
 *
 * @param time nanoseconds since 1970
 * @param count number of lines with exactly this time that were read
 */
record LogPosition(long time, int count) {
  static final LogPosition START = new LogPosition(0, 0);
  private static final long SECOND = 1_000_000_000L;

  /** {@code SECONDS.NANOS#COUNT}. */
  String text() {
    return since() + "#" + count;
  }

  /** Time as an API parameter. */
  String since() {
    return time / SECOND + "." + String.format("%09d", time % SECOND);
  }

  /** Time as saved by Promtail: whole seconds. */
  String seconds() {
    return Long.toString(time / SECOND);
  }

  /** The mark after one more line. */
  LogPosition next(long at) {
    return at == time ? new LogPosition(time, count + 1) : new LogPosition(at, 1);
  }

  /**
   * The saved position: our own if Promtail's has the same second, otherwise Promtail's, which was
   * then saved later.
   *
   * @param own own position as {@link #text}; "" if none
   * @param promtails seconds; "" if none
   */
  static LogPosition of(String own, String promtails) {
    LogPosition m = parse(own);
    if (m != null && (promtails.isEmpty() || m.seconds().equals(promtails))) {
      return m;
    }
    return promtails.matches("\\d{1,10}")
        ? new LogPosition(Long.parseLong(promtails) * SECOND, 0)
        : START;
  }

  private static @Nullable LogPosition parse(String s) {
    if (!s.matches("\\d{1,10}\\.\\d{9}#\\d{1,9}")) {
      return null;
    }
    int dot = s.indexOf('.');
    int hash = s.indexOf('#');
    return new LogPosition(
        Long.parseLong(s.substring(0, dot)) * SECOND + Long.parseLong(s.substring(dot + 1, hash)),
        Integer.parseInt(s.substring(hash + 1)));
  }
}
