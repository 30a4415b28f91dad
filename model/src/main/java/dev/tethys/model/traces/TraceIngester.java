package dev.tethys.model.traces;

import dev.tethys.model.access.Scope;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.storage.EventIngester;
import dev.tethys.model.storage.StorageException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Appends batches to the trace store. Metrics have the names of Tempo's distributor. */
public final class TraceIngester extends EventIngester<TraceStore> {
  private final List<Listener> listeners = new CopyOnWriteArrayList<>();

  /** Receives batches with stored spans, on the appending thread. */
  @FunctionalInterface
  public interface Listener {
    /**
     * Observes a batch after its append.
     *
     * @param batch must not be changed
     * @param encoded size of the batch as OTLP's protobuf
     */
    void appended(String tenant, SpanBatch batch, long encoded, SpanAppendResult result);
  }

  /**
   * @param opened the store, null until it is open
   */
  public TraceIngester(Supplier<@Nullable TraceStore> opened, Registry registry) {
    super(
        "trace store",
        opened,
        registry.counters(
            "tempo_distributor_spans_received_total",
            "The total number of spans received per tenant.",
            "tenant"),
        registry.counters(
            "tempo_distributor_bytes_received_total",
            "The total number of proto bytes received per tenant.",
            "tenant"),
        registry.counters(
            "tempo_discarded_spans_total",
            "The total number of spans that were discarded, by reason.",
            "reason",
            "tenant"));
  }

  /** Adds a listener of later batches. */
  public void add(Listener listener) {
    listeners.add(listener);
  }

  /**
   * Appends spans and returns when they survive a crash.
   *
   * @param encoded size of the batch as OTLP's protobuf
   * @throws StorageException if no span was stored
   */
  public SpanAppendResult append(Scope scope, SpanBatch batch, long encoded) {
    TraceStore store = store();
    int items = batch.spans;
    if (items == 0) {
      return SpanAppendResult.stored(0);
    }
    SpanAppendResult result = store.append(scope, batch);
    received(scope.tenant(), items, encoded);
    for (SpanAppendResult.Refusal r : result.refusals()) {
      discarded(scope.tenant(), r.limit(), r.spans());
    }
    for (Listener l : listeners) {
      l.appended(scope.tenant(), batch, encoded, result);
    }
    return result;
  }
}
