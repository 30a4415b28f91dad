package dev.tethys.model.storage;

import dev.tethys.model.exposition.BoundedLabel;
import dev.tethys.model.exposition.Registry.Counter;
import dev.tethys.model.exposition.Registry.Vector;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Way of batches into a store of log entries, spans or profiles: all protocols and the pipeline
 * exporter append through it. Counts items by tenant. Thread-safe.
 *
 * @param <S> store
 */
public abstract class EventIngester<S> {
  /** Senders choose tenants, so that the number of series of a metric is bounded. */
  private static final int MAX_TENANTS = 1000;

  private final String name;
  private final Supplier<? extends @Nullable S> opened;
  private final Vector<Counter> received;
  private final Vector<Counter> bytes;
  private final Vector<Counter> discarded;
  private final BoundedLabel tenants = new BoundedLabel(MAX_TENANTS);

  /**
   * @param name store name used in messages, such as {@code log store}
   * @param opened the store, null until it is open
   * @param received counts items by tenant
   * @param bytes counts bytes by tenant
   * @param discarded counts items by reason and tenant
   */
  protected EventIngester(
      String name,
      Supplier<? extends @Nullable S> opened,
      Vector<Counter> received,
      Vector<Counter> bytes,
      Vector<Counter> discarded) {
    this.name = name;
    this.opened = opened;
    this.received = received;
    this.bytes = bytes;
    this.discarded = discarded;
  }

  /**
   * Fails unless the store is open, so that a request is refused before it is read.
   *
   * @throws StorageException if the store is not open
   */
  public final void requireOpen() {
    store();
  }

  /** Store; fails unless it is open. */
  protected final S store() {
    S store = opened.get();
    if (store == null) {
      throw new StorageException(
          StorageException.Reason.UNAVAILABLE, name + " is not open yet; send it again");
    }
    return store;
  }

  /** Value of the label tenant in metrics. */
  protected final String label(String tenant) {
    return tenants.of(tenant);
  }

  /** Counts items of a batch and its bytes. */
  protected final void received(String tenant, long items, long size) {
    received.with(label(tenant)).add(items);
    bytes.with(label(tenant)).add(size);
  }

  /** Counts items that were not stored. */
  public final void discarded(String tenant, String reason, long items) {
    if (items > 0) {
      discarded.with(reason, label(tenant)).add(items);
    }
  }
}
