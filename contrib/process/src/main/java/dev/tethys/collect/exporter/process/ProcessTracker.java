package dev.tethys.collect.exporter.process;

import dev.tethys.collect.exporter.process.ProcessSnapshot.ThreadSnapshot;
import dev.tethys.model.log.JulLogger;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.NoSuchFileException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Tracks the processes from one scrape to the next: the group of each, decided when it is first
 * seen, and its usage since the last scrape. Not safe for concurrent use.
 *
 * <p>Bound: a process's state is removed when the process has ended.
 */
final class ProcessTracker {
  private static final System.Logger LOG = JulLogger.of(ProcessTracker.class.getName());

  /**
   * Rules for grouping processes.
   *
   * @param children whether a process without a group belongs to that of its parent
   * @param recheck whether a process without a group is checked again
   * @param recheckFor time after its start during which a process is rechecked; zero for always
   */
  record Rules(GroupNamer namer, boolean children, boolean recheck, Duration recheckFor) {}

  /** A process in a group: its current state and its usage since the last scrape. */
  record Seen(
      String group,
      Instant started,
      ProcessSnapshot snapshot,
      Counts used,
      List<SeenThread> threads) {}

  /** Usage of a thread since the last scrape. */
  record SeenThread(String name, Counts used, String waitsIn) {}

  /**
   * All processes in groups.
   *
   * @param unread number of processes whose basic data could not be read
   * @param partial number of partial read failures
   */
  record Round(List<Seen> seen, int unread, int partial) {}

  /** Unique identity of a process: its number may be reused, but with another start time. */
  private record Id(int pid, long started) {}

  /** A process in no group has no name. */
  private static final class TrackedProcess {
    final @Nullable String group;
    final Instant started;
    Counts counts = Counts.ZERO;
    Map<Id, Counts> threads = Map.of();

    TrackedProcess(@Nullable String group, Instant started) {
      this.group = group;
      this.started = started;
    }
  }

  private record Arrival(Id id, ProcessFacts facts, ProcessSnapshot snapshot) {}

  private final ProcFolder processes;
  private final Rules rules;
  private final InstantSource clock;
  private final Map<Id, TrackedProcess> known = new HashMap<>();
  private @Nullable Instant began;

  ProcessTracker(ProcFolder processes, Rules rules, InstantSource clock) {
    this.processes = processes;
    this.rules = rules;
    this.clock = clock;
  }

  /**
   * Reads all processes.
   *
   * @throws IOException if they cannot be listed
   */
  Round readAll() throws IOException {
    if (began == null) {
      began = clock.instant();
    }
    Set<Id> there = new HashSet<>();
    Map<Integer, Id> byPid = new HashMap<>();
    Map<Id, Arrival> arrivals = new LinkedHashMap<>();
    List<Seen> seen = new ArrayList<>();
    int unread = 0;
    int partial = 0;
    for (int pid : processes.processes()) {
      try {
        ProcFolder.Stat stat = processes.stat(pid);
        Id id = new Id(pid, stat.started());
        there.add(id);
        byPid.put(pid, id);
        TrackedProcess k = known.get(id);
        if (k != null && k.group == null) {
          continue;
        }
        ProcessSnapshot snapshot = processes.readSnapshot(pid, stat);
        partial += snapshot.partial();
        if (k == null) {
          arrivals.put(id, new Arrival(id, processes.facts(pid, stat), snapshot));
        } else {
          seen.add(advance(k, snapshot));
        }
      } catch (NoSuchFileException e) {
        // The process has ended, which is not an error.
      } catch (IOException | NumberFormatException e) {
        if (processes.isThere(pid)) {
          LOG.log(Level.DEBUG, "process {0} cannot be read: {1}", pid, e.getMessage());
          unread++;
        }
      }
    }
    known.keySet().retainAll(there);
    group(arrivals, byPid, seen);
    return new Round(seen, unread, partial);
  }

  private void group(Map<Id, Arrival> arrivals, Map<Integer, Id> byPid, List<Seen> seen) {
    List<Arrival> nameless = new ArrayList<>();
    for (Arrival a : arrivals.values()) {
      String group = rules.namer().group(a.facts());
      if (group == null) {
        nameless.add(a);
      } else {
        seen.add(enter(a, group));
      }
    }
    for (Arrival a : nameless) {
      String group = rules.children() ? inherited(a, arrivals, byPid) : null;
      if (group != null) {
        seen.add(enter(a, group));
      } else if (!isAskedAgain(a.facts().started())) {
        known.put(a.id(), new TrackedProcess(null, a.facts().started()));
      }
    }
  }

  private boolean isAskedAgain(Instant started) {
    return rules.recheck()
        && (rules.recheckFor().isZero()
            || started.plus(rules.recheckFor()).isAfter(clock.instant()));
  }

  /**
   * Returns the group of the nearest ancestor that has one, unless one in between is known to have
   * none.
   */
  private @Nullable String inherited(Arrival a, Map<Id, Arrival> arrivals, Map<Integer, Id> byPid) {
    Set<Integer> passed = new HashSet<>();
    int parent = a.facts().parent();
    while (parent > 0 && passed.add(parent)) {
      Id id = byPid.get(parent);
      TrackedProcess k = id == null ? null : known.get(id);
      if (k != null) {
        return k.group;
      }
      Arrival next = id == null ? null : arrivals.get(id);
      if (next == null) {
        return null;
      }
      parent = next.facts().parent();
    }
    return null;
  }

  private Seen enter(Arrival a, String group) {
    TrackedProcess k = new TrackedProcess(group, a.facts().started());
    known.put(a.id(), k);
    k.counts = a.snapshot().counts();
    k.threads = counts(a.snapshot().threads());
    // All usage of a process that started after the first scan is new.
    boolean isNew = began != null && a.facts().started().isAfter(began);
    return new Seen(
        group,
        k.started,
        a.snapshot(),
        isNew ? k.counts : Counts.ZERO,
        a.snapshot().threads().stream()
            .map(t -> new SeenThread(t.name(), Counts.ZERO, t.waitsIn()))
            .toList());
  }

  private static Seen advance(TrackedProcess k, ProcessSnapshot snapshot) {
    List<SeenThread> threads = new ArrayList<>();
    for (ThreadSnapshot t : snapshot.threads()) {
      Counts before = k.threads.get(new Id(t.id(), t.started()));
      threads.add(
          new SeenThread(
              t.name(), before == null ? Counts.ZERO : t.counts().since(before), t.waitsIn()));
    }
    Seen s =
        new Seen(
            String.valueOf(k.group),
            k.started,
            snapshot,
            snapshot.counts().since(k.counts),
            threads);
    k.counts = snapshot.counts();
    k.threads = counts(snapshot.threads());
    return s;
  }

  private static Map<Id, Counts> counts(List<ThreadSnapshot> threads) {
    Map<Id, Counts> m = new HashMap<>();
    threads.forEach(t -> m.put(new Id(t.id(), t.started()), t.counts()));
    return m;
  }
}
