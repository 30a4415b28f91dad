package dev.tethys.collect.observe.logs;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;

/**
 * Ids of the trace and the span that a log message names. Fields of JSON and of logfmt are read:
 * {@code trace_id}, {@code traceId}, {@code trace.id}, {@code @tr}, and the same of spans.
 *
 * @param traceHigh 0 with the low half for none
 * @param spanId 0 if none
 */
public record LogTraceIds(long traceHigh, long traceLow, long spanId) {
  private static final LogTraceIds NONE = new LogTraceIds(0, 0, 0);
  private static final int LONGEST = 4096;
  private static final Pattern TRACE = field("(?:[tT]race[._]?[iI][dD]|@tr)", 32);
  private static final Pattern SPAN = field("(?:[sS]pan[._]?[iI][dD]|@sp)", 16);

  private static Pattern field(String name, int digits) {
    // The text before a name is its prefix with a dot, as in "otel.trace_id": not "parent_span_id".
    return Pattern.compile(
        "(?:^|[\\s,{\"'.])"
            + name
            + "[\"']?\\s*[:=]\\s*[\"']?([0-9a-fA-F]{"
            + digits
            + "})(?:\\W|$)");
  }

  /** Ids in a message; zeros for absent ids. */
  public static LogTraceIds of(String message) {
    if (!message.contains("race") && !message.contains("@tr")) {
      return NONE;
    }
    String text = message.length() > LONGEST ? message.substring(0, LONGEST) : message;
    Matcher trace = TRACE.matcher(text);
    if (!trace.find()) {
      return NONE;
    }
    String id = trace.group(1);
    Matcher span = SPAN.matcher(text);
    return new LogTraceIds(
        Long.parseUnsignedLong(id, 0, 16, 16),
        Long.parseUnsignedLong(id, 16, 32, 16),
        span.find() ? Long.parseUnsignedLong(span.group(1), 16) : 0);
  }
}
