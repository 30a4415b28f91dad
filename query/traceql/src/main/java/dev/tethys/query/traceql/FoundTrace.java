package dev.tethys.query.traceql;

import java.util.HexFormat;
import java.util.List;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/**
 * Trace found by a search. Root, start, duration and services are those of the entire trace, not of
 * the spans that fit alone.
 *
 * @param traceHigh first 8 bytes of the trace id
 * @param traceLow last 8 bytes of the trace id
 * @param rootService service of the root span; null if the root is not stored
 * @param rootName name of the root span; null if the root is not stored
 * @param start start of the first span, Unix nanoseconds
 * @param duration nanoseconds from the start of the first span to the end of the last
 * @param spansets spans that fit, by spanset
 * @param services numbers of spans by service
 */
public record FoundTrace(
    long traceHigh,
    long traceLow,
    @Nullable String rootService,
    @Nullable String rootName,
    long start,
    long duration,
    List<Spanset> spansets,
    SortedMap<String, ServiceStats> services) {
  /** Returns the 32 hexadecimal digits of the trace ID. */
  public String traceId() {
    HexFormat hex = HexFormat.of();
    return hex.toHexDigits(traceHigh) + hex.toHexDigits(traceLow);
  }

  /**
   * Spans of a trace that fit.
   *
   * @param spans first spans, at most as many as were requested
   * @param matched number of spans that fit
   * @param attributes values of {@code by} and of aggregates
   */
  public record Spanset(List<FoundSpan> spans, int matched, List<NamedValue> attributes) {}

  /**
   * Span in a result.
   *
   * @param spanId span id
   * @param name name of the span
   * @param start Unix nanoseconds
   * @param duration nanoseconds
   * @param attributes fields of the filters and of {@code select} that the span has
   */
  public record FoundSpan(
      long spanId, String name, long start, long duration, List<NamedValue> attributes) {}

  /**
   * Span counts of a service.
   *
   * @param spans number of spans
   * @param errors number of spans with the status error
   */
  public record ServiceStats(int spans, int errors) {}
}
