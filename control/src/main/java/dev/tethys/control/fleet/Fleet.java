package dev.tethys.control.fleet;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.codec.opamp.AgentToServer;
import dev.tethys.codec.opamp.ComponentHealth;
import dev.tethys.codec.opamp.CustomMessage;
import dev.tethys.codec.opamp.PackageStatuses;
import dev.tethys.control.access.AgentToken;
import dev.tethys.control.access.Selector;
import dev.tethys.model.guard.LimitedLog;
import dev.tethys.model.log.JulLogger;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.opamp.AgentContract;
import dev.tethys.pipeline.opamp.InstanceUid;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import java.util.UUID;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Table of agents. An agent is created by its first message and stays when it disconnects, until
 * its slot is needed: the agent disconnected longest is removed first.
 *
 * <p>Invariants: at most {@code maxAgents} agents, shared fairly among tokens; their states take at
 * most the memory of {@link FleetMemory}, and their effective configurations at most {@link
 * #MAX_CONFIGS} characters together; all fields are guarded by this.
 */
public final class Fleet {
  private static final System.Logger LOG = JulLogger.of(Fleet.class.getName());

  /** Largest effective configuration that is kept of an agent, in characters. */
  public static final int MAX_CONFIG = 256 << 10;

  /** Characters of effective configurations that are kept of all agents. */
  static final long MAX_CONFIGS = 128L << 20;

  /** Agents under the uid of another one that are remembered. */
  private static final int MAX_DUPLICATES = 10_000;

  /**
   * Maximum number of connections in addition to one per agent: replaced connections, or ones that
   * have sent nothing yet.
   */
  private static final int SPARE_CONNECTIONS = 128;

  /** Silence after which an agent that polls over HTTP counts as disconnected. */
  public static final Duration POLL_SILENCE = Duration.ofSeconds(90);

  /** Agent connection. */
  public interface Session {
    /** Notifies that the agent's offer may have changed. Must not block. */
    void wake();

    /** Sends a custom message, without blocking; returns whether it was accepted. */
    default boolean send(CustomMessage message) {
      return false;
    }

    /** Whether the agent responds on this connection; waits for the response. */
    default boolean answers() {
      return false;
    }
  }

  /** Sends a custom message to an agent; returns whether its connection accepted it. */
  public boolean send(UUID uid, CustomMessage message) {
    Session s;
    synchronized (this) {
      s = sessions.get(uid);
    }
    return s != null && s.send(message);
  }

  /** Receives accounts of agents; must not block or call the fleet. */
  @FunctionalInterface
  public interface AccountsTaker {
    /**
     * Receives a report.
     *
     * @param process start time of the agent process; 0 if unknown
     * @param ended whether that process has ended, and another one reports its last accounts
     */
    void take(UUID agent, long process, Totals report, boolean ended);
  }

  /** Sets the receiver of agents' accounts. */
  public void takeAccounts(AccountsTaker taker) {
    accounts = taker;
  }

  /** Receives responses of agents to live taps; must not block. */
  public void takeTaps(BiConsumer<UUID, CustomMessage> taker) {
    taps = taker;
  }

  /**
   * Result of processing an agent message.
   *
   * @param agent agent that sent the message; null if the message was rejected
   * @param reportAll whether the agent must report its full state
   * @param refusal reason for rejecting the message; "" if it was accepted
   * @param later whether the agent is to retry later
   * @param duplicate whether another agent has the uid, so that this one needs another
   */
  public record Received(
      @Nullable AgentState agent,
      boolean reportAll,
      String refusal,
      boolean later,
      boolean duplicate) {
    Received(@Nullable AgentState agent, boolean reportAll, String refusal, boolean later) {
      this(agent, reportAll, refusal, later, false);
    }
  }

  private final Scheduler clock;
  private final int maxAgents;

  @GuardedBy("this")
  private final Map<UUID, AgentState> agents = new LinkedHashMap<>();

  @GuardedBy("this")
  private final Map<UUID, Session> sessions = new HashMap<>();

  @GuardedBy("this")
  private final Map<UUID, String> tokens = new HashMap<>(); // fingerprints, of all agents

  private final PollStreams polls = new PollStreams();

  /** Agents that connected with another agent's UID, which is the value; most recent last. */
  @GuardedBy("this")
  private final SequencedMap<UUID, UUID> duplicates = new LinkedHashMap<>();

  @GuardedBy("this")
  private long duplicatesFound;

  private final FairShares places;
  private final FairShares connections;
  private final FleetMemory memoryAccount;
  private final UidBindings bindings;
  private final LimitedLog failures = new LimitedLog(LOG);
  private final FleetVolumes volumes;
  private final RecentAccounts recent = new RecentAccounts();
  private final RecentMemory memory = new RecentMemory();
  private final RecentIntake intake = new RecentIntake();
  private final ItemRates rates = new ItemRates();

  @GuardedBy("this")
  private long configChars;

  private volatile BiConsumer<UUID, CustomMessage> taps = (_, _) -> {};
  private volatile AccountsTaker accounts = (_, _, _, _) -> {};

  /** Creates a table for agents that need no tokens. */
  public Fleet(Scheduler clock, int maxAgents) {
    this(clock, maxAgents, UidBindings.inMemory(), FleetMemory.ofHeap(1), 1);
  }

  /**
   * Creates an empty fleet.
   *
   * @param tokens tokens of agents, which share places and memory; empty if they need none
   */
  public Fleet(
      Scheduler clock, int maxAgents, UidBindings bindings, Collection<AgentToken> tokens) {
    this(
        clock,
        maxAgents,
        bindings,
        FleetMemory.ofHeap(Math.max(1, tokens.size())),
        Math.max(1, tokens.size()));
  }

  Fleet(Scheduler clock, int maxAgents, UidBindings bindings, FleetMemory account, int tokens) {
    this.clock = clock;
    this.maxAgents = maxAgents;
    this.bindings = bindings;
    this.memoryAccount = account;
    this.places = new FairShares(maxAgents, tokens);
    this.connections = new FairShares(maxAgents + (long) SPARE_CONNECTIONS, tokens);
    this.volumes = new FleetVolumes(account);
  }

  /** Returns the memory account of the agents. */
  public FleetMemory memoryAccount() {
    return memoryAccount;
  }

  /** Accepts a message from an agent that needs no token. */
  public Received receive(AgentToServer m, String transport, @Nullable Session session) {
    return receive(m, transport, session, AgentToken.NONE);
  }

  /**
   * Receives a message.
   *
   * @param session null for a transport without a connection
   * @param token token with which the agent connects
   */
  public synchronized Received receive(
      AgentToServer m, String transport, @Nullable Session session, AgentToken token) {
    UUID uid = InstanceUid.of(m.uid());
    if (!bindings.allows(uid, token)) {
      return new Received(
          null,
          false,
          "the instance uid " + uid + " belongs to another token; let the agent take a new one",
          false);
    }
    if (session == null && agents.containsKey(uid) && polls.isNewcomer(uid, m)) {
      return new Received(null, false, "another agent has the instance uid " + uid, false, true);
    }
    AgentState before = agents.get(uid);
    String key = token.fingerprint();
    if (before == null && !hasRoom(key)) {
      return new Received(
          null,
          false,
          "the fleet has "
              + maxAgents
              + " connected agents, which is its limit"
              + (key.isEmpty() ? "" : ", or the token has its share of them"),
          true);
    }
    try {
      Set<UUID> known = agents.keySet();
      bindings.bind(uid, token, known::contains);
    } catch (IOException e) {
      failures.failure(Level.ERROR, "Token of an agent not written", uid.toString(), e);
      return new Received(null, false, "the token of the agent was not written", true);
    }
    memoryAccount.assign(uid, key);
    boolean sameConnection = session != null && sessions.get(uid) == session;
    boolean follows = before != null && m.sequence() == before.sequence() + 1;
    boolean complete = m.description() != null;
    boolean gap = before == null ? !complete : !follows && (sameConnection || !complete);
    boolean connects = before == null || !before.connected() || !sameConnection && session != null;
    AgentState now = merge(uid, before, m, transport, connects);
    if (now == null) {
      if (before == null) {
        volumes.remove(uid);
        memoryAccount.remove(uid);
      }
      return new Received(null, false, "the memory for agents is used up", true);
    }
    if (session != null) {
      sessions.put(uid, session);
    }
    if (m.disconnects()) {
      now = disconnected(now);
      sessions.remove(uid);
    }
    if (session == null && before == null) {
      polls.begin(uid, m);
    }
    agents.put(uid, now);
    String former = tokens.put(uid, key);
    if (!key.equals(former)) {
      if (former != null) {
        places.add(former, -1);
      }
      places.add(key, 1);
    }
    return new Received(now, gap && !m.disconnects(), "", false);
  }

  /**
   * Returns another agent's connection with a UID that a token may use; null if none.
   *
   * @param own requesting connection; null if none
   */
  public synchronized @Nullable Session holder(UUID uid, @Nullable Session own, AgentToken token) {
    Session s = bindings.allows(uid, token) ? sessions.get(uid) : null;
    return s == own ? null : s;
  }

  /** Whether a token may open one more connection, which {@link #closed} releases. */
  public synchronized boolean opens(AgentToken token) {
    boolean fits = connections.fits(token.fingerprint(), 1, 0);
    if (fits) {
      connections.add(token.fingerprint(), 1);
    }
    return fits;
  }

  /** Handles a closed connection of a token. */
  public synchronized void closed(AgentToken token) {
    connections.add(token.fingerprint(), -1);
  }

  /**
   * Records that an agent connected with another agent's UID.
   *
   * @param assigned UID that it is assigned
   */
  public void noteDuplicate(UUID uid, UUID assigned) {
    synchronized (this) {
      duplicatesFound++;
      duplicates.put(assigned, uid);
      if (duplicates.size() > MAX_DUPLICATES) {
        duplicates.pollFirstEntry();
      }
    }
    failures.log(
        Level.WARNING,
        "Two agents have one instance uid, as of a cloned machine; the later one gets another"
            + " uid={0} assigned={1}",
        uid,
        assigned);
  }

  /**
   * Returns the UID with which an agent connected and which belongs to another agent; null if none.
   */
  public synchronized @Nullable UUID duplicateOf(UUID uid) {
    return duplicates.get(uid);
  }

  /** Returns the number of agents that connected with another agent's UID since startup. */
  public synchronized long duplicatesFound() {
    return duplicatesFound;
  }

  /**
   * Whether there is space for one more agent of a token, possibly by removing a disconnected one.
   */
  @GuardedBy("this")
  private boolean hasRoom(String token) {
    return agents.size() < maxAgents && places.fits(token, 1, 0) || removeAway(token);
  }

  /** Null if the memory for agents does not suffice for the state. */
  @GuardedBy("this")
  private @Nullable AgentState merge(
      UUID uid, @Nullable AgentState before, AgentToServer m, String transport, boolean connects) {
    Map<String, String> labels = before == null ? Map.of() : before.labels();
    if (m.description() != null) {
      labels = BoundedReport.labels(m.description());
    }
    AgentToServer.RemoteStatus remote =
        m.remote() != null ? BoundedReport.of(m.remote()) : before == null ? null : before.remote();
    PackageStatuses packages =
        m.packages() != null
            ? BoundedReport.of(m.packages())
            : before == null ? null : before.packages();
    CustomMessage custom = m.custom();
    boolean own = custom != null && custom.capability().equals(AgentContract.ACCOUNTS);
    Totals read =
        custom != null
                && own
                && !custom.type().equals(AgentContract.VOLUMES)
                && !custom.type().equals(AgentContract.ENDED)
            ? Totals.read(custom.data())
            : null;
    Totals totals = read != null || before == null ? read : before.totals();
    long bytes =
        FleetMemory.AGENT_BYTES
            + FleetMemory.of(labels)
            + FleetMemory.of(remote)
            + FleetMemory.of(packages)
            + FleetMemory.of(totals);
    if (!memoryAccount.set(uid, FleetMemory.Part.STATE, bytes)) {
      return null;
    }
    String config = before == null ? "" : before.config();
    String omitted = before == null ? "" : before.configOmitted();
    if (m.config() != null) {
      configChars -= config.length();
      config = m.config();
      omitted = omission(uid, config);
      config = omitted.isEmpty() ? config : "";
      memoryAccount.set(uid, FleetMemory.Part.CONFIGURATION, FleetMemory.of(config));
      configChars += config.length();
    }
    ComponentHealth health = before == null ? null : before.health();
    if (m.health() != null) {
      health = BoundedReport.of(m.health());
      if (!memoryAccount.set(uid, FleetMemory.Part.HEALTH, FleetMemory.of(health))) {
        health = BoundedReport.withParts(health, Map.of());
        memoryAccount.set(uid, FleetMemory.Part.HEALTH, 0);
      }
    }
    if (custom != null && own && custom.type().equals(AgentContract.VOLUMES)) {
      volumes.put(uid, custom.data(), clock.nanos(), state(before, m));
    } else if (custom != null && custom.capability().equals(AgentContract.TAP)) {
      taps.accept(uid, custom);
    } else if (custom != null && own && custom.type().equals(AgentContract.ENDED)) {
      for (Totals.Ended e : Totals.readEnded(custom.data())) {
        accounts.take(uid, e.process(), e.totals(), true);
      }
    } else if (read != null) {
      recent.put(uid, AgentState.configuration(remote), read, clock.nanos());
      rates.put(uid, read, clock.nanos());
      intake.put(uid, AgentState.configuration(remote), read, clock.nanos());
      memory.put(uid, read.memory());
      accounts.take(uid, health == null ? 0 : health.startNanos(), read, false);
    }
    return new AgentState(
        uid,
        labels,
        m.capabilities() == 0 && before != null ? before.capabilities() : m.capabilities(),
        health,
        config,
        omitted,
        remote,
        totals,
        (before == null ? 0 : before.totalsCount()) + (read == null ? 0 : 1),
        m.sequence(),
        transport,
        true,
        clock.millis(),
        connects || before == null ? clock.nanos() : before.changedNanos(),
        packages,
        m.description() != null // custom capabilities come with it
            ? m.customCapabilities().contains(AgentContract.OWN_CONFIGURATION)
            : before != null && before.hasOwnConfiguration());
  }

  /** Returns the reason for not keeping an effective configuration; "" if it is kept. */
  @GuardedBy("this")
  private String omission(UUID uid, String config) {
    if (config.length() > MAX_CONFIG) {
      return "it has " + config.length() + " characters, at most " + MAX_CONFIG + " are kept";
    }
    if (configChars + config.length() > MAX_CONFIGS) {
      return "the effective configurations of the fleet have reached " + MAX_CONFIGS;
    }
    return memoryAccount.set(uid, FleetMemory.Part.CONFIGURATION, FleetMemory.of(config))
        ? ""
        : "the memory for agents has no room for it";
  }

  /**
   * Identifies an agent's process and its offered configuration, from a message and the state
   * before it.
   */
  private static String state(@Nullable AgentState before, AgentToServer m) {
    ComponentHealth h = m.health() != null || before == null ? m.health() : before.health();
    AgentToServer.RemoteStatus r =
        m.remote() != null || before == null ? m.remote() : before.remote();
    return (h == null ? 0 : h.startNanos())
        + " "
        + (r == null ? "" : HexFormat.of().formatHex(r.hash()) + " " + r.state());
  }

  private AgentState disconnected(AgentState a) {
    return new AgentState(
        a.uid(),
        a.labels(),
        a.capabilities(),
        a.health(),
        a.config(),
        a.configOmitted(),
        a.remote(),
        a.totals(),
        a.totalsCount(),
        a.sequence(),
        a.transport(),
        false,
        a.seenMillis(),
        clock.nanos(),
        a.packages(),
        a.hasOwnConfiguration());
  }

  @GuardedBy("this")
  private boolean removeAway(String token) {
    boolean own = !places.fits(token, 1, 0);
    AgentState longest = null;
    for (AgentState a : agents.values()) {
      String of = tokens.getOrDefault(a.uid(), "");
      boolean may = of.equals(token) || !own && places.isAbovePart(of);
      if (!a.connected() && may && (longest == null || a.seenMillis() < longest.seenMillis())) {
        longest = a;
      }
    }
    if (longest == null) {
      return false;
    }
    UUID uid = longest.uid();
    agents.remove(uid);
    String of = tokens.remove(uid);
    if (of != null) {
      places.add(of, -1);
    }
    polls.remove(uid);
    duplicates.remove(uid);
    volumes.remove(uid);
    recent.remove(uid);
    memory.remove(uid);
    intake.remove(uid);
    rates.remove(uid);
    memoryAccount.remove(uid);
    configChars -= longest.config().length();
    return true;
  }

  /** Handles the end of an agent's connection. */
  public synchronized void disconnect(UUID uid, Session session) {
    if (sessions.remove(uid, session)) {
      AgentState a = agents.get(uid);
      if (a != null && a.connected()) {
        agents.put(uid, disconnected(a));
      }
    }
  }

  /** Marks agents that no longer poll as disconnected. */
  public synchronized void expire() {
    long oldest = clock.millis() - POLL_SILENCE.toMillis();
    for (AgentState a : List.copyOf(agents.values())) {
      if (a.connected() && !sessions.containsKey(a.uid()) && a.seenMillis() < oldest) {
        agents.put(a.uid(), disconnected(a));
      }
    }
  }

  public synchronized @Nullable AgentState agent(UUID uid) {
    return agents.get(uid);
  }

  /** Returns the agents matched by a selector, ordered by ID. */
  public synchronized List<AgentState> agents(Selector selector) {
    List<AgentState> out = new ArrayList<>();
    for (AgentState a : agents.values()) {
      if (selector.matches(a.labels())) {
        out.add(a);
      }
    }
    out.sort(Comparator.comparing(AgentState::uid));
    return out;
  }

  /** Volumes by attribute that agents reported. */
  public FleetVolumes volumes() {
    return volumes;
  }

  /** Returns the items an agent received and lost within the last few minutes. */
  public synchronized RecentAccounts.Window recent(UUID uid) {
    return recent.window(uid, clock.nanos());
  }

  /** Returns an agent's usual intake over the last minute, by {@link Totals#intake} key. */
  public synchronized Map<String, RecentIntake.Usual> usualIntake(UUID uid) {
    return intake.usual(uid, clock.nanos());
  }

  /**
   * Returns the items an agent received under a key within a time limit up to now; -1 if its
   * configuration has run for less time.
   */
  public synchronized long taken(UUID uid, String key, Duration over) {
    return intake.taken(uid, key, over, clock.nanos());
  }

  /**
   * Returns the resident memory of an agent process: the median of its last reports, or 0 if there
   * are too few.
   */
  public synchronized long usualMemory(UUID uid) {
    return memory.median(uid);
  }

  /** Returns the minimum of its last few reports; 0 if there are too few. */
  public synchronized long leastMemory(UUID uid) {
    return memory.least(uid);
  }

  /**
   * Returns the items an agent received and lost within the last few minutes, by signal and in
   * total.
   */
  public synchronized Map<String, RecentAccounts.Window> recentBySignal(UUID uid) {
    return recent.windows(uid, clock.nanos());
  }

  /** Returns the number of account reports from an agent. */
  public synchronized long reports(UUID uid) {
    AgentState a = agent(uid);
    return a == null ? 0 : a.totalsCount();
  }

  /** Returns the agent's name with its UID, as used in reasons. */
  public synchronized String nameOf(UUID uid) {
    AgentState a = agent(uid);
    String name = a == null ? "" : a.name();
    return name.isEmpty() ? uid.toString() : name + " (" + uid + ")";
  }

  /** Returns the items per second of a connected agent; null if unknown. */
  public synchronized ItemRates.@Nullable Rate rate(AgentState a) {
    return a.connected() ? rates.of(a.uid(), clock.nanos()) : null;
  }

  public synchronized int size() {
    return agents.size();
  }

  /** Wakes the sessions of agents. */
  public void wake(Collection<UUID> uids) {
    List<Session> woken = new ArrayList<>();
    synchronized (this) {
      for (UUID uid : uids) {
        Session s = sessions.get(uid);
        if (s != null) {
          woken.add(s);
        }
      }
    }
    woken.forEach(Session::wake);
  }

  /** Wakes all sessions. */
  public void wakeAll() {
    List<Session> all;
    synchronized (this) {
      all = List.copyOf(sessions.values());
    }
    all.forEach(Session::wake);
  }
}
