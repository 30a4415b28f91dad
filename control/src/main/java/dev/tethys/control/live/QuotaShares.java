package dev.tethys.control.live;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.control.fleet.AgentState;
import dev.tethys.control.fleet.Fleet;
import dev.tethys.control.fleet.Totals;
import dev.tethys.control.state.StateFile;
import dev.tethys.model.guard.LimitedLog;
import dev.tethys.model.log.JulLogger;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.opamp.AgentContract;
import dev.tethys.pipeline.opamp.PipelineAccounts.QuotaUse;
import dev.tethys.pipeline.processor.control.QuotaRule;
import dev.tethys.pipeline.processor.control.QuotaShare;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Division of quota limits among the agents in their scopes, by usage. A limit holds for the sum:
 * the shares of all agents never exceed it, apart from the exceptions below.
 *
 * <p>An agent starts each period with {@link QuotaRule#initialShare}; half of the limit is
 * reserved. An agent that approaches its share reports immediately, and gets a part of the reserve
 * in proportion to its usage. When the reserve is empty, agents with an unused share have to return
 * half of it, and it is given to others after they have confirmed that. So at most {@link
 * #STRANDED} of a limit stays unused at connected agents.
 *
 * <p>The sum may exceed the limit by the batches in progress, by the items that an agent passes
 * before the first message after its start or after a change of the number of agents, and by the
 * shares of agents that are started while this control plane is unavailable.
 *
 * <p>Format of the file, which is replaced as a whole: a JSON object with {@code format} (1) and
 * {@code quotas}, each with {@code id}, {@code start}, {@code period} and {@code values}: by value
 * and agent the start of its process, its share, its use, and that of its earlier processes.
 *
 * <p>Invariant: at most {@link #MAX_LEASES} shares; further agents keep the initial one. Guarded by
 * this.
 */
public final class QuotaShares {
  static final int MAX_LEASES = 100_000;

  /** Part of a limit that may stay unused at agents that are connected. */
  static final double STRANDED = 0.01;

  /** Smallest part of a limit that is granted or reserved. */
  private static final double SMALLEST = 0.001;

  /** Share of a limit by which usage elsewhere may change before an agent gets a message. */
  private static final double NOTABLE = 0.01;

  private static final long EVERY_NANOS = Duration.ofMillis(200).toNanos();
  private static final long REPEAT_NANOS = Duration.ofSeconds(2).toNanos();

  /** Time without a larger share after which an agent is over the limit. */
  private static final long LACKS_NANOS = Duration.ofSeconds(5).toNanos();

  private static final long SAVE_NANOS = Duration.ofSeconds(10).toNanos();

  private static final System.Logger LOG = JulLogger.of(QuotaShares.class.getName());

  /** A quota; ids may be used again. */
  private record Key(String id, long start) {
    static Key of(LiveControl c) {
      return new Key(c.control().id(), c.control().startMillis());
    }
  }

  /** Share of an agent in a value. */
  private static final class Lease {
    private long process; // its start; 0 where it is not known
    private double allowance; // that the agent may use
    private double shrinkTo = -1; // allowance awaiting its confirmation; -1 for none
    private double used; // by the present process
    private double ended; // by earlier processes
    private double reportAt;
    private double reported; // allowance that the agent had last
    private String step = "";
    private long lacksSince; // monotonic; 0 while no quota is short
    private boolean changed = true;

    private double sum() {
      return used + ended;
    }

    /** Returns the amount reserved from others. */
    private double held() {
      return ended + Math.max(allowance, used);
    }

    private double announcedAllowance() {
      return shrinkTo >= 0 ? shrinkTo : allowance;
    }
  }

  /** Last message to an agent. */
  private static final class Sent {
    private long nanos;
    private double initial = -1;
    private long period = Long.MIN_VALUE;
    private final Map<String, Double> others = new HashMap<>();
  }

  private static final class Quota {
    private long period = Long.MIN_VALUE;
    private int agents = 1; // among which it is divided, a power of 2
    private final Map<String, Map<UUID, Lease>> values = new TreeMap<>();
    private final Map<UUID, Sent> sent = new HashMap<>();
    private final Map<UUID, Long> reports = new HashMap<>(); // number of the last one

    private double used(String value) {
      double sum = 0;
      for (Lease l : values.getOrDefault(value, Map.of()).values()) {
        sum += l.sum();
      }
      return sum;
    }
  }

  /**
   * Use of one value by all agents.
   *
   * @param step furthest that is reached
   */
  public record Use(String value, double used, String step) {}

  private final LimitedLog failures = new LimitedLog(LOG);
  private final StateFile file;
  private final Controls controls;
  private final Fleet fleet;
  private final Scheduler clock;

  @GuardedBy("this")
  private final Map<Key, Quota> quotas = new HashMap<>();

  @GuardedBy("this")
  private int leases;

  @GuardedBy("this")
  private boolean changed;

  @GuardedBy("this")
  private long savedNanos;

  /**
   * Reads the shares of before.
   *
   * @throws IOException if the file cannot be read or is damaged
   */
  public QuotaShares(Path file, Controls controls, Fleet fleet, Scheduler clock)
      throws IOException {
    this.file =
        new StateFile(
            file, "restore it from a backup, or remove it to divide the quotas from the start");
    this.controls = controls;
    this.fleet = fleet;
    this.clock = clock;
    this.savedNanos = clock.nanos();
    load();
  }

  /**
   * Returns the number of agents by which a quota is divided: the next power of 2, so that it is
   * stable.
   */
  static int rounded(int agents) {
    int bit = Integer.highestOneBit(Math.max(1, agents));
    return bit >= agents ? bit : bit << 1;
  }

  /** Returns the usage of a quota in its current period, by value; empty if none is known. */
  public synchronized List<Use> uses(LiveControl c) {
    QuotaRule rule = c.control().quota();
    Quota q = quotas.get(Key.of(c));
    if (q == null || rule == null || q.period != rule.periodAt(clock.millis())) {
      return List.of();
    }
    List<Use> out = new ArrayList<>();
    q.values.forEach(
        (value, all) -> {
          double used = q.used(value);
          String step = rule.step(used).word();
          for (Lease l : all.values()) {
            // One that waits for a larger share is not over the limit of the fleet.
            boolean lacks = l.lacksSince != 0 && clock.nanos() - l.lacksSince >= LACKS_NANOS;
            if (used >= rule.limit() * (1 - 2 * STRANDED) || lacks) {
              step = QuotaWatch.further(step, l.step);
            }
          }
          out.add(new Use(value, used, step));
        });
    return out;
  }

  /** Receives the reports of agents, and redistributes the limits. */
  public void step() {
    Map<UUID, List<QuotaShare>> messages = new LinkedHashMap<>();
    boolean saves;
    synchronized (this) {
      saves = clock.nanos() - savedNanos >= SAVE_NANOS;
      Set<Key> active = new HashSet<>();
      for (LiveControl c : controls.state().active) {
        QuotaRule rule = c.control().quota();
        if (rule != null) {
          active.add(Key.of(c));
          Quota q = quotas.computeIfAbsent(Key.of(c), k -> new Quota());
          step(c, rule, q)
              .forEach((uid, s) -> messages.computeIfAbsent(uid, k -> new ArrayList<>()).add(s));
        }
      }
      if (quotas.keySet().retainAll(active)) {
        changed = true;
        count();
      }
    }
    messages.forEach(
        (uid, shares) -> fleet.send(uid, AgentContract.quotas(QuotaShare.write(shares))));
    if (saves) {
      try {
        save();
      } catch (IOException e) { // the next step tries again
        failures.failure(Level.ERROR, "Shares of quotas not written", file.toString(), e);
      }
    }
  }

  @GuardedBy("this")
  private void count() {
    leases = 0;
    for (Quota q : quotas.values()) {
      for (Map<UUID, Lease> all : q.values.values()) {
        leases += all.size();
      }
    }
  }

  @GuardedBy("this")
  private Map<UUID, QuotaShare> step(LiveControl c, QuotaRule rule, Quota q) {
    long period = rule.periodAt(clock.millis());
    if (q.period != period) {
      q.period = period;
      q.values.clear();
      changed = true;
      count();
    }
    List<AgentState> agents = new ArrayList<>();
    for (AgentState a : fleet.agents(c.selector())) {
      Totals t = a.totals();
      if (t != null && t.controls() != null) {
        agents.add(a);
      }
    }
    // Fewer agents do not cause a new division: disconnected agents may return with their share.
    q.agents = Math.max(q.agents, Math.max(rounded(agents.size()), rule.agents()));
    double initial = rule.initialShare(q.agents);
    for (AgentState a : agents) {
      if (q.reports.getOrDefault(a.uid(), -1L) != a.totalsCount()) {
        q.reports.put(a.uid(), a.totalsCount());
        take(q, a, c);
      }
    }
    q.values.forEach((value, all) -> divide(rule, q, value, all, agents, initial));
    Map<UUID, QuotaShare> out = new HashMap<>();
    for (AgentState a : agents) {
      Totals t = a.totals();
      if (a.connected() && t != null && c.countsIn(t).active()) {
        QuotaShare s = message(c, rule, q, a.uid(), initial);
        if (s != null) {
          out.put(a.uid(), s);
        }
      }
    }
    return out;
  }

  @GuardedBy("this")
  private void take(Quota q, AgentState a, LiveControl c) {
    Totals t = a.totals();
    if (t == null) {
      return;
    }
    long process = a.health() == null ? 0 : a.health().startNanos();
    for (QuotaUse u : c.countsIn(t).quotas()) {
      if (u.period() != q.period) {
        continue;
      }
      Map<UUID, Lease> all = q.values.computeIfAbsent(u.value(), k -> new HashMap<>());
      Lease l = all.get(a.uid());
      if (l == null) {
        if (leases >= MAX_LEASES) {
          continue;
        }
        l = lease(all, a, u.limit());
      }
      boolean other = process != 0 && l.process != 0 && process != l.process;
      if (other || u.used() < l.used) { // it counts from 0
        l.ended += l.used;
        l.used = 0;
        l.allowance = u.limit();
        l.shrinkTo = -1;
        l.changed = true;
      }
      l.process = process == 0 ? l.process : process;
      l.used = u.used();
      l.step = u.step();
      l.reported = u.limit();
      if (l.shrinkTo >= 0 && u.limit() <= l.shrinkTo) {
        l.allowance = u.limit();
        l.shrinkTo = -1;
      } else if (u.limit() > l.allowance) {
        l.allowance = u.limit();
      }
      changed = true;
    }
  }

  @GuardedBy("this")
  private Lease lease(Map<UUID, Lease> all, AgentState a, double allowance) {
    Lease l = new Lease();
    l.process = a.health() == null ? 0 : a.health().startNanos();
    l.allowance = allowance;
    l.reported = allowance;
    l.reportAt = allowance / 2;
    all.put(a.uid(), l);
    leases++;
    return l;
  }

  @GuardedBy("this")
  private void divide(
      QuotaRule rule,
      Quota q,
      String value,
      Map<UUID, Lease> all,
      List<AgentState> agents,
      double initial) {
    double limit = rule.limit();
    double pool = limit;
    for (Lease l : all.values()) {
      pool -= l.held();
    }
    for (AgentState a : agents) {
      pool -= all.containsKey(a.uid()) ? 0 : initial;
    }
    double used = q.used(value);
    boolean lacks = false;
    for (AgentState a : agents) {
      Lease l = all.get(a.uid());
      if (l == null || !a.connected() || l.used < l.reportAt) {
        continue;
      }
      if (pool <= 0) {
        l.lacksSince = l.lacksSince == 0 ? clock.nanos() : l.lacksSince;
        lacks = true;
        continue;
      }
      l.lacksSince = 0;
      double part = Math.max(pool / 2 * (l.sum() / Math.max(used, 1e-300)), limit * SMALLEST);
      double given = pool <= limit * SMALLEST * 2 ? pool : Math.min(pool, part);
      pool -= given;
      l.allowance += given;
      l.shrinkTo = -1;
      l.reportAt = Math.max(l.used, l.allowance - given / 2);
      l.changed = true;
      changed = true;
    }
    if (lacks) {
      takeBack(limit * STRANDED / q.agents, all, agents, initial);
    }
  }

  /** Requests half of their unused shares from agents. */
  @GuardedBy("this")
  private void takeBack(
      double least, Map<UUID, Lease> all, List<AgentState> agents, double initial) {
    for (AgentState a : agents) {
      Lease l = all.get(a.uid());
      if (l == null && a.connected() && initial > least && leases < MAX_LEASES) {
        l = lease(all, a, initial);
      }
      double idle = l == null ? 0 : l.allowance - l.used;
      if (l != null && a.connected() && l.shrinkTo < 0 && idle > least && l.used < l.reportAt) {
        l.shrinkTo = l.used + idle / 2;
        l.reportAt = l.used + idle / 4;
        l.changed = true;
      }
    }
  }

  /** Returns the message to an agent if one is due; otherwise null. */
  private @Nullable QuotaShare message(
      LiveControl c, QuotaRule rule, Quota q, UUID uid, double initial) {
    Sent sent = q.sent.computeIfAbsent(uid, k -> new Sent());
    long now = clock.nanos();
    if (sent.nanos != 0 && now - sent.nanos < EVERY_NANOS) {
      return null;
    }
    boolean repeat = now - sent.nanos >= REPEAT_NANOS;
    boolean due = sent.initial != initial || sent.period != q.period;
    Map<String, QuotaShare.Part> parts = new TreeMap<>();
    for (Map.Entry<String, Map<UUID, Lease>> e : q.values.entrySet()) {
      Lease l = e.getValue().get(uid);
      if (l != null) {
        double others = q.used(e.getKey()) - l.used;
        Double was = sent.others.get(e.getKey());
        due |=
            l.changed
                || was == null
                || Math.abs(others - was) >= rule.limit() * NOTABLE
                || rule.step(others + l.used) != rule.step(was + l.used)
                || repeat && l.reported != l.announcedAllowance();
        parts.put(e.getKey(), new QuotaShare.Part(l.announcedAllowance(), others, l.reportAt));
      }
    }
    if (!due) {
      return null;
    }
    sent.nanos = now;
    sent.initial = initial;
    sent.period = q.period;
    sent.others.clear();
    parts.forEach((v, p) -> sent.others.put(v, p.others()));
    for (Map<UUID, Lease> all : q.values.values()) {
      Lease l = all.get(uid);
      if (l != null) {
        l.changed = false;
      }
    }
    return new QuotaShare(c.control().id(), c.control().startMillis(), q.period, initial, parts);
  }

  private void load() throws IOException {
    file.load(this::read);
  }

  private synchronized void read(JsonNode n) {
    for (JsonNode x : n.path("quotas")) {
      Quota q = new Quota();
      q.period = x.path("period").asLong(Long.MIN_VALUE);
      q.agents = Math.max(1, x.path("agents").asInt(1));
      for (Map.Entry<String, JsonNode> v : x.path("values").properties()) {
        Map<UUID, Lease> all = new HashMap<>();
        for (Map.Entry<String, JsonNode> e : v.getValue().properties()) {
          Lease l = new Lease();
          l.process = e.getValue().path(0).asLong(0);
          l.allowance = e.getValue().path(1).asDouble(0);
          l.used = e.getValue().path(2).asDouble(0);
          l.ended = e.getValue().path(3).asDouble(0);
          l.reported = l.allowance;
          l.reportAt = l.used + (l.allowance - l.used) / 2;
          all.put(UUID.fromString(e.getKey()), l);
        }
        q.values.put(v.getKey(), all);
      }
      quotas.put(new Key(x.path("id").asString(""), x.path("start").asLong(0)), q);
    }
    count();
  }

  /**
   * Writes the shares if they have changed, also at the end of the process.
   *
   * @throws IOException if they are not on disk
   */
  public void save() throws IOException {
    ObjectNode content;
    synchronized (this) {
      savedNanos = clock.nanos();
      if (!changed) {
        return;
      }
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
    ArrayNode out = n.putArray("quotas");
    quotas.forEach(
        (k, q) -> {
          ObjectNode x = out.addObject().put("id", k.id).put("start", k.start);
          x.put("period", q.period).put("agents", q.agents);
          ObjectNode values = x.putObject("values");
          q.values.forEach(
              (value, all) -> {
                ObjectNode v = values.putObject(value);
                all.forEach(
                    (uid, l) ->
                        v.putArray(uid.toString())
                            .add(l.process)
                            .add(l.allowance)
                            .add(l.used)
                            .add(l.ended));
              });
        });
    return n;
  }
}
