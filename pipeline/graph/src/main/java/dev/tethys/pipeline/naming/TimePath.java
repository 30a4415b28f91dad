package dev.tethys.pipeline.naming;

import java.time.Instant;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.temporal.ChronoUnit;
import java.util.Locale;

/**
 * Folder or name with a time in it, in a format of C's {@code strftime}.
 *
 * @param step minimum time after which the text may change
 */
public record TimePath(String format, DateTimeFormatter formatter, ChronoUnit step) {
  /** The partition of the Collector's {@code awss3} components. */
  public static final String USUAL = "year=%Y/month=%m/day=%d/hour=%H/minute=%M";

  /**
   * Parses a format.
   *
   * @throws IllegalArgumentException for a conversion that is not supported
   */
  public static TimePath parse(String format) {
    DateTimeFormatterBuilder b = new DateTimeFormatterBuilder();
    ChronoUnit step = ChronoUnit.FOREVER;
    for (int i = 0; i < format.length(); i++) {
      char c = format.charAt(i);
      if (c != '%') {
        b.appendLiteral(c);
        continue;
      }
      i++;
      char conversion = i < format.length() ? format.charAt(i) : ' ';
      ChronoUnit of = ChronoUnit.FOREVER;
      switch (conversion) {
        case 'Y' -> {
          b.appendPattern("uuuu");
          of = ChronoUnit.YEARS;
        }
        case 'y' -> {
          b.appendPattern("uu");
          of = ChronoUnit.YEARS;
        }
        case 'm' -> {
          b.appendPattern("MM");
          of = ChronoUnit.MONTHS;
        }
        case 'b', 'h' -> {
          b.appendPattern("MMM");
          of = ChronoUnit.MONTHS;
        }
        case 'B' -> {
          b.appendPattern("MMMM");
          of = ChronoUnit.MONTHS;
        }
        case 'd' -> {
          b.appendPattern("dd");
          of = ChronoUnit.DAYS;
        }
        case 'j' -> {
          b.appendPattern("DDD");
          of = ChronoUnit.DAYS;
        }
        case 'F' -> {
          b.appendPattern("uuuu-MM-dd");
          of = ChronoUnit.DAYS;
        }
        case 'a' -> {
          b.appendPattern("EEE");
          of = ChronoUnit.DAYS;
        }
        case 'A' -> {
          b.appendPattern("EEEE");
          of = ChronoUnit.DAYS;
        }
        case 'H' -> {
          b.appendPattern("HH");
          of = ChronoUnit.HOURS;
        }
        case 'M' -> {
          b.appendPattern("mm");
          of = ChronoUnit.MINUTES;
        }
        case 'R' -> {
          b.appendPattern("HH:mm");
          of = ChronoUnit.MINUTES;
        }
        case 'S' -> {
          b.appendPattern("ss");
          of = ChronoUnit.SECONDS;
        }
        case 'T' -> {
          b.appendPattern("HH:mm:ss");
          of = ChronoUnit.SECONDS;
        }
        case '%' -> b.appendLiteral('%');
        default ->
            throw new IllegalArgumentException(
                "% must be followed by one of Y, y, m, b, h, B, d, j, F, a, A, H, M, R, S, T and"
                    + " %, not "
                    + conversion);
      }
      step = of.compareTo(step) < 0 ? of : step;
    }
    return new TimePath(format, b.toFormatter(Locale.ENGLISH), step);
  }

  /** Formats a time. */
  public String at(Instant time, ZoneId zone) {
    return formatter.format(time.atZone(zone));
  }

  /** Returns the first time after another at which the text may change. */
  public Instant next(Instant time, ZoneId zone) {
    ZonedDateTime t = time.atZone(zone);
    return switch (step) {
      case SECONDS, MINUTES, HOURS -> t.truncatedTo(step).plus(1, step).toInstant();
      case DAYS -> t.toLocalDate().plusDays(1).atStartOfDay(zone).toInstant();
      case MONTHS -> t.toLocalDate().withDayOfMonth(1).plusMonths(1).atStartOfDay(zone).toInstant();
      case YEARS -> t.toLocalDate().withDayOfYear(1).plusYears(1).atStartOfDay(zone).toInstant();
      default -> Instant.MAX;
    };
  }
}
