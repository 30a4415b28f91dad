package dev.tethys.control;

import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.volume.TopValues;
import dev.tethys.pipeline.volume.Volumes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Volumes by attribute of the fleet: the last two reports of each agent, added up when they are
 * asked for. Safe for threads.
 *
 * <p>Invariants: a report has at most {@link #MAX_REPORT} bytes, all together {@link #MAX_ALL};
 * what exceeds that is not kept, and counted as an agent without volumes. Reports before the last
 * ones have half of that. A sum has at most {@link #MAX_VALUES} values.
 */
final class FleetVolumes {
  static final int MAX_REPORT = 128 << 10;
  static final long MAX_ALL = 256L << 20;
  private static final int MAX_VALUES = 100_000;
  private static final int MAX_NAMES = 64;
  private static final int COUNTS = 5;

  private static final List<String> SIGNALS =
      Arrays.stream(Signal.values()).map(s -> s.name().toLowerCase(Locale.ROOT)).toList();

  private record Key(String value, String signal) {}

  /** Report of an agent. */
  @SuppressWarnings("ArrayRecordComponent") // not compared
  record Report(byte[] json, long nanos) {}

  private final Map<UUID, Report> reports = new HashMap<>(); // guarded by this
  private final Map<UUID, Report> earlier = new HashMap<>(); // those before; guarded by this
  private long bytes; // of all reports; guarded by this

  /**
   * Replaces the report of an agent.
   *
   * @param nanos monotonic time of the report
   */
  synchronized void put(UUID agent, byte[] report, long nanos) {
    Report before = reports.get(agent);
    remove(agent);
    if (report.length > 0 && report.length <= MAX_REPORT && bytes + report.length <= MAX_ALL) {
      reports.put(agent, new Report(report, nanos));
      bytes += report.length;
      if (before != null && bytes + before.json.length <= MAX_ALL / 2) {
        earlier.put(agent, before);
        bytes += before.json.length;
      }
    }
  }

  synchronized void remove(UUID agent) {
    Report last = reports.remove(agent);
    bytes -= last == null ? 0 : last.json.length;
    Report before = earlier.remove(agent);
    bytes -= before == null ? 0 : before.json.length;
  }

  /** The last report of an agent; null for none. */
  synchronized @Nullable Report last(UUID agent) {
    return reports.get(agent);
  }

  private synchronized byte @Nullable [] report(UUID agent) {
    Report r = reports.get(agent);
    return r == null ? null : r.json;
  }

  /** Two reports that follow each other. */
  record Pair(Report before, Report last) {}

  synchronized @Nullable Pair pair(UUID agent) {
    Report last = reports.get(agent);
    Report before = earlier.get(agent);
    return last == null || before == null ? null : new Pair(before, last);
  }

  /**
   * Part of the volumes.
   *
   * @param attribute by which volumes are counted
   * @param value null for all values
   */
  record Scope(String attribute, @Nullable String value, Set<String> signals) {
    private boolean contains(JsonNode row) {
      String signal = row.path(1).asString("");
      return value == null
          ? signal.isEmpty() || signals.contains(signal)
          : value.equals(row.path(0).asString("")) && signals.contains(signal);
    }
  }

  /**
   * Volumes in a second.
   *
   * @param agents that have two reports in the time
   */
  record Rates(
      int agents,
      double inItems,
      double inBytes,
      double outItems,
      double outBytes,
      double costMicros,
      String currency) {
    static final Rates NONE = new Rates(0, 0, 0, 0, 0, 0, "");

    /** Sum of agents; without a currency where these have several. */
    static Rates sum(Collection<Rates> of) {
      Rates out = NONE;
      TreeSet<String> currencies = new TreeSet<>();
      for (Rates r : of) {
        out =
            new Rates(
                out.agents + r.agents,
                out.inItems + r.inItems,
                out.inBytes + r.inBytes,
                out.outItems + r.outItems,
                out.outBytes + r.outBytes,
                out.costMicros + r.costMicros,
                "");
        if (!r.currency.isEmpty()) {
          currencies.add(r.currency);
        }
      }
      return new Rates(
          out.agents,
          out.inItems,
          out.inBytes,
          out.outItems,
          out.outBytes,
          out.costMicros,
          currencies.size() == 1 ? currencies.first() : "");
    }
  }

  /** Rates of a scope over all agents; parameters as for {@link #ratesByAgent}. */
  Rates rates(Collection<AgentState> agents, Scope scope, long from, long to) {
    return Rates.sum(ratesByAgent(agents, scope, from, to).values());
  }

  /**
   * Rates of a scope between the last two reports of each agent that has two in the time.
   *
   * @param from only reports from this time on, monotonic
   * @param to only reports up to this time
   */
  Map<UUID, Rates> ratesByAgent(Collection<AgentState> agents, Scope scope, long from, long to) {
    Map<UUID, Rates> out = new HashMap<>();
    for (AgentState a : agents) {
      Pair p = pair(a.uid());
      if (p == null || p.before.nanos - from < 0 || p.last.nanos - to > 0) {
        continue;
      }
      double seconds = (p.last.nanos - p.before.nanos) / 1e9;
      JsonNode was = read(p.before.json);
      JsonNode now = read(p.last.json);
      if (seconds <= 0 || was == null || now == null) {
        continue;
      }
      double[] rate = new double[COUNTS];
      long[] before = of(was, scope);
      long[] last = of(now, scope);
      for (int i = 0; i < COUNTS; i++) {
        rate[i] = Math.max(0, last[i] - before[i]) / seconds; // an agent that started anew has less
      }
      out.put(a.uid(), new Rates(1, rate[0], rate[1], rate[2], rate[3], rate[4], currency(now)));
    }
    return out;
  }

  private static long[] of(JsonNode report, Scope scope) {
    long[] sum = new long[COUNTS];
    for (JsonNode row : report.path("by").path(scope.attribute)) {
      if (scope.contains(row)) {
        for (int i = 0; i < COUNTS; i++) {
          sum[i] += row.path(i + 2).asLong(0);
        }
      }
    }
    return sum;
  }

  /** Whether an agent counts by an attribute. */
  boolean countsBy(Collection<AgentState> agents, String attribute) {
    for (AgentState a : agents) {
      byte[] report = report(a.uid());
      JsonNode n = report == null ? null : read(report);
      if (n != null && n.path("by").has(attribute)) {
        return true;
      }
    }
    return false;
  }

  /**
   * Sum over agents.
   *
   * @param by attribute; "" for the first that is known
   * @param ofSignal only rows of this signal; "" for all. Values that agents have added up have no
   *     signal and stay in {@code other}
   * @param limit most values
   * @throws IllegalArgumentException when no agent counts by the attribute
   */
  ObjectNode sum(Collection<AgentState> agents, String by, String ofSignal, int limit) {
    if (!ofSignal.isEmpty() && !SIGNALS.contains(ofSignal)) {
      throw new IllegalArgumentException(
          "signal is \""
              + Texts.shortened(ofSignal, 80)
              + "\"; it must be one of "
              + String.join(", ", SIGNALS));
    }
    JsonMapper json = JsonMapper.shared();
    List<JsonNode> all = new ArrayList<>();
    TreeSet<String> attributes = new TreeSet<>();
    int without = 0;
    for (AgentState a : agents) {
      byte[] report = report(a.uid());
      JsonNode n = report == null ? null : read(report);
      if (n == null) {
        without++;
        continue;
      }
      all.add(n);
      for (Map.Entry<String, JsonNode> e : n.path("by").properties()) {
        if (attributes.size() < MAX_NAMES) {
          attributes.add(Texts.shortened(e.getKey(), TopValues.MAX_LENGTH));
        }
      }
    }
    String attribute = by.isEmpty() ? first(attributes) : by;
    if (!attribute.isEmpty() && !attributes.contains(attribute)) {
      throw new IllegalArgumentException(
          "volumes are not counted by "
              + Texts.shortened(by, 80)
              + "; agents count by: "
              + String.join(", ", attributes));
    }
    ObjectNode out = json.createObjectNode();
    ArrayNode names = out.putArray("attributes");
    attributes.forEach(names::add);
    out.put("by", attribute).put("agents", all.size()).put("agentsWithout", without);
    currencies(out.putArray("currencies"), all);
    balance(out.putObject("balance"), all);
    rows(out, all, attribute, ofSignal, limit);
    return out;
  }

  /** The service comes first, for that is what most look for. */
  private static String first(TreeSet<String> attributes) {
    return attributes.contains("service.name")
        ? "service.name"
        : attributes.isEmpty() ? "" : attributes.first();
  }

  private static void currencies(ArrayNode out, List<JsonNode> all) {
    TreeSet<String> names = new TreeSet<>();
    all.forEach(n -> currencies(names, n));
    names.forEach(out::add);
  }

  private static void currencies(Set<String> names, JsonNode report) {
    String c = currency(report);
    if (!c.isEmpty() && names.size() < MAX_NAMES) {
      names.add(c);
    }
  }

  private static String currency(JsonNode report) {
    return Texts.shortened(report.path("currency").asString(""), 16);
  }

  static @Nullable JsonNode read(byte[] report) {
    try {
      JsonNode n = JsonMapper.shared().readTree(report);
      return n.isObject() ? n : null;
    } catch (JacksonException e) {
      return null;
    }
  }

  private static void balance(ObjectNode out, List<JsonNode> all) {
    Map<String, Long> sums = new TreeMap<>();
    Map<String, Long> dropped = new TreeMap<>();
    for (JsonNode n : all) {
      for (Map.Entry<String, JsonNode> e : n.path("balance").properties()) {
        if (e.getValue().isIntegralNumber()
            && (sums.size() < MAX_NAMES || sums.containsKey(e.getKey()))) {
          sums.merge(e.getKey(), e.getValue().asLong(0), Long::sum);
        }
      }
      for (Map.Entry<String, JsonNode> e : n.path("balance").path("dropped").properties()) {
        String reason = Texts.shortened(e.getKey(), 80);
        dropped.merge(
            dropped.size() < 256 || dropped.containsKey(reason) ? reason : Volumes.OTHER,
            e.getValue().asLong(0),
            Long::sum);
      }
    }
    sums.forEach(out::put);
    ObjectNode d = out.putObject("dropped");
    dropped.forEach(d::put);
  }

  private static void rows(
      ObjectNode out, List<JsonNode> all, String attribute, String ofSignal, int limit) {
    Map<Key, long[]> sums = new HashMap<>();
    long[] other = new long[COUNTS];
    for (JsonNode n : all) {
      for (JsonNode row : n.path("by").path(attribute)) {
        Key k =
            new Key(
                Texts.shortened(row.path(0).asString(""), TopValues.MAX_LENGTH),
                Texts.shortened(row.path(1).asString(""), 16));
        if (!ofSignal.isEmpty() && !k.signal.isEmpty() && !k.signal.equals(ofSignal)) {
          continue;
        }
        boolean rest = k.signal.isEmpty() || sums.size() >= MAX_VALUES && !sums.containsKey(k);
        long[] to = rest ? other : sums.computeIfAbsent(k, x -> new long[COUNTS]);
        for (int i = 0; i < COUNTS; i++) {
          to[i] += row.path(i + 2).asLong(0);
        }
      }
    }
    List<Map.Entry<Key, long[]>> sorted = new ArrayList<>(sums.entrySet());
    sorted.sort(
        Comparator.comparingLong((Map.Entry<Key, long[]> e) -> e.getValue()[1] + e.getValue()[3])
            .reversed()
            .thenComparing(e -> e.getKey().value)
            .thenComparing(e -> e.getKey().signal));
    ArrayNode rows = out.putArray("rows");
    for (Map.Entry<Key, long[]> e : sorted) {
      if (rows.size() < limit) {
        ObjectNode row = rows.addObject().put("value", e.getKey().value);
        counts(row.put("signal", e.getKey().signal), e.getValue());
      } else {
        for (int i = 0; i < COUNTS; i++) {
          other[i] += e.getValue()[i];
        }
      }
    }
    counts(out.putObject("other"), other);
  }

  private static void counts(ObjectNode to, long[] n) {
    to.put("inItems", n[0]).put("inBytes", n[1]).put("outItems", n[2]).put("outBytes", n[3]);
    to.put("costMicros", n[4]);
  }
}
