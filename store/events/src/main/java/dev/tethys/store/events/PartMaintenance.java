package dev.tethys.store.events;

import dev.tethys.model.file.FileAccess;
import dev.tethys.model.log.JulLogger;
import dev.tethys.store.files.CorruptionException;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Removal, rewriting and merging of parts: retention first, then deletions, then merges of small
 * parts of one tenant and partition.
 *
 * <p>Merges are tiered: {@value #FAN_IN} parts of one size class become one part, so that a row is
 * rewritten at most a few times; parts of a partition that is complete are merged in one step.
 * Parts that a full head was written to are never small. For the thread that holds the engine's
 * {@code maintenance} lock.
 */
final class PartMaintenance<H extends EventHead<S>, S, P> {
  private static final System.Logger LOG = JulLogger.of(PartMaintenance.class.getName());
  private static final int FAN_IN = 8;
  private static final long SMALLEST_CLASS = 64 << 10;
  private static final long SMALL_ROWS = 64 << 10;
  private static final long DAY_NANOS = 86_400_000_000_000L;
  private static final long COMPLETE_AFTER_NANOS = 3_600_000_000_000L;
  private static final int PROCESSED_MARKS = 100; // kept for lists of deletions

  private final FileAccess files;
  private final Path directory;
  private final PartTable<P> parts;
  private final EventSignal<H, S, P> signal;
  private final EngineOptions options;
  private final Set<Long> unmergeable = new HashSet<>(); // damaged parts are left unchanged
  private final Map<Long, PartExpiry> expiries = new HashMap<>(); // by part
  private volatile boolean retentionChanged;

  PartMaintenance(
      FileAccess files,
      Path directory,
      PartTable<P> parts,
      EventSignal<H, S, P> signal,
      EngineOptions options) {
    this.files = files;
    this.directory = directory;
    this.parts = parts;
    this.signal = signal;
    this.options = options;
  }

  /**
   * Does all that is due.
   *
   * @param generation generation of the active heads; no mark applies to it
   */
  void run(long generation) throws IOException {
    removeExpired();
    rewriteExpired(generation);
    processDeletions(generation);
    mergeSmall(generation);
  }

  // ---- retention

  /** Called when the signal has new retention rules. Thread-safe. */
  void retentionChanged() {
    retentionChanged = true;
  }

  private PartExpiry expiry(PartEntry e) {
    PartExpiry known = expiries.get(e.id());
    if (known == null) {
      known = readExpiry(e);
      if (known == null) {
        long nanos = options.retention().nanos();
        known = PartExpiry.whole(nanos > 0 ? PartExpiry.after(e.last(), nanos) : Long.MAX_VALUE);
      }
      expiries.put(e.id(), known);
    }
    return known;
  }

  private @Nullable PartExpiry readExpiry(PartEntry e) {
    LivePart<P> live = parts.retain(e.id());
    if (live == null) {
      return signal.expiry(e.tenant(), () -> null, e.last());
    }
    try {
      return signal.expiry(e.tenant(), live::get, e.last());
    } catch (CorruptionException damage) {
      return signal.expiry(e.tenant(), () -> null, e.last());
    } finally {
      live.release();
    }
  }

  /** Rewrites parts of which some rows have expired by rules of the signal. */
  private void rewriteExpired(long generation) throws IOException {
    long now = options.clock().getAsLong();
    for (PartEntry e : parts.manifest().parts()) {
      if (now >= expiry(e).first() && !unmergeable.contains(e.id())) {
        rewrite(List.of(e), generation);
      }
    }
  }

  private void removeExpired() throws IOException {
    RetentionLimits limits = options.retention();
    Manifest m = parts.manifest();
    List<PartEntry> byAge = new ArrayList<>(m.parts());
    byAge.sort(Comparator.comparingLong(PartEntry::last).thenComparingLong(PartEntry::id));
    long total = byAge.stream().mapToLong(PartEntry::size).sum();
    long max = limits.bytes() > 0 ? limits.bytes() : Long.MAX_VALUE;
    if (limits.diskShare() > 0) {
      max = Math.min(max, (long) (limits.diskShare() * files.totalSpace(directory)));
    }
    if (retentionChanged) {
      retentionChanged = false;
      expiries.clear();
    }
    expiries.keySet().retainAll(byAge.stream().map(PartEntry::id).collect(Collectors.toSet()));
    long now = options.clock().getAsLong();
    Set<Long> expired = new HashSet<>();
    for (PartEntry e : byAge) {
      boolean isOld = now >= expiry(e).whole();
      if (isOld || total > max) {
        expired.add(e.id());
        total -= e.size();
        LOG.log(
            Level.INFO,
            "Part expired and was removed tenant={0} part={1} rows={2} reason={3}",
            e.tenant(),
            e.id(),
            e.rows(),
            isOld ? "age" : "size");
      }
    }
    if (!expired.isEmpty()) {
      parts.commit(
          m.parts().stream().filter(e -> !expired.contains(e.id())).toList(), m.deletions());
      byAge.stream()
          .filter(e -> expired.contains(e.id()))
          .map(PartEntry::tenant)
          .distinct()
          .forEach(signal::expired);
    }
  }

  // ---- deletions

  private void processDeletions(long generation) throws IOException {
    boolean open = false;
    for (DeletionMark d : parts.manifest().deletions()) {
      open |= !d.processed();
    }
    if (!open) {
      return;
    }
    for (PartEntry e : parts.manifest().parts()) {
      if (isHeld(e)) {
        rewrite(List.of(e), generation);
      }
    }
    Manifest m = parts.manifest();
    List<DeletionMark> marks = new ArrayList<>();
    for (DeletionMark d : m.deletions()) {
      boolean held = d.processed();
      for (PartEntry e : m.parts()) {
        held =
            held || d.appliesTo(e.tenant(), e.generation(), e.first(), e.last()) && mayHold(e, d);
      }
      marks.add(held ? d : d.asProcessed());
    }
    long kept = marks.stream().filter(DeletionMark::processed).count();
    for (int i = 0; i < marks.size() && kept > PROCESSED_MARKS; ) {
      if (marks.get(i).processed()) {
        marks.remove(i);
        kept--;
      } else {
        i++;
      }
    }
    if (!marks.equals(m.deletions())) {
      parts.commit(m.parts(), marks);
    }
  }

  private boolean isHeld(PartEntry e) {
    for (DeletionMark d : parts.manifest().deletions()) {
      if (d.appliesTo(e.tenant(), e.generation(), e.first(), e.last()) && mayHold(e, d)) {
        return true;
      }
    }
    return false;
  }

  private boolean mayHold(PartEntry e, DeletionMark d) {
    LivePart<P> live = parts.retain(e.id());
    if (live == null) {
      return false;
    }
    try {
      P p = live.get();
      return p == null || signal.mayHold(p, d);
    } catch (CorruptionException damage) {
      return true;
    } finally {
      live.release();
    }
  }

  // ---- merges

  private void mergeSmall(long generation) throws IOException {
    Map<String, List<PartEntry>> groups = new LinkedHashMap<>();
    for (PartEntry e : parts.manifest().parts()) {
      if (isSmall(e)) {
        groups.computeIfAbsent(e.partition() + " " + e.tenant(), k -> new ArrayList<>()).add(e);
      }
    }
    for (List<PartEntry> group : groups.values()) {
      for (List<PartEntry> batch = next(group); batch.size() > 1; batch = next(group)) {
        rewrite(batch, generation);
        group.removeAll(batch);
      }
    }
  }

  private boolean isSmall(PartEntry e) {
    return e.bytes() < options.smallPartBytes()
        && e.rows() < SMALL_ROWS
        && !unmergeable.contains(e.id());
  }

  /** Parts of a group to merge now; one or none if there is nothing to do. */
  private List<PartEntry> next(List<PartEntry> group) {
    if (group.isEmpty()) {
      return List.of();
    }
    long day = group.getFirst().partition();
    boolean complete =
        day != PartEntry.MIXED
            && options.clock().getAsLong() > (day + 1) * DAY_NANOS + COMPLETE_AFTER_NANOS;
    List<PartEntry> byRows = new ArrayList<>(group);
    byRows.sort(Comparator.comparingLong(PartEntry::bytes));
    List<PartEntry> batch = new ArrayList<>();
    long bytes = 0;
    for (PartEntry e : byRows) {
      boolean fits =
          bytes + e.bytes() <= options.smallPartBytes() * 2
              && (complete || batch.isEmpty() || sizeClass(e) == sizeClass(batch.getFirst()));
      if (!fits) {
        if (complete || batch.size() >= FAN_IN) {
          break;
        }
        batch.clear();
        bytes = 0;
      }
      batch.add(e);
      bytes += e.bytes();
    }
    return complete || batch.size() >= FAN_IN ? batch : List.of();
  }

  private static int sizeClass(PartEntry e) {
    int c = 0;
    for (long max = SMALLEST_CLASS; e.bytes() > max; max *= FAN_IN) {
      c++;
    }
    return c;
  }

  /** Writes the rows of parts of one tenant and partition into new parts. */
  private void rewrite(List<PartEntry> old, long generation) throws IOException {
    String tenant = old.getFirst().tenant();
    PartSink sink = parts.sink(tenant, generation);
    List<LivePart<P>> held = new ArrayList<>();
    List<P> open = new ArrayList<>();
    List<List<DeletionMark>> marks = new ArrayList<>();
    boolean mayBeCommitted = false;
    try {
      for (PartEntry e : old) {
        LivePart<P> live = parts.retain(e.id());
        if (live == null) {
          return;
        }
        held.add(live);
        P p = live.get();
        if (p == null) {
          unmergeable.add(e.id());
          return;
        }
        open.add(p);
        marks.add(
            parts.manifest().deletions().stream()
                .filter(d -> d.appliesTo(tenant, e.generation(), e.first(), e.last()))
                .toList());
      }
      signal.merge(tenant, open, marks, sink);
      List<PartEntry> all = new ArrayList<>(parts.manifest().parts());
      all.removeAll(old);
      all.addAll(sink.finished());
      mayBeCommitted = true;
      parts.commit(all, parts.manifest().deletions());
    } catch (CorruptionException e) {
      old.forEach(p -> unmergeable.add(p.id()));
      LOG.log(
          Level.ERROR,
          "Part is damaged and was not merged, keeping its intact blocks: {0}",
          e.getMessage());
    } finally {
      held.forEach(LivePart::release);
      if (!mayBeCommitted) {
        parts.discard(sink);
      }
    }
  }
}
