package dev.tethys.store.logs;

import dev.tethys.store.events.ColumnCache;
import dev.tethys.store.events.DeletionMark;
import dev.tethys.store.events.EventSignal;
import dev.tethys.store.events.PartExpiry;
import dev.tethys.store.events.PartFile;
import dev.tethys.store.events.PartSink;
import dev.tethys.store.files.ByteSource;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Logs as a signal of the engine of events. */
final class LogSignal implements EventSignal<LogHead, LogHead.Snapshot, LogPart> {
  private static final int SMALL_REGISTRY = 1024;
  private static final long EXPIRE_SECONDS = 300;

  // Sections are most of the bytes of a block. With a share of the memory for them, times, streams
  // and places of columns of many more blocks are kept.
  private static final int SECTION_PERCENT = 40;

  private final Map<String, StreamRegistry> registries = new ConcurrentHashMap<>();
  private final ChunkPool pool = new ChunkPool();
  private final ColumnCache columns = ColumnCache.ofHeap(SECTION_PERCENT);
  private final Function<String, @Nullable LogRetention> retention;
  private final LongSupplier clock;
  private LogPartBuilder.@Nullable Workspace workspace; // for the thread that writes parts

  /**
   * @param retention retention by tenant, or null if no stream expires
   * @param clock Unix nanoseconds
   */
  LogSignal(Function<String, @Nullable LogRetention> retention, LongSupplier clock) {
    this.retention = retention;
    this.clock = clock;
  }

  StreamRegistry registry(String tenant) {
    return registries.computeIfAbsent(tenant, t -> new StreamRegistry());
  }

  /**
   * Replaces the registry of a tenant, so that streams whose parts expired are no longer in memory.
   * Heads keep the one that they were created with.
   */
  @Override
  public void expired(String tenant) {
    registries.computeIfPresent(
        tenant, (t, r) -> r.size() < SMALL_REGISTRY ? r : new StreamRegistry());
  }

  @Override
  public LogHead createHead(String tenant) {
    return new LogHead(registry(tenant), pool);
  }

  @Override
  public void replay(LogHead head, ByteSource frame) {
    LogFrame.replay(frame, head);
  }

  @Override
  public LogPart open(PartFile file) {
    return new LogPart(file, columns);
  }

  @Override
  public void flush(LogHead head, PartSink sink) throws IOException {
    write(head, sink);
  }

  private void write(LogHead head, PartSink sink) throws IOException {
    LogPartBuilder.Workspace w = workspace;
    if (w == null) {
      w = new LogPartBuilder.Workspace();
      workspace = w;
    }
    boolean written = false;
    try {
      new LogPartBuilder(head.snapshot(), w).write(sink);
      written = true;
    } finally {
      if (!written) {
        idle(); // its state is unknown
      }
    }
  }

  @Override
  public void recycle(LogHead head) {
    head.recycle();
  }

  @Override
  public void idle() {
    columns.expire(EXPIRE_SECONDS);
    pool.clear();
    LogPartBuilder.Workspace w = workspace;
    workspace = null;
    if (w != null) {
      w.close();
    }
  }

  @Override
  public @Nullable PartExpiry expiry(String tenant, Supplier<@Nullable LogPart> part, long last) {
    LogRetention r = retention.apply(tenant);
    return r == null ? null : StreamRetention.of(registry(tenant), r, part.get(), last);
  }

  /** Copies the rows of the parts that are neither deleted nor expired into a head, writes that. */
  @Override
  public void merge(
      String tenant, List<LogPart> parts, List<List<DeletionMark>> deletions, PartSink sink)
      throws IOException {
    LogHead head = new LogHead(registry(tenant), pool);
    StreamRetention expiry = new StreamRetention(head.streams(), retention.apply(tenant));
    long now = clock.getAsLong();
    for (int i = 0; i < parts.size(); i++) {
      PartRows.copy(
          parts.get(i), deletions.get(i), (stream, t) -> expiry.expires(stream, t) <= now, head);
    }
    write(head, sink);
    head.recycle();
  }

  @Override
  public boolean mayHold(LogPart part, DeletionMark mark) {
    SelectedStreams selected =
        new SelectedStreams(
            registry(mark.tenant()), DeletionCondition.decode(mark.condition()).matchers());
    LogPart.Streams s = part.streams(registry(mark.tenant()));
    for (int i = 0; i < s.stream().length; i++) {
      if (s.firsts()[i] < mark.to()
          && s.lasts()[i] >= mark.from()
          && selected.of(s.numbers()[s.stream()[i]]) >= 0) {
        return true;
      }
    }
    return false;
  }
}
