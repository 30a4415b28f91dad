package dev.tethys.model.traces;

import java.util.List;

/**
 * Columns read by the consumer of a scan; other columns of {@link SpanRows} may be stale.
 *
 * @param traces trace id
 * @param spans span id and parent id
 * @param start start
 * @param duration duration
 * @param fields columns by field
 */
public record SpanNeeds(
    boolean traces, boolean spans, boolean start, boolean duration, List<SpanField> fields) {
  public SpanNeeds {
    fields = List.copyOf(fields);
  }
}
