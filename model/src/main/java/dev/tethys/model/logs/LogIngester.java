package dev.tethys.model.logs;

import dev.tethys.model.Labels;
import dev.tethys.model.exposition.BoundedLabel;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.exposition.Registry.Counter;
import dev.tethys.model.exposition.Registry.Vector;
import dev.tethys.model.storage.StorageException;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Appends batches to the log store and counts them by tenant, under the names of Loki's
 * distributor. All protocols and the pipeline exporter append through it. Safe for several threads.
 */
public final class LogIngester {
  /** Senders choose tenants and streams, so that the number of series of a metric is bounded. */
  private static final int MAX_TENANTS = 1000;

  private static final int MAX_STREAMS = 200;
  private static final int MAX_STREAM_TEXT = 200;

  private final Supplier<@Nullable LogStore> opened;
  private final LongSupplier now;
  private final LogRates rates;
  private final Vector<Counter> lines;
  private final Vector<Counter> bytes;
  private final Vector<Counter> discarded;
  private final Vector<Counter> discardedOfStream;
  private final BoundedLabel tenants = new BoundedLabel(MAX_TENANTS);
  private final BoundedLabel streams = new BoundedLabel(MAX_STREAMS);

  /**
   * @param opened the store, null until it is open
   * @param now Unix nanoseconds
   * @param rates rates of tenants
   */
  public LogIngester(
      Supplier<@Nullable LogStore> opened, LongSupplier now, LogRates rates, Registry registry) {
    this.opened = opened;
    this.now = now;
    this.rates = rates;
    lines =
        registry.counters(
            "loki_distributor_lines_received_total",
            "The total number of lines received per tenant.",
            "tenant");
    bytes =
        registry.counters(
            "loki_distributor_bytes_received_total",
            "The total number of uncompressed bytes received per tenant.",
            "tenant");
    discarded =
        registry.counters(
            "loki_discarded_samples_total",
            "The total number of log lines that were discarded, by reason.",
            "reason",
            "tenant");
    discardedOfStream =
        registry.counters(
            "tethys_logs_discarded_lines_by_stream_total",
            "Log lines that a limit refused, for the first "
                + MAX_STREAMS
                + " streams that had any; those of all others have stream=\"other\".",
            "reason",
            "tenant",
            "stream");
  }

  /** Unix nanoseconds. */
  public long now() {
    return now.getAsLong();
  }

  /**
   * Fails unless the store is open, so that a request is refused before it is read.
   *
   * @throws StorageException if the store is not open
   */
  public void requireOpen() {
    store();
  }

  private LogStore store() {
    LogStore store = opened.get();
    if (store == null) {
      throw new StorageException(
          StorageException.Reason.UNAVAILABLE, "log store is not open yet; send it again");
    }
    return store;
  }

  /**
   * Appends entries and returns when they survive a crash.
   *
   * @param batch not used after the call
   * @throws StorageException if no entry was stored
   */
  public LogAppendResult append(String tenant, LogBatch batch) {
    LogStore store = store();
    if (batch.rows == 0) {
      return LogAppendResult.EMPTY;
    }
    String label = tenants.of(tenant);
    LogRates.Refusal tooFast = rates.refusal(tenant, batch);
    if (tooFast != null) {
      discarded.with(tooFast.reason(), label).add(batch.rows);
      if (tooFast.stream() >= 0) {
        String stream = streamLabel(batch.streams.get(tooFast.stream()));
        discardedOfStream.with(tooFast.reason(), label, stream).add(batch.rows);
      }
      throw tooFast.error();
    }
    LogAppendResult result = store.append(tenant, batch);
    lines.with(label).add(result.stored());
    bytes.with(label).add(batch.size);
    for (LogAppendResult.Refusal r : result.refusals()) {
      discarded.with(r.limit(), label).add(r.entries());
      String stream = streamLabel(batch.streams.get(r.stream()));
      discardedOfStream.with(r.limit(), label, stream).add(r.entries());
    }
    return result;
  }

  /** Counts lines that could not be read. */
  public void discarded(String tenant, String reason, long entries) {
    if (entries > 0) {
      discarded.with(reason, tenants.of(tenant)).add(entries);
    }
  }

  private String streamLabel(Labels labels) {
    return streams.of(shortText(labels));
  }

  /** Labels as text, cut where it is long. */
  static String shortText(Labels labels) {
    String text = labels.toString();
    if (text.length() > MAX_STREAM_TEXT) {
      text = text.substring(0, MAX_STREAM_TEXT);
      if (Character.isHighSurrogate(text.charAt(MAX_STREAM_TEXT - 1))) {
        text = text.substring(0, MAX_STREAM_TEXT - 1);
      }
      text += "…";
    }
    return text;
  }
}
