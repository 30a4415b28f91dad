package dev.tethys.pipeline.exporter.loki;

import static java.util.Objects.requireNonNull;

import dev.tethys.codec.loki.PushWriter;
import dev.tethys.model.Labels;
import dev.tethys.model.logs.LogEntry;
import dev.tethys.pipeline.Scheduler;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Entries of a tenant waiting to be sent, with the acknowledgements to their sources. Not
 * thread-safe.
 */
public final class EntryBatch {
  private final String tenant;
  private @Nullable PushWriter writer; // null once it is detached
  private final List<LogEntry.Origin> origins = new ArrayList<>(); // all but the last
  private final List<Integer> counts = new ArrayList<>(); // entries of each
  private LogEntry.@Nullable Origin last;
  private int
      unsettled; // pending entries of the last source, whose entries mostly follow each other
  private long bytes;
  private Scheduler.@Nullable Timer timer;

  /**
   * Creates an empty batch.
   *
   * @param writer an empty one to be used again; null for a new one
   */
  public EntryBatch(String tenant, @Nullable PushWriter writer) {
    this.tenant = tenant;
    this.writer = writer == null ? new PushWriter() : writer;
  }

  public String tenant() {
    return tenant;
  }

  /** Returns the request writer. */
  public PushWriter writer() {
    return requireNonNull(writer);
  }

  /**
   * Detaches the writer; the batch then keeps only the acknowledgements, because a queue may hold
   * many batches.
   */
  public PushWriter detachWriter() {
    PushWriter w = writer();
    writer = null;
    return w;
  }

  /** Bytes of lines and of their metadata. */
  public long bytes() {
    return bytes;
  }

  /** Sets the timer that sends the batch. */
  public void timer(Scheduler.Timer t) {
    timer = t;
  }

  /** Cancels the timer because the batch is sent. */
  public void cancelTimer() {
    if (timer != null) {
      timer.cancel();
    }
  }

  /**
   * Adds an entry, which now belongs to the batch.
   *
   * @param stream its labels as text
   */
  public void add(LogEntry entry, String stream, byte[] utf8, int from, int length) {
    Labels metadata = entry.metadata();
    writer().add(stream, entry.timestamp(), utf8, from, length, metadata);
    bytes += length + metadata.canonicalBytes().length;
    LogEntry.Origin origin = entry.detach();
    if (origin == null) {
      return;
    }
    if (origin == last) {
      unsettled++;
      return;
    }
    if (last != null) {
      origins.add(last);
      counts.add(unsettled);
    }
    last = origin;
    unsettled = 1;
  }

  /** Notifies the sources that their entries need not be kept. */
  public void settle() {
    for (int i = 0; i < origins.size(); i++) {
      origins.get(i).settled(counts.get(i));
    }
    if (last != null) {
      last.settled(unsettled);
    }
  }
}
