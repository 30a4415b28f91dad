package dev.tethys.control.live;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.control.fleet.AgentState;
import dev.tethys.control.fleet.Totals;
import dev.tethys.control.state.StateFile;
import dev.tethys.model.guard.LimitedLog;
import dev.tethys.model.log.JulLogger;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.opamp.PipelineAccounts;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Counts of live controls by agent, which never decrease: counts of ended processes and
 * disconnected agents are kept. They are kept in a file as long as the control exists. Thread-safe.
 *
 * <p>Invariants: at most {@link #MAX_ENTRIES} counts, in memory and in the file; an agent beyond
 * that has those of its present process.
 *
 * <p>Format: a JSON object with {@code format} (1) and {@code controls}, each of which has {@code
 * id}, {@code start} and {@code agents}: by ID the start of the process, the counts of earlier
 * processes, those of the last one, and the starts of the last processes before.
 */
public final class ControlCounts {
  static final int MAX_ENTRIES = 100_000;

  /** Interval between writes of changed counts. */
  private static final Duration EVERY = Duration.ofSeconds(10);

  private static final System.Logger LOG = JulLogger.of(ControlCounts.class.getName());

  /** Items and bytes of a control. */
  public record Sum(long matched, long dropped, long changed, long removedBytes) {
    public static final Sum NONE = new Sum(0, 0, 0, 0);

    static Sum of(PipelineAccounts.Control c) {
      return new Sum(c.matched(), c.dropped(), c.changed(), c.removedBytes());
    }

    public Sum plus(Sum o) {
      return new Sum(
          matched + o.matched,
          dropped + o.dropped,
          changed + o.changed,
          removedBytes + o.removedBytes);
    }

    private boolean isBelow(Sum o) {
      return matched < o.matched
          || dropped < o.dropped
          || changed < o.changed
          || removedBytes < o.removedBytes;
    }
  }

  /** A control; ids may be used again. */
  private record Key(String id, long start) {
    static Key of(LiveControl c) {
      return new Key(c.control().id(), c.control().startMillis());
    }
  }

  /**
   * Counts for one agent.
   *
   * @param process start of the process of {@code last}; 0 if it is unknown
   * @param ended those of processes before
   * @param former starts of the last processes before: one that reports again is of another agent
   *     with the same uid, and is not added up
   */
  private record Entry(long process, Sum ended, Sum last, List<Long> former) {
    private static final int MAX_FORMER = 4;

    Entry(long process, Sum ended, Sum last) {
      this(process, ended, last, List.of());
    }

    Entry next(long start, Sum now) {
      if (start != 0 && former.contains(start)) {
        return this;
      }
      boolean other = start != 0 && process != 0 && start != process || now.isBelow(last);
      List<Long> before = former;
      if (start != 0 && process != 0 && start != process) {
        before = new ArrayList<>(former);
        before.add(process);
        before =
            List.copyOf(before.subList(Math.max(0, before.size() - MAX_FORMER), before.size()));
      }
      return new Entry(start == 0 ? process : start, other ? ended.plus(last) : ended, now, before);
    }

    /** Whether the last counts of a process that has ended are in it already. */
    boolean contains(long start, Sum now) {
      return start != 0 && (process > start || process == start && now.isBelow(last));
    }

    Sum sum() {
      return ended.plus(last);
    }
  }

  private final LimitedLog failures = new LimitedLog(LOG);
  private final StateFile file;

  @GuardedBy("this")
  private final Map<Key, Map<UUID, Entry>> all = new LinkedHashMap<>();

  @GuardedBy("this")
  private int entries;

  @GuardedBy("this")
  private boolean changed;

  private final Object writing = new Object();

  @GuardedBy("this")
  private long savedNanos;

  public ControlCounts(Path file) throws IOException {
    this.file =
        new StateFile(
            file, "restore it from a backup, or remove it to count the present processes only");
    this.file.load(this::read);
  }

  private synchronized void read(JsonNode n) {
    for (JsonNode c : n.path("controls")) {
      Map<UUID, Entry> agents = new HashMap<>();
      for (Map.Entry<String, JsonNode> e : c.path("agents").properties()) {
        JsonNode v = e.getValue();
        agents.put(
            UUID.fromString(e.getKey()),
            new Entry(v.path(0).asLong(0), sum(v, 1), sum(v, 5), former(v)));
      }
      entries += agents.size();
      all.put(new Key(c.path("id").asString(""), c.path("start").asLong(0)), agents);
    }
  }

  private static List<Long> former(JsonNode v) {
    List<Long> out = new ArrayList<>();
    for (int i = 9; i < Math.min(v.size(), 9 + Entry.MAX_FORMER); i++) {
      out.add(v.path(i).asLong(0));
    }
    return List.copyOf(out);
  }

  private static Sum sum(JsonNode v, int from) {
    return new Sum(
        v.path(from).asLong(0),
        v.path(from + 1).asLong(0),
        v.path(from + 2).asLong(0),
        v.path(from + 3).asLong(0));
  }

  /**
   * Records a report of an agent.
   *
   * @param process start of its process; 0 if unknown
   * @param ended whether that process has ended; its counts, or later ones, may already be known
   * @param known controls by id
   */
  public synchronized void take(
      UUID agent, long process, Totals report, boolean ended, Map<String, LiveControl> known) {
    Map<String, PipelineAccounts.Control> counts = report.controls();
    if (counts == null) {
      return;
    }
    for (String id : counts.keySet()) {
      LiveControl c = known.get(id);
      PipelineAccounts.Control n = c == null ? null : counts.get(id);
      if (c == null || n == null || n.startMillis() != c.control().startMillis()) {
        continue;
      }
      Map<UUID, Entry> agents = all.computeIfAbsent(Key.of(c), k -> new HashMap<>());
      Entry before = agents.get(agent);
      if (before == null && entries >= MAX_ENTRIES
          || ended && before != null && before.contains(process, Sum.of(n))) {
        continue;
      }
      entries += before == null ? 1 : 0;
      Entry now =
          (before == null ? new Entry(process, Sum.NONE, Sum.NONE) : before)
              .next(process, Sum.of(n));
      if (!now.equals(before)) {
        agents.put(agent, now);
        changed = true;
      }
    }
  }

  /** Returns the counts of a control at an agent; null if none are kept. */
  @GuardedBy("this")
  private @Nullable Sum kept(LiveControl c, UUID agent) {
    Entry e = all.getOrDefault(Key.of(c), Map.of()).get(agent);
    return e == null ? null : e.sum();
  }

  /** Returns the counts of a control at an agent, including its earlier processes. */
  public synchronized Sum of(LiveControl c, AgentState a) {
    Sum kept = kept(c, a.uid());
    return kept == null ? Sum.of(c.countsIn(a.totals() == null ? Totals.NONE : a.totals())) : kept;
  }

  /** Returns the counts of a control over all agents, including former ones. */
  public synchronized Sum of(LiveControl c, Iterable<AgentState> agents) {
    Sum out = Sum.NONE;
    for (Entry e : all.getOrDefault(Key.of(c), Map.of()).values()) {
      out = out.plus(e.sum());
    }
    for (AgentState a : agents) {
      if (kept(c, a.uid()) == null) {
        out = out.plus(of(c, a));
      }
    }
    return out;
  }

  /** Writes changed counts, and removes those of unknown controls. */
  public void step(Scheduler clock, Map<String, LiveControl> known) {
    synchronized (this) {
      if (!changed || clock.nanos() - savedNanos < EVERY.toNanos()) {
        return;
      }
      savedNanos = clock.nanos();
    }
    try {
      save(known);
    } catch (IOException e) { // the next step tries again
      failures.failure(Level.ERROR, "Counts of live controls not written", file.toString(), e);
    }
  }

  /**
   * Creates a response with counts, and writes these before it is given: a process that is killed
   * must not show less after its next start.
   */
  public <T> T shown(Map<String, LiveControl> known, Supplier<T> answer) {
    T out = answer.get();
    try {
      save(known);
    } catch (IOException e) { // what is known is shown nevertheless
      failures.failure(Level.ERROR, "Counts of live controls not written", file.toString(), e);
    }
    return out;
  }

  /** Writes the counts, also at the end of the process. */
  public void save(Map<String, LiveControl> known) throws IOException {
    synchronized (writing) { // or an older content would replace a later one
      write(known);
    }
  }

  private void write(Map<String, LiveControl> known) throws IOException {
    ObjectNode content;
    synchronized (this) {
      if (!changed) {
        return;
      }
      all.keySet()
          .removeIf(
              k -> {
                LiveControl c = known.get(k.id);
                return c == null || !Key.of(c).equals(k);
              });
      entries = all.values().stream().mapToInt(Map::size).sum();
      content = content();
      changed = false;
    }
    try {
      file.write(content);
    } catch (IOException e) {
      synchronized (this) {
        changed = true;
      }
      throw e;
    }
  }

  @GuardedBy("this")
  private ObjectNode content() {
    ObjectNode n = StateFile.content();
    ArrayNode controls = n.putArray("controls");
    all.forEach(
        (k, agents) -> {
          ObjectNode c = controls.addObject().put("id", k.id).put("start", k.start);
          ObjectNode by = c.putObject("agents");
          agents.forEach(
              (uid, e) -> {
                ArrayNode v = by.putArray(uid.toString()).add(e.process);
                put(v, e.ended);
                put(v, e.last);
                e.former.forEach(v::add);
              });
        });
    return n;
  }

  private static void put(ArrayNode to, Sum s) {
    to.add(s.matched).add(s.dropped).add(s.changed).add(s.removedBytes);
  }
}
