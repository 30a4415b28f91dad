package dev.tethys.control;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
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
 */
final class OutputComparison {
  /** Agents of each kind that are compared. */
  static final int MAX_AGENTS = 10;

  /** Fewest items for which a value is compared. */
  static final long MIN_ITEMS = 20;

  /** Differences that are shown. */
  static final int MAX_ROWS = 30;

  /** Smallest change of a ratio that is shown. */
  private static final double SHOWN = 0.02;

  private static final int COUNTS = 4;

  private record Key(String attribute, String value, String signal) {}

  /**
   * Difference of a value, or of a whole signal.
   *
   * @param attribute "" for the whole signal
   * @param before items and bytes to exporters, for one of each that was taken; where none was
   *     taken with this value, for one of the signal
   */
  record Row(
      String signal, String attribute, String value, double[] before, double[] after, long taken) {
    /** Largest change of items or bytes, relative to before. */
    double change() {
      return Math.max(change(0), change(1));
    }

    private double change(int i) {
      return before[i] == after[i]
          ? 0
          : before[i] == 0 ? 1 : Math.abs(after[i] - before[i]) / before[i];
    }

    private String text() {
      int i = change(0) >= change(1) ? 0 : 1;
      return String.format(
          Locale.ROOT,
          "%s: %.3f %s to exporters for each that was taken, and %.3f without the version",
          signal,
          after[i],
          i == 0 ? "items" : "bytes",
          before[i]);
    }
  }

  private final Map<UUID, FleetVolumes.Report> freshBase = new HashMap<>();
  private final Map<UUID, FleetVolumes.Report> othersBase = new HashMap<>();
  private final Map<UUID, FleetVolumes.Pair> before = new HashMap<>();
  private final Map<UUID, Long> seen = new HashMap<>(); // times of the last reports
  private List<Row> rows = List.of();
  private String against = "";
  private Delivery delivered = Delivery.NONE;
  private Delivery deliveredWithout = Delivery.NONE;

  /**
   * Items that agents took within a time, and how many more they hold at its end. What exporters
   * get is not delivered yet: a destination that never answers takes nothing.
   */
  private record Delivery(long taken, long held) {
    static final Delivery NONE = new Delivery(0, 0);

    Delivery plus(FleetVolumes.Report from, FleetVolumes.@Nullable Report to) {
      JsonNode was = FleetVolumes.read(from.json());
      JsonNode now = to == null ? null : FleetVolumes.read(to.json());
      if (was == null || now == null) {
        return this;
      }
      return new Delivery(
          taken + Math.max(0, taken(now) - taken(was)), held + held(now) - held(was));
    }

    private static long held(JsonNode n) {
      return n.at("/balance/held").asLong(0) + n.at("/balance/waiting").asLong(0);
    }

    private static long taken(JsonNode n) {
      return n.at("/balance/in").asLong(0) + n.at("/balance/created").asLong(0);
    }

    double heldShare() {
      return taken < MIN_ITEMS ? 0 : Math.max(0, (double) held / taken);
    }
  }

  /** Keeps the last reports of an agent before it is offered the version. */
  void reach(FleetVolumes volumes, UUID agent) {
    FleetVolumes.Pair p = volumes.pair(agent);
    othersBase.remove(agent);
    if (p != null && before.size() < MAX_AGENTS) {
      before.put(agent, p);
    }
  }

  /**
   * Takes the reports that came since the last call.
   *
   * @param applied time by agent at which it applied the version
   * @param others agents without it
   */
  void update(FleetVolumes volumes, Map<UUID, Long> applied, List<UUID> others) {
    long first = Long.MAX_VALUE;
    boolean news = false;
    for (Map.Entry<UUID, Long> e : applied.entrySet()) {
      first = Math.min(first, e.getValue());
      news |= take(volumes, freshBase, e.getKey(), e.getValue());
    }
    if (applied.isEmpty()) {
      return;
    }
    for (UUID u : others) {
      news |= take(volumes, othersBase, u, first);
    }
    if (news) {
      compare(volumes);
    }
  }

  /** The first report from a time on is the base of an agent; whether there is a later one. */
  private boolean take(
      FleetVolumes volumes, Map<UUID, FleetVolumes.Report> base, UUID agent, long from) {
    FleetVolumes.Report last = volumes.last(agent);
    if (last == null || last.nanos() - from < 0) {
      return false;
    }
    if (!base.containsKey(agent)) {
      if (base.size() < MAX_AGENTS) {
        base.put(agent, last);
        seen.put(agent, last.nanos());
      }
      return false;
    }
    Long before = seen.put(agent, last.nanos());
    return before == null || before != last.nanos();
  }

  private void compare(FleetVolumes volumes) {
    Map<Key, long[]> after = new HashMap<>();
    freshBase.forEach((u, base) -> add(after, base, volumes.last(u)));
    Map<Key, long[]> without = new HashMap<>();
    othersBase.forEach((u, base) -> add(without, base, volumes.last(u)));
    against = "agents without the version";
    if (taken(without) < MIN_ITEMS) {
      without.clear();
      before.forEach((u, p) -> add(without, p.before(), p.last()));
      against = "the same agents before";
    }
    rows = rows(without, after);
    delivered = Delivery.NONE;
    freshBase.forEach((u, base) -> delivered = delivered.plus(base, volumes.last(u)));
    deliveredWithout = Delivery.NONE;
    othersBase.forEach(
        (u, base) -> deliveredWithout = deliveredWithout.plus(base, volumes.last(u)));
  }

  private static long taken(Map<Key, long[]> sums) {
    long n = 0;
    for (Map.Entry<Key, long[]> e : sums.entrySet()) {
      n += e.getKey().attribute.isEmpty() ? e.getValue()[0] : 0;
    }
    return n;
  }

  /** Adds what was counted between two reports of an agent, with the sums of its signals. */
  private static void add(
      Map<Key, long[]> to, FleetVolumes.Report from, FleetVolumes.@Nullable Report last) {
    JsonNode was = FleetVolumes.read(from.json());
    JsonNode now = last == null ? null : FleetVolumes.read(last.json());
    if (was == null || now == null) {
      return;
    }
    boolean first = true;
    for (Map.Entry<String, JsonNode> e : now.path("by").properties()) {
      String attribute = e.getKey();
      Map<Key, JsonNode> base = new HashMap<>();
      for (JsonNode row : was.path("by").path(attribute)) {
        base.put(key(attribute, row), row);
      }
      // A value that the base left out of a full list has counts of which the begin is unknown.
      boolean complete =
          base.keySet().stream().noneMatch(k -> k.signal.isEmpty()); // no row of others
      for (JsonNode row : e.getValue()) {
        Key k = key(attribute, row);
        JsonNode b = base.get(k);
        if (k.signal.isEmpty() || b == null && !complete) {
          continue;
        }
        long[] sum = to.computeIfAbsent(k, x -> new long[COUNTS]);
        long[] whole =
            first ? to.computeIfAbsent(new Key("", "", k.signal), x -> new long[COUNTS]) : null;
        for (int i = 0; i < COUNTS; i++) {
          long n =
              Math.max(0, row.path(i + 2).asLong(0) - (b == null ? 0 : b.path(i + 2).asLong(0)));
          sum[i] += n;
          if (whole != null) {
            whole[i] += n;
          }
        }
      }
      first = false;
    }
  }

  private static Key key(String attribute, JsonNode row) {
    return new Key(
        Texts.shortened(attribute, 200),
        Texts.shortened(row.path(0).asString(""), 200),
        Texts.shortened(row.path(1).asString(""), 16));
  }

  private static List<Row> rows(Map<Key, long[]> without, Map<Key, long[]> after) {
    List<Row> out = new ArrayList<>();
    Map<Key, long[]> all =
        new TreeMap<>(
            Comparator.comparing(Key::signal)
                .thenComparing(Key::attribute)
                .thenComparing(Key::value));
    all.putAll(without);
    all.putAll(after);
    for (Key k : all.keySet()) {
      long[] a = without.getOrDefault(k, new long[COUNTS]);
      long[] b = after.getOrDefault(k, new long[COUNTS]);
      long[] takenBefore = a;
      long[] takenAfter = b;
      if (a[0] == 0 && b[0] == 0 && Math.max(a[2], b[2]) >= MIN_ITEMS) {
        // The pipeline itself makes the value: its part of the whole is compared.
        Key whole = new Key("", "", k.signal);
        takenBefore = without.getOrDefault(whole, a);
        takenAfter = after.getOrDefault(whole, b);
      }
      if (takenBefore[0] >= MIN_ITEMS && takenAfter[0] >= MIN_ITEMS) {
        Row row =
            new Row(
                k.signal,
                k.attribute,
                k.value,
                ratio(a, takenBefore),
                ratio(b, takenAfter),
                takenAfter[0]);
        if (k.attribute.isEmpty() || row.change() >= SHOWN) {
          out.add(row);
        }
      }
    }
    out.sort(
        Comparator.comparing((Row r) -> !r.attribute.isEmpty())
            .thenComparing((Row r) -> -r.change()));
    return List.copyOf(out.subList(0, Math.min(MAX_ROWS, out.size())));
  }

  private static double[] ratio(long[] given, long[] taken) {
    return new double[] {
      (double) given[2] / taken[0], taken[1] == 0 ? 0 : (double) given[3] / taken[1]
    };
  }

  /** Whether a signal could be compared. */
  boolean isDecided() {
    return !rows.isEmpty();
  }

  /** The first signal whose output has changed by more than a share; "" for none. */
  String problem(double most) {
    for (Row r : rows) {
      if (r.attribute.isEmpty() && r.change() > most) {
        return r.text() + " (" + against + ")";
      }
    }
    return "";
  }

  /** What is not delivered yet of the outputs with the version; "" where less than a share. */
  String undelivered(double most) {
    return delivered.heldShare() <= most + deliveredWithout.heldShare()
        ? ""
        : String.format(
            Locale.ROOT,
            "of %d items that were taken since the version was applied, %d are held and not"
                + " delivered",
            delivered.taken,
            delivered.held);
  }

  void put(ObjectNode n) {
    if (rows.isEmpty()) {
      return;
    }
    ObjectNode out = n.putObject("outputs").put("against", against);
    ArrayNode list = out.putArray("rows");
    for (Row r : rows) {
      list.addObject()
          .put("signal", r.signal)
          .put("attribute", r.attribute)
          .put("value", r.value)
          .put("taken", r.taken)
          .put("itemsBefore", r.before[0])
          .put("items", r.after[0])
          .put("bytesBefore", r.before[1])
          .put("bytes", r.after[1]);
    }
  }
}
