package dev.tethys.api.loki;

import dev.tethys.model.access.Scope;
import dev.tethys.query.logql.Direction;
import dev.tethys.query.logql.parser.Units;
import dev.tethys.web.HttpException;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.Params;
import dev.tethys.web.RequestScope;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Parameters of Loki's API. Times and durations are nanoseconds. */
final class LokiParameters {
  static final long SECOND = 1_000_000_000L;
  static final long HOUR = 3600 * SECOND;

  private static final int DEFAULT_LIMIT = 100;
  private static final int MAX_STEPS = 11_000;
  private static final int MAX_DELAY = 5;

  private final Params values;
  private final long now;
  private final Scope scope;

  LokiParameters(HttpRequest request, long now) throws IOException {
    this(request.params(), now, RequestScope.ofSeveral(request));
  }

  LokiParameters(Params values, long now, Scope scope) {
    this.values = values;
    this.now = now;
    this.scope = scope;
  }

  static HttpException bad(String message) {
    return new HttpException(400, message);
  }

  /** Returns the tenant, or several separated by {@code |}. */
  Scope scope() {
    return scope;
  }

  /** Returns the time of the request in Unix nanoseconds. */
  long now() {
    return now;
  }

  String get(String name) {
    String v = values.first(name);
    return v == null ? "" : v;
  }

  Iterable<String> all(String name) {
    return values.all(name);
  }

  /** Returns the required query. */
  String query() {
    return get("query");
  }

  /** Time range of a query. */
  record Range(long start, long end) {}

  /**
   * Returns the range given by {@code start}, {@code end} and {@code since}; the last hour by
   * default.
   */
  Range range() {
    return range(HOUR);
  }

  Range range(long defaultSince) {
    long end = time("end", now);
    String since = get("since");
    long length = since.isEmpty() ? defaultSince : duration("since", since);
    long start = time("start", Math.min(end, now) - length);
    return new Range(start, end);
  }

  /** Returns a range, requiring its end to be after its start. */
  Range orderedRange() {
    Range r = range();
    if (r.end <= r.start) {
      throw bad("end timestamp must not be before or equal to start time");
    }
    return r;
  }

  /** Returns the evaluation time of an instant query. */
  long time() {
    return time("time", now);
  }

  long time(String name, long otherwise) {
    String v = get(name);
    if (v.isEmpty()) {
      return otherwise;
    }
    Long t = parseTime(v);
    if (t == null) {
      throw bad(
          name + " is '" + v + "'; it must be Unix seconds or nanoseconds, or an RFC 3339 time");
    }
    return t;
  }

  /** Parses integer nanoseconds or seconds, decimal seconds or RFC 3339 to Unix nanoseconds. */
  static @Nullable Long parseTime(String v) {
    try {
      if (v.indexOf('-', 1) < 0 && v.indexOf(':') < 0) {
        if (v.indexOf('.') >= 0 || v.indexOf('e') >= 0 || v.indexOf('E') >= 0) {
          return new BigDecimal(v)
              .movePointRight(9)
              .setScale(0, RoundingMode.HALF_EVEN)
              .longValueExact();
        }
        long n = Long.parseLong(v);
        return v.length() <= 10 ? Math.multiplyExact(n, SECOND) : n;
      }
      Instant t = OffsetDateTime.parse(v).toInstant();
      return Math.addExact(Math.multiplyExact(t.getEpochSecond(), SECOND), t.getNano());
    } catch (NumberFormatException | DateTimeException | ArithmeticException e) {
      return null;
    }
  }

  private static long duration(String name, String v) {
    Long seconds = seconds(v);
    if (seconds != null) {
      return seconds;
    }
    try {
      return Units.queryDuration(v);
    } catch (Units.UnitException e) {
      throw bad("cannot parse '" + v + "' to a valid duration (parameter " + name + ")");
    }
  }

  private static @Nullable Long seconds(String v) {
    try {
      BigDecimal d = new BigDecimal(v);
      if (d.precision() - d.scale() > 12) {
        return null; // beyond any time, and too long to expand
      }
      return d.movePointRight(9).setScale(0, RoundingMode.HALF_EVEN).longValueExact();
    } catch (NumberFormatException | ArithmeticException e) {
      return null;
    }
  }

  /** Returns the step of a range query; by default 250 steps, at least one second each. */
  long step(Range r) {
    String v = get("step");
    long step =
        v.isEmpty() ? Math.max(1, (r.end - r.start) / SECOND / 250) * SECOND : duration("step", v);
    if (step <= 0) {
      throw bad(
          "zero or negative query resolution step widths are not accepted. Try a positive integer");
    }
    if ((r.end - r.start) / step > MAX_STEPS) {
      throw bad(
          "exceeded maximum resolution of 11,000 points per time series. Try increasing the value"
              + " of the step parameter");
    }
    return step;
  }

  /** Returns the minimum distance between entries; 0 for all entries. */
  long interval() {
    String v = get("interval");
    long n = v.isEmpty() ? 0 : duration("interval", v);
    if (n < 0) {
      throw bad("interval must be >= 0");
    }
    return n;
  }

  /** Returns the tail delay in nanoseconds. */
  long delay() {
    String v = get("delay_for");
    if (v.isEmpty()) {
      return 0;
    }
    int seconds;
    try {
      seconds = Integer.parseInt(v);
    } catch (NumberFormatException e) {
      throw bad("delay_for is '" + v + "'; it must be an integer");
    }
    if (seconds < 0 || seconds > MAX_DELAY) {
      throw bad("delay_for can't be greater than " + MAX_DELAY);
    }
    return seconds * SECOND;
  }

  int limit() {
    return limit("limit", DEFAULT_LIMIT);
  }

  int limit(String name, int otherwise) {
    String v = get(name);
    if (v.isEmpty()) {
      return otherwise;
    }
    int n;
    try {
      n = Integer.parseInt(v);
    } catch (NumberFormatException e) {
      throw bad(name + " is '" + v + "'; it must be an integer");
    }
    if (n <= 0) {
      throw bad(name + " must be a positive value");
    }
    return n;
  }

  Direction direction() {
    String v = get("direction");
    return switch (v.toLowerCase(Locale.ROOT)) {
      case "", "backward" -> Direction.BACKWARD;
      case "forward" -> Direction.FORWARD;
      default -> throw bad("invalid direction '" + v + "'");
    };
  }
}
