package dev.tethys.codec.template;

import java.math.BigInteger;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;

/** Arithmetic of Go's time.Time. Source: the documentation of package time. */
final class GoTimeRounding {
  private static final BigInteger SECOND = BigInteger.valueOf(1_000_000_000);

  /** Multiples of a duration count from here. */
  private static final long YEAR_ONE = Instant.parse("0001-01-01T00:00:00Z").getEpochSecond();

  private GoTimeRounding() {}

  /**
   * Rounds down to a multiple of a duration since the year 1; a duration of 0 or less has no
   * effect.
   */
  static GoTime truncated(GoTime t, long unit) {
    return unit <= 0 ? t : new GoTime(t.time().minusNanos(rest(t, unit)));
  }

  /** Rounds to the nearest multiple, halves up. */
  static GoTime rounded(GoTime t, long unit) {
    if (unit <= 0) {
      return t;
    }
    long rest = rest(t, unit);
    return new GoTime(
        rest < unit - rest ? t.time().minusNanos(rest) : t.time().plusNanos(unit - rest));
  }

  private static long rest(GoTime t, long unit) {
    return BigInteger.valueOf(t.time().toEpochSecond() - YEAR_ONE)
        .multiply(SECOND)
        .add(BigInteger.valueOf(t.time().getNano()))
        .mod(BigInteger.valueOf(unit))
        .longValueExact();
  }

  /** Nanoseconds from a moment to another, or the longest duration. */
  static long between(Instant from, Instant to) {
    try {
      return java.time.Duration.between(from, to).toNanos();
    } catch (ArithmeticException e) {
      return to.isBefore(from) ? Long.MIN_VALUE : Long.MAX_VALUE;
    }
  }

  /** Adds to the fields of a date; a day that its month lacks is one of the next month. */
  static GoTime plusDate(GoTime t, long years, long months, long days) {
    try {
      LocalDateTime local = t.time().toLocalDateTime();
      LocalDateTime moved =
          local
              .withDayOfMonth(1)
              .plusYears(years)
              .plusMonths(months)
              .plusDays(Math.addExact(days, local.getDayOfMonth() - 1L));
      return new GoTime(moved.atZone(t.time().getZone()));
    } catch (DateTimeException | ArithmeticException e) {
      throw new TemplateFunction.Failure("time is out of range: " + e.getMessage());
    }
  }
}
