package dev.tethys.api.traces;

import dev.tethys.config.GoDurations;
import dev.tethys.web.HttpException;
import dev.tethys.web.Params;

/** Parameters of a request as numbers and durations; errors are 400 with the name. */
final class QueryParameters {
  private final Params values;

  QueryParameters(Params values) {
    this.values = values;
  }

  static HttpException bad(String message) {
    return new HttpException(400, message);
  }

  /** Returns a parameter; empty if it is absent. */
  String get(String name) {
    String v = values.first(name);
    return v == null ? "" : v;
  }

  Iterable<String> all(String name) {
    return values.all(name);
  }

  Params values() {
    return values;
  }

  /** Reads a non-negative integer parameter. */
  long number(String name, long otherwise) {
    String v = get(name);
    if (v.isEmpty()) {
      return otherwise;
    }
    try {
      long n = Long.parseLong(v);
      if (n >= 0) {
        return n;
      }
    } catch (NumberFormatException e) {
      // the message below covers it
    }
    throw bad(name + " is '" + v + "'; it must be an integer of at least 0");
  }

  /** Returns a limit of at least 1, capped at the maximum. */
  int limit(String name, int otherwise, int max) {
    long n = number(name, otherwise);
    if (n == 0) {
      throw bad(name + " is 0; it must be at least 1");
    }
    return (int) Math.min(n, max);
  }

  /** Returns a time given in a unit, as Unix nanoseconds. */
  long time(String name, long unit, long otherwise) {
    String v = get(name);
    if (v.isEmpty()) {
      return otherwise;
    }
    long n = number(name, 0);
    if (n > Long.MAX_VALUE / unit) {
      throw bad(name + " is '" + v + "'; it is later than the year 2262");
    }
    return n * unit;
  }

  /** Parses a duration such as {@code 1.5s} to nanoseconds. */
  long duration(String name, long otherwise) {
    String v = get(name);
    return v.isEmpty() ? otherwise : duration(name, v);
  }

  static long duration(String name, String v) {
    try {
      return GoDurations.parse(v).toNanos();
    } catch (IllegalArgumentException e) {
      throw bad(name + " is '" + v + "'; it must be a duration such as 100ms or 1.5s");
    }
  }
}
