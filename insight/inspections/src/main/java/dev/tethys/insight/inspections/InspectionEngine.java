package dev.tethys.insight.inspections;

import dev.tethys.insight.entities.Entity;
import dev.tethys.insight.entities.World;
import dev.tethys.insight.entities.kind.EntityKind;
import dev.tethys.insight.graph.query.MetricAnswers;
import dev.tethys.insight.graph.query.MetricAnswers.Sample;
import dev.tethys.insight.inspections.definition.Inspection;
import dev.tethys.insight.inspections.definition.InspectionSet;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Evaluates inspections at an interval and publishes the {@link InspectionReport}. Inspections with
 * the same query share one result. A query that fails makes the problems of its inspections
 * unknown; it neither ends nor hides others.
 *
 * <p>Bounds: {@link Limits}; what exceeds them is a failure of the inspection or a notice of the
 * report. One thread evaluates; readers may be on any.
 */
public final class InspectionEngine {
  /**
   * Bounds.
   *
   * @param problems of all inspections, with those that have not lasted long enough
   * @param series that a query may return
   * @param nanos time after which an evaluation starts no further query
   */
  public record Limits(int problems, int series, long nanos) {
    public static final Limits DEFAULT = new Limits(10_000, 100_000, 20_000_000_000L);
  }

  /** Past times, in seconds, at which problems of the first evaluation are looked for. */
  private static final long[] PAST = {60, 120, 300, 600, 1_200, 2_400, 3_600};

  /**
   * Time after startup during which values are not compared with the past: span counters are still
   * missing after a restart, which looks like fewer requests.
   */
  private static final long WARM_UP = 120_000;

  /** Problems of the first evaluation above which their begin is not looked for. */
  private static final int MAX_LOOKED_FOR = 1_000;

  private volatile InspectionSet set;
  private final MetricAnswers answers;
  private final Limits limits;
  private final LongSupplier nanoTime;
  private List<InspectionState> states;
  private @Nullable EntitySeries series;
  private Map<String, Double> requests = Map.of();
  private long started = Long.MIN_VALUE;
  private volatile @Nullable InspectionReport report;

  /** Answer of one query. */
  private record Answer(List<Sample> samples, @Nullable String error, double millis) {}

  public InspectionEngine(InspectionSet set, MetricAnswers answers, Limits limits) {
    this(set, answers, limits, System::nanoTime);
  }

  /**
   * @param nanoTime as {@link System#nanoTime}
   */
  InspectionEngine(InspectionSet set, MetricAnswers answers, Limits limits, LongSupplier nanoTime) {
    this.set = set;
    this.answers = answers;
    this.limits = limits;
    this.nanoTime = nanoTime;
    this.states =
        set.inspections().stream().map(i -> new InspectionState(i, set.overrides())).toList();
  }

  /**
   * Replaces the inspections. One with the id, query and entities of an inspection before keeps its
   * problems and its past, even if its thresholds or texts differ. Must be called by the thread
   * that evaluates.
   */
  public void replace(InspectionSet next) {
    Map<String, InspectionState> before = new HashMap<>();
    states.forEach(s -> before.put(s.inspection().id(), s));
    List<InspectionState> all = new ArrayList<>();
    for (Inspection i : next.inspections()) {
      InspectionState s = before.get(i.id());
      if (s != null && s.inspection().measuresLike(i)) {
        s.redefine(i, next.overrides());
        all.add(s);
      } else {
        all.add(new InspectionState(i, next.overrides()));
      }
    }
    states = List.copyOf(all);
    set = next;
  }

  /** Inspections that are evaluated. */
  public InspectionSet set() {
    return set;
  }

  /** Report of the last evaluation; null before the first. */
  public @Nullable InspectionReport report() {
    return report;
  }

  /**
   * Evaluates the inspections that are due.
   *
   * @param now Unix milliseconds
   */
  public InspectionReport evaluate(World world, long now) {
    EntitySeries s = series;
    if (s == null || s.world() != world) {
      s = new EntitySeries(world);
      series = s;
    }
    long end = nanoTime.getAsLong() + limits.nanos;
    boolean isFirst = started == Long.MIN_VALUE && !world.entities().isEmpty();
    if (isFirst) {
      started = now;
    }
    Map<String, List<InspectionState>> byQuery = new LinkedHashMap<>();
    int problems = 0;
    for (InspectionState state : states) {
      if (state.isDue(now) && (state.baselines() == null || isWarm(now))) {
        byQuery.computeIfAbsent(state.inspection().query(), _ -> new ArrayList<>()).add(state);
      }
      problems += state.size();
    }
    if (!byQuery.isEmpty()) {
      updateRequests(s, now);
    }
    for (Map.Entry<String, List<InspectionState>> e : byQuery.entrySet()) {
      for (InspectionState state : e.getValue()) {
        fillBaseline(state, now, end);
      }
      Answer a = ask(e.getKey(), now, end);
      for (InspectionState state : e.getValue()) {
        if (a.error != null) {
          state.fail(a.error, now, a.millis);
        } else {
          problems += state.update(s, a.samples, now, a.millis, limits.problems - problems);
        }
      }
    }
    if (isFirst) {
      findBegins(s, now, end);
    }
    InspectionReport r = report(world, now);
    report = r;
    return r;
  }

  private boolean isWarm(long now) {
    return started != Long.MIN_VALUE && now - started >= WARM_UP;
  }

  private Answer ask(String query, long time, long end) {
    long start = nanoTime.getAsLong();
    if (start - end >= 0) {
      return new Answer(
          List.of(),
          "not evaluated: the inspections before it took "
              + limits.nanos / 1_000_000_000
              + " s, the limit of one evaluation; raise \"every\" of the slowest",
          0);
    }
    List<Sample> samples = List.of();
    String error = null;
    try {
      samples = answers.at(query, time);
      if (samples.size() > limits.series) {
        error =
            "the query answers "
                + samples.size()
                + " series; at most "
                + limits.series
                + " are read, aggregate them by the labels of the entity";
        samples = List.of();
      }
    } catch (RuntimeException e) {
      error = "the query failed: " + e.getMessage();
    }
    return new Answer(samples, error, (nanoTime.getAsLong() - start) / 1e6);
  }

  private void updateRequests(EntitySeries s, long now) {
    String query = set.requests();
    if (query == null) {
      return;
    }
    List<Sample> samples;
    try {
      samples = answers.at(query, now);
    } catch (RuntimeException e) {
      return; // the order of problems is then that of the evaluation before
    }
    Map<String, Double> bySpans = new HashMap<>();
    Map<String, Double> byAgent = new HashMap<>();
    for (Sample x : samples.size() > limits.series ? List.<Sample>of() : samples) {
      Entity instance = s.find(EntityKind.INSTANCE, x.labels());
      Entity e =
          instance == null
              ? s.find(EntityKind.SERVICE, x.labels())
              : s.owners(instance, EntityKind.SERVICE).getFirst();
      if (e != null && x.value() > 0) {
        (instance == null ? bySpans : byAgent).merge(e.id(), x.value(), Double::sum);
      }
    }
    byAgent.putAll(bySpans); // both count the same requests
    requests = byAgent;
  }

  /** Fills the past of an inspection before its first evaluation, from the store. */
  private void fillBaseline(InspectionState state, long now, long end) {
    InspectionBaselines b = state.baselines();
    if (b == null || state.status().evaluated() != 0) {
      return;
    }
    // Each minute of the first ten, so that young services have a median, then each fifth.
    long step = b.step();
    for (int k = InspectionBaselines.MAX_VALUES; k >= 2; k -= k > 10 ? 5 : 1) {
      Answer a = ask(state.inspection().query(), now - k * step, end);
      if (a.error != null) {
        return;
      }
      for (Sample x : a.samples) {
        if (!Double.isNaN(x.value())) {
          b.record(x.labels(), x.value(), now - k * step);
        }
      }
    }
  }

  /** Determines the start of problems that existed before the process started. */
  private void findBegins(EntitySeries s, long now, long end) {
    for (InspectionState state : states) {
      Set<String> open = state.beyond();
      if (open.isEmpty() || open.size() > MAX_LOOKED_FOR || state.baselines() != null) {
        continue;
      }
      for (long seconds : PAST) {
        long time = now - seconds * 1_000;
        Answer a = ask(state.inspection().query(), time, end);
        InspectionState past = new InspectionState(state.inspection(), set.overrides());
        if (a.error != null || open.isEmpty()) {
          break;
        }
        past.update(s, a.samples, time, 0, limits.problems);
        Set<String> then = past.beyond();
        open = Set.copyOf(open.stream().filter(then::contains).toList());
        open.forEach(id -> state.beganAt(id, time));
      }
    }
  }

  private InspectionReport report(World world, long now) {
    List<InspectionProblem> present = new ArrayList<>();
    List<InspectionProblem> unknown = new ArrayList<>();
    List<InspectionStatus> statuses = new ArrayList<>();
    List<String> notices = new ArrayList<>();
    for (InspectionState state : states) {
      state.forEachProblem(false, present::add);
      state.forEachProblem(true, unknown::add);
      statuses.add(state.status());
      if (state.refused() > 0) {
        Inspection i = state.inspection();
        notices.add(
            state.refused()
                + " problems of "
                + i.id()
                + " are left out: there are "
                + limits.problems
                + " already, the limit. Raise its threshold or narrow its query");
      }
    }
    return new InspectionReport(
        now,
        world,
        new ProblemGroups(world, requests).group(present),
        List.copyOf(unknown),
        List.copyOf(statuses),
        List.copyOf(notices));
  }
}
