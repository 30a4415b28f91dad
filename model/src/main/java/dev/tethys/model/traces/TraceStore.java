package dev.tethys.model.traces;

import dev.tethys.model.access.Scope;
import dev.tethys.model.storage.EventDeletion;
import dev.tethys.model.storage.TenantStore;
import dev.tethys.model.telemetry.TracesData;
import java.util.List;
import java.util.SortedSet;

/** Store of spans by tenant. Times are Unix nanoseconds. Thread-safe. */
public interface TraceStore extends TenantStore {
  /**
   * Appends spans and returns when they survive a crash of the process and of the machine. Spans of
   * any age and order are accepted. A span that exceeds a limit is refused alone.
   *
   * @param batch not used by the store after the call
   * @throws dev.tethys.model.storage.StorageException if no span was stored: disk full, closed
   */
  SpanAppendResult append(Scope scope, SpanBatch batch);

  /**
   * All spans of a trace with all that was sent, as OTLP groups them. Empty if there is none.
   *
   * @param from first start of a span, inclusive; {@link Long#MIN_VALUE} for all
   * @param to last start of a span, exclusive; {@link Long#MAX_VALUE} for all
   */
  TracesData trace(Scope scope, long high, long low, long from, long to);

  /**
   * Selects the spans that start in a range.
   *
   * @param from first time, inclusive
   * @param to last time, exclusive
   * @return a consistent view; close it to release its files
   */
  SpanSelection select(Scope scope, long from, long to);

  /** Returns damage due to which spans of any time may be missing from responses. */
  default List<String> damage(Scope scope) {
    try (SpanSelection all = select(scope, Long.MIN_VALUE, Long.MAX_VALUE)) {
      return all.warnings();
    }
  }

  /**
   * Attributes of the spans that start in the range. May include those of other spans of the same
   * block.
   *
   * @return fields whose scope is an attribute's, other than {@link SpanField.Scope#ANY_ATTRIBUTE}
   */
  SortedSet<SpanField> attributes(Scope scope, long from, long to);

  /**
   * Distinct values of a field for the spans that start in the range and fit the filter, with their
   * types; at most {@code limit}.
   */
  List<SpanValue> values(
      Scope scope, SpanField field, SpanFilter filter, long from, long to, int limit);

  /**
   * Deletes the spans that are stored now and fit. No later query returns them; their space is
   * freed later.
   *
   * @param query text to list the deletion by
   * @param filter without {@link SpanFilter.OfTraces}; a trace is named by {@link
   *     SpanField.Scope#TRACE_ID}
   */
  EventDeletion delete(Scope scope, String query, SpanFilter filter, long from, long to);
}
