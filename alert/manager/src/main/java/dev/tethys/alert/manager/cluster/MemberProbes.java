package dev.tethys.alert.manager.cluster;

import dev.tethys.alert.manager.cluster.MemberlistMessages.IndirectPing;
import dev.tethys.alert.manager.cluster.MemberlistMessages.NodeState;
import dev.tethys.alert.manager.cluster.MemberlistMessages.Ping;
import dev.tethys.alert.manager.cluster.MemberlistMessages.Suspect;
import dev.tethys.model.guard.LimitedLog;
import dev.tethys.model.log.JulLogger;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Probes of the other members: directly by packet, then through other members, then over a stream.
 * A member that responds to none of them is suspected.
 *
 * <p>Invariant: health is between 0 and {@link #WORST_HEALTH}. The more probes fail, the longer the
 * wait before a member is declared dead.
 */
final class MemberProbes {
  /** Maximum number of concurrent probes on behalf of other members. */
  static final int MAX_RELAYS = 64;

  static final int WORST_HEALTH = 7;

  private static final int HELPERS = 3;
  private static final System.Logger LOG = JulLogger.of(Gossip.class.getName());
  private static final LimitedLog PEER_LOG = new LimitedLog(LOG);

  /** Packets and streams to other members. */
  interface Packets {
    /** Sends a message with as many queued ones as fit. */
    void send(ClusterNode to, byte[] message) throws IOException;

    /** Sends a message in a separate packet. */
    void sendAlone(ClusterNode to, byte[] message) throws IOException;

    /** Writes a message to a stream. */
    void write(Transport.Stream s, byte[] message) throws IOException;

    /**
     * Returns the member that sent a packet, looked up by name or, if it has no address, by the
     * packet's address.
     */
    ClusterNode sender(ClusterNode source, InetSocketAddress from);
  }

  /** Receives the response of a member and its duration in seconds. */
  interface Answered {
    void accept(String name, double seconds);
  }

  private static final class Pending {
    final CountDownLatch answered = new CountDownLatch(1);

    /** Address of the member; an acknowledgement counts only from there. */
    final InetSocketAddress of;

    final AtomicInteger nacks = new AtomicInteger();

    final String name;

    Pending(ClusterNode node) {
      this.name = node.name();
      this.of = node.address();
    }
  }

  private final Gossip.Settings settings;
  private final Membership membership;
  private final Transport transport;
  private final Packets packets;
  private final Answered answered;
  private final AtomicBoolean greeting = new AtomicBoolean();
  private final Map<Long, Pending> pending = new ConcurrentHashMap<>();
  private final AtomicLong sequence = new AtomicLong(ThreadLocalRandom.current().nextInt(1 << 30));
  private final AtomicInteger health = new AtomicInteger();
  private final Semaphore relays = new Semaphore(MAX_RELAYS);

  MemberProbes(
      Gossip.Settings settings,
      Membership membership,
      Transport transport,
      Packets packets,
      Answered answered) {
    this.settings = settings;
    this.membership = membership;
    this.transport = transport;
    this.packets = packets;
    this.answered = answered;
  }

  /** Handles an acknowledgement from an address. */
  void acknowledged(long sequence, InetSocketAddress from) {
    Pending q = pending.get(sequence);
    if (q != null) {
      if (from.getAddress() != null && from.getAddress().equals(q.of.getAddress())) {
        membership.answered(q.name, q.of);
      }
      q.answered.countDown();
    }
  }

  /** Handles a helper's report that a member did not respond. */
  void refused(long sequence) {
    Pending q = pending.get(sequence);
    if (q != null) {
      q.nacks.incrementAndGet();
    }
  }

  int health() {
    return health.get();
  }

  /** Probes a member for another one, which did not get a response from it. */
  void relay(IndirectPing p, InetSocketAddress from) {
    if (!relays.tryAcquire()) {
      return;
    }
    Thread.ofVirtual()
        .name("cluster-relay")
        .start(
            () -> {
              long n = sequence.incrementAndGet() & 0xffffffffL;
              Pending q = new Pending(p.target());
              pending.put(n, q);
              try {
                ClusterNode asker = packets.sender(p.from(), from);
                packets.send(
                    p.target(),
                    MemberlistMessages.ping(new Ping(n, p.target().name(), membership.self())));
                if (wait(q, settings.probeTimeout())) {
                  packets.send(asker, MemberlistMessages.ack(p.sequence()));
                } else if (p.nack()) {
                  packets.send(asker, MemberlistMessages.nack(p.sequence()));
                }
              } catch (IOException e) {
                LOG.log(
                    Level.DEBUG, "an indirect probe could not be forwarded: {0}", e.getMessage());
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              } finally {
                pending.remove(n);
                relays.release();
              }
            });
  }

  /** Probes the next member, and suspects it when it does not respond in any case. */
  void probe() throws InterruptedException {
    health(membership.drainRefuted());
    NodeState target = membership.nextToProbe();
    if (target == null) {
      return;
    }
    ClusterNode node = target.node();
    Duration interval = settings.probeInterval().multipliedBy(health.get() + 1L);
    long n = sequence.incrementAndGet() & 0xffffffffL;
    Pending q = new Pending(node);
    pending.put(n, q);
    long began = System.nanoTime();
    try {
      byte[] ping = MemberlistMessages.ping(new Ping(n, node.name(), membership.self()));
      try {
        if (target.state() == Membership.State.SUSPECT) {
          // Notify the suspect immediately, so that it can refute the suspicion.
          Suspect s = new Suspect(target.incarnation(), node.name(), membership.self().name());
          packets.sendAlone(
              node, MemberlistMessages.compound(List.of(ping, MemberlistMessages.suspect(s))));
        } else {
          packets.send(node, ping);
        }
        if (wait(q, settings.probeTimeout())) {
          answered.accept(node.name(), (System.nanoTime() - began) / 1e9);
          health(-1);
          return;
        }
      } catch (IOException e) {
        LOG.log(Level.DEBUG, "{0} cannot be probed: {1}", node.hostPort(), e.getMessage());
      }
      probeOtherwise(target, ping, q, n, interval.minusNanos(System.nanoTime() - began));
    } finally {
      pending.remove(n);
    }
  }

  /**
   * Pings all members that have not responded, in parallel, and waits for their responses. Probes
   * in turn would take a while to reach each of them, during which it would not be waited for in
   * notifying. Further calls meanwhile do nothing.
   */
  void pingUnanswered() throws InterruptedException {
    if (!greeting.compareAndSet(false, true)) {
      return;
    }
    Map<Long, Pending> asked = new HashMap<>();
    try {
      for (ClusterNode node : membership.unanswered()) {
        long n = sequence.incrementAndGet() & 0xffffffffL;
        Pending q = new Pending(node);
        pending.put(n, q);
        asked.put(n, q);
        try {
          packets.send(node, MemberlistMessages.ping(new Ping(n, node.name(), membership.self())));
        } catch (IOException e) {
          LOG.log(Level.DEBUG, "{0} cannot be probed: {1}", node.hostPort(), e.getMessage());
        }
      }
      long end = System.nanoTime() + settings.probeTimeout().toNanos();
      for (Pending q : asked.values()) {
        wait(q, Duration.ofNanos(end - System.nanoTime()));
      }
    } finally {
      asked.keySet().forEach(pending::remove);
      greeting.set(false);
    }
  }

  void pingUnansweredLater() {
    Thread.ofVirtual()
        .name("cluster-greeting")
        .start(
            () -> {
              try {
                pingUnanswered();
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            });
  }

  private void probeOtherwise(NodeState target, byte[] ping, Pending q, long n, Duration remaining)
      throws InterruptedException {
    ClusterNode node = target.node();
    int nacks = 0;
    for (ClusterNode helper : membership.someAlive(HELPERS, node.name())) {
      boolean nack = helper.highest() >= 4;
      nacks += nack ? 1 : 0;
      try {
        packets.send(
            helper,
            MemberlistMessages.indirectPing(new IndirectPing(n, node, nack, membership.self())));
      } catch (IOException e) {
        LOG.log(
            Level.DEBUG, "{0} could not run an indirect probe: {1}", helper.name(), e.getMessage());
      }
    }
    Pending stream = new Pending(node);
    Thread.ofVirtual()
        .name("cluster-stream-probe")
        .start(
            () -> {
              if (answersStream(node, ping, n, remaining)) {
                stream.answered.countDown();
              }
            });
    if (wait(q, remaining)) {
      health(-1);
      return;
    }
    if (stream.answered.getCount() == 0) {
      PEER_LOG.log(
          Level.WARNING,
          "Cluster member answers over TCP only, is UDP blocked? name={0} address={1}",
          node.name(),
          node.hostPort());
      health(-1);
      return;
    }
    health(nacks > 0 ? Math.max(0, nacks - q.nacks.get()) : 1);
    PEER_LOG.log(
        Level.INFO,
        "Cluster member did not answer name={0} address={1}",
        node.name(),
        node.hostPort());
    membership.suspect(new Suspect(target.incarnation(), node.name(), membership.self().name()));
  }

  private boolean answersStream(ClusterNode node, byte[] ping, long n, Duration limit) {
    if (!limit.isPositive()) {
      return false;
    }
    try (Transport.Stream s = transport.dial(node.address(), limit)) {
      packets.write(s, ping);
      StreamMessage in = StreamMessage.read(s.in());
      boolean answers =
          in.type() == MemberlistMessages.ACK
              && MemberlistFields.read(in.rest()).number("SeqNo") == n;
      if (answers) {
        membership.answered(node.name(), node.address());
      }
      return answers;
    } catch (IOException | RuntimeException e) {
      return false;
    }
  }

  private void health(int delta) {
    health.updateAndGet(h -> Math.clamp(h + delta, 0, WORST_HEALTH));
  }

  private static boolean wait(Pending q, Duration d) throws InterruptedException {
    return q.answered.await(Math.max(0, d.toNanos()), TimeUnit.NANOSECONDS);
  }
}
