package dev.tethys.query.logql.exec;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import dev.tethys.model.access.Scope;
import dev.tethys.model.logs.LogAppendResult;
import dev.tethys.model.logs.LogBatch;
import dev.tethys.query.logql.LogEntry;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Entries of a log query as they are stored. Appending threads put rows of the selected streams
 * into a queue, {@link #filter} passes them through the query, {@link #next} takes the result. Both
 * queues are bounded: entries that do not fit are dropped and counted, so that neither senders nor
 * other tails wait for a slow client.
 */
public final class LiveTail implements AutoCloseable {
  /** Entries in a queue. */
  static final int MAX_QUEUED = 20_000;

  /** Bytes in a queue. */
  static final long MAX_QUEUED_BYTES = 16 << 20;

  /** Dropped entries that are listed with their labels until the next delivery, as in Loki. */
  static final int MAX_LISTED = 1000;

  /** Entry that was dropped. */
  public record Dropped(Labels labels, long time) {}

  /**
   * Entries delivered by a tail.
   *
   * @param entries entries in time order
   * @param dropped dropped entries, at most {@link #MAX_LISTED}
   * @param droppedCount number of dropped entries
   */
  public record Delivery(List<LogEntry> entries, List<Dropped> dropped, long droppedCount) {}

  private record Raw(Labels stream, Labels metadata, long time, byte[] body, long arrived) {
    long bytes() {
      return 100L + body.length + metadata.canonicalBytes().length;
    }
  }

  private record Passed(LogEntry entry, long arrived) {}

  private final Scope scope;
  private final List<String> tenants;
  private final LiveFilter filter;
  private final long delayNanos;
  private final Consumer<LiveTail> whenClosed;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  @GuardedBy("lock")
  private final ArrayDeque<Raw> raw = new ArrayDeque<>();

  @GuardedBy("lock")
  private long rawBytes;

  @GuardedBy("lock")
  private final ArrayDeque<Passed> passed = new ArrayDeque<>();

  @GuardedBy("lock")
  private long passedBytes;

  @GuardedBy("lock")
  private boolean filtering; // a row is in the query

  @GuardedBy("lock")
  private final List<Dropped> dropped = new ArrayList<>();

  @GuardedBy("lock")
  private long droppedCount;

  @GuardedBy("lock")
  private boolean closed;

  LiveTail(Scope scope, LiveFilter filter, long delayNanos, Consumer<LiveTail> whenClosed) {
    this.scope = scope;
    this.tenants = scope.tenants().stream().map(Scope::tenant).toList();
    this.filter = filter;
    this.delayNanos = delayNanos;
    this.whenClosed = whenClosed;
  }

  Scope scope() {
    return scope;
  }

  /** Accepts stored rows; called by appending threads. */
  void offer(String from, LogBatch batch, LogAppendResult result) {
    if (!tenants.contains(from)) {
      return;
    }
    Labels[] selected = new Labels[batch.streams.size()];
    boolean any = false;
    for (int i = 0; i < selected.length; i++) {
      Labels l = batch.streams.get(i);
      Labels shown = tenants.size() > 1 ? TenantsStore.labels(l, from) : l;
      if (filter.selects(shown)) {
        selected[i] = shown;
        any = true;
      }
    }
    if (!any) {
      return;
    }
    long now = System.nanoTime();
    lock.lock();
    try {
      for (int r = 0; r < batch.rows && !closed; r++) {
        Labels stream = selected[batch.rowStreams[r]];
        if (stream != null && !result.isRefused(r)) {
          offer(stream, batch, r, now);
        }
      }
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  @GuardedBy("lock")
  private void offer(Labels stream, LogBatch batch, int r, long now) {
    if (raw.size() >= MAX_QUEUED || rawBytes + batch.bodyLengths[r] > MAX_QUEUED_BYTES) {
      drop(stream, batch.times[r]);
      return;
    }
    Labels metadata = Labels.EMPTY;
    if (batch.pairStarts[r] < batch.pairStarts[r + 1]) {
      LabelsBuilder b = new LabelsBuilder();
      for (int p = batch.pairStarts[r]; p < batch.pairStarts[r + 1]; p++) {
        String value =
            new String(
                batch.bytes, batch.valueStarts[p], batch.valueLengths[p], StandardCharsets.UTF_8);
        b.show(batch.names.get(batch.pairNames[p]), value);
      }
      metadata = b.build();
    }
    int from = batch.bodyStarts[r];
    byte[] body = Arrays.copyOfRange(batch.bytes, from, from + batch.bodyLengths[r]);
    Raw row = new Raw(stream, metadata, batch.times[r], body, now);
    raw.add(row);
    rawBytes += row.bytes();
  }

  @GuardedBy("lock")
  private void drop(Labels labels, long time) {
    droppedCount++;
    if (dropped.size() < MAX_LISTED) {
      dropped.add(new Dropped(labels, time));
    }
  }

  /**
   * Passes rows through the query until the tail is closed. Runs on its own thread.
   *
   * @throws InterruptedException if the thread is interrupted
   */
  public void filter() throws InterruptedException {
    while (true) {
      Raw row;
      lock.lock();
      try {
        filtering = false;
        while (raw.isEmpty() && !closed) {
          changed.signalAll();
          changed.await();
        }
        if (closed) {
          return;
        }
        row = raw.remove();
        rawBytes -= row.bytes();
        filtering = true;
      } finally {
        lock.unlock();
      }
      LogEntry e = filter.apply(row.stream, row.metadata, row.time, row.body, 0, row.body.length);
      if (e != null) {
        put(e, row.arrived);
      }
    }
  }

  private void put(LogEntry e, long arrived) {
    lock.lock();
    try {
      if (passed.size() >= MAX_QUEUED || passedBytes + e.bytes() > MAX_QUEUED_BYTES) {
        drop(e.allLabels(), e.time());
      } else {
        passed.add(new Passed(e, arrived));
        passedBytes += e.bytes();
      }
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Removes entries that the initial query found as well: the tail starts before that query, so
   * entries stored in between appear in both.
   */
  public void skip(List<LogEntry> found) throws InterruptedException {
    Set<Seen> seen = new HashSet<>();
    for (LogEntry e : found) {
      seen.add(Seen.of(e));
    }
    lock.lock();
    try {
      while ((!raw.isEmpty() || filtering) && !closed) {
        if (passed.size() >= MAX_QUEUED) {
          break;
        }
        changed.await(10, TimeUnit.MILLISECONDS);
      }
      List<Passed> all = List.copyOf(passed);
      passed.clear();
      for (Passed p : all) {
        if (seen.contains(Seen.of(p.entry))) {
          passedBytes -= p.entry.bytes();
        } else {
          passed.add(p);
        }
      }
    } finally {
      lock.unlock();
    }
  }

  private record Seen(long time, String line, Labels labels) {
    static Seen of(LogEntry e) {
      return new Seen(e.time(), new String(e.line(), StandardCharsets.ISO_8859_1), e.allLabels());
    }
  }

  /**
   * Waits for entries.
   *
   * @param most maximum number of entries
   * @param waitNanos maximum wait
   * @return an empty delivery when nothing came in time, null if the tail is closed
   */
  public @Nullable Delivery next(int most, long waitNanos) throws InterruptedException {
    long end = System.nanoTime() + waitNanos;
    lock.lock();
    try {
      while (true) {
        if (closed) {
          return null;
        }
        long now = System.nanoTime();
        Passed first = passed.peek();
        long due = first == null ? end : Math.min(end, first.arrived + delayNanos);
        boolean ready = first != null && now - first.arrived >= delayNanos;
        if (ready || droppedCount > 0 || now - end >= 0) {
          return take(most, now);
        }
        long left = changed.awaitNanos(Math.max(1, due - now));
        assert left <= waitNanos;
      }
    } finally {
      lock.unlock();
    }
  }

  @GuardedBy("lock")
  private Delivery take(int most, long now) {
    List<LogEntry> out = new ArrayList<>();
    while (out.size() < most && !passed.isEmpty()) {
      Passed p = passed.element();
      if (now - p.arrived < delayNanos) {
        break;
      }
      passed.remove();
      passedBytes -= p.entry.bytes();
      out.add(p.entry);
    }
    out.sort(Comparator.comparingLong(LogEntry::time));
    Delivery d = new Delivery(out, List.copyOf(dropped), droppedCount);
    dropped.clear();
    droppedCount = 0;
    return d;
  }

  @Override
  public void close() {
    lock.lock();
    try {
      if (closed) {
        return;
      }
      closed = true;
      raw.clear();
      passed.clear();
      dropped.clear();
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    whenClosed.accept(this);
  }
}
