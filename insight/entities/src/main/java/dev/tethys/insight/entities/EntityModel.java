package dev.tethys.insight.entities;

import dev.tethys.insight.entities.kind.EntityKind;
import dev.tethys.insight.entities.kind.RelationKind;
import dev.tethys.insight.entities.rules.InsightRule;
import dev.tethys.insight.entities.rules.RuleSet;
import dev.tethys.model.LabelNames;
import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.storage.StorageException;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Model of entities and relations. {@link #update} reads which series an index has, and builds a
 * new {@link World} if any appeared, became old enough or ended. It reads no samples and does not
 * scan the whole index: each reading covers the time since the one before.
 *
 * <p>Bounds: {@link Limits#series} by rule selector, {@link Limits#allSeries} in all, the history
 * by age and bytes. What exceeds a bound is a problem that {@link #problems} reports.
 *
 * <p>Updates come from one thread; readers may be on any.
 */
public final class EntityModel implements Closeable {
  /**
   * Bounds.
   *
   * @param series that a selector may match; one that matches more is not applied
   * @param allSeries of all selectors; further new ones are left out
   * @param endsAfter time without samples after which a series has ended
   * @param historyAge time for which worlds are kept
   * @param historyBytes size of the log of the history
   */
  public record Limits(
      int series, int allSeries, Duration endsAfter, Duration historyAge, long historyBytes) {
    public static final Limits DEFAULT =
        new Limits(100_000, 300_000, Duration.ofMinutes(5), Duration.ofDays(30), 64 << 20);
  }

  /**
   * State of a rule.
   *
   * @param where position in its file
   * @param series that its selector matches
   * @param applied series that it applies to
   * @param problem null if there is none
   */
  public record RuleState(
      String name, String where, int series, int applied, @Nullable String problem) {}

  /** Time before now that the first reading covers. */
  private static final long FIRST_RANGE = Duration.ofMinutes(10).toMillis();

  /** Strings that may be unused before the table is rebuilt. */
  private static final int UNUSED_STRINGS = 50_000;

  private RuleSet rules;
  private final Map<InsightRule.Source, SeriesIndex> indexes;
  private final Limits limits;
  private final String separating;
  private final History history; // guarded by itself
  private List<Group> groups;
  private SeriesTable table = new SeriesTable();
  private Strings strings = new Strings();
  private Evidence evidence;
  private int usedStrings;
  private int refused;
  private boolean hasYoung; // series whose age may change the world
  private boolean isBuilt;
  private boolean mustBuild; // because of other rules
  private volatile World world = World.EMPTY;
  private volatile List<String> problems = List.of();
  private volatile List<RuleState> states = List.of();

  /** Rules with one selector. */
  private static final class Group {
    final InsightRule.Source source;
    final List<Matcher> matchers;
    final int[] rules;
    long readTo = Long.MIN_VALUE;
    int found;
    @Nullable String problem;

    Group(InsightRule.Source source, List<Matcher> matchers, int[] rules) {
      this.source = source;
      this.matchers = matchers;
      this.rules = rules;
    }
  }

  /**
   * @param indexes by source; rules of other sources do not apply
   * @param history file; null to keep it in memory
   * @throws IOException if the history cannot be read
   */
  public EntityModel(
      RuleSet rules,
      Map<InsightRule.Source, SeriesIndex> indexes,
      Limits limits,
      @Nullable Path history)
      throws IOException {
    this(rules, indexes, limits, history, "");
  }

  /**
   * Model of series of several clusters.
   *
   * @param separating label whose values separate entities, such as {@code cluster}: their keys
   *     begin with its value. "" for none
   * @throws IOException if the history cannot be read
   */
  public EntityModel(
      RuleSet rules,
      Map<InsightRule.Source, SeriesIndex> indexes,
      Limits limits,
      @Nullable Path history,
      String separating)
      throws IOException {
    this.separating = separating;
    this.rules = rules;
    this.indexes = Map.copyOf(indexes);
    this.limits = limits;
    this.history = new History(history, limits.historyAge.toMillis(), limits.historyBytes);
    this.groups = groups(rules.rules(), this.indexes);
    this.evidence = new Evidence(rules.rules(), strings, separating);
  }

  /**
   * Replaces the rules. The next update reads all indexes again; the world and its history stay
   * until then. Must be called by the thread that updates.
   */
  public void replace(RuleSet next) {
    rules = next;
    groups = groups(next.rules(), indexes);
    table = new SeriesTable();
    strings = new Strings();
    usedStrings = 0;
    evidence = new Evidence(next.rules(), strings, separating);
    mustBuild = true;
  }

  private static List<Group> groups(
      List<InsightRule> rules, Map<InsightRule.Source, SeriesIndex> indexes) {
    Map<String, List<Integer>> bySelector = new LinkedHashMap<>();
    for (int i = 0; i < rules.size(); i++) {
      InsightRule r = rules.get(i);
      if (indexes.containsKey(r.source())) {
        bySelector.computeIfAbsent(r.source() + r.metric(), _ -> new ArrayList<>()).add(i);
      }
    }
    List<Group> out = new ArrayList<>();
    for (List<Integer> numbers : bySelector.values()) {
      InsightRule r = rules.get(numbers.getFirst());
      out.add(
          new Group(
              r.source(), selector(r), numbers.stream().mapToInt(Integer::intValue).toArray()));
    }
    return List.copyOf(out);
  }

  private static List<Matcher> selector(InsightRule r) {
    if (r.metric().isEmpty()) {
      return List.of(Matcher.of(Matcher.Type.REGEX, "service_name", ".+"));
    }
    return List.of(
        LabelNames.isLegacyMetricName(r.metric())
            ? Matcher.equal(Labels.METRIC_NAME, r.metric())
            : Matcher.of(Matcher.Type.REGEX, Labels.METRIC_NAME, r.metric()));
  }

  /** Reads the indexes up to a time and builds the world of that time if anything changed. */
  public void update(long now) {
    refused = 0;
    boolean changed = !isBuilt || mustBuild;
    mustBuild = false;
    for (Group g : groups) {
      changed |= read(g, now);
    }
    changed |= table.removeIf(this::hasEnded);
    if (changed || hasYoung) {
      collectStrings();
      build(now);
      isBuilt = true;
    } else {
      report(List.of());
    }
  }

  private boolean hasEnded(int row) {
    Group g = groups.get(table.group(row));
    return g.problem == null && table.last(row) < g.readTo - limits.endsAfter.toMillis();
  }

  /** Reads one selector; true if it found a new series. */
  private boolean read(Group g, long now) {
    try {
      boolean changed = false;
      if (g.readTo == Long.MIN_VALUE) {
        // Two readings, so that a series that was there before is not as young as the process.
        long middle = now - oldestAge(g);
        changed = read(g, now - FIRST_RANGE, middle);
        g.readTo = middle;
      }
      if (now > g.readTo) {
        changed |= read(g, g.readTo + 1, now);
        g.readTo = now;
      }
      return changed;
    } catch (StorageException e) {
      g.problem = "the series could not be read: " + e.getMessage();
      return false;
    }
  }

  private long oldestAge(Group g) {
    long age = 0;
    for (int n : g.rules) {
      age = Math.max(age, rules.rules().get(n).minAge());
    }
    return Math.min(age, FIRST_RANGE - 1);
  }

  private boolean read(Group g, long from, long to) {
    SeriesIndex index = indexes.get(g.source);
    if (index == null) {
      return false;
    }
    int number = groups.indexOf(g);
    List<Labels> found = index.series(from, to, g.matchers, limits.series + 1);
    g.found = found.size();
    if (g.found > limits.series) {
      boolean any = g.problem == null;
      g.problem =
          "matches more than " + limits.series + " series and is not applied; narrow its metric";
      table.removeIf(row -> table.group(row) == number);
      return any;
    }
    g.problem = null;
    boolean changed = false;
    for (Labels l : found) {
      long hash = l.hash64();
      if (table.touch(number, hash, to) >= 0) {
        continue;
      }
      if (table.size() >= limits.allSeries) {
        refused++;
        continue;
      }
      int[] its = evidence.of(l, g.rules);
      table.add(number, hash, to, its);
      changed |= its.length > 0;
    }
    return changed;
  }

  /** Rebuilds the table of strings when most of it is of series that have ended. */
  private void collectStrings() {
    if (strings.size() < 2 * usedStrings + UNUSED_STRINGS) {
      return;
    }
    Strings from = strings;
    Strings to = new Strings();
    table.replaceEvidence(e -> Evidence.renumbered(e, rules.rules(), from, to));
    strings = to;
    usedStrings = to.size();
    evidence = new Evidence(rules.rules(), to, separating);
  }

  private void build(long now) {
    List<int[]> old = new ArrayList<>();
    boolean young = false;
    Evidence.Reader reader = new Evidence.Reader(rules.rules());
    for (int row = 0; row < table.size(); row++) {
      int[] e = table.evidence(row);
      if (e.length == 0) {
        continue;
      }
      int[] counting = counting(reader, e, row);
      young |= counting.length < e.length;
      if (counting.length > 0) {
        old.add(counting);
      }
    }
    hasYoung = young;
    List<String> found = new ArrayList<>();
    World next = new WorldBuilder(rules, strings, old, found).build();
    if (!next.equals(world) || !isBuilt) {
      synchronized (history) {
        history.record(now, next);
      }
      world = next;
    }
    report(found);
  }

  /** Evidence of the rules for which a series is old enough. */
  private int[] counting(Evidence.Reader reader, int[] e, int row) {
    reader.read(e);
    boolean all = true;
    boolean any = false;
    while (reader.next()) {
      boolean counts = isOldEnough(reader.rule(), row);
      all &= counts;
      any |= counts;
    }
    if (all || !any) {
      return all ? e : Evidence.NONE;
    }
    int[] out = new int[e.length];
    int n = 0;
    for (int at = 0; at < e.length; at += e[at + 1] + 2) {
      if (isOldEnough(rules.rules().get(e[at]), row)) {
        System.arraycopy(e, at, out, n, e[at + 1] + 2);
        n += e[at + 1] + 2;
      }
    }
    return Arrays.copyOf(out, n);
  }

  private boolean isOldEnough(InsightRule r, int row) {
    return table.age(row) >= r.minAge() && table.seen(row) >= r.minObservations();
  }

  private void report(List<String> ofWorld) {
    int[] applied = new int[rules.rules().size()];
    for (int row = 0; row < table.size(); row++) {
      int[] e = table.evidence(row);
      for (int at = 0; at < e.length; at += e[at + 1] + 2) {
        applied[e[at]]++;
      }
    }
    List<RuleState> out = new ArrayList<>();
    List<String> all = new ArrayList<>(ofWorld);
    for (Group g : groups) {
      for (int n : g.rules) {
        InsightRule r = rules.rules().get(n);
        out.add(new RuleState(r.name(), r.where(), g.found, applied[n], g.problem));
        if (g.problem != null) {
          all.add(r.where() + ": rule \"" + r.name() + "\" " + g.problem);
        }
      }
    }
    if (refused > 0) {
      all.add(
          refused
              + " new series are left out: the model has "
              + limits.allSeries
              + " already, its limit. Narrow rules that match many series");
    }
    synchronized (history) {
      if (history.problem() != null) {
        all.add(history.problem());
      }
    }
    states = List.copyOf(out);
    problems = List.copyOf(all);
  }

  /** World at present. */
  public World current() {
    return world;
  }

  /** World of a time as it was then; null for times before {@link #start}. */
  public @Nullable World at(long time) {
    synchronized (history) {
      return history.at(time);
    }
  }

  /** Time from which worlds are known; {@link Long#MAX_VALUE} before the first update. */
  public long start() {
    synchronized (history) {
      return history.start();
    }
  }

  /** Intervals in which an entity was valid, by time. */
  public List<Validity> validity(String id) {
    synchronized (history) {
      return history.validity(id);
    }
  }

  /**
   * Entities of some kinds that began or ended within a time, the newest first.
   *
   * @param limit number of changes that are returned
   */
  public List<EntityChange> changes(Set<EntityKind> kinds, long from, long to, int limit) {
    synchronized (history) {
      return history.changes(kinds, from, to, limit);
    }
  }

  /** Entities of kinds, and relations of a kind, that were valid at any time of a range. */
  public EntityPast past(Set<EntityKind> kinds, RelationKind relation, long from, long to) {
    synchronized (history) {
      return history.past(kinds, relation, from, to);
    }
  }

  /** Time without samples after which a series has ended, in milliseconds. */
  public long endsAfter() {
    return limits.endsAfter.toMillis();
  }

  /** Problems: things that are left out at present, with reason and remedy. */
  public List<String> problems() {
    return problems;
  }

  /** Rules by selector. */
  public List<RuleState> rules() {
    return states;
  }

  @Override
  public void close() throws IOException {
    synchronized (history) {
      history.close();
    }
  }
}
