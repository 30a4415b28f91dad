package dev.tethys.control.fleet;

import static java.util.Objects.requireNonNull;

import dev.tethys.control.fleet.VolumeReports.Report;
import dev.tethys.control.text.Texts;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.opamp.AgentContract;
import dev.tethys.pipeline.volume.TopValues;
import dev.tethys.pipeline.volume.Volumes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
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
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Volumes by attribute of the fleet: the last reports of each agent, summed on request. Rates are
 * those over several reports of an agent, by the times of these reports: batches and queues move
 * items from one interval into the next. A sum has at most {@link #MAX_VALUES} values. Thread-safe.
 */
public final class FleetVolumes {
  /**
   * Silence after which an agent's counts are considered unchanged, because it reports only
   * changes.
   */
  private static final Duration SILENCE = Duration.ofSeconds(25);

  private static final int MAX_VALUES = 100_000;
  private static final int MAX_NAMES = 64;
  private static final int COUNTS = 5;
  private static final int COST = 4;

  /** Place in a row of a report of whether its bytes out are an estimate. */
  private static final int ESTIMATED = 7;

  /** Part of the agents that must have a rate before the sum is one. */
  private static final double MOST = 0.9;

  private static final List<String> SIGNALS =
      Arrays.stream(Signal.values()).map(s -> s.name().toLowerCase(Locale.ROOT)).toList();

  private record Key(String value, String signal) {}

  /** Sort order of values, by bytes in and out. */
  public enum Order {
    /**
     * By rates per second over the last {@link VolumeReports#SPAN}, then by sums if rates are
     * unknown.
     */
    RATE,
    /** By sums since the start of the agents. */
    SUM;

    /**
     * Returns the sort order with the given name.
     *
     * @throws IllegalArgumentException for no name of one
     */
    public static Order of(String name) {
      return switch (name) {
        case "rate" -> RATE;
        case "sum" -> SUM;
        default ->
            throw new IllegalArgumentException(
                "order is \"" + Texts.shortened(name, 80) + "\"; it must be rate or sum");
      };
    }
  }

  private final VolumeReports reports;

  /** Volumes with the limit of their reports alone. */
  public FleetVolumes() {
    this(new FleetMemory(VolumeReports.MAX_ALL * 2, 1));
  }

  FleetVolumes(FleetMemory account) {
    reports = new VolumeReports(account);
  }

  /**
   * Adds a report of an agent.
   *
   * @param nanos monotonic time of the report
   */
  public void put(UUID agent, byte[] report, long nanos) {
    put(agent, report, nanos, "");
  }

  /**
   * Adds a report of an agent.
   *
   * @param nanos monotonic time of the report
   * @param state agent state; counts from different states are not compared
   */
  public void put(UUID agent, byte[] report, long nanos, String state) {
    reports.put(agent, report, nanos, state);
  }

  void remove(UUID agent) {
    reports.remove(agent);
  }

  /** Returns the last reports of an agent, most recent last; empty if none. */
  public List<Report> all(UUID agent) {
    return reports.all(agent);
  }

  /** Returns the last report of an agent; null if none. */
  public @Nullable Report last(UUID agent) {
    return reports.last(agent);
  }

  private byte @Nullable [] report(UUID agent) {
    Report r = last(agent);
    return r == null ? null : r.json();
  }

  /**
   * Counts of an agent over a time.
   *
   * @param parsed the reports in it, the latest last
   * @param end time up to which the counts of the last report hold
   */
  private record Window(List<JsonNode> parsed, List<Report> reports, long end) {
    double seconds() {
      return seconds(0);
    }

    /** Time from that up to which the counts of a report held to the end. */
    double seconds(int from) {
      Report r = reports.get(from);
      Report next = reports.get(from + 1);
      boolean silent =
          next.former() == r.nanos()
              && next.nanos() - r.nanos() > AgentContract.REPORTED_WITHIN.toNanos();
      return (end - (silent ? next.nanos() - AgentContract.REPORTED_WITHIN.toNanos() : r.nanos()))
          / 1e9;
    }

    /**
     * Returns the index of the last report before the first item of a scope: an agent is idle until
     * its traffic starts.
     */
    int begin(Scope scope) {
      int i = 0;
      while (i < parsed.size() - 2 && of(parsed.get(i + 1), scope)[0] == 0) {
        i++;
      }
      return i;
    }

    /**
     * Returns the reports with the live controls of the last one; null if there are fewer than two.
     */
    @Nullable Window ofLastControls() {
      String last = controls(parsed.size() - 1);
      int from = parsed.size() - 1;
      while (from > 0 && controls(from - 1).equals(last)) {
        from--;
      }
      int all = parsed.size();
      return from > all - 2
          ? null
          : new Window(parsed.subList(from, all), reports.subList(from, all), end);
    }

    private String controls(int i) {
      return parsed.get(i).path(AgentContract.VOLUMES_CONTROLS).asString("");
    }
  }

  /**
   * Returns the reports of one agent run within a time range; null if there are fewer than two.
   *
   * @param now time up to which the counts of the last report hold
   */
  private @Nullable Window window(UUID agent, long from, long to, long now) {
    List<JsonNode> parsed = new ArrayList<>();
    List<Report> own = new ArrayList<>();
    for (Report r : all(agent).reversed()) {
      if (r.nanos() - to > 0) {
        continue;
      }
      JsonNode n = r.nanos() - from < 0 ? null : read(r.json());
      if (n == null || !parsed.isEmpty() && taken(n) > taken(parsed.getLast())) {
        break; // before the time, or before the agent was started anew
      }
      own.add(r);
      parsed.add(n);
    }
    if (parsed.size() < 2) {
      return null;
    }
    long last = own.getFirst().nanos();
    long end = now - last > SILENCE.toNanos() ? now : last;
    return end - own.get(1).nanos() <= 0
        ? null
        : new Window(parsed.reversed(), own.reversed(), end);
  }

  private static long taken(JsonNode report) {
    return report.at("/balance/in").asLong(0);
  }

  /**
   * Scope of a volume query.
   *
   * @param attribute attribute by which volumes are counted
   * @param value null for all values
   */
  public record Scope(String attribute, @Nullable String value, Set<String> signals) {
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
   * @param agents number of agents with two reports in the interval
   */
  public record Rates(
      int agents,
      double inItems,
      double inBytes,
      double outItems,
      double outBytes,
      double costMicros,
      String currency) {
    static final Rates NONE = new Rates(0, 0, 0, 0, 0, 0, "");

    /** Sums rates over agents; without a currency if their currencies differ. */
    public static Rates sum(Collection<Rates> of) {
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

  /**
   * Returns the rates of a scope over all agents from their reports only, as {@link #ratesByAgent}.
   */
  public Rates rates(Collection<AgentState> agents, Scope scope, long from, long to) {
    return Rates.sum(ratesByAgent(agents, scope, from, to, from).values());
  }

  /**
   * Returns the rates of a scope over the reports of each agent with at least two in the time
   * range, starting at the report before its first item; if two reports have the live controls of
   * the last one, over these.
   *
   * @param from only reports from this time on, monotonic
   * @param to only reports up to this time
   * @param now present time
   */
  public Map<UUID, Rates> ratesByAgent(
      Collection<AgentState> agents, Scope scope, long from, long to, long now) {
    Map<UUID, Rates> out = new HashMap<>();
    for (AgentState a : agents) {
      Window all = window(a.uid(), from, to, now);
      if (all == null) {
        continue;
      }
      Window same = all.ofLastControls();
      Window w = same == null ? all : same; // a preview, which cuts nothing, is a control too
      int begin = w.begin(scope);
      double[] before = of(w.parsed.get(begin), scope);
      double[] last = of(w.parsed.getLast(), scope);
      double seconds = w.seconds(begin);
      double[] rate = new double[COUNTS];
      for (int i = 0; i < COUNTS; i++) {
        rate[i] = Math.max(0, last[i] - before[i]) / seconds; // values may leave a full list
      }
      String currency = currency(w.parsed.getLast());
      out.put(a.uid(), new Rates(1, rate[0], rate[1], rate[2], rate[3], rate[4], currency));
    }
    return out;
  }

  private static double[] of(JsonNode report, Scope scope) {
    double[] sum = new double[COUNTS];
    for (JsonNode row : report.path("by").path(scope.attribute)) {
      if (scope.contains(row)) {
        for (int i = 0; i < COUNTS; i++) {
          sum[i] += row.path(i + 2).asDouble(0);
        }
      }
    }
    return sum;
  }

  /** Whether an agent counts by an attribute. */
  public boolean countsBy(Collection<AgentState> agents, String attribute) {
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
   * Sums the volumes over agents.
   *
   * @param by attribute; "" for the first known one
   * @param ofSignal only rows of this signal; "" for all. Values that agents have added up have no
   *     signal and stay in {@code other}
   * @param limit most values
   * @param now current monotonic time
   * @param order order of the values, which determines those kept by the limit
   * @throws IllegalArgumentException if agents count volumes, but none by the attribute
   */
  public ObjectNode sum(
      Collection<AgentState> agents, String by, String ofSignal, int limit, long now, Order order) {
    if (!ofSignal.isEmpty() && !SIGNALS.contains(ofSignal)) {
      throw new IllegalArgumentException(
          "signal is \""
              + Texts.shortened(ofSignal, 80)
              + "\"; it must be one of "
              + String.join(", ", SIGNALS));
    }
    JsonMapper json = JsonMapper.shared();
    List<byte[]> all = new ArrayList<>(); // parsed one at a time: a tree takes 20 times the bytes
    TreeSet<String> attributes = new TreeSet<>();
    TreeSet<String> currencies = new TreeSet<>();
    Balance balance = new Balance();
    int without = 0;
    for (AgentState a : agents) {
      byte[] report = report(a.uid());
      JsonNode n = report == null ? null : read(report);
      if (report == null || n == null) {
        without++;
        continue;
      }
      all.add(report);
      currencies(currencies, n);
      balance.add(n);
      for (Map.Entry<String, JsonNode> e : n.path("by").properties()) {
        if (attributes.size() < MAX_NAMES) {
          attributes.add(Texts.shortened(e.getKey(), TopValues.MAX_LENGTH));
        }
      }
    }
    String attribute = by.isEmpty() ? first(attributes) : by;
    // Before the first report the attributes that agents count by are unknown.
    if (!attribute.isEmpty() && !attributes.isEmpty() && !attributes.contains(attribute)) {
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
    currencies.forEach(out.putArray("currencies")::add);
    balance.put(out.putObject("balance"));
    rows(out, all, attribute, ofSignal, limit, order, speeds(agents, attribute, now));
    return out;
  }

  /** Returns the default attribute: the service if present, because most users look for it. */
  private static String first(TreeSet<String> attributes) {
    return attributes.contains("service.name")
        ? "service.name"
        : attributes.isEmpty() ? "" : attributes.first();
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

  public static @Nullable JsonNode read(byte[] report) {
    try {
      JsonNode n = JsonMapper.shared().readTree(report);
      return n.isObject() ? n : null;
    } catch (JacksonException e) {
      return null;
    }
  }

  /** Balances of agents, added up. */
  private static final class Balance {
    private final Map<String, Long> sums = new TreeMap<>();
    private final Map<String, Long> dropped = new TreeMap<>();

    void add(JsonNode n) {
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

    void put(ObjectNode out) {
      sums.forEach(out::put);
      ObjectNode d = out.putObject("dropped");
      dropped.forEach(d::put);
    }
  }

  /**
   * Volume per second of a value, and the number of agents with the value that have no rate yet.
   */
  private static final class Speed {
    private final double[] counts = new double[COUNTS];
    private int known;
    private int unknown;

    boolean isKnown() {
      return known > 0 && known >= MOST * (known + unknown);
    }
  }

  /** First row of a value in the reports of an agent, and the time since then. */
  private record First(JsonNode row, double seconds) {}

  /**
   * Speeds of values over all agents. A value that is new at an agent starts at zero, or, if the
   * agent had counted it among the others, at the first report that names it.
   */
  private Map<Key, Speed> speeds(Collection<AgentState> agents, String attribute, long now) {
    Map<Key, Speed> out = new HashMap<>();
    for (AgentState a : agents) {
      byte[] report = report(a.uid());
      JsonNode last = report == null ? null : read(report);
      if (last == null || !a.connected()) { // what is away takes nothing that is known
        continue;
      }
      Window w = window(a.uid(), Long.MIN_VALUE / 2 + now, now, now);
      Map<Key, First> base = new HashMap<>();
      boolean complete = true;
      for (int i = 0; w != null && i < w.parsed.size() - 1 && (i == 0 || !complete); i++) {
        for (JsonNode row : w.parsed.get(i).path("by").path(attribute)) {
          Key k = key(row);
          base.putIfAbsent(k, new First(row, w.seconds(i)));
          complete &= i > 0 || !k.signal.isEmpty();
        }
      }
      for (JsonNode row : last.path("by").path(attribute)) {
        Key k = key(row);
        First was = base.get(k);
        if (k.signal.isEmpty() || out.size() >= MAX_VALUES && !out.containsKey(k)) {
          continue;
        }
        Speed s = out.computeIfAbsent(k, x -> new Speed());
        if (w == null || was == null && !complete) {
          s.unknown++;
          continue;
        }
        s.known++;
        for (int i = 0; i < COUNTS; i++) {
          double before = was == null ? 0 : was.row.path(i + 2).asDouble(0);
          double seconds = was == null ? w.seconds() : was.seconds;
          s.counts[i] += Math.max(0, row.path(i + 2).asDouble(0) - before) / seconds;
        }
      }
    }
    return out;
  }

  private static Key key(JsonNode row) {
    return new Key(
        Texts.shortened(row.path(0).asString(""), TopValues.MAX_LENGTH),
        Texts.shortened(row.path(1).asString(""), 16));
  }

  private static void rows(
      ObjectNode out,
      List<byte[]> all,
      String attribute,
      String ofSignal,
      int limit,
      Order order,
      Map<Key, Speed> speeds) {
    Map<Key, double[]> sums = new HashMap<>();
    Set<Key> estimated = new HashSet<>();
    double[] other = new double[COUNTS];
    for (byte[] report : all) {
      JsonNode n = requireNonNull(read(report)); // it was read before
      for (JsonNode row : n.path("by").path(attribute)) {
        Key k = key(row);
        if (!ofSignal.isEmpty() && !k.signal.isEmpty() && !k.signal.equals(ofSignal)) {
          continue;
        }
        boolean rest = k.signal.isEmpty() || sums.size() >= MAX_VALUES && !sums.containsKey(k);
        if (!rest && row.path(ESTIMATED).asInt(0) != 0) {
          estimated.add(k);
        }
        double[] to = rest ? other : sums.computeIfAbsent(k, x -> new double[COUNTS]);
        for (int i = 0; i < COUNTS; i++) {
          to[i] += row.path(i + 2).asDouble(0);
        }
      }
    }
    List<Map.Entry<Key, double[]>> sorted = new ArrayList<>(sums.entrySet());
    sorted.sort(
        Comparator.comparingDouble(
                (Map.Entry<Key, double[]> e) ->
                    order == Order.RATE ? bytesPerSecond(speeds.get(e.getKey())) : 0)
            .thenComparingDouble(e -> e.getValue()[1] + e.getValue()[3])
            .reversed()
            .thenComparing(e -> e.getKey().value)
            .thenComparing(e -> e.getKey().signal));
    ArrayNode rows = out.putArray("rows");
    for (Map.Entry<Key, double[]> e : sorted) {
      if (rows.size() < limit) {
        ObjectNode row = rows.addObject().put("value", e.getKey().value);
        counts(row.put("signal", e.getKey().signal), e.getValue());
        speed(row, speeds.get(e.getKey()));
        if (estimated.contains(e.getKey())) {
          row.put("outBytesEstimated", true); // of profiles that are not encoded
        }
      } else {
        for (int i = 0; i < COUNTS; i++) {
          other[i] += e.getValue()[i];
        }
      }
    }
    counts(out.putObject("other"), other);
  }

  private static void counts(ObjectNode to, double[] n) {
    to.put("inItems", (long) n[0]).put("inBytes", (long) n[1]);
    to.put("outItems", (long) n[2]).put("outBytes", (long) n[3]).put("costMicros", n[COST]);
  }

  private static double bytesPerSecond(@Nullable Speed s) {
    return s != null && s.isKnown() ? s.counts[1] + s.counts[3] : 0;
  }

  /** Writes the speed, omitting unknown values, which are not 0. */
  private static void speed(ObjectNode to, @Nullable Speed s) {
    if (s == null || !s.isKnown()) {
      return;
    }
    to.put("inItemsPerSecond", s.counts[0]).put("inBytesPerSecond", s.counts[1]);
    to.put("outItemsPerSecond", s.counts[2]).put("outBytesPerSecond", s.counts[3]);
    to.put("costMicrosPerSecond", s.counts[COST]);
  }
}
