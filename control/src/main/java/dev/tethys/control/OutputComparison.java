package dev.tethys.control;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Comparison of the outputs of agents with a version and without it, or of the same agents before.
 * Compared are the items and bytes that exporters get for each item and byte that was taken, by
 * signal and by the values of the attributes by which volumes are counted. Guarded by the lock of
 * its rollout.
 *
 * <p>What is taken in one interval may leave in a later one, for batches and queues hold it. So the
 * counts are those since an agent applied the version, and a ratio has an error: by how much the
 * output differed from that ratio at the reports within the time, what the pipeline holds more at
 * the end than at the begin, and the chance of random decisions. A difference is judged only where
 * it is larger than the errors.
 *
 * <p>Counts of two processes, configurations or sets of live controls are never compared: an agent
 * labels its reports with these, and begins anew here where a label changes.
 */
final class OutputComparison {
  /** Agents of each kind that are compared. */
  static final int MAX_AGENTS = 10;

  /** Fewest items for which a value is compared. */
  static final long MIN_ITEMS = 20;

  /** Fewest intervals between reports in which an agent took items, for a judgment. */
  static final int MIN_INTERVALS = 3;

  /** Differences that are shown. */
  static final int MAX_ROWS = 30;

  /** Reports that are kept of an agent: the first, the last, and some between. */
  private static final int MAX_POINTS = 10;

  /** Values that are kept of a report. */
  private static final int MAX_VALUES = 2_000;

  /** Smallest change of a ratio that is shown. */
  private static final double SHOWN = 0.02;

  /** Standard deviations of random decisions in an error. */
  private static final double DEVIATIONS = 2;

  private static final int COUNTS = 4;
  private static final String OTHERS = "agents without the version";
  private static final String BEFORE = "the same agents before";

  private record Key(String attribute, String value, String signal) {
    static Key whole(String signal) {
      return new Key("", "", signal);
    }
  }

  /**
   * Counts of an agent at a report.
   *
   * @param taken items that were taken or made
   * @param waiting items that are between receivers and exporters
   * @param held items that exporters hold
   * @param counts items and bytes in, then out
   * @param partial attributes of which not all values are reported
   * @param run identifies the process and what it runs; counts of two runs are not compared
   * @param controls identifies the live controls that are active
   */
  private record Point(
      long nanos,
      String run,
      String controls,
      long taken,
      long waiting,
      long held,
      Map<Key, long[]> counts,
      Set<String> partial) {

    static @Nullable Point of(FleetVolumes.Report report) {
      JsonNode n = FleetVolumes.read(report.json());
      if (n == null) {
        return null;
      }
      Map<Key, long[]> counts = new HashMap<>();
      Set<String> partial = new HashSet<>();
      for (Map.Entry<String, JsonNode> e : n.path("signals").properties()) {
        if (counts.size() < MAX_VALUES) {
          counts.put(Key.whole(Texts.shortened(e.getKey(), 16)), counts(e.getValue(), 0));
        }
      }
      boolean sum = counts.isEmpty(); // an agent of an earlier release
      for (Map.Entry<String, JsonNode> e : n.path("by").properties()) {
        String attribute = Texts.shortened(e.getKey(), 200);
        for (JsonNode row : e.getValue()) {
          String signal = Texts.shortened(row.path(1).asString(""), 16);
          if (signal.isEmpty() || counts.size() >= MAX_VALUES) {
            partial.add(attribute);
            continue;
          }
          long[] c = counts(row, 2);
          counts.put(new Key(attribute, Texts.shortened(row.path(0).asString(""), 200), signal), c);
          if (sum) {
            long[] whole = counts.computeIfAbsent(Key.whole(signal), k -> new long[COUNTS]);
            for (int i = 0; i < COUNTS; i++) {
              whole[i] += c[i];
            }
          }
        }
        sum = false;
      }
      JsonNode b = n.path("balance");
      boolean labelled = n.has("run");
      return new Point(
          report.nanos(),
          labelled ? n.path("run").asString("") : report.state(),
          labelled ? n.path("controls").asString("") : "",
          b.path("in").asLong(0) + b.path("created").asLong(0),
          b.path("waiting").asLong(0),
          b.path("held").asLong(0),
          counts,
          partial);
    }

    private static long[] counts(JsonNode row, int from) {
      long[] out = new long[COUNTS];
      for (int i = 0; i < COUNTS; i++) {
        out[i] = row.path(from + i).asLong(0);
      }
      return out;
    }

    private long[] of(Key k) {
      return counts.getOrDefault(k, new long[COUNTS]);
    }
  }

  /** Reports of one run of an agent, in their order. */
  private static final class Series {
    private final List<Point> points = new ArrayList<>();
    private List<Point> quiet = List.of(); // the points that are compared
    private String cut = ""; // why earlier reports do not count

    Series() {}

    /** A series of the reports from a time on, monotonic. */
    Series(List<FleetVolumes.Report> reports, long from) {
      reports.stream().filter(r -> r.nanos() - from >= 0).forEach(this::add);
    }

    private String controls() {
      return points.isEmpty() ? "" : points.getLast().controls;
    }

    /** Intervals in which a value was taken. */
    private int activeIntervals(Key taken) {
      int out = 0;
      for (int i = 1; i < quiet.size(); i++) {
        out += quiet.get(i).of(taken)[0] > quiet.get(i - 1).of(taken)[0] ? 1 : 0;
      }
      return out;
    }

    /** Takes a report; whether it is a new one that follows another. */
    boolean add(FleetVolumes.Report report) {
      if (!points.isEmpty() && report.nanos() - points.getLast().nanos <= 0) {
        return false;
      }
      Point p = Point.of(report);
      if (p == null) {
        return false;
      }
      if (!points.isEmpty()) {
        Point last = points.getLast();
        boolean anew = !p.run.equals(last.run) || p.taken < last.taken;
        if (anew || !p.controls.equals(last.controls)) {
          cut = anew ? "started anew, or took another configuration" : "got other live controls";
          points.clear();
        }
      }
      points.add(p);
      if (points.size() > MAX_POINTS) {
        int closest = 1;
        for (int i = 2; i < points.size() - 1; i++) {
          closest = gap(i) < gap(closest) ? i : closest;
        }
        points.remove(closest);
      }
      quiet = leastWaiting();
      return points.size() > 1;
    }

    /**
     * The half of the reports at which the least waited inside of the pipeline, for what waits has
     * been taken and not put out; all where these are too few.
     */
    private List<Point> leastWaiting() {
      long median =
          points.stream()
              .mapToLong(Point::waiting)
              .sorted()
              .skip((points.size() - 1) / 2)
              .findFirst()
              .orElse(0);
      List<Point> out = points.stream().filter(p -> p.waiting <= median).toList();
      return out.size() > MIN_INTERVALS ? out : List.copyOf(points);
    }

    private Point first() {
      return quiet.getFirst();
    }

    private Point last() {
      return quiet.getLast();
    }

    private long gap(int i) {
      return points.get(i + 1).nanos - points.get(i - 1).nanos;
    }

    int intervals() {
      return points.size() - 1;
    }

    /** Growth of a count from the first report to another; values may leave a full list. */
    private long grown(Key k, int count, Point to) {
      return Math.max(0, to.of(k)[count] - first().of(k)[count]);
    }

    /** Whether counts of a value are known from the first report to the last. */
    private boolean has(Key k) {
      return first().counts.containsKey(k)
          ? last().counts.containsKey(k)
          : !first().partial.contains(k.attribute);
    }

    /**
     * By how much the output differs from a steady part of the input at the reports between.
     *
     * @param in count of the input, 0 or 1; that of the output is two more
     */
    private double spread(Key given, Key taken, int in) {
      Point last = last();
      double all = grown(taken, in, last);
      double ratio = all == 0 ? 0 : grown(given, in + 2, last) / all;
      double least = 0;
      double most = 0;
      for (Point p : quiet) {
        double d = grown(given, in + 2, p) - ratio * grown(taken, in, p);
        least = Math.min(least, d);
        most = Math.max(most, d);
      }
      return (most - least) * chance(activeIntervals(taken));
    }

    private long waits() {
      return last().waiting - first().waiting;
    }

    private long held() {
      Point a = points.getFirst();
      Point b = points.getLast();
      return b.waiting - a.waiting + b.held - a.held;
    }

    private long taken() {
      return points.getLast().taken - points.getFirst().taken;
    }

    /** The same between the points that are compared. */
    private long takenOfCompared() {
      return last().taken - first().taken;
    }
  }

  /**
   * By how much more few intervals may differ than they show: quantiles of Student's distribution,
   * relative to that of many.
   */
  private static double chance(int intervals) {
    return switch (intervals) {
      case 0, 1, 2 -> 6.5;
      case 3 -> 2.2;
      case 4 -> 1.6;
      case 5 -> 1.4;
      case 6 -> 1.3;
      default -> 1.2;
    };
  }

  /**
   * Output of some agents for what they took.
   *
   * @param ratio items and bytes to exporters, for one of each that was taken
   * @param error by how much the ratios may be wrong
   * @param intervals fewest of an agent in which it took some
   */
  private record Measure(long taken, double[] ratio, double[] error, int intervals) {
    /** Of those with enough intervals, where there are such: others would hide what these show. */
    static Measure of(Collection<Series> all, Key given, Key taken) {
      List<Series> enough =
          all.stream().filter(s -> s.activeIntervals(taken) >= MIN_INTERVALS).toList();
      return sum(enough.isEmpty() ? all : enough, given, taken);
    }

    private static Measure sum(Collection<Series> all, Key given, Key taken) {
      double[] in = new double[2];
      double[] out = new double[2];
      double[] spread = new double[2];
      double waits = 0;
      double sum = 0;
      int intervals = Integer.MAX_VALUE;
      for (Series s : all) {
        if (s.intervals() < 1 || !s.has(given) || !s.has(taken)) {
          continue;
        }
        for (int i = 0; i < 2; i++) {
          in[i] += s.grown(taken, i, s.last());
          out[i] += s.grown(given, i + 2, s.last());
          spread[i] += s.spread(given, taken, i);
        }
        waits += Math.abs(s.waits());
        sum += Math.max(0, s.takenOfCompared());
        intervals = Math.min(intervals, s.activeIntervals(taken));
      }
      double[] ratio = {part(out[0], in[0]), part(out[1], in[1])};
      double[] error = new double[2];
      // Of what waits, the signal is not known: it counts as of each.
      double held = sum == 0 ? 0 : Math.min(1, waits / sum);
      double random =
          ratio[0] == 0 ? 0 : DEVIATIONS * Math.sqrt(out[0] * (1 - Math.min(1, ratio[0]))) / out[0];
      for (int i = 0; i < 2; i++) {
        error[i] = part(spread[i], in[i]) + held * Math.max(ratio[i], 1) + random * ratio[i];
      }
      return new Measure((long) in[0], ratio, error, intervals);
    }

    /**
     * What agents would have put out before with the shares of the input that they have now: agents
     * with other ratios may get more or less of it.
     */
    static Measure weighted(List<Pair> pairs, Key k, Measure whole) {
      double[] all = new double[2];
      double[] ratio = new double[2];
      double[] error = new double[2];
      for (Pair p : pairs) {
        Measure one = sum(List.of(p.before), k, k);
        for (int i = 0; i < 2; i++) {
          double weight = p.after.grown(k, i, p.after.last());
          all[i] += weight;
          ratio[i] += weight * one.ratio[i];
          error[i] += weight * one.error[i];
        }
      }
      for (int i = 0; i < 2; i++) {
        if (all[i] == 0) {
          return whole;
        }
        ratio[i] /= all[i];
        error[i] /= all[i];
      }
      return new Measure(whole.taken, ratio, error, whole.intervals);
    }

    private static double part(double of, double all) {
      return all == 0 ? 0 : of / all;
    }

    private boolean isEnough() {
      return taken >= MIN_ITEMS;
    }
  }

  /** Result of a comparison with a limit. */
  private enum LimitResult {
    WITHIN,
    ABOVE,
    UNCLEAR
  }

  /**
   * Difference of a value, or of a whole signal.
   *
   * @param key the whole signal, or a value
   * @param before where none was taken with this value, for one of the signal
   */
  private record Row(Key key, Measure before, Measure after, String against) {
    /** Largest change of items or bytes, relative to before. */
    private double change() {
      return Math.max(change(0), change(1));
    }

    private double difference(int i) {
      return Math.abs(after.ratio[i] - before.ratio[i]);
    }

    private double change(int i) {
      return difference(i) == 0 ? 0 : before.ratio[i] == 0 ? 1 : difference(i) / before.ratio[i];
    }

    /** Of both sides, which are wrong independently of each other. */
    private double error(int i) {
      return Math.hypot(before.error[i], after.error[i]);
    }

    private boolean isLongEnough() {
      return before.intervals >= MIN_INTERVALS && after.intervals >= MIN_INTERVALS;
    }

    private boolean isClear() {
      return isLongEnough() && (difference(0) > error(0) || difference(1) > error(1));
    }

    private LimitResult compareWithLimit(double most) {
      LimitResult out = LimitResult.WITHIN;
      for (int i = 0; i < 2; i++) {
        if (!isLongEnough()) {
          return LimitResult.UNCLEAR;
        }
        double limit = most * before.ratio[i];
        if (difference(i) - error(i) > limit) {
          return LimitResult.ABOVE;
        }
        out = difference(i) + error(i) > limit ? LimitResult.UNCLEAR : out;
      }
      return out;
    }

    /**
     * Whether a longer wait would only say more exactly what is small: the difference that is seen
     * is within a limit, and few intervals on both sides, or an error of up to as much, keep it
     * from being judged.
     */
    private boolean isUnclearOfLittle(double most) {
      boolean few =
          Math.min(before.intervals, after.intervals) < MIN_INTERVALS
              && Math.max(before.intervals, after.intervals) <= MIN_INTERVALS;
      if (!few && !isLongEnough()) {
        return false;
      }
      for (int i = 0; i < 2; i++) {
        double limit = most * before.ratio[i];
        if (difference(i) > limit || !few && difference(i) + error(i) > 2 * limit) {
          return false;
        }
      }
      return true;
    }

    private int larger() {
      return change(0) >= change(1) ? 0 : 1;
    }

    private String text() {
      int i = larger();
      return String.format(
          Locale.ROOT,
          "%s: %.3f %s to exporters for each that was taken, and %.3f without the version, with an"
              + " error of at most %.3f (%s)",
          key.signal,
          after.ratio[i],
          i == 0 ? "items" : "bytes",
          before.ratio[i],
          error(i),
          against);
    }

    private String unclear() {
      if (!isLongEnough()) {
        return "the outputs of "
            + key.signal
            + " are not compared yet: too few reports of volumes with items ("
            + against
            + ")";
      }
      int i = error(0) >= error(1) ? 0 : 1;
      return String.format(
          Locale.ROOT,
          "the outputs of %s are compared over %d items only, with an error of %.3f %s for each"
              + " that was taken",
          key.signal,
          after.taken,
          error(i),
          i == 0 ? "items" : "bytes");
    }
  }

  private static final long LONG_AGO = Long.MIN_VALUE / 4; // of no overflow when subtracted

  /** Time before a version was applied from which on reports of agents without it count. */
  private static final long AT_THE_SAME_TIME = Duration.ofSeconds(15).toNanos();

  private final Map<UUID, Series> fresh = new HashMap<>();
  private final Map<UUID, Series> others = new HashMap<>();
  private final Map<UUID, Series> before = new HashMap<>();
  private List<Row> rows = List.of();
  private Map<String, Compared> signals = Map.of();
  private Set<String> notJudged = Set.of(); // signals without which a stage has passed

  /**
   * Comparisons of a signal.
   *
   * @param beside with agents without the version; null for none that can be compared
   * @param single with each of these agents by itself
   * @param self with the same agents before; null for none that can be compared
   */
  private record Compared(@Nullable Row beside, List<Row> single, @Nullable Row self) {
    private Row shown() {
      return beside != null ? beside : requireNonNull(self);
    }

    /**
     * The result of both comparisons. Agents differ by what they are sent, and traffic changes with
     * time: a version has changed an output only where that differs from agents without the
     * version, from each of them, and from the same agents before.
     */
    private LimitResult withLimit(double most) {
      LimitResult b = beside == null ? LimitResult.ABOVE : beside.compareWithLimit(most);
      LimitResult s = self == null ? LimitResult.ABOVE : self.compareWithLimit(most);
      if (b == LimitResult.WITHIN || s == LimitResult.WITHIN) {
        return LimitResult.WITHIN;
      }
      boolean all =
          b == LimitResult.ABOVE
              && s == LimitResult.ABOVE
              && single.stream().allMatch(r -> r.compareWithLimit(most) == LimitResult.ABOVE);
      return all ? LimitResult.ABOVE : LimitResult.UNCLEAR;
    }

    /** Whether it is not judged for lack of data alone. */
    private boolean lacksData(double most) {
      return (beside == null || beside.compareWithLimit(most) != LimitResult.ABOVE)
          && (self == null || self.compareWithLimit(most) != LimitResult.ABOVE)
          && unclear(most).isUnclearOfLittle(most);
    }

    /** The comparison that is not clear. */
    private Row unclear(double most) {
      if (beside != null && beside.compareWithLimit(most) == LimitResult.UNCLEAR) {
        return beside;
      }
      if (self != null && self.compareWithLimit(most) == LimitResult.UNCLEAR) {
        return self;
      }
      for (Row r : single) {
        if (r.compareWithLimit(most) != LimitResult.ABOVE) {
          return r;
        }
      }
      return shown();
    }
  }

  /** Keeps the last reports of an agent before it is offered the version. */
  void reach(FleetVolumes volumes, UUID agent) {
    others.remove(agent);
    Series s = new Series(volumes.all(agent), LONG_AGO);
    if (s.intervals() > 0 && before.size() < MAX_AGENTS) {
      before.put(agent, s);
    }
  }

  /**
   * Takes the reports that came since the last call.
   *
   * @param applied time by agent at which it applied the version
   * @param without agents without it
   */
  void update(FleetVolumes volumes, Map<UUID, Long> applied, List<UUID> without) {
    boolean news = false;
    long first = Long.MAX_VALUE;
    for (Map.Entry<UUID, Long> e : applied.entrySet()) {
      first = Math.min(first, e.getValue());
      FleetVolumes.Report last = volumes.last(e.getKey());
      if (last != null
          && last.nanos() - e.getValue() >= 0
          && (fresh.containsKey(e.getKey()) || fresh.size() < MAX_AGENTS)) {
        news |= fresh.computeIfAbsent(e.getKey(), k -> new Series()).add(last);
      }
    }
    if (applied.isEmpty()) {
      return;
    }
    others.keySet().retainAll(without);
    for (UUID u : without) {
      Series s = others.get(u);
      FleetVolumes.Report last = volumes.last(u);
      if (s == null && others.size() < MAX_AGENTS) {
        others.put(u, new Series(volumes.all(u), first - AT_THE_SAME_TIME));
        news = true;
      } else if (s != null && last != null) {
        news |= s.add(last);
      }
    }
    if (news) {
      compare();
    }
  }

  private void compare() {
    String controls = controls();
    List<Series> now = with(fresh, controls);
    List<Series> beside = with(others, controls);
    List<Pair> pairs = new ArrayList<>();
    before.forEach(
        (u, then) -> {
          Series x = fresh.get(u);
          if (x != null && x.controls().equals(controls) && then.controls().equals(controls)) {
            pairs.add(new Pair(then, x));
          }
        });
    List<Series> then = pairs.stream().map(Pair::before).toList();
    Map<String, Compared> found = new TreeMap<>();
    List<Row> shown = new ArrayList<>();
    Set<Key> keys =
        new TreeSet<>(
            Comparator.comparing(Key::signal)
                .thenComparing(Key::attribute)
                .thenComparing(Key::value));
    for (List<Series> side : List.of(now, beside, then)) {
      for (Series s : side) {
        if (s.intervals() > 0) {
          keys.addAll(s.points.getLast().counts.keySet());
        }
      }
    }
    for (Key k : keys) {
      Row self = self(k, pairs);
      Row row = row(k, now, beside, OTHERS);
      Row first = row == null ? self : row;
      if (first != null && k.attribute.isEmpty()) {
        List<Row> single = new ArrayList<>();
        for (Series s : beside) {
          Row one = row(k, now, List.of(s), OTHERS);
          if (one != null && one.isLongEnough()) {
            single.add(one);
          }
        }
        // What is known of the time before does not grow: too little of it is never enough.
        Row judged = self != null && self.before.intervals < MIN_INTERVALS ? null : self;
        if (row != null || judged != null) {
          found.put(k.signal, new Compared(row, List.copyOf(single), judged));
        }
      }
      if (first != null && (k.attribute.isEmpty() || first.change() >= SHOWN && first.isClear())) {
        shown.add(first);
      }
    }
    shown.sort(
        Comparator.comparing((Row r) -> !r.key.attribute.isEmpty())
            .thenComparing((Row r) -> -r.change()));
    signals = found;
    rows = List.copyOf(shown.subList(0, Math.min(MAX_ROWS, shown.size())));
  }

  /** Live controls of most agents with the version, preferably of such as others have as well. */
  private String controls() {
    Map<String, Integer> agents = new TreeMap<>();
    fresh.values().forEach(s -> agents.merge(s.controls(), 1, Integer::sum));
    String out = "";
    long most = -1;
    for (Map.Entry<String, Integer> e : agents.entrySet()) {
      boolean beside = others.values().stream().anyMatch(s -> s.controls().equals(e.getKey()));
      long weight = e.getValue() + (beside ? 1_000 : 0);
      if (weight > most) {
        most = weight;
        out = e.getKey();
      }
    }
    return out;
  }

  private static List<Series> with(Map<UUID, Series> of, String controls) {
    return of.values().stream().filter(s -> s.controls().equals(controls)).toList();
  }

  /** Reports of an agent before it was offered the version, and with it. */
  private record Pair(Series before, Series after) {
    private boolean isEnough(Key k) {
      return before.activeIntervals(k) >= MIN_INTERVALS
          && after.activeIntervals(k) >= MIN_INTERVALS;
    }
  }

  /** The difference from the same agents before; null for too few items. */
  private static @Nullable Row self(Key k, List<Pair> pairs) {
    List<Pair> enough = pairs.stream().filter(p -> p.isEnough(k)).toList();
    if (enough.isEmpty()) {
      List<Series> then = pairs.stream().map(Pair::before).toList();
      return row(k, pairs.stream().map(Pair::after).toList(), then, BEFORE);
    }
    Row r =
        row(
            k,
            enough.stream().map(Pair::after).toList(),
            enough.stream().map(Pair::before).toList(),
            BEFORE);
    return r == null ? null : new Row(k, Measure.weighted(enough, k, r.before), r.after, BEFORE);
  }

  /** The difference from some agents; null for too few items. */
  private static @Nullable Row row(
      Key k, Collection<Series> now, Collection<Series> without, String against) {
    Measure a = Measure.of(without, k, k);
    Measure b = Measure.of(now, k, k);
    if (a.taken == 0 && b.taken == 0 && !k.attribute.isEmpty()) {
      // The pipeline itself makes the value: its part of the whole is compared.
      Key whole = Key.whole(k.signal);
      a = Measure.of(without, k, whole);
      b = Measure.of(now, k, whole);
      if (Math.max(a.ratio[0] * a.taken, b.ratio[0] * b.taken) < MIN_ITEMS) {
        return null;
      }
    }
    return a.isEnough() && b.isEnough() ? new Row(k, a, b, against) : null;
  }

  /** What is missing to say that no output has changed by more than a share; "" for nothing. */
  String undecided(double most) {
    if (signals.isEmpty()) {
      return "the outputs of agents with and without the version are not compared yet" + cuts();
    }
    for (Compared c : signals.values()) {
      if (c.withLimit(most) == LimitResult.UNCLEAR) {
        return c.unclear(most).unclear() + cuts();
      }
    }
    return "";
  }

  /**
   * Whether a stage passes after its longest wait: some signals are within a limit, and the others
   * have too little traffic on both sides and show no larger change. These count as not judged.
   */
  boolean passesInPart(double most) {
    Set<String> without = new HashSet<>();
    for (Map.Entry<String, Compared> e : signals.entrySet()) {
      LimitResult result = e.getValue().withLimit(most);
      if (result == LimitResult.ABOVE
          || result == LimitResult.UNCLEAR && !e.getValue().lacksData(most)) {
        return false;
      }
      if (result == LimitResult.UNCLEAR) {
        without.add(e.getKey());
      }
    }
    if (without.size() == signals.size()) {
      return false;
    }
    notJudged = Set.copyOf(without);
    return true;
  }

  /** Why reports of agents do not count; "" where all do. */
  private String cuts() {
    StringBuilder out = new StringBuilder();
    for (Map<UUID, Series> side : List.of(fresh, others)) {
      side.forEach(
          (uid, s) -> {
            if (!s.cut.isEmpty() && s.intervals() < MIN_INTERVALS && out.isEmpty()) {
              out.append("; agent ").append(uid).append(' ').append(s.cut);
              out.append(", so that its counts begin anew");
            }
          });
    }
    String controls = controls();
    boolean other =
        !before.isEmpty()
            && before.entrySet().stream()
                .noneMatch(
                    e -> fresh.containsKey(e.getKey()) && e.getValue().controls().equals(controls));
    if (out.isEmpty() && other && !fresh.isEmpty()) {
      out.append("; live controls differ from those before the version");
    }
    return out.toString();
  }

  /** The first signal whose output has changed by more than a share; "" for none. */
  String problem(double most) {
    for (Compared c : signals.values()) {
      if (c.withLimit(most) == LimitResult.ABOVE) {
        return c.shown().text();
      }
    }
    return "";
  }

  /** What is not delivered yet of the outputs with the version; "" where less than a share. */
  String undelivered(double most) {
    if (heldShare(fresh) <= most + heldShare(others)) {
      return "";
    }
    return String.format(
        Locale.ROOT,
        "of %d items that were taken since the version was applied, %d are held and not delivered",
        fresh.values().stream().filter(s -> s.intervals() > 0).mapToLong(Series::taken).sum(),
        fresh.values().stream().filter(s -> s.intervals() > 0).mapToLong(Series::held).sum());
  }

  /** What exporters get is not delivered yet: a destination that never answers takes nothing. */
  private static double heldShare(Map<UUID, Series> side) {
    long taken = 0;
    long held = 0;
    for (Series s : side.values()) {
      if (s.intervals() > 0) {
        taken += Math.max(0, s.taken());
        held += s.held();
      }
    }
    return taken < MIN_ITEMS ? 0 : Math.max(0, (double) held / taken);
  }

  /** Releases the reports; what was found stays. */
  void finish() {
    fresh.clear();
    others.clear();
    before.clear();
  }

  void put(ObjectNode n) {
    if (rows.isEmpty()) {
      return;
    }
    ObjectNode out = n.putObject("outputs").put("against", rows.getFirst().against);
    ArrayNode list = out.putArray("rows");
    for (Row r : rows) {
      list.addObject()
          .put("signal", r.key.signal)
          .put("attribute", r.key.attribute)
          .put("value", r.key.value)
          .put("taken", r.after.taken)
          .put("itemsBefore", r.before.ratio[0])
          .put("items", r.after.ratio[0])
          .put("itemsError", r.error(0))
          .put("bytesBefore", r.before.ratio[1])
          .put("bytes", r.after.ratio[1])
          .put("bytesError", r.error(1))
          .put("judged", r.isLongEnough() && !notJudged.contains(r.key.signal));
    }
  }
}
