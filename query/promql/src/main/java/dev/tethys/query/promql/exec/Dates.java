package dev.tethys.query.promql.exec;

import java.util.List;
import java.util.function.LongToDoubleFunction;

/**
 * Functions of a time in seconds, in UTC. Days become dates by counting years from 1 March in eras
 * of 400 years, so that any long will do. A value outside a long (NaN, infinities) is the time 2^63
 * s, as in Go for amd64.
 */
public final class Dates {
  private static final long DAY = 86_400;
  private static final long DAYS_OF_ERA = 146_097;
  private static final long NO_LONG_DAY = 106_751_991_167_300L;
  private static final long NO_LONG_SECOND = 55_808;

  private Dates() {}

  public static double minute(long seconds) {
    return secondOfDay(seconds) / 60 % 60;
  }

  public static double hour(long seconds) {
    return secondOfDay(seconds) / 3600;
  }

  /** Returns the day of the week; Sunday is 0. */
  public static double dayOfWeek(long seconds) {
    return Math.floorMod(day(seconds) + 4, 7L);
  }

  public static double dayOfMonth(long seconds) {
    return Civil.of(day(seconds)).day;
  }

  public static double dayOfYear(long seconds) {
    return Civil.of(day(seconds)).dayOfYear();
  }

  public static double daysInMonth(long seconds) {
    return Civil.of(day(seconds)).daysInMonth();
  }

  public static double month(long seconds) {
    return Civil.of(day(seconds)).month;
  }

  public static double year(long seconds) {
    return Civil.of(day(seconds)).year;
  }

  private static long day(long seconds) {
    return seconds == Long.MIN_VALUE ? NO_LONG_DAY : Math.floorDiv(seconds, DAY);
  }

  private static long secondOfDay(long seconds) {
    return seconds == Long.MIN_VALUE ? NO_LONG_SECOND : Math.floorMod(seconds, DAY);
  }

  /** A date of the proleptic Gregorian calendar. */
  private record Civil(long year, int month, int day) {
    static Civil of(long daysSinceEpoch) {
      long z = daysSinceEpoch + 719_468; // 1970-01-01 is so many days after 0000-03-01
      long era = Math.floorDiv(z, DAYS_OF_ERA);
      long inEra = z - era * DAYS_OF_ERA;
      long yearOfEra = (inEra - inEra / 1460 + inEra / 36_524 - inEra / 146_096) / 365;
      long dayOfYear = inEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
      int fromMarch = (int) ((5 * dayOfYear + 2) / 153);
      int day = (int) (dayOfYear - (153L * fromMarch + 2) / 5 + 1);
      int month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9;
      return new Civil(yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day);
    }

    private boolean isLeap() {
      return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    }

    int daysInMonth() {
      return switch (month) {
        case 2 -> isLeap() ? 29 : 28;
        case 4, 6, 9, 11 -> 30;
        default -> 31;
      };
    }

    int dayOfYear() {
      int before = new int[] {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334}[month - 1];
      return before + day + (month > 2 && isLeap() ? 1 : 0);
    }
  }

  /** Truncates a double to a long; values out of range become the smallest. */
  private static long toLong(double v) {
    return v >= -0x1p63 && v < 0x1p63 ? (long) v : Long.MIN_VALUE;
  }

  /** Creates an operator that returns a part of the dates in a vector. */
  public static Operator of(LongToDoubleFunction part, Operator vector) {
    return new InstantMath.FloatMap(vector, List.of()) {
      @Override
      void apply(double[] v, double[][] arguments) {
        for (int s = 0; s < v.length; s++) {
          if (!Column.isAbsent(v[s])) {
            v[s] = part.applyAsDouble(toLong(v[s]));
          }
        }
      }
    };
  }
}
