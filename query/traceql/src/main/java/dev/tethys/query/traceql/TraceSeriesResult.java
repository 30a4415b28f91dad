package dev.tethys.query.traceql;

import dev.tethys.query.traceql.ast.TraceValue;
import java.util.List;

/**
 * Result of a metrics query.
 *
 * @param times end of each step, Unix nanoseconds; one for an instant query
 * @param series series in the order of their labels
 * @param statistics work that was done
 * @param warnings damage by which values may be too low, and series that a limit cut off
 */
public record TraceSeriesResult(
    long[] times, List<Series> series, TraceStatistics statistics, List<String> warnings) {
  /**
   * Series.
   *
   * @param labels labels with typed values
   * @param values value at each time; NaN if there is none
   * @param exemplars spans of the series
   */
  public record Series(List<NamedValue> labels, double[] values, List<Exemplar> exemplars) {
    /** Returns the value of a label; {@link TraceValue#NIL} if there is none. */
    public TraceValue label(String name) {
      for (NamedValue l : labels) {
        if (l.name().equals(name)) {
          return l.value();
        }
      }
      return TraceValue.NIL;
    }
  }

  /**
   * Example span of a series.
   *
   * @param time start of the span, Unix nanoseconds
   * @param value value of the span, or of the series at this time
   * @param traceId 32 hexadecimal digits
   * @param spanId 16 hexadecimal digits
   */
  public record Exemplar(long time, double value, String traceId, String spanId) {}
}
