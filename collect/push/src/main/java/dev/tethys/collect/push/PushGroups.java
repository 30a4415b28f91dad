package dev.tethys.collect.push;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.model.MetricType;
import dev.tethys.model.exposition.Collector;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.MetricFamily.Metric;
import dev.tethys.model.log.JulLogger;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * All pushed groups.
 *
 * <p>Invariants: guarded by this object; an acknowledged change is on disk; {@code byName} holds,
 * for each family name, the keys of the groups with it; at most {@link #MAX_GROUPS} groups are
 * kept.
 */
public final class PushGroups implements Collector, AutoCloseable {
  /**
   * Maximum number of groups: a job that pushes under ever new labels must not use up all memory.
   */
  static final int MAX_GROUPS = 1_000_000;

  private static final System.Logger LOG = JulLogger.of(PushGroups.class.getName());

  /**
   * Maximum heap size of all groups' metrics when they are rendered for a scrape; the rest is for
   * requests and responses.
   */
  private static final long MAX_STORED = Runtime.getRuntime().maxMemory() / 5;

  private final long maxStored;

  @GuardedBy("this")
  private long stored; // approximate size of the groups in bytes

  private final PushOptions options;
  private final InstantSource clock;
  private final Collector own;

  @GuardedBy("this")
  private final Map<SortedMap<String, String>, PushGroup> groups = new LinkedHashMap<>();

  @GuardedBy("this")
  private final Map<String, Set<SortedMap<String, String>>> byName = new HashMap<>();

  private final @Nullable GroupLog log;

  /**
   * Opens the stored groups.
   *
   * @param own the program's own metrics, shown next to pushed ones
   * @throws IOException if the file cannot be read, or belongs to another program
   */
  public PushGroups(PushOptions options, InstantSource clock, Collector own) throws IOException {
    this(options, clock, own, MAX_STORED);
  }

  /** Variant with another limit. */
  PushGroups(PushOptions options, InstantSource clock, Collector own, long maxStored)
      throws IOException {
    this.maxStored = maxStored;
    this.options = options;
    this.clock = clock;
    this.own = own;
    this.log = options.file() == null ? null : GroupLog.open(options.file(), this::put);
  }

  public PushOptions options() {
    return options;
  }

  private static final Comparator<SortedMap<String, String>> BY_TEXT =
      Comparator.comparing(Object::toString);

  private synchronized void put(SortedMap<String, String> key, @Nullable PushGroup next) {
    PushGroup old = next == null ? groups.remove(key) : groups.put(key, next);
    if (old != null) {
      for (String name : old.families().keySet()) {
        Set<SortedMap<String, String>> keys = byName.get(name);
        if (keys != null && keys.remove(key) && keys.isEmpty()) {
          byName.remove(name);
        }
      }
    }
    stored += (next == null ? 0 : next.bytes()) - (old == null ? 0 : old.bytes());
    if (next != null) {
      for (String name : next.families().keySet()) {
        byName.computeIfAbsent(name, k -> new TreeSet<>(BY_TEXT)).add(key);
      }
    }
  }

  /** Makes a change durable, then visible. */
  @GuardedBy("this")
  private void change(SortedMap<String, String> key, @Nullable PushGroup next) throws IOException {
    if (log != null) {
      log.append(key, next);
    }
    put(key, next);
    if (log != null && log.isWorthCompacting()) {
      try {
        log.compact(groups.values());
      } catch (IOException e) {
        LOG.log(Level.ERROR, "the file of groups cannot be rewritten: {0}", e.getMessage());
      }
    }
  }

  /**
   * Applies a push.
   *
   * @param key the grouping key, including {@code job}
   * @param replace whether all other metrics of the group are deleted
   * @throws PushException if the push is rejected; the group then records the failure
   * @throws IOException if it could not be made durable; nothing has changed then
   */
  public void push(SortedMap<String, String> key, List<MetricFamily> pushed, boolean replace)
      throws PushException, IOException {
    List<MetricFamily> sanitized = new ArrayList<>(pushed.size());
    List<SeriesIndex> series = new ArrayList<>(pushed.size());
    PushException invalid = null;
    try {
      for (MetricFamily f : pushed) {
        if (hasTimestamps(f)) {
          throw new PushException("pushed metrics must not have timestamps");
        }
        MetricFamily s = PushGroup.sanitized(key, f);
        sanitized.add(s);
        if (options.checkConsistency()) {
          series.add(new SeriesIndex(s));
        }
      }
    } catch (PushException e) {
      invalid = e;
    }
    synchronized (this) {
      expire();
      Instant now = clock.instant();
      PushGroup there = groups.get(key);
      if (there == null && groups.size() >= MAX_GROUPS) {
        throw new PushException(
            "there are " + MAX_GROUPS + " groups already: delete some, or let them expire");
      }
      PushGroup before = there == null ? PushGroup.empty(key) : there;
      try {
        if (invalid != null) {
          throw invalid;
        }
        change(key, after(before, sanitized, series, replace, now));
      } catch (PushException e) {
        change(key, before.withFailure(now));
        throw e;
      }
    }
  }

  private static boolean hasTimestamps(MetricFamily f) {
    for (Metric m : f.metrics()) {
      if (m.timestamp() != null) {
        return true;
      }
    }
    return false;
  }

  /** The group after a push, if it may be. */
  @GuardedBy("this")
  private PushGroup after(
      PushGroup before,
      List<MetricFamily> sanitized,
      List<SeriesIndex> series,
      boolean replace,
      Instant now)
      throws PushException {
    List<MetricFamily> families = new ArrayList<>(sanitized.size());
    for (MetricFamily f : sanitized) {
      families.add(replace ? f : summed(before, f));
    }
    PushGroup next = before.with(families, replace, now);
    long after = stored - before.bytes() + next.bytes();
    if (next.bytes() > before.bytes() && after > maxStored) {
      throw full(after);
    }
    if (options.checkConsistency()) {
      new ConsistencyCheck(others(before.labels()))
          .check(next.families().values().stream().map(PushGroup.Pushed::family).toList(), series);
    }
    return next;
  }

  private PushException full(long after) {
    return new PushException(
        "pushed groups would take about "
            + after
            + " bytes of memory, more than the limit of "
            + maxStored
            + "; delete groups, let them expire or give the process more memory");
  }

  /** Maximum number of metrics of a group, given the metrics of other groups. */
  synchronized long room(SortedMap<String, String> key) {
    PushGroup there = groups.get(key);
    long others = stored - (there == null ? 0 : there.bytes());
    return Math.max(0, maxStored - others) / PushGroup.METRIC_BYTES;
  }

  /**
   * Rejects a push of more metrics than {@link #room}.
   *
   * @throws PushException always
   * @throws IOException if the failure could not be made durable
   */
  synchronized void refuse(SortedMap<String, String> key, long metrics)
      throws PushException, IOException {
    PushGroup there = groups.get(key);
    if (there != null || groups.size() < MAX_GROUPS) {
      PushGroup before = there == null ? PushGroup.empty(key) : there;
      change(key, before.withFailure(clock.instant()));
    }
    throw full(stored + metrics * PushGroup.METRIC_BYTES);
  }

  private MetricFamily summed(PushGroup before, MetricFamily pushed) throws PushException {
    PushGroup.Pushed there = before.families().get(pushed.name());
    return options.sumCounters()
            && there != null
            && there.family().type() == pushed.type()
            && PushAggregation.applies(pushed.type())
        ? PushAggregation.sum(there.family(), pushed)
        : pushed;
  }

  private ConsistencyCheck.Others others(SortedMap<String, String> key) {
    Map<String, MetricFamily> mine = new HashMap<>();
    own.collect(f -> mine.put(f.name(), f));
    return new ConsistencyCheck.Others() {
      @Override
      @GuardedBy("PushGroups.this")
      public @Nullable MetricType type(String name) {
        for (SortedMap<String, String> k : byName.getOrDefault(name, Set.of())) {
          MetricFamily f = k.equals(key) ? null : family(k, name);
          if (f != null) {
            return f.type();
          }
        }
        return null;
      }

      @Override
      @GuardedBy("PushGroups.this")
      public List<MetricFamily> families(String name) {
        List<MetricFamily> out = new ArrayList<>();
        for (SortedMap<String, String> k : byName.getOrDefault(name, Set.of())) {
          MetricFamily f = k.equals(key) || differ(k, key) ? null : family(k, name);
          if (f != null) {
            out.add(f);
          }
        }
        return out;
      }

      @Override
      public @Nullable MetricFamily own(String name) {
        return mine.get(name);
      }
    };
  }

  @GuardedBy("this")
  private @Nullable MetricFamily family(SortedMap<String, String> key, String name) {
    PushGroup g = groups.get(key);
    PushGroup.Pushed p = g == null ? null : g.families().get(name);
    return p == null ? null : p.family();
  }

  /** Whether groups of two keys can have no series in common: a label of both differs. */
  private static boolean differ(SortedMap<String, String> a, SortedMap<String, String> b) {
    return a.entrySet().stream()
        .anyMatch(e -> !e.getValue().equals(b.getOrDefault(e.getKey(), e.getValue())));
  }

  /** Removes a group, if it exists. */
  public synchronized void delete(SortedMap<String, String> key) throws IOException {
    if (groups.containsKey(key)) {
      change(key, null);
    }
  }

  /** Removes all groups. */
  public synchronized void wipe() throws IOException {
    for (SortedMap<String, String> key : List.copyOf(groups.keySet())) {
      change(key, null);
    }
  }

  /** Removes groups without a push for too long. */
  @GuardedBy("this")
  private void expire() {
    Duration expiry = options.expiry();
    if (expiry.isZero()) {
      return;
    }
    Instant limit = clock.instant().minus(expiry);
    for (PushGroup g : List.copyOf(groups.values())) {
      if (g.lastChange().isBefore(limit)) {
        try {
          change(g.labels(), null);
        } catch (IOException e) {
          LOG.log(Level.ERROR, "an expired group could not be removed: {0}", e.getMessage());
          return;
        }
      }
    }
  }

  /** All groups, by their labels. */
  public synchronized List<PushGroup> groups() {
    expire();
    return groups.values().stream()
        .sorted(Comparator.comparing(g -> String.valueOf(g.labels())))
        .toList();
  }

  private static final class Merged {
    private final MetricFamily first;
    private String help;
    private final List<Metric> metrics = new ArrayList<>();

    Merged(MetricFamily first) {
      this.first = first;
      this.help = first.help();
    }
  }

  /**
   * The families of all groups; families with the same name are merged and have the type of the
   * first.
   */
  @Override
  public void collect(Consumer<MetricFamily> to) {
    TreeMap<String, Merged> out = new TreeMap<>();
    for (PushGroup g : groups()) {
      for (PushGroup.Pushed p : g.families().values()) {
        MetricFamily f = p.family();
        Merged m = out.computeIfAbsent(f.name(), k -> new Merged(f));
        if (m.first.type() == f.type()) { // else it was pushed without a check, and cannot be shown
          m.metrics.addAll(f.metrics());
          m.help = f.help().isEmpty() ? m.help : f.help();
        }
      }
    }
    out.values()
        .forEach(
            m ->
                to.accept(
                    new MetricFamily(
                        m.first.name(), m.first.type(), m.help, m.first.unit(), m.metrics)));
  }

  @Override
  public synchronized void close() throws IOException {
    if (log != null) {
      log.close();
    }
  }
}
