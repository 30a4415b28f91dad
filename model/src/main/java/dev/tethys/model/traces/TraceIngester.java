package dev.tethys.model.traces;

import dev.tethys.model.exposition.BoundedLabel;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.exposition.Registry.Counter;
import dev.tethys.model.exposition.Registry.Vector;
import dev.tethys.model.storage.StorageException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Appends batches to the trace store and counts them by tenant, under the names of Tempo's
 * distributor. All protocols and the pipeline exporter append through it. Safe for several threads.
 */
public final class TraceIngester {
  /** Senders choose tenants, so that the number of series of a metric is bounded. */
  private static final int MAX_TENANTS = 1000;

  private final Supplier<@Nullable TraceStore> opened;
  private final Vector<Counter> spans;
  private final Vector<Counter> bytes;
  private final Vector<Counter> discarded;
  private final BoundedLabel tenants = new BoundedLabel(MAX_TENANTS);
  private final List<Listener> listeners = new CopyOnWriteArrayList<>();

  /** Gets batches of which spans were stored, by the thread that appends. */
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
    this.opened = opened;
    spans =
        registry.counters(
            "tempo_distributor_spans_received_total",
            "The total number of spans received per tenant.",
            "tenant");
    bytes =
        registry.counters(
            "tempo_distributor_bytes_received_total",
            "The total number of proto bytes received per tenant.",
            "tenant");
    discarded =
        registry.counters(
            "tempo_discarded_spans_total",
            "The total number of spans that were discarded, by reason.",
            "reason",
            "tenant");
  }

  /** Adds a listener of later batches. */
  public void add(Listener listener) {
    listeners.add(listener);
  }

  /**
   * Fails unless the store is open, so that a request is refused before it is read.
   *
   * @throws StorageException if the store is not open
   */
  public void requireOpen() {
    store();
  }

  private TraceStore store() {
    TraceStore store = opened.get();
    if (store == null) {
      throw new StorageException(
          StorageException.Reason.UNAVAILABLE, "trace store is not open yet; send it again");
    }
    return store;
  }

  /**
   * Appends spans and returns when they survive a crash.
   *
   * @param encoded size of the batch as OTLP's protobuf
   * @throws StorageException if no span was stored
   */
  public SpanAppendResult append(String tenant, SpanBatch batch, long encoded) {
    TraceStore store = store();
    int items = batch.spans;
    if (items == 0) {
      return SpanAppendResult.stored(0);
    }
    SpanAppendResult result = store.append(tenant, batch);
    String label = tenants.of(tenant);
    spans.with(label).add(items);
    bytes.with(label).add(encoded);
    for (SpanAppendResult.Refusal r : result.refusals()) {
      discarded.with(r.limit(), label).add(r.spans());
    }
    for (Listener l : listeners) {
      l.appended(tenant, batch, encoded, result);
    }
    return result;
  }

  /** Counts spans that could not be read. */
  public void discarded(String tenant, String reason, long n) {
    if (n > 0) {
      discarded.with(reason, tenants.of(tenant)).add(n);
    }
  }
}
