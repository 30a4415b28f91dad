package dev.tethys.api.pyroscope;

import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.access.Scope;
import dev.tethys.model.guard.RequestMemory;
import dev.tethys.model.profiles.ProfileLabels;
import dev.tethys.model.profiles.ProfileMerge;
import dev.tethys.model.profiles.ProfileReader;
import dev.tethys.model.profiles.ProfileRows;
import dev.tethys.model.profiles.ProfileSelection;
import dev.tethys.model.profiles.ProfileStore;
import dev.tethys.model.profiles.ProfileSymbols;
import dev.tethys.model.profiles.Samples;
import dev.tethys.model.profiles.StackMerge;
import dev.tethys.model.profiles.StackTree;
import dev.tethys.query.promql.parser.PromqlParseException;
import dev.tethys.query.promql.parser.PromqlParser;
import dev.tethys.web.HttpException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;

/** Queries of one request over the profile store of its tenant. */
final class ProfileQueries {
  private static final long MILLI = 1_000_000;
  private static final int MAX_POINTS = 11_000;

  /** Memory of a point with its text in the response, without and with its largest profile. */
  private static final int POINT_BYTES = 320;

  private static final int EXAMPLE_BYTES = 1024;

  private final ProfileStore store;
  private final Scope scope;
  private final BooleanSupplier stopped;
  private final Set<String> damage = new LinkedHashSet<>();

  /**
   * @param stopped true or an exception ends a query
   */
  ProfileQueries(ProfileStore store, Scope scope, BooleanSupplier stopped) {
    this.store = store;
    this.scope = scope;
    this.stopped = stopped;
  }

  /**
   * Returns damage to stored data because of which profiles may be missing; empty if there is none.
   */
  List<String> damage() {
    return List.copyOf(damage);
  }

  /**
   * Profiles selected by a request.
   *
   * @param type id of the profile type
   * @param start Unix milliseconds
   * @param end Unix milliseconds, inclusive
   * @param profiles those to read; empty for all
   */
  record Request(String type, String selector, long start, long end, Set<ProfileId> profiles) {
    ProfileLabels.Type parsedType() {
      ProfileLabels.Type t = ProfileLabels.Type.parse(type);
      if (t == null) {
        throw new HttpException(
            400,
            "profile type is '"
                + type
                + "'; it must be name:sample type:sample unit:period type:period unit, such as"
                + " process_cpu:cpu:nanoseconds:cpu:nanoseconds");
      }
      return t;
    }
  }

  /** Range in nanoseconds; without an end it has none. */
  private record Range(long from, long to) {
    static Range of(long start, long end) {
      if (end != 0 && end < start) {
        throw new HttpException(400, "end is " + end + ", before start " + start);
      }
      long to = end == 0 ? Long.MAX_VALUE : nanos(end + 1);
      return new Range(nanos(start), to);
    }

    private static long nanos(long millis) {
      if (millis < 0 || millis > Long.MAX_VALUE / MILLI) {
        throw new HttpException(
            400, "time is " + millis + "; it must be milliseconds since 1970 up to year 2262");
      }
      return millis * MILLI;
    }
  }

  /** Returns the matchers of a selector; without one, all profiles match. */
  static List<Matcher> matchers(String selector) {
    if (selector.isBlank()) {
      return List.of();
    }
    try {
      return PromqlParser.parseMetricSelector(selector);
    } catch (PromqlParseException e) {
      throw new HttpException(400, "label selector is not valid: " + e.getMessage());
    }
  }

  private ProfileSelection select(Request r) {
    List<Matcher> matchers = new ArrayList<>(matchers(r.selector));
    matchers.add(Matcher.of(Matcher.Type.EQUAL, ProfileLabels.PROFILE_TYPE, r.parsedType().id()));
    Range range = Range.of(r.start, r.end);
    return store.select(scope, matchers, range.from, range.to);
  }

  /** Returns the series that match one of several selectors. */
  List<Labels> series(List<String> selectors, long start, long end) {
    Range range = Range.of(start, end);
    if (selectors.isEmpty()) {
      return store.series(scope, List.of(), range.from, range.to);
    }
    Map<String, Labels> out = new TreeMap<>();
    for (String s : selectors) {
      for (Labels l : store.series(scope, matchers(s), range.from, range.to)) {
        out.put(l.toString(), l);
      }
    }
    return new ArrayList<>(out.values());
  }

  /**
   * Stacks to merge.
   *
   * @param callSite names of their outermost frames
   * @param attributes attribute filter, as in {@link StackMerge}
   */
  record Stacks(Request request, List<String> callSite, Map<String, Set<String>> attributes) {}

  /** Adds the stacks of a selection to a tree. */
  void stacks(Stacks of, StackTree to, int column) {
    read(of.request, new StackMerge(to, column, of.callSite, of.attributes));
  }

  private void read(Request r, ProfileReader reader) {
    try (ProfileSelection s = select(r)) {
      read(s, r, reader);
    }
  }

  private void read(ProfileSelection s, Request r, ProfileReader reader) {
    s.read(r.profiles.isEmpty() ? reader : new ChosenProfiles(s, r.profiles, reader), stopped);
    damage.addAll(s.damage());
  }

  /** Merges a selection into one profile. */
  ProfileMerge merge(Request r) {
    ProfileMerge merge = new ProfileMerge(false);
    read(r, merge);
    return merge;
  }

  /** Adds a selection to a merged profile. */
  void merge(Request r, ProfileMerge to) {
    read(r, to);
  }

  /**
   * One series of points.
   *
   * @param points for each time, the sum of the profiles and their number
   * @param examples for each time, the profile with the largest value; only if examples are
   *     requested
   */
  record Line(Labels labels, TreeMap<Long, double[]> points, Map<Long, HeatMap.Example> examples) {
    double total() {
      return points.values().stream().mapToDouble(p -> p[0]).sum();
    }
  }

  /**
   * Totals by group and step. As in Pyroscope, the point of a step has the profiles after the
   * previous step, up to it.
   *
   * @param stepMillis distance of two points
   * @param callSite call site, as in {@link #stacks}
   */
  List<Line> lines(Request r, List<String> groupBy, long stepMillis, List<String> callSite) {
    return lines(r, groupBy, stepMillis, callSite, false);
  }

  /**
   * Totals by group and step.
   *
   * @param withExamples whether lines have the largest profile of each point
   */
  List<Line> lines(
      Request r,
      List<String> groupBy,
      long stepMillis,
      List<String> callSite,
      boolean withExamples) {
    checkPoints(r.end - r.start, stepMillis);
    Map<Labels, Line> lines = new HashMap<>();
    try (ProfileSelection s = select(r)) {
      List<Line> ofSeries = new ArrayList<>();
      for (Labels l : s.series()) {
        Labels group = group(l, groupBy);
        ofSeries.add(
            lines.computeIfAbsent(group, g -> new Line(g, new TreeMap<>(), new HashMap<>())));
      }
      List<Labels> series = withExamples ? s.series() : List.of();
      read(s, r, new Totals(ofSeries, series, r.start, stepMillis, callSite));
    }
    List<Line> out = new ArrayList<>(lines.values());
    out.removeIf(l -> l.points.isEmpty());
    out.sort((a, b) -> a.labels.compareTo(b.labels));
    return out;
  }

  /**
   * Computes the heat map of a selection.
   *
   * @throws HttpException 400 if it has too many slots
   */
  HeatMap heatMap(Request r, List<String> groupBy, HeatMap.Options options) {
    checkPoints(options.end() - options.start(), options.step());
    // The first slot has the profiles of the step before the start.
    Request from =
        new Request(
            r.type, r.selector, Math.max(0, r.start - options.step() + 1), r.end, r.profiles);
    try (ProfileSelection s = select(from)) {
      List<Labels> groups = s.series().stream().map(l -> group(l, groupBy)).toList();
      HeatMap map = HeatMap.of(s, groups, options, stopped);
      damage.addAll(s.damage());
      return map;
    }
  }

  private static void checkPoints(long range, long stepMillis) {
    if (stepMillis <= 0 || range / stepMillis > MAX_POINTS) {
      throw new HttpException(
          400,
          "step makes more than "
              + MAX_POINTS
              + " points of a series; use a longer step or a shorter time range");
    }
  }

  private static Labels group(Labels of, List<String> names) {
    String[] pairs = new String[names.size() * 2];
    for (int i = 0; i < names.size(); i++) {
      pairs[2 * i] = names.get(i);
      pairs[2 * i + 1] = of.get(names.get(i));
    }
    return Labels.of(pairs);
  }

  /** Adds the total of each profile, or of its stacks from a call site, to its line. */
  private static final class Totals implements ProfileReader {
    private final List<Line> lines;
    private final List<Labels> series; // empty without examples
    private final long start;
    private final long step;
    private final List<String> callSite;
    private final RequestMemory.Elements memory;
    private boolean[] below = {}; // by node: the stack has the call site

    Totals(List<Line> lines, List<Labels> series, long start, long step, List<String> callSite) {
      this.lines = lines;
      this.series = series;
      this.start = start;
      this.step = step;
      this.callSite = callSite;
      this.memory = new RequestMemory.Elements(series.isEmpty() ? POINT_BYTES : EXAMPLE_BYTES);
    }

    @Override
    public boolean needsSamples() {
      return !callSite.isEmpty();
    }

    @Override
    public void begin(ProfileSymbols s) {
      if (needsSamples()) {
        below = StackMerge.below(s, callSite);
      }
    }

    @Override
    public void profile(int index, ProfileRows rows, int row, Samples samples) {
      long value = rows.totals[row];
      if (needsSamples()) {
        value = 0;
        for (int i = 0; i < samples.count; i++) {
          value += below[samples.stacks[i]] ? samples.values[i] : 0;
        }
      }
      long after = Math.floorDiv(rows.times[row], MILLI) - start;
      long at = start + Math.ceilDiv(Math.max(0, after), step) * step;
      double[] p = lines.get(index).points.computeIfAbsent(at, _ -> newPoint());
      p[0] += value;
      p[1]++;
      if (!series.isEmpty()) {
        lines
            .get(index)
            .examples
            .merge(
                at,
                new HeatMap.Example(series.get(index), rows.times[row], "", value),
                (a, b) -> b.value() > a.value() ? b : a);
      }
    }

    private double[] newPoint() {
      memory.add();
      return new double[2];
    }

    @Override
    public void end() {
      memory.end();
    }
  }

  /** Returns the times of the oldest and newest profile in milliseconds; empty without profiles. */
  long[] times() {
    try (ProfileSelection s = store.select(scope, List.of(), Long.MIN_VALUE, Long.MAX_VALUE)) {
      damage.addAll(s.damage());
      return s.oldest() > s.newest()
          ? new long[0]
          : new long[] {s.oldest() / MILLI, s.newest() / MILLI};
    }
  }
}
