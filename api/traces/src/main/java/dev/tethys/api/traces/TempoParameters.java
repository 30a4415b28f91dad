package dev.tethys.api.traces;

import dev.tethys.query.traceql.ast.TraceValue;
import dev.tethys.web.HttpException;
import dev.tethys.web.Params;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/** Parameters of Tempo's API, with Tempo's errors. */
final class TempoParameters {
  static final long SECOND = 1_000_000_000L;
  private static final long MAX_UINT32 = 0xffff_ffffL;
  private static final long HOUR = 3600 * SECOND;
  private static final int MAX_QUERY = 128 << 10;
  private static final int MAX_TAGS = 50;

  private static final Set<String> KNOWN =
      Set.of("q", "tags", "minDuration", "maxDuration", "limit", "spss", "start", "end", "mode");

  private final QueryParameters p;
  private final long now;

  /**
   * @param now Unix nanoseconds
   */
  TempoParameters(Params values, long now) {
    this.p = new QueryParameters(values);
    this.now = now;
  }

  /** Returns a parameter; empty if it is absent. */
  String get(String name) {
    return p.get(name);
  }

  /** Returns an unsigned 32-bit number. */
  long uint32(String name, long otherwise) {
    String v = p.get(name);
    if (v.isEmpty()) {
      return otherwise;
    }
    String digits = v.startsWith("+") ? "" : v;
    if (digits.isEmpty() || !digits.chars().allMatch(c -> c >= '0' && c <= '9')) {
      throw QueryParameters.bad(
          "invalid " + name + ": strconv.ParseUint: parsing \"" + v + "\": invalid syntax");
    }
    if (digits.length() > 10 || Long.parseLong(digits) > MAX_UINT32) {
      throw QueryParameters.bad(
          "invalid " + name + ": strconv.ParseUint: parsing \"" + v + "\": value out of range");
    }
    return Long.parseLong(digits);
  }

  /** Returns the result limit of a search. */
  int limit(int otherwise) {
    long n = uint32("limit", otherwise);
    if (n == 0) {
      throw QueryParameters.bad("invalid limit: must be a positive number");
    }
    return (int) Math.min(n, Integer.MAX_VALUE);
  }

  /** Returns the limit of a list; 0 means no limit. */
  int listLimit(int max) {
    long n = uint32("limit", 0);
    return n == 0 ? max : (int) Math.min(n, max);
  }

  int spansPerSpanset() {
    return (int) Math.min(uint32("spss", 3), 10_000);
  }

  /** Time range in nanoseconds. */
  record Range(long from, long to) {}

  /**
   * Returns the range given by {@code start} and {@code end} in seconds; by default, a period up to
   * now.
   */
  Range seconds(long since) {
    long start = uint32("start", 0);
    long end = uint32("end", 0);
    if (start != 0 && end != 0 && end <= start) {
      throw QueryParameters.bad(
          "http parameter start must be before end. received start=" + start + " end=" + end);
    }
    // as in Tempo, a span that starts at the end itself is in the range, one a nanosecond later
    // is not; without an end, clocks of senders may be ahead
    long to = end == 0 ? now + HOUR : end * SECOND + 1;
    long from = start == 0 ? (end == 0 ? now : to) - since : start * SECOND;
    return new Range(Math.max(0, from), to);
  }

  /** Reads a query parameter, rejecting queries that are too long. */
  String query(String name) {
    String q = p.get(name);
    if (q.length() > MAX_QUERY) {
      throw QueryParameters.bad(
          "query has " + q.length() + " characters; the limit is " + MAX_QUERY);
    }
    return q;
  }

  /** Returns the search query: TraceQL, given directly or built from tags and durations. */
  String query() {
    String q = query("q");
    long min = duration("minDuration");
    long max = duration("maxDuration");
    if (max > 0 && min > max) {
      throw QueryParameters.bad("invalid maxDuration: must be greater than minDuration");
    }
    if (!q.isBlank()) {
      return q;
    }
    Map<String, String> tags = tags();
    StringBuilder sb = new StringBuilder();
    tags.forEach((k, v) -> and(sb).append("{ ").append(condition(k, v)).append(" }"));
    if (min > 0) {
      and(sb).append("{ traceDuration >= ").append(min).append("ns }");
    }
    if (max > 0) {
      and(sb).append("{ traceDuration <= ").append(max).append("ns }");
    }
    return sb.isEmpty() ? "{ }" : sb.toString();
  }

  private static StringBuilder and(StringBuilder sb) {
    return sb.isEmpty() ? sb : sb.append(" && ");
  }

  private long duration(String name) {
    String v = p.get(name);
    if (v.isEmpty()) {
      return 0;
    }
    try {
      return QueryParameters.duration(name, v);
    } catch (HttpException e) {
      String unit = v.replaceFirst("^[0-9.+-]+", "");
      throw QueryParameters.bad(
          "invalid "
              + name
              + ": time: "
              + (unit.isEmpty() ? "missing unit" : "unknown unit \"" + unit + "\"")
              + " in duration \""
              + v
              + "\"");
    }
  }

  /** Tags of the parameter, or all unknown parameters of a request without a time range. */
  Map<String, String> tags() {
    Map<String, String> out = new LinkedHashMap<>();
    String text = p.get("tags");
    if (!text.isEmpty()) {
      Logfmt.read(text, out);
    } else if (p.get("start").isEmpty() && p.get("end").isEmpty() && p.get("q").isEmpty()) {
      for (String name : p.values().names()) {
        if (!KNOWN.contains(name)) {
          out.put(name, p.get(name));
        }
      }
    }
    if (out.size() > MAX_TAGS) {
      throw QueryParameters.bad("search has " + out.size() + " tags; the limit is " + MAX_TAGS);
    }
    return out;
  }

  private static String condition(String key, String value) {
    String text = new TraceValue.Text(value).literal();
    switch (key) {
      case "name" -> {
        return "name = " + text;
      }
      case "root.name" -> {
        return "rootName = " + text;
      }
      case "root.service.name" -> {
        return "rootServiceName = " + text;
      }
      case "service.name" -> {
        return "resource.service.name = " + text;
      }
      case "status", "status.code" -> {
        if (Set.of("ok", "error", "unset").contains(value)) {
          return "status = " + value;
        }
      }
      case "error" -> {
        if (value.equals("true")) {
          return "status = error || .error = true || .error = \"true\"";
        }
      }
      default -> {
        // an attribute
      }
    }
    String name = attribute(key);
    StringBuilder sb = new StringBuilder(name).append(" = ").append(text);
    if (value.equals("true") || value.equals("false") || isNumber(value)) {
      sb.append(" || ").append(name).append(" = ").append(value);
    }
    return sb.toString();
  }

  private static boolean isNumber(String v) {
    return v.length() <= 18 && v.matches("-?[0-9]+(\\.[0-9]+)?");
  }

  /** Returns the unscoped attribute name in TraceQL. */
  static String attribute(String key) {
    boolean plain = !key.isEmpty() && key.chars().allMatch(TempoParameters::isPlain);
    return plain ? "." + key : ".\"" + key.replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
  }

  private static boolean isPlain(int c) {
    return c > ' ' && c != 0x7f && "{}()=~!<>&|^,\"\\".indexOf(c) < 0;
  }

  // ---- metrics

  /**
   * Returns the range of a metrics query, in seconds, nanoseconds or RFC 3339; the last hour by
   * default.
   */
  Range metrics() {
    long to = time("end", now);
    String since = p.get("since");
    long length = since.isEmpty() ? HOUR : QueryParameters.duration("since", since);
    long from = time("start", to - length);
    if (from >= to) {
      throw QueryParameters.bad("start must be before end");
    }
    return new Range(from, to);
  }

  /** Parses seconds, nanoseconds or RFC 3339 to Unix nanoseconds. */
  long time(String name, long otherwise) {
    String v = p.get(name);
    if (v.isEmpty()) {
      return otherwise;
    }
    try {
      if (v.length() <= 30 && v.matches("[0-9]+")) {
        long n = Long.parseLong(v);
        return v.length() <= 10 ? n * SECOND : n;
      }
      if (v.length() <= 40 && v.matches("[0-9]+\\.[0-9]+")) {
        return nanos(v);
      }
      Instant t = OffsetDateTime.parse(v).toInstant();
      return Math.addExact(Math.multiplyExact(t.getEpochSecond(), SECOND), t.getNano());
    } catch (NumberFormatException | DateTimeException | ArithmeticException e) {
      throw QueryParameters.bad(
          name + " is '" + v + "'; it must be Unix seconds or nanoseconds, or an RFC 3339 time");
    }
  }

  private static long nanos(String seconds) {
    return new BigDecimal(seconds)
        .movePointRight(9)
        .setScale(0, RoundingMode.HALF_EVEN)
        .longValueExact();
  }

  /** Returns the step of a range query; about 240 steps by default. */
  long step(Range r) {
    String v = p.get("step");
    if (v.isEmpty()) {
      return defaultStep(r.to() - r.from());
    }
    long step;
    try {
      step =
          v.length() <= 30 && v.matches("[0-9]+(\\.[0-9]+)?")
              ? nanos(v)
              : QueryParameters.duration("step", v);
    } catch (ArithmeticException e) {
      step = 0;
    }
    if (step <= 0) {
      throw QueryParameters.bad("step is '" + v + "'; it must be more than 0");
    }
    return step;
  }

  static long defaultStep(long range) {
    long baseline = range / 240;
    if (range < 60 * SECOND) {
      long unit = SECOND / 20;
      return Math.max(unit, baseline / unit * unit);
    }
    for (long s : new long[] {3600, 300, 60, 15, 5, 1}) {
      if (s * SECOND < baseline) {
        return baseline / (s * SECOND) * (s * SECOND);
      }
    }
    return SECOND;
  }
}
