package dev.tethys.logagent;

import dev.tethys.model.logs.LogEntry;
import dev.tethys.pipeline.stages.EntrySnapshot;
import dev.tethys.pipeline.stages.StageObserver;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Observes the stages of a job: for {@code -inspect}, which prints the result of each stage for
 * each entry, and for users who inspect sampled entries. Entries are not observed without an
 * observer.
 *
 * <p>Invariant: the state of the current entry belongs to the thread that processes it, under the
 * pipeline's lock.
 */
final class StageInspection implements StageObserver {
  /** Maximum number of clients that inspect one job at a time. */
  static final int MAX_WATCHES = 8;

  /** Stages of an entry that are reported; a block of lines may be passed on as many entries. */
  private static final int MAX_STEPS = 1000;

  private static final int MAX_WAITING = 16;

  private final String job;
  private final boolean printed;
  private final List<Watch> watches = new CopyOnWriteArrayList<>();
  private final List<Watch> wanting = new ArrayList<>(); // of the entry under way
  private @Nullable List<EntryTrace.Step> steps; // of the entry under way; null when not wanted
  private @Nullable EntrySnapshot entry;

  /**
   * Of a job.
   *
   * @param printed whether everything is written to standard error
   */
  StageInspection(String job, boolean printed) {
    this.job = job;
    this.printed = printed;
  }

  /** Subscription to sampled entries; entries beyond the reader's rate are skipped. */
  final class Watch implements AutoCloseable {
    private final BlockingQueue<EntryTrace> waiting = new ArrayBlockingQueue<>(MAX_WAITING);
    private final long gap; // nanoseconds
    private long next = System.nanoTime();

    private Watch(double perSecond) {
      gap = (long) (1e9 / perSecond);
    }

    /** The next trace; null after {@code milliseconds} without one. */
    @Nullable EntryTrace next(long milliseconds) throws InterruptedException {
      return waiting.poll(milliseconds, TimeUnit.MILLISECONDS);
    }

    @Override
    public void close() {
      watches.remove(this);
    }
  }

  /**
   * Starts watching.
   *
   * @param perSecond maximum number of entries per second
   * @return null if there are too many watchers
   */
  synchronized @Nullable Watch watch(double perSecond) {
    if (watches.size() >= MAX_WATCHES) {
      return null;
    }
    Watch w = new Watch(perSecond);
    watches.add(w);
    return w;
  }

  /** Starts the trace of an entry; returns null if stages emit entries because of a timeout. */
  void begin(@Nullable LogEntry e) {
    if (watches.isEmpty()) {
      return;
    }
    long now = System.nanoTime();
    for (Watch w : watches) {
      if (now - w.next >= 0) {
        wanting.add(w);
      }
    }
    if (!wanting.isEmpty()) {
      steps = new ArrayList<>();
      entry = e == null ? null : snapshot(e);
    }
  }

  private static EntrySnapshot snapshot(LogEntry e) {
    return new EntrySnapshot(
        e.labels(),
        e.metadata(),
        e.timestamp(),
        e.line(),
        Collections.unmodifiableSortedMap(new TreeMap<>()));
  }

  /** All stages have processed the entry. */
  void end() {
    List<EntryTrace.Step> s = steps;
    if (s == null) {
      return;
    }
    if (entry != null || !s.isEmpty()) {
      EntryTrace t = new EntryTrace(job, entry, List.copyOf(s));
      long now = System.nanoTime();
      for (Watch w : wanting) {
        if (w.waiting.offer(t)) {
          w.next = now + w.gap;
        }
      }
    }
    wanting.clear();
    steps = null;
    entry = null;
  }

  @Override
  public boolean isWatching() {
    return printed || steps != null;
  }

  @Override
  public void observe(String stage, @Nullable EntrySnapshot before, List<EntrySnapshot> after) {
    if (printed) {
      print(stage, before, after);
    }
    List<EntryTrace.Step> s = steps;
    if (s != null && s.size() < MAX_STEPS) {
      s.add(new EntryTrace.Step(stage, before, after));
    }
  }

  private static void print(
      String stage, @Nullable EntrySnapshot before, List<EntrySnapshot> after) {
    StringBuilder sb = new StringBuilder("[inspect: " + stage + " stage]:\n");
    for (EntrySnapshot a : after) {
      if (before == null || after.size() > 1) {
        sb.append("+ ").append(a).append('\n');
        continue;
      }
      change(sb, "labels", before.labels(), a.labels());
      change(sb, "metadata", before.metadata(), a.metadata());
      change(sb, "timestamp", before.timestamp(), a.timestamp());
      change(sb, "line", before.line(), a.line());
      change(sb, "extracted", before.extracted(), a.extracted());
    }
    if (after.isEmpty()) {
      sb.append("- ").append(before == null ? "" : before.line()).append(" (dropped or held)\n");
    }
    System.err.print(sb);
  }

  private static void change(StringBuilder sb, String what, Object before, Object after) {
    if (!before.equals(after)) {
      sb.append(what).append(":\n-  ").append(before).append("\n+  ").append(after).append('\n');
    }
  }
}
