package dev.tethys.alert.manager.cluster;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.alert.manager.cluster.MemberlistMessages.Alive;
import dev.tethys.alert.manager.cluster.MemberlistMessages.Dead;
import dev.tethys.alert.manager.cluster.MemberlistMessages.NodeState;
import dev.tethys.alert.manager.cluster.MemberlistMessages.Suspect;
import dev.tethys.alert.manager.dispatch.ManagerClock;
import dev.tethys.model.guard.LimitedLog;
import dev.tethys.model.log.JulLogger;
import java.lang.System.Logger.Level;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Membership list of the cluster, by SWIM with Lifeguard's suspicion, as in memberlist. Of two
 * claims about a member the one with the higher incarnation wins, which only the member itself
 * increments; of equal ones the worse state. A member that does not respond is suspected first and
 * can refute that until the suspicion expires; each further member that suspects it shortens the
 * time.
 *
 * <p>Invariants: guarded by this object; listeners are called under its lock and must not block.
 * The local member is always included, and alive until it leaves. At most {@link
 * MemberlistMessages#MAX_MEMBERS}, of which {@link #MAX_UNVERIFIED} have not answered yet.
 */
final class Membership {
  /** Time for which departed members are remembered and still receive updates. */
  static final Duration TO_THE_DEAD = Duration.ofSeconds(30);

  /**
   * Maximum number of members that have not answered yet; further ones are ignored until some have
   * answered or are dead. Packets are not authenticated, and names cost a forger nothing.
   */
  static final int MAX_UNVERIFIED = 32;

  private static final int SUSPICION = 4;
  private static final int LONGEST_SUSPICION = 6;
  private static final System.Logger LOG = JulLogger.of(Membership.class.getName());
  private static final LimitedLog PEER_LOG = new LimitedLog(LOG);

  /** State of a member; its number is the value in exchanged states. */
  enum State {
    ALIVE,
    SUSPECT,
    DEAD,
    LEFT;

    private static final State[] ALL = values();

    long number() {
      return switch (this) {
        case ALIVE -> 0;
        case SUSPECT -> 1;
        case DEAD -> 2;
        case LEFT -> 3;
      };
    }

    static State of(long n) throws ProtocolException {
      if (n < 0 || n >= ALL.length) {
        throw new ProtocolException("a member is in the unknown state " + n);
      }
      return ALL[(int) n];
    }

    boolean isGone() {
      return this == DEAD || this == LEFT;
    }
  }

  /** Listener for changes of the members. */
  interface Listener {
    void alive(String name);

    void joined(ClusterNode node);

    void left(ClusterNode node);

    void updated(ClusterNode node);

    void conflict(ClusterNode known, ClusterNode other);

    /** Whether an operator has named this address as a member's. */
    boolean isConfigured(InetSocketAddress address);
  }

  private static final class Suspicion {
    final Set<String> from = new HashSet<>();
    final Instant start;
    final Duration shortest;
    final Duration longest;
    final int wanted;
    ManagerClock.@Nullable Timer timer;

    Suspicion(Instant start, Duration shortest, Duration longest, int wanted) {
      this.start = start;
      this.shortest = shortest;
      this.longest = longest;
      this.wanted = wanted;
    }

    /**
     * Returns the end of the suspicion timeout, which depends on the number of confirming members.
     */
    Instant end() {
      if (wanted < 1) {
        return start.plus(shortest);
      }
      double share = Math.log(from.size()) / Math.log(wanted + 1.0);
      double nanos = longest.toNanos() - share * (longest.toNanos() - shortest.toNanos());
      return start.plusNanos(Math.max(shortest.toNanos(), (long) nanos));
    }

    void stop() {
      if (timer != null) {
        timer.cancel();
      }
    }
  }

  private static final class Member {
    ClusterNode node;
    long incarnation;
    State state = State.DEAD;
    Instant since;
    @Nullable Suspicion suspicion;

    /** Whether it has answered from its address since it joined: anybody can claim that it is. */
    boolean proven;

    Member(ClusterNode node, Instant since) {
      this.node = node;
      this.since = since;
    }
  }

  private final String self;
  private final Duration probeInterval;
  private final ManagerClock clock;
  private final BroadcastQueue queue;
  private final Listener listener;

  @GuardedBy("this")
  private final Map<String, Member> members = new HashMap<>();

  @GuardedBy("this")
  private final List<String> round = new ArrayList<>();

  @GuardedBy("this")
  private long incarnation;

  @GuardedBy("this")
  private boolean leaving;

  @GuardedBy("this")
  private int refuted;

  /**
   * @param queue receives messages to spread
   */
  Membership(
      ClusterNode self,
      Duration probeInterval,
      ManagerClock clock,
      BroadcastQueue queue,
      Listener listener) {
    this.self = self.name();
    this.probeInterval = probeInterval;
    this.clock = clock;
    this.queue = queue;
    this.listener = listener;
    alive(new Alive(++incarnation, self), true);
  }

  private void spread(String about, byte[] message) {
    queue.add(about, message);
  }

  synchronized void alive(Alive a) {
    alive(a, false);
  }

  private synchronized void alive(Alive a, boolean ourselves) {
    ClusterNode n = a.node();
    boolean us = n.name().equals(self);
    if (leaving && us) {
      return;
    }
    if (n.versions().length >= 3 && (n.versions()[0] == 0 || n.versions()[1] < n.versions()[0])) {
      PEER_LOG.log(
          Level.WARNING, "Cluster member ignored, its versions are impossible name={0}", n.name());
      return;
    }
    if (n.versions().length >= 6) {
      listener.alive(n.name());
    }
    Member m = members.get(n.name());
    boolean moved = false;
    if (m == null) {
      forgetGone();
      if (members.size() >= MemberlistMessages.MAX_MEMBERS
          || !ourselves
              && !listener.isConfigured(n.address())
              && unverifiedMembers() >= MAX_UNVERIFIED) {
        PEER_LOG.log(
            Level.WARNING, "Cluster member ignored, too many have not answered name={0}", n.name());
        return;
      }
      m = new Member(n, clock.instant());
      members.put(n.name(), m);
      round.add(n.name()); // it is probed next
    } else if (!m.node.address().equals(n.address())) {
      if (m.state != State.LEFT) {
        PEER_LOG.log(
            Level.WARNING,
            "Cluster member ignored, its name is in use name={0} address={1} other={2}",
            n.name(),
            m.node.hostPort(),
            n.hostPort());
        listener.conflict(m.node, n);
        return;
      }
      moved = true;
      m.proven = false;
    }
    if (us && !ourselves) {
      // An earlier run of this process, or a configuration mistake.
      if (a.incarnation() < m.incarnation
          || a.incarnation() == m.incarnation && n.hasSameContent(m.node)) {
        return;
      }
      object(m, a.incarnation());
      return;
    }
    if (a.incarnation() <= m.incarnation && !moved && !us) {
      return;
    }
    endSuspicion(m);
    State before = m.state;
    ClusterNode known = m.node;
    spread(n.name(), MemberlistMessages.alive(a));
    m.node =
        n.versions().length >= 6
            ? n
            : new ClusterNode(n.name(), n.address(), n.meta(), known.versions());
    m.incarnation = a.incarnation();
    if (m.state.isGone()) {
      m.proven = false;
    }
    if (m.state != State.ALIVE) {
      m.state = State.ALIVE;
      m.since = clock.instant();
    }
    if (before.isGone()) {
      listener.joined(m.node);
    } else if (!known.hasSameContent(m.node)) {
      listener.updated(m.node);
    }
  }

  /** Refutes a suspicion, with an incarnation that exceeds the accused one. */
  @GuardedBy("this")
  private void object(Member me, long accused) {
    incarnation = Math.max(incarnation, accused) + 1;
    me.incarnation = incarnation;
    refuted++;
    spread(self, MemberlistMessages.alive(new Alive(incarnation, me.node)));
  }

  /** Returns the number of suspicions of this member refuted since the last call. */
  synchronized int drainRefuted() {
    int n = refuted;
    refuted = 0;
    return n;
  }

  private static void endSuspicion(Member m) {
    if (m.suspicion != null) {
      m.suspicion.stop();
      m.suspicion = null;
    }
  }

  synchronized void suspect(Suspect s) {
    Member m = members.get(s.node());
    if (m == null || s.incarnation() < m.incarnation) {
      return;
    }
    Suspicion there = m.suspicion;
    if (there != null) {
      if (there.from.size() <= there.wanted && there.from.add(s.from())) {
        spread(s.node(), MemberlistMessages.suspect(s));
        schedule(m, there);
      }
      return;
    }
    if (m.state != State.ALIVE) {
      return;
    }
    if (s.node().equals(self)) {
      object(m, s.incarnation());
      return;
    }
    spread(s.node(), MemberlistMessages.suspect(s));
    m.incarnation = s.incarnation();
    m.state = State.SUSPECT;
    m.since = clock.instant();
    int n = members.size();
    int wanted = n - 2 < SUSPICION - 2 ? 0 : SUSPICION - 2;
    double scale = Math.max(1, Math.log10(Math.max(1, n)));
    Duration shortest = Duration.ofNanos((long) (SUSPICION * scale * probeInterval.toNanos()));
    Suspicion fresh =
        new Suspicion(m.since, shortest, shortest.multipliedBy(LONGEST_SUSPICION), wanted);
    fresh.from.add(s.from());
    m.suspicion = fresh;
    schedule(m, fresh);
  }

  private void schedule(Member m, Suspicion s) {
    s.stop();
    Instant end = s.end();
    Instant now = clock.instant();
    s.timer = clock.at(end.isBefore(now) ? now : end, () -> confirm(m, s));
  }

  private synchronized void confirm(Member m, Suspicion s) {
    if (m.suspicion == s && m.state == State.SUSPECT) {
      PEER_LOG.log(
          Level.INFO,
          "Cluster member failed name={0} address={1}",
          m.node.name(),
          m.node.hostPort());
      dead(new Dead(m.incarnation, m.node.name(), self));
    }
  }

  synchronized void dead(Dead d) {
    Member m = members.get(d.node());
    if (m == null || d.incarnation() < m.incarnation) {
      return;
    }
    endSuspicion(m);
    if (m.state.isGone()) {
      return;
    }
    if (d.node().equals(self) && !leaving) {
      object(m, d.incarnation());
      return;
    }
    spread(d.node(), MemberlistMessages.dead(d));
    m.incarnation = d.incarnation();
    m.state = d.node().equals(d.from()) ? State.LEFT : State.DEAD;
    m.since = clock.instant();
    listener.left(m.node);
  }

  /** Merges the states of all members as seen by another one. */
  synchronized void merge(List<NodeState> theirs) {
    for (NodeState s : theirs) {
      String name = s.node().name();
      switch (s.state()) {
        case ALIVE -> alive(new Alive(s.incarnation(), s.node()));
        case LEFT -> dead(new Dead(s.incarnation(), name, name));
        // One member's word is not enough.
        case DEAD, SUSPECT -> suspect(new Suspect(s.incarnation(), name, self));
      }
    }
  }

  /**
   * Checks the members to be joined: all must understand one protocol version.
   *
   * @throws ProtocolException with the member whose version it is
   */
  synchronized void checkVersions(List<NodeState> theirs) throws ProtocolException {
    List<ClusterNode> all = new ArrayList<>();
    theirs.stream().filter(s -> s.state() == State.ALIVE).forEach(s -> all.add(s.node()));
    members.values().stream().filter(m -> m.state == State.ALIVE).forEach(m -> all.add(m.node));
    for (int of : new int[] {0, 3}) { // the protocol, what it transports
      int low = 0;
      int high = 255;
      for (ClusterNode n : all) {
        if (n.versions().length >= 6) {
          low = Math.max(low, n.versions()[of] & 0xff);
          high = Math.min(high, n.versions()[of + 1] & 0xff);
        }
      }
      for (ClusterNode n : all) {
        int spoken = n.versions().length >= 6 ? n.versions()[of + 2] & 0xff : 0;
        if (spoken < low || spoken > high) {
          throw new ProtocolException(
              "member "
                  + n.name()
                  + " speaks version "
                  + spoken
                  + " of the protocol, the cluster "
                  + low
                  + " to "
                  + high);
        }
      }
    }
  }

  /** Returns the states of all members as seen by this one. */
  synchronized List<NodeState> states() {
    return members.values().stream()
        .map(m -> new NodeState(m.node, m.incarnation, m.state))
        .toList();
  }

  /** Marks this member as leaving and returns the message about it. */
  synchronized byte[] leave() {
    leaving = true;
    Dead d = new Dead(incarnation, self, self);
    dead(d);
    members.values().forEach(Membership::endSuspicion);
    return MemberlistMessages.dead(d);
  }

  @GuardedBy("this")
  private void forgetGone() {
    Instant horizon = clock.instant().minus(TO_THE_DEAD);
    Iterator<Member> i = members.values().iterator();
    while (i.hasNext()) {
      Member m = i.next();
      if (m.state.isGone() && m.since.isBefore(horizon) && !m.node.name().equals(self)) {
        i.remove();
      }
    }
  }

  /** Returns the members that have not left or died, including this one. */
  synchronized List<ClusterNode> members() {
    return members.values().stream().filter(m -> !m.state.isGone()).map(m -> m.node).toList();
  }

  /** Returns the other members that have neither left nor responded. */
  synchronized List<ClusterNode> unanswered() {
    return members.values().stream()
        .filter(m -> !m.state.isGone() && !m.proven && !m.node.name().equals(self))
        .map(m -> m.node)
        .toList();
  }

  @GuardedBy("this")
  private int unverifiedMembers() {
    int n = 0;
    for (Member m : members.values()) {
      n += m.proven || m.node.name().equals(self) ? 0 : 1;
    }
    return n;
  }

  /** Records that a member responded from its address under its name. */
  synchronized void answered(String name, InetSocketAddress address) {
    Member m = members.get(name);
    if (m != null && m.node.address().equals(address)) {
      m.proven = true;
    }
  }

  /**
   * Records that the member at an address responded; it can be identified only if a single member
   * claims the address.
   */
  synchronized void answered(InetSocketAddress address) {
    List<Member> there =
        members.values().stream().filter(m -> m.node.address().equals(address)).toList();
    if (there.size() == 1) {
      there.getFirst().proven = true;
    }
  }

  /** Returns the live members that have responded, one per address, including this one. */
  synchronized List<ClusterNode> answering() {
    Map<InetSocketAddress, ClusterNode> out = new HashMap<>();
    for (Member m : members.values()) {
      if (!m.state.isGone() && (m.proven || m.node.name().equals(self))) {
        out.merge(m.node.address(), m.node, (a, b) -> a.name().equals(self) ? a : b);
      }
    }
    return List.copyOf(out.values());
  }

  synchronized int size() {
    return members.size();
  }

  synchronized ClusterNode self() {
    return Objects.requireNonNull(members.get(self), "we are always there").node;
  }

  synchronized @Nullable ClusterNode find(String name) {
    Member m = members.get(name);
    return m == null ? null : m.node;
  }

  /** Returns the member to probe next: all members in random order, then again in a new order. */
  synchronized @Nullable NodeState nextToProbe() {
    for (int tries = 0; tries < 2; tries++) {
      while (!round.isEmpty()) {
        Member m = members.get(round.removeLast());
        if (m != null && !m.state.isGone() && !m.node.name().equals(self)) {
          return new NodeState(m.node, m.incarnation, m.state);
        }
      }
      forgetGone();
      round.addAll(members.keySet());
      Collections.shuffle(round);
    }
    return null;
  }

  /** Returns random live members other than this one. */
  List<ClusterNode> someAlive(int n, String except) {
    return some(n, m -> m.state == State.ALIVE && !m.node.name().equals(except));
  }

  /** Returns random other members to send updates to. */
  List<ClusterNode> gossipTargets(int n) {
    Instant horizon = clock.instant().minus(TO_THE_DEAD);
    return some(n, m -> !m.state.isGone() || m.state == State.DEAD && !m.since.isBefore(horizon));
  }

  private synchronized List<ClusterNode> some(int n, Predicate<Member> which) {
    List<ClusterNode> all = new ArrayList<>();
    for (Member m : members.values()) {
      if (!m.node.name().equals(self) && which.test(m)) {
        all.add(m.node);
      }
    }
    Collections.shuffle(all);
    return all.subList(0, Math.min(n, all.size()));
  }
}
