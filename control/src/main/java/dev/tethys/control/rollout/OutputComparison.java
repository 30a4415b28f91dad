package dev.tethys.control.rollout;

import dev.tethys.control.fleet.FleetVolumes;
import dev.tethys.control.fleet.VolumeReports;
import dev.tethys.control.rollout.OutputDifference.LimitResult;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Comparison of the outputs of agents with a version and without it, or of the same agents before.
 * The items and bytes that exporters get for each one received are compared, by signal and by the
 * values of the attributes by which volumes are counted. Guarded by the lock of its rollout.
 *
 * <p>Items taken in one interval may leave in a later one, since batches and queues hold them. The
 * counts are therefore those since an agent applied the version, and a ratio has an error: the
 * deviation of the output from that ratio at the reports within the time, the growth of the items
 * in the pipeline, and the chance of random decisions. A difference is judged only if it exceeds
 * the errors.
 *
 * <p>Counts of two processes, configurations or sets of live controls are never compared: an agent
 * labels its reports with these, and a changed label restarts the comparison of the agent.
 */
public final class OutputComparison {
  /** Agents of each kind that are compared. */
  public static final int MAX_AGENTS = 10;

  /** Maximum number of differences shown. */
  static final int MAX_ROWS = 30;

  /** Smallest change of a ratio that is shown. */
  private static final double SHOWN = 0.02;

  private static final long LONG_AGO = Long.MIN_VALUE / 4; // of no overflow when subtracted

  /** Time before a version was applied from which reports of agents without it count. */
  private static final long AT_THE_SAME_TIME = Duration.ofSeconds(15).toNanos();

  private final Map<UUID, VolumeSeries> fresh = new HashMap<>();
  private final Map<UUID, VolumeSeries> others = new HashMap<>();
  private final Map<UUID, VolumeSeries> before = new HashMap<>();
  private List<OutputDifference> rows = List.of();
  private Map<String, SignalComparison> signals = Map.of();
  private Map<String, Double> vanished = Map.of(); // what was taken in a second before, by signal
  private Map<String, String> notJudged = Map.of(); // why, by signal without which a stage passed

  /** Keeps the last reports of an agent before it is offered the version. */
  void reach(FleetVolumes volumes, UUID agent) {
    others.remove(agent);
    VolumeSeries s = new VolumeSeries(volumes.all(agent), LONG_AGO);
    if (s.intervals() > 0 && before.size() < MAX_AGENTS) {
      before.put(agent, s);
    }
  }

  /**
   * Adds the reports since the last call.
   *
   * @param applied time when an agent applied the version, by agent
   * @param without agents without it
   */
  void update(FleetVolumes volumes, Map<UUID, Long> applied, List<UUID> without) {
    boolean news = false;
    long first = Long.MAX_VALUE;
    for (Map.Entry<UUID, Long> e : applied.entrySet()) {
      first = Math.min(first, e.getValue());
      VolumeReports.Report last = volumes.last(e.getKey());
      if (last != null
          && last.nanos() - e.getValue() >= 0
          && (fresh.containsKey(e.getKey()) || fresh.size() < MAX_AGENTS)) {
        news |= fresh.computeIfAbsent(e.getKey(), k -> new VolumeSeries()).add(last);
      }
    }
    if (applied.isEmpty()) {
      return;
    }
    others.keySet().retainAll(without);
    for (UUID u : without) {
      VolumeSeries s = others.get(u);
      VolumeReports.Report last = volumes.last(u);
      if (s == null && others.size() < MAX_AGENTS) {
        others.put(u, new VolumeSeries(volumes.all(u), first - AT_THE_SAME_TIME));
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
    List<VolumeSeries> now = with(fresh, controls);
    List<VolumeSeries> beside = with(others, controls);
    List<BeforeAndAfter> pairs = new ArrayList<>();
    before.forEach(
        (u, then) -> {
          VolumeSeries x = fresh.get(u);
          if (x != null && x.controls().equals(controls) && then.controls().equals(controls)) {
            pairs.add(new BeforeAndAfter(then, x));
          }
        });
    List<VolumeSeries> then = pairs.stream().map(BeforeAndAfter::before).toList();
    Map<String, SignalComparison> found = new TreeMap<>();
    List<OutputDifference> shown = new ArrayList<>();
    Set<VolumeKey> keys =
        new TreeSet<>(
            Comparator.comparing(VolumeKey::signal)
                .thenComparing(VolumeKey::attribute)
                .thenComparing(VolumeKey::value));
    for (List<VolumeSeries> side : List.of(now, beside, then)) {
      for (VolumeSeries s : side) {
        if (s.intervals() > 0) {
          keys.addAll(s.keys());
        }
      }
    }
    for (VolumeKey k : keys) {
      OutputDifference self = OutputDifference.fromBefore(k, pairs);
      OutputDifference row = OutputDifference.beside(k, now, beside);
      OutputDifference first = row == null ? self : row;
      if (first != null && k.attribute().isEmpty()) {
        List<OutputDifference> single = new ArrayList<>();
        for (VolumeSeries s : beside) {
          OutputDifference one = OutputDifference.beside(k, now, List.of(s));
          if (one != null && one.isLongEnough()) {
            single.add(one);
          }
        }
        // What is known of the time before does not grow: too little of it is never enough.
        OutputDifference judged =
            self != null && self.before().intervals() < VolumeSeries.MIN_INTERVALS ? null : self;
        if (row != null || judged != null) {
          found.put(k.signal(), new SignalComparison(row, List.copyOf(single), judged));
        }
      }
      if (first != null
          && (k.attribute().isEmpty() || first.change() >= SHOWN && first.isClear())) {
        shown.add(first);
      }
    }
    shown.sort(
        Comparator.comparing((OutputDifference r) -> !r.key().attribute().isEmpty())
            .thenComparing((OutputDifference r) -> -r.change()));
    signals = found;
    rows = List.copyOf(shown.subList(0, Math.min(MAX_ROWS, shown.size())));
  }

  /**
   * Returns the live controls of most agents with the version, preferring ones that others have as
   * well.
   */
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

  private static List<VolumeSeries> with(Map<UUID, VolumeSeries> of, String controls) {
    return of.values().stream().filter(s -> s.controls().equals(controls)).toList();
  }

  /**
   * Describes the data missing to decide that no output has changed by more than a share; "" if
   * none.
   */
  String undecided(double most) {
    if (signals.isEmpty()) {
      return "the outputs of agents with and without the version are not compared yet" + cuts();
    }
    for (SignalComparison c : signals.values()) {
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
    Map<String, String> without = new TreeMap<>();
    for (Map.Entry<String, SignalComparison> e : signals.entrySet()) {
      LimitResult result = e.getValue().withLimit(most);
      if (result == LimitResult.ABOVE
          || result == LimitResult.UNCLEAR && !e.getValue().lacksData(most)) {
        return false;
      }
      if (result == LimitResult.UNCLEAR) {
        without.put(e.getKey(), e.getValue().unclear(most).lack());
      }
    }
    if (without.size() == signals.size()) {
      return false;
    }
    notJudged = without;
    return true;
  }

  /** Returns the reason for ignoring reports of agents; "" if all reports count. */
  private String cuts() {
    StringBuilder out = new StringBuilder();
    for (Map<UUID, VolumeSeries> side : List.of(fresh, others)) {
      side.forEach(
          (uid, s) -> {
            if (!s.cut().isEmpty() && s.intervals() < VolumeSeries.MIN_INTERVALS && out.isEmpty()) {
              out.append("; agent ").append(uid).append(' ').append(s.cut());
              out.append(", so that its counts restart");
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

  /** Returns the first signal whose output changed by more than a share; "" if none. */
  String problem(double most) {
    for (SignalComparison c : signals.values()) {
      if (c.withLimit(most) == LimitResult.ABOVE) {
        return c.shown().text();
      }
    }
    return "";
  }

  /** Describes undelivered outputs with the version; "" if they are less than a share. */
  String undelivered(double most) {
    if (heldShare(fresh) <= most + heldShare(others)) {
      return "";
    }
    return String.format(
        Locale.ROOT,
        "of %d items that were taken since the version was applied, %d are held and not delivered",
        fresh.values().stream().filter(s -> s.intervals() > 0).mapToLong(VolumeSeries::taken).sum(),
        fresh.values().stream().filter(s -> s.intervals() > 0).mapToLong(VolumeSeries::held).sum());
  }

  /**
   * Returns the share of items held by exporters, which are not delivered yet: a destination that
   * never responds accepts none.
   */
  private static double heldShare(Map<UUID, VolumeSeries> side) {
    long taken = 0;
    long held = 0;
    for (VolumeSeries s : side.values()) {
      if (s.intervals() > 0) {
        taken += Math.max(0, s.taken());
        held += s.held();
      }
    }
    return taken < OutputMeasure.MIN_ITEMS ? 0 : Math.max(0, (double) held / taken);
  }

  /**
   * Records signals whose intake stopped at an agent: they have no output and no ratio.
   *
   * @param perSecond items per second received before
   */
  void vanish(Map<String, Double> perSecond) {
    if (!perSecond.isEmpty()) {
      vanished = Map.copyOf(perSecond);
    }
  }

  /** Releases the reports; the results are kept. */
  void finish() {
    fresh.clear();
    others.clear();
    before.clear();
  }

  public void put(ObjectNode n) {
    if (rows.isEmpty() && vanished.isEmpty()) {
      return;
    }
    ObjectNode out =
        n.putObject("outputs")
            .put("against", rows.isEmpty() ? OutputDifference.BEFORE : rows.getFirst().against());
    ArrayNode list = out.putArray("rows");
    vanished.forEach(
        (signal, perSecond) ->
            list.addObject()
                .put("signal", signal)
                .put("attribute", "")
                .put("value", "")
                .put("taken", 0)
                .put("takenPerSecondBefore", perSecond)
                .put("itemsBefore", 1)
                .put("items", 0)
                .put("itemsError", 0)
                .put("bytesBefore", 1)
                .put("bytes", 0)
                .put("bytesError", 0)
                .put("judged", true)
                .put("vanished", true));
    for (OutputDifference r : rows) {
      if (r.key().attribute().isEmpty() && vanished.containsKey(r.key().signal())) {
        continue;
      }
      String lack = r.isLongEnough() ? notJudged.getOrDefault(r.key().signal(), "") : r.lack();
      ObjectNode row =
          list.addObject()
              .put("signal", r.key().signal())
              .put("attribute", r.key().attribute())
              .put("value", r.key().value())
              .put("taken", r.after().taken())
              .put("itemsBefore", r.before().ratio()[0])
              .put("items", r.after().ratio()[0])
              .put("itemsError", r.error(0))
              .put("bytesBefore", r.before().ratio()[1])
              .put("bytes", r.after().ratio()[1])
              .put("bytesError", r.error(1))
              .put("judged", lack.isEmpty());
      if (!lack.isEmpty()) {
        row.put("notJudged", lack);
      }
    }
  }
}
