package dev.tethys.alert.manager.cluster;

import dev.tethys.alert.manager.cluster.Addresses.HostPort;
import dev.tethys.alert.manager.dispatch.ManagerClock;
import dev.tethys.alert.manager.state.LabelSet;
import dev.tethys.alert.manager.state.SharedState;
import dev.tethys.codec.CodecException;
import dev.tethys.codec.protobuf.ProtoReader;
import dev.tethys.codec.protobuf.ProtoWriter;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.guard.LimitedLog;
import dev.tethys.model.guard.SupervisedLoop;
import dev.tethys.model.log.JulLogger;
import dev.tethys.web.SocketTls;
import java.io.Closeable;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/**
 * Local member of an Alertmanager cluster. Compatible with real Alertmanagers, whose packets,
 * states and protobuf messages (clusterpb) it uses. Real Alertmanagers can be members, because
 * packets, states and their protobuf (clusterpb) are those of Alertmanager.
 *
 * <p>Invariants: {@link #gone} holds former members and flag addresses not contacted yet, by
 * address; its size is limited to the maximum number of members. A large change waits in {@link
 * #large}, of at most {@link #MAX_LARGE}; one that is dropped there arrives with the next exchange
 * of states.
 */
public final class ClusterPeer implements ClusterView, Gossip.Owner, Closeable {
  /** Maximum size of a gossiped change; larger changes are sent to each member over a stream. */
  static final int MAX_GOSSIP_BYTES = SharedState.SPREAD_BYTES;

  static final int MAX_LARGE = 200;

  /**
   * Time for which notifications wait for unconfirmed members before this one: any process that
   * reaches the port can announce members and respond for them.
   */
  static final Duration UNVERIFIED_WAIT = Duration.ofSeconds(5);

  private static final Duration REFRESH = Duration.ofSeconds(15);
  private static final Duration FORGET = Duration.ofMinutes(5);
  private static final int SETTLED_AFTER = 3;
  private static final String CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  private static final System.Logger LOG = JulLogger.of(ClusterPeer.class.getName());
  private static final LimitedLog PEER_LOG = new LimitedLog(LOG);

  private record RemovedMember(ClusterNode node, Instant since) {}

  private record Large(String key, byte[] part) {}

  private final ClusterOptions options;
  private final boolean authenticated;
  private final ManagerClock clock;
  private final ClusterMetrics metrics;
  private final Gossip gossip;
  private final Map<String, SharedState> states = new LinkedHashMap<>();
  private final Map<InetSocketAddress, RemovedMember> gone = new ConcurrentHashMap<>();
  private final BlockingQueue<Large> large = new ArrayBlockingQueue<>(MAX_LARGE);

  /** Addresses of the members in flags; a response from one of these is not a new member. */
  private final Set<InetSocketAddress> configured = ConcurrentHashMap.newKeySet();

  private final CountDownLatch settled = new CountDownLatch(1);
  private final List<Thread> threads = new ArrayList<>();
  private volatile boolean closed;

  private ClusterPeer(
      ClusterOptions options, Transport transport, ManagerClock clock, Registry registry)
      throws IOException {
    this.options = options;
    this.authenticated = transport instanceof TlsTransport;
    this.clock = clock;
    String name = options.name().isEmpty() ? freshName(clock.instant()) : options.name();
    this.metrics = new ClusterMetrics(registry, name);
    HostPort advertise =
        options.advertise().isEmpty()
            ? null
            : HostPort.of("cluster.advertise-address", options.advertise());
    ClusterNode self =
        new ClusterNode(
            name,
            Addresses.advertised(advertise, transport.bound(), options.publicAddress()),
            new byte[0],
            ClusterNode.VERSIONS);
    this.gossip =
        new Gossip(
            new Gossip.Settings(
                options.gossipInterval(),
                options.pushPullInterval(),
                options.probeInterval(),
                options.probeTimeout(),
                options.streamTimeout(),
                options.label(),
                Math.max(options.peers().size() / 2, 3)),
            self,
            transport,
            clock,
            this);
    registry.gauge(
        "alertmanager_cluster_failed_peers",
        "Number indicating the current number of failed peers in the cluster.",
        gone::size);
    registry.gauge(
        "alertmanager_cluster_members",
        "Number indicating current number of members in cluster.",
        () -> gossip.members().size());
    registry.gauge(
        "alertmanager_peer_position",
        "Position the Alertmanager instance believes it's in. The position determines a peer's"
            + " behavior in the cluster.",
        this::position);
    registry.gauge(
        "alertmanager_cluster_health_score",
        "Health score of the cluster. Lower values are better and zero means 'totally healthy'.",
        gossip::health);
    registry.gauge(
        "alertmanager_cluster_messages_queued",
        "Number of cluster messages which are queued.",
        gossip::queued);
    registry.counter(
        "alertmanager_cluster_messages_pruned_total",
        "Total number of cluster messages pruned.",
        gossip::pruned);
  }

  /**
   * Listens for other members; {@link #join} contacts them.
   *
   * @throws IOException if a flag is wrong or the address is not available
   */
  public static ClusterPeer open(ClusterOptions options, ManagerClock clock, Registry registry)
      throws IOException {
    if (options.label().getBytes(StandardCharsets.UTF_8).length
        > MemberlistMessages.MAX_LABEL_BYTES) {
      throw new IOException(
          "--cluster.label is longer than " + MemberlistMessages.MAX_LABEL_BYTES + " bytes");
    }
    HostPort listen = HostPort.of("cluster.listen-address", options.listen());
    InetAddress host = InetAddress.getByName(listen.host().isEmpty() ? "0.0.0.0" : listen.host());
    Transport transport;
    try {
      transport =
          options.tls() == null
              ? PlainTransport.listen(host, listen.port(), options.streamTimeout())
              : TlsTransport.listen(
                  SocketTls.read(options.tls()),
                  host,
                  listen.port(),
                  options.streamTimeout(),
                  registry);
    } catch (BindException e) {
      throw new IOException(
          "cannot listen on "
              + options.listen()
              + ": "
              + e.getMessage()
              + "; choose another address with cluster.listen-address",
          e);
    }
    if (options.tls() == null && !host.isLoopbackAddress()) {
      LOG.log(
          Level.WARNING,
          "Cluster gossip listens for other machines without authentication address={0}"
              + " open=\"silences, notification log\"; set --cluster.tls-config, or"
              + " --cluster.listen-address to a loopback address, or to \"\" for no cluster",
          transport.bound());
    }
    return open(options, transport, clock, registry);
  }

  static ClusterPeer open(
      ClusterOptions options, Transport transport, ManagerClock clock, Registry registry)
      throws IOException {
    try {
      return new ClusterPeer(options, transport, clock, registry);
    } catch (IOException e) {
      transport.close();
      throw e;
    }
  }

  /** Generates a ULID: time followed by random bits. */
  private static String freshName(Instant now) {
    StringBuilder sb = new StringBuilder(26);
    for (int i = 9; i >= 0; i--) {
      sb.append(CROCKFORD.charAt((int) (now.toEpochMilli() >>> (5 * i)) & 31));
    }
    for (int i = 0; i < 16; i++) {
      sb.append(CROCKFORD.charAt(ThreadLocalRandom.current().nextInt(32)));
    }
    return sb.toString();
  }

  /** Registers a state that is shared with all members; call before {@link #join}. */
  public void share(String key, SharedState state) {
    states.put(key, state);
    metrics.key(key);
    state.onChange(b -> changed(key, b));
  }

  private void changed(String key, byte[] encoded) {
    byte[] part = new ProtoWriter().string(1, key).bytes(2, encoded).toByteArray();
    if (part.length <= MAX_GOSSIP_BYTES) {
      gossip.spread(part);
    } else if (!large.offer(new Large(key, part))) {
      metrics.oversizedDropped(key);
    }
  }

  /** Looks for the other members, from now on. Returns after a first attempt with each. */
  public void join() throws IOException, InterruptedException {
    gossip.start();
    Instant now = clock.instant();
    List<InetSocketAddress> peers = Addresses.peers(options.peers(), options.resolveTimeout());
    InetSocketAddress own = gossip.self().address();
    configured.addAll(peers);
    int met = 0;
    for (InetSocketAddress p : peers) {
      if (p.equals(own)) {
        continue;
      }
      if (!p.isUnresolved()) {
        gone.put(p, new RemovedMember(new ClusterNode("", p, new byte[0], new byte[0]), now));
      }
      try {
        gossip.exchange(p, true);
        met++;
      } catch (IOException | RuntimeException e) {
        LOG.log(
            Level.WARNING,
            "{0} could not be joined and is retried: {1}",
            ClusterNode.hostPort(p),
            e.getMessage());
      }
    }
    if (met > 0) {
      gossip.pingUnanswered(); // a member that responds counts before the first notification
    }
    LOG.log(
        Level.INFO,
        "cluster member {0} listens on {1}, {2} of {3} peers responded",
        name(),
        gossip.self().hostPort(),
        met,
        peers.size());
    repeat("cluster-reconnect", options.reconnectInterval(), this::reconnect);
    repeat("cluster-refresh", REFRESH, this::refresh);
    repeat(
        "cluster-forget",
        options.reconnectTimeout().isZero() ? Duration.ZERO : FORGET,
        this::forget);
    threads.add(
        Thread.ofVirtual().name("cluster-large").start(SupervisedLoop.of("gossip", this::deliver)));
    threads.add(
        Thread.ofVirtual()
            .name("cluster-settle")
            .start(SupervisedLoop.task("gossip", this::settle)));
  }

  private interface Step {
    void run() throws InterruptedException;
  }

  private void repeat(String thread, Duration interval, Step step) {
    if (interval.isZero()) {
      return;
    }
    threads.add(
        Thread.ofVirtual()
            .name(thread)
            .start(
                SupervisedLoop.of(
                    "gossip",
                    () -> {
                      while (!closed) {
                        try {
                          clock.pause(interval);
                          step.run();
                        } catch (InterruptedException e) {
                          return;
                        } catch (RuntimeException e) {
                          LOG.log(Level.ERROR, thread + " failed", e);
                        }
                      }
                    })));
  }

  private void reconnect() {
    for (RemovedMember g : gone.values()) {
      try {
        gossip.exchange(g.node.address(), true);
        metrics.reconnections.inc();
      } catch (IOException | RuntimeException e) {
        metrics.reconnectionsFailed.inc();
        LOG.log(Level.DEBUG, "{0} is still unreachable: {1}", g.node.hostPort(), e.getMessage());
      }
    }
  }

  /** Re-resolves names, whose addresses may have changed. */
  private void refresh() throws InterruptedException {
    List<InetSocketAddress> known = gossip.members().stream().map(ClusterNode::address).toList();
    List<InetSocketAddress> peers;
    try {
      peers = Addresses.peers(options.peers(), options.resolveTimeout());
    } catch (IOException e) {
      return; // flags were right at the start
    }
    configured.clear();
    configured.addAll(peers);
    for (InetSocketAddress p : peers) {
      if (known.contains(p)) {
        continue;
      }
      try {
        gossip.exchange(p, true);
        metrics.refreshed.inc();
      } catch (IOException | RuntimeException e) {
        metrics.refreshFailed.inc();
        PEER_LOG.log(
            Level.WARNING,
            "Cluster peer not joined address={0} err={1}",
            ClusterNode.hostPort(p),
            e.getMessage());
      }
    }
  }

  private void forget() {
    Instant horizon = clock.instant().minus(options.reconnectTimeout());
    gone.values().removeIf(g -> g.since.isBefore(horizon));
  }

  private void deliver() {
    while (!closed) {
      try {
        Large l = large.take();
        List<Runnable> tasks = new ArrayList<>();
        for (ClusterNode to : others()) {
          tasks.add(() -> deliver(l, to));
        }
        clock.all(tasks);
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  private void deliver(Large l, ClusterNode to) {
    long began = System.nanoTime();
    boolean ok = false;
    try {
      gossip.deliver(to, l.part);
      ok = true;
    } catch (IOException | RuntimeException e) {
      LOG.log(
          Level.DEBUG,
          "{0} did not accept a large state update: {1}",
          to.hostPort(),
          e.getMessage());
    }
    metrics.oversized(l.key, (System.nanoTime() - began) / 1e9, ok);
  }

  private List<ClusterNode> others() {
    return gossip.members().stream().filter(n -> !n.name().equals(name())).toList();
  }

  /** Waits until the number of members is the same for several checks. */
  private void settle() {
    Instant end = clock.instant().plus(options.settleTimeout());
    int before = 0;
    int same = 0;
    try {
      while (same <= SETTLED_AFTER) {
        Duration left = Duration.between(clock.instant(), end);
        if (!left.isPositive()) {
          LOG.log(Level.WARNING, "the cluster has not settled; notifications start anyway");
          break;
        }
        Duration step = options.settleInterval();
        clock.pause(step.compareTo(left) < 0 ? step : left);
        int n = (int) gossip.members().stream().filter(this::isVerified).count();
        same = n == before ? same + 1 : 0;
        before = n;
      }
      LOG.log(Level.INFO, "the cluster has {0} members", before);
    } catch (InterruptedException e) {
      return;
    }
    settled.countDown();
  }

  // Messages from other members

  @Override
  public void alive(String member) {
    metrics.alive(member);
  }

  @Override
  public void joined(ClusterNode node) {
    gone.remove(node.address());
    metrics.joined.inc();
  }

  @Override
  public void left(ClusterNode node) {
    metrics.left.inc();
    if (gone.size() < MemberlistMessages.MAX_MEMBERS) {
      gone.put(node.address(), new RemovedMember(node, clock.instant()));
    }
  }

  @Override
  public void updated(ClusterNode node) {
    metrics.updated.inc();
  }

  @Override
  public void conflict(ClusterNode known, ClusterNode other) {
    metrics.conflicts.inc();
  }

  @Override
  public boolean isConfigured(InetSocketAddress address) {
    return configured.contains(address);
  }

  @Override
  public void message(byte[] message) {
    metrics.receivedUpdate(message.length);
    try {
      part(new ProtoReader(message));
    } catch (IOException | CodecException e) {
      PEER_LOG.log(Level.WARNING, "Cluster message not accepted err={0}", e.getMessage());
    }
  }

  /** Reads the key and content of a state. */
  private void part(ProtoReader r) throws IOException {
    String key = "";
    byte[] data = new byte[0];
    while (r.next()) {
      switch (r.field()) {
        case 1 -> key = r.readString();
        case 2 -> data = r.readBytes();
        default -> r.skip();
      }
    }
    SharedState s = states.get(key);
    if (s != null) {
      s.mergeEncoded(data);
    }
  }

  @Override
  public byte[] state() {
    ProtoWriter w = new ProtoWriter(1024);
    states.forEach(
        (key, s) -> {
          int begun = w.begin(1);
          w.string(1, key).bytes(2, s.encodeAll());
          w.end(begun);
        });
    metrics.sentState(w.size());
    return w.toByteArray();
  }

  @Override
  public void merge(byte[] state) {
    metrics.receivedState(state.length);
    try {
      ProtoReader r = new ProtoReader(state);
      while (r.next()) {
        if (r.field() == 1) {
          int outer = r.enter();
          part(r);
          r.leave(outer);
        } else {
          r.skip();
        }
      }
    } catch (IOException | CodecException e) {
      PEER_LOG.log(Level.WARNING, "Cluster state not accepted err={0}", e.getMessage());
    }
  }

  @Override
  public void sent(List<byte[]> messages) {
    messages.forEach(m -> metrics.sentUpdate(m.length));
  }

  @Override
  public void answered(String member, double seconds) {
    metrics.pinged(member, seconds);
  }

  // Queries of notifications and pages

  @Override
  public boolean awaitSettled(Instant deadline) throws InterruptedException {
    long nanos = Duration.between(clock.instant(), deadline).toNanos();
    return settled.await(Math.max(0, nanos), TimeUnit.NANOSECONDS);
  }

  /**
   * Returns the number of responding members sorted before this one by name. Notifications wait for
   * each of them, and a forged message can name members that do not exist.
   */
  public int position() {
    String own = name();
    int n = 0;
    for (ClusterNode m : gossip.answering()) {
      n += LabelSet.BY_CODE_POINTS.compare(m.name(), own) < 0 ? 1 : 0;
    }
    return n;
  }

  /** True for this member, members that flags name, and all where TLS authenticates them. */
  private boolean isVerified(ClusterNode member) {
    return authenticated || configured.contains(member.address()) || member.name().equals(name());
  }

  /**
   * Returns the delay before a notification from this member: {@code --cluster.peer-timeout} for
   * each verified member before it, and at most {@link #UNVERIFIED_WAIT} for all others.
   */
  @Override
  public Duration turn() {
    String own = name();
    int verified = 0;
    int others = 0;
    for (ClusterNode m : gossip.answering()) {
      if (LabelSet.BY_CODE_POINTS.compare(m.name(), own) < 0) {
        verified += isVerified(m) ? 1 : 0;
        others += isVerified(m) ? 0 : 1;
      }
    }
    Duration each = options.peerTimeout();
    Duration wait = each.multipliedBy(verified);
    if (others == 0) {
      return wait;
    }
    return wait.plus(each.compareTo(UNVERIFIED_WAIT) < 0 ? each : UNVERIFIED_WAIT);
  }

  @Override
  public String status() {
    return settled.getCount() == 0 ? "ready" : "settling";
  }

  @Override
  public String name() {
    return gossip.self().name();
  }

  @Override
  public List<ClusterNode> members() {
    return gossip.members().stream()
        .sorted(Comparator.comparing(ClusterNode::name, LabelSet.BY_CODE_POINTS))
        .toList();
  }

  /** Address advertised to other members. */
  public InetSocketAddress address() {
    return gossip.self().address();
  }

  /** Announces the departure to the others, and stops listening. */
  @Override
  public void close() throws IOException {
    if (!closed) {
      closed = true;
      threads.forEach(Thread::interrupt);
      gossip.leave();
      gossip.close();
    }
  }

  /** Ends as a process that is killed. */
  void kill() throws IOException {
    closed = true;
    threads.forEach(Thread::interrupt);
    gossip.close();
  }
}
