package dev.tethys.store.logs.block;

import dev.tethys.store.files.ByteSink;

/**
 * Writes the parts of times that {@link Column}s omit. The date and the second of the time before
 * are remembered, because times of neighbouring rows and values of one row share them. Not
 * thread-safe.
 */
final class TimeParts {
  private static final long SECOND = 1_000_000_000L;
  private static final int DAY_SECONDS = 86_400;

  private long time;
  private long second;
  private long day;
  private int secondOfDay;
  private int nanos;
  private int year;
  private int month;
  private int dayOfMonth;

  TimeParts() {
    day = Long.MIN_VALUE;
    set(0, 0);
  }

  private void set(long to, long newSecond) {
    time = to;
    second = newSecond;
    nanos = (int) (to - newSecond * SECOND);
    long newDay = Math.floorDiv(newSecond, (long) DAY_SECONDS);
    secondOfDay = (int) (newSecond - newDay * DAY_SECONDS);
    if (newDay != day) {
      day = newDay;
      year = (int) Column.timePart(Column.YEAR, to);
      month = (int) Column.timePart(Column.MONTH, to);
      dayOfMonth = (int) Column.timePart(Column.DAY, to);
    }
  }

  private void move(long to) {
    long within = to - second * SECOND;
    if (within >= 0 && within < SECOND) {
      time = to;
      nanos = (int) within;
    } else {
      set(to, Math.floorDiv(to, SECOND));
    }
  }

  /** Appends the part of a time that a type of columns represents. */
  void append(int type, long of, ByteSink out) {
    if (of != time) {
      move(of);
    }
    switch (type) {
      case Column.YEAR -> digits(year, 4, out);
      case Column.MONTH -> digits(month, 2, out);
      case Column.DAY -> digits(dayOfMonth, 2, out);
      case Column.HOUR -> digits(secondOfDay / 3600, 2, out);
      case Column.MINUTE -> digits(secondOfDay / 60 % 60, 2, out);
      case Column.SECOND -> digits(secondOfDay % 60, 2, out);
      case Column.MILLI -> digits(nanos / 1_000_000, 3, out);
      case Column.MICRO -> digits(nanos / 1000, 6, out);
      case Column.NANO -> digits(nanos, 9, out);
      default -> {
        long v = Column.timePart(type, of);
        digits((int) v, Column.digits(type, of), out);
      }
    }
  }

  /** Appends the lowest digits of a number. */
  static void digits(int v, int n, ByteSink out) {
    out.ensure(n);
    byte[] o = out.buf;
    int rest = v;
    for (int q = out.size + n - 1; q >= out.size; q--) {
      int tenth = rest / 10;
      o[q] = (byte) ('0' + rest - 10 * tenth);
      rest = tenth;
    }
    out.size += n;
  }
}
