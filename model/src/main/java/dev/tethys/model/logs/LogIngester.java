package dev.tethys.model.logs;

import dev.tethys.model.Labels;
import dev.tethys.model.access.Scope;
import dev.tethys.model.exposition.BoundedLabel;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.exposition.Registry.Counter;
import dev.tethys.model.exposition.Registry.Vector;
import dev.tethys.model.storage.EventIngester;
import dev.tethys.model.storage.StorageException;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Appends batches to the log store, within the rates of tenants. Metrics have the names of Loki's
 * distributor.
 */
public final class LogIngester extends EventIngester<LogStore> {
  /** Senders choose streams, so that the number of series of a metric is bounded. */
  private static final int MAX_STREAMS = 200;

  private static final int MAX_STREAM_TEXT = 200;

  private final LongSupplier now;
  private final LogRates rates;
  private final Vector<Counter> discardedOfStream;
  private final BoundedLabel streams = new BoundedLabel(MAX_STREAMS);

  /**
   * @param opened the store, null until it is open
   * @param now Unix nanoseconds
   * @param rates rates of tenants
   */
  public LogIngester(
      Supplier<@Nullable LogStore> opened, LongSupplier now, LogRates rates, Registry registry) {
    super(
        "log store",
        opened,
        registry.counters(
            "loki_distributor_lines_received_total",
            "The total number of lines received per tenant.",
            "tenant"),
        registry.counters(
            "loki_distributor_bytes_received_total",
            "The total number of uncompressed bytes received per tenant.",
            "tenant"),
        registry.counters(
            "loki_discarded_samples_total",
            "The total number of log lines that were discarded, by reason.",
            "reason",
            "tenant"));
    this.now = now;
    this.rates = rates;
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
   * Appends entries and returns when they survive a crash.
   *
   * @param batch not used after the call
   * @throws StorageException if no entry was stored
   */
  public LogAppendResult append(Scope scope, LogBatch batch) {
    LogStore store = store();
    if (batch.rows == 0) {
      return LogAppendResult.EMPTY;
    }
    String tenant = scope.tenant();
    LogRates.Refusal tooFast = rates.refusal(tenant, batch);
    if (tooFast != null) {
      discarded(tenant, tooFast.reason(), batch.rows);
      if (tooFast.stream() >= 0) {
        discardedOfStream(tenant, tooFast.reason(), batch, tooFast.stream(), batch.rows);
      }
      throw tooFast.error();
    }
    LogAppendResult result = store.append(scope, batch);
    received(tenant, result.stored(), batch.size);
    for (LogAppendResult.Refusal r : result.refusals()) {
      discarded(tenant, r.limit(), r.entries());
      discardedOfStream(tenant, r.limit(), batch, r.stream(), r.entries());
    }
    return result;
  }

  private void discardedOfStream(
      String tenant, String reason, LogBatch batch, int stream, long entries) {
    String labels = streams.of(shortText(batch.streams.get(stream)));
    discardedOfStream.with(reason, label(tenant), labels).add(entries);
  }

  /** Labels as text, truncated if long. */
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
