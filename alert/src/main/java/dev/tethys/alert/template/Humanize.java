package dev.tethys.alert.template;

import dev.tethys.codec.template.GoDuration;
import dev.tethys.codec.template.GoStrings;
import dev.tethys.codec.template.GoTime;
import dev.tethys.codec.template.TemplateFunction.Failure;
import dev.tethys.model.GoFloat;
import dev.tethys.model.GoFloatReader;
import dev.tethys.model.GoQuote;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** Formats numbers for display. */
public final class Humanize {
  private static final String[] LARGE = {"k", "M", "G", "T", "P", "E", "Z", "Y"};
  private static final String[] SMALL = {"m", "u", "n", "p", "f", "a", "z", "y"};
  private static final String[] BINARY = {"ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi"};

  private Humanize() {}

  /** Converts a number, or a string that contains one. */
  static double real(@Nullable Object v) {
    return switch (v) {
      case Double d -> d;
      case Long n -> n;
      case GoDuration d -> d.nanos() / 1e9;
      case String s -> {
        Double d = GoFloatReader.read(s);
        if (d == null) {
          throw new Failure("strconv.ParseFloat: parsing " + GoQuote.quote(s) + ": invalid syntax");
        }
        yield d;
      }
      case null -> throw new Failure("can't convert <nil> to float");
      default -> throw new Failure("can't convert " + GoStrings.typeName(v) + " to float");
    };
  }

  private static String four(double v) {
    return GoFloat.format(v, 'g', 4);
  }

  static String number(@Nullable Object o) {
    double v = real(o);
    if (v == 0 || !Double.isFinite(v)) {
      return four(v);
    }
    return Math.abs(v) >= 1 ? scaled(v, LARGE, 1000) : small(v);
  }

  private static String scaled(double v, String[] prefixes, double base) {
    String prefix = "";
    for (String p : prefixes) {
      if (Math.abs(v) < base) {
        break;
      }
      prefix = p;
      v /= base;
    }
    return four(v) + prefix;
  }

  private static String small(double v) {
    String prefix = "";
    for (String p : SMALL) {
      if (Math.abs(v) >= 1) {
        break;
      }
      prefix = p;
      v *= 1000;
    }
    return four(v) + prefix;
  }

  static String binary(@Nullable Object o) {
    double v = real(o);
    return Math.abs(v) <= 1 || !Double.isFinite(v) ? four(v) : scaled(v, BINARY, 1024);
  }

  static String percent(@Nullable Object o) {
    return four(real(o) * 100) + "%";
  }

  /** Formats seconds like {@code humanizeDuration}. */
  public static String duration(@Nullable Object o) {
    double v = real(o);
    if (!Double.isFinite(v)) {
      return four(v);
    }
    if (v == 0) {
      return four(v) + "s";
    }
    if (Math.abs(v) < 1) {
      return small(v) + "s";
    }
    String sign = v < 0 ? "-" : "";
    v = Math.abs(v);
    long s = (long) v;
    long minutes = s / 60 % 60;
    long hours = s / 3600 % 24;
    long days = s / 86400;
    if (days != 0) {
      return sign + days + "d " + hours + "h " + minutes + "m " + s % 60 + "s";
    }
    if (hours != 0) {
      return sign + hours + "h " + minutes + "m " + s % 60 + "s";
    }
    return sign + (minutes != 0 ? minutes + "m " + s % 60 + "s" : four(v) + "s");
  }

  static String timestamp(@Nullable Object o) {
    double v = real(o);
    return Double.isFinite(v) ? time(v).text() : four(v);
  }

  static GoTime time(@Nullable Object o) {
    double v = real(o);
    if (!Double.isFinite(v)) {
      throw new Failure("value is NaN or Inf");
    }
    double nanos = v * 1e9;
    if (nanos > Long.MAX_VALUE || nanos < Long.MIN_VALUE) {
      throw new Failure(
          GoFloat.g(v)
              + " cannot be represented as a nanoseconds timestamp since it overflows int64");
    }
    return GoTime.utc(Instant.ofEpochMilli((long) nanos / 1_000_000));
  }
}
