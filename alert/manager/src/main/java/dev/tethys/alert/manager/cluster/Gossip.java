package dev.tethys.alert.manager.cluster;

import dev.tethys.alert.manager.cluster.MemberlistMessages.Ping;
import dev.tethys.alert.manager.dispatch.ManagerClock;
import dev.tethys.model.DeadlineTimer;
import dev.tethys.model.guard.ByteBudget;
import dev.tethys.model.guard.LimitedLog;
import dev.tethys.model.guard.SupervisedLoop;
import dev.tethys.model.log.JulLogger;
import java.io.BufferedInputStream;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.lang.System.Logger.Level;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Gossip protocol with the other members. Probes them ({@link MemberProbes}), sends messages to a
 * few members at a time, and regularly exchanges full states with one, so that lost messages still
 * arrive.
 *
 * <p>Invariants: packets are answered on the thread that receives them; work that may take longer
 * waits in {@link #news}, of at most {@link #MAX_NEWS}, and is dropped when that is full.
 */
final class Gossip implements Closeable, Transport.Receiver {
  /** Maximum number of messages waiting to be handled. */
  static final int MAX_NEWS = 1024;

  /** Maximum decompressed size of a packet. */
  private static final int MAX_UNPACKED = 256 << 10;

  /**
   * Total memory limit for incoming streams: merging a state needs about three times its size. The
   * largest state must fit.
   */
  private static final ByteBudget STREAMS =
      new ByteBudget(
          Math.max(
              3L * MemberlistMessages.MAX_STATE_BYTES + (8 << 20),
              Runtime.getRuntime().maxMemory() / 8));

  /** Time limit of an incoming stream, as a multiple of the timeout of one read. */
  private static final int STREAM_TIMEOUTS = 3;

  private static final int SPREAD = 4;
  private static final int SCALED_FROM = 32;
  private static final System.Logger LOG = JulLogger.of(Gossip.class.getName());
  private static final LimitedLog PEER_LOG = new LimitedLog(LOG);

  /**
   * @param label identifies the cluster
   * @param spread number of members that receive an update at a time
   */
  record Settings(
      Duration gossipInterval,
      Duration pushPullInterval,
      Duration probeInterval,
      Duration probeTimeout,
      Duration streamTimeout,
      String label,
      int spread) {}

  /** Owner of the gossiped states and messages. */
  interface Owner extends Membership.Listener {
    /** Handles a received message. */
    void message(byte[] message);

    /** Returns the complete state for other members. */
    byte[] state();

    /** Merges the state of another member. */
    void merge(byte[] state);

    /** Records that messages were added to a packet. */
    void sent(List<byte[]> messages);

    /** Handles a member's response. */
    void answered(String name, double seconds);
  }

  private final Settings settings;
  private final Transport transport;
  private final ManagerClock clock;
  private final Owner owner;
  private final BroadcastQueue aboutMembers = new BroadcastQueue(SPREAD);
  private final BroadcastQueue messages;
  private final Membership membership;
  private final byte[] label;
  private final BlockingQueue<Runnable> news = new ArrayBlockingQueue<>(MAX_NEWS);
  private final MemberProbes probes;
  private final List<Thread> threads = new CopyOnWriteArrayList<>();
  private volatile boolean closed;

  Gossip(
      Settings settings, ClusterNode self, Transport transport, ManagerClock clock, Owner owner) {
    this.settings = settings;
    this.transport = transport;
    this.clock = clock;
    this.owner = owner;
    this.messages = new BroadcastQueue(settings.spread);
    this.membership = new Membership(self, settings.probeInterval, clock, aboutMembers, owner);
    this.label = MemberlistMessages.labelHeader(settings.label);
    this.probes = new MemberProbes(settings, membership, transport, new Packets(), owner::answered);
  }

  /** Starts listening and probing. */
  void start() {
    transport.start(this);
    loop("cluster-news", () -> news.take().run());
    repeat("cluster-probe", settings.probeInterval, probes::probe);
    repeat("cluster-gossip", settings.gossipInterval, this::gossip);
    if (!settings.pushPullInterval.isZero()) {
      loop(
          "cluster-states",
          () -> {
            clock.pause(pushPullInterval());
            pushPull();
          });
    }
  }

  private final class Packets implements MemberProbes.Packets {
    @Override
    public void send(ClusterNode to, byte[] message) throws IOException {
      Gossip.this.send(to, message);
    }

    @Override
    public void sendAlone(ClusterNode to, byte[] message) throws IOException {
      packet(to, message);
    }

    @Override
    public void write(Transport.Stream s, byte[] message) throws IOException {
      Gossip.this.write(s, message);
    }

    @Override
    public ClusterNode sender(ClusterNode source, InetSocketAddress from) {
      return senderOf(source, from);
    }
  }

  private interface Step {
    void run() throws InterruptedException;
  }

  private void repeat(String name, Duration interval, Step step) {
    if (!interval.isZero()) {
      loop(
          name,
          () -> {
            clock.pause(interval);
            step.run();
          });
    }
  }

  private void loop(String name, Step step) {
    threads.add(
        Thread.ofVirtual()
            .name(name)
            .start(
                SupervisedLoop.of(
                    "gossip",
                    () -> {
                      while (!closed) {
                        try {
                          step.run();
                        } catch (InterruptedException e) {
                          return;
                        } catch (RuntimeException e) {
                          PEER_LOG.failure(Level.ERROR, "Gossip step failed", name, e);
                        }
                      }
                    })));
  }

  private Duration pushPullInterval() {
    int n = membership.size();
    if (n <= SCALED_FROM) {
      return settings.pushPullInterval;
    }
    double log2 = Math.log((double) n / SCALED_FROM) / Math.log(2);
    return settings.pushPullInterval.multipliedBy((long) Math.ceil(log2) + 1);
  }

  // Packets

  private void send(ClusterNode to, byte[] message) throws IOException {
    List<byte[]> extra = more(MemberlistMessages.PACKET_BYTES - message.length - 2);
    byte[] whole = message;
    if (!extra.isEmpty()) {
      List<byte[]> all = new ArrayList<>();
      all.add(message);
      all.addAll(extra);
      whole = MemberlistMessages.compound(all);
    }
    packet(to, whole);
  }

  private void packet(ClusterNode to, byte[] message) throws IOException {
    byte[] b = MemberlistMessages.checked(message, to);
    byte[] whole = new byte[label.length + b.length];
    System.arraycopy(label, 0, whole, 0, label.length);
    System.arraycopy(b, 0, whole, label.length, b.length);
    transport.send(to.address(), whole);
  }

  /** Returns updates that fit into {@code bytes} bytes. */
  private List<byte[]> more(int bytes) {
    int left = bytes - label.length - 5;
    int members = membership.size();
    List<byte[]> all = new ArrayList<>(aboutMembers.take(2, left, members));
    for (byte[] b : all) {
      left -= b.length + 2;
    }
    List<byte[]> own = messages.take(3, left, members);
    if (!own.isEmpty()) {
      owner.sent(own);
    }
    for (byte[] m : own) {
      byte[] b = new byte[1 + m.length];
      b[0] = MemberlistMessages.USER;
      System.arraycopy(m, 0, b, 1, m.length);
      all.add(b);
    }
    return all.size() > 254 ? all.subList(0, 254) : all;
  }

  @Override
  public void packet(byte[] packet, InetSocketAddress from) {
    try {
      byte[] b = unlabelled(packet);
      if (b != null) {
        message(MemberlistMessages.unchecked(b), from, 0, new int[] {MAX_UNPACKED});
      }
    } catch (IOException | RuntimeException e) {
      LOG.log(Level.DEBUG, "a packet of {0} is not recognized: {1}", from, e.getMessage());
    }
  }

  private byte @org.jspecify.annotations.Nullable [] unlabelled(byte[] packet) {
    boolean has = packet.length > 1 && (packet[0] & 0xff) == MemberlistMessages.LABELLED;
    int n = has ? 2 + (packet[1] & 0xff) : 0;
    if (n != label.length || n > packet.length) {
      return null; // of another cluster
    }
    for (int i = 0; i < n; i++) {
      if (packet[i] != label[i]) {
        return null;
      }
    }
    return java.util.Arrays.copyOfRange(packet, n, packet.length);
  }

  /**
   * Handles a message of a packet.
   *
   * @param left number of bytes that compressed parts may still decompress to
   */
  private void message(byte[] m, InetSocketAddress from, int depth, int[] left) throws IOException {
    if (m.length == 0 || depth > 4) {
      throw new ProtocolException("a message without content");
    }
    switch (m[0] & 0xff) {
      case MemberlistMessages.COMPOUND -> {
        for (byte[] part : MemberlistMessages.parts(m)) {
          message(part, from, depth + 1, left);
        }
      }
      case MemberlistMessages.COMPRESSED -> {
        byte[] b = MemberlistMessages.decompressed(MemberlistMessages.fields(m), left[0]);
        left[0] -= b.length;
        message(b, from, depth + 1, left);
      }
      case MemberlistMessages.PING ->
          answer(MemberlistMessages.ping(MemberlistMessages.fields(m)), from);
      case MemberlistMessages.INDIRECT_PING ->
          probes.relay(MemberlistMessages.indirectPing(MemberlistMessages.fields(m)), from);
      case MemberlistMessages.ACK ->
          probes.acknowledged(MemberlistMessages.fields(m).number("SeqNo"), from);
      case MemberlistMessages.NACK -> probes.refused(MemberlistMessages.fields(m).number("SeqNo"));
      case MemberlistMessages.SUSPECT ->
          later(
              m,
              () -> membership.suspect(MemberlistMessages.suspect(MemberlistMessages.fields(m))));
      case MemberlistMessages.ALIVE ->
          later(m, () -> membership.alive(MemberlistMessages.alive(MemberlistMessages.fields(m))));
      case MemberlistMessages.DEAD ->
          later(m, () -> membership.dead(MemberlistMessages.dead(MemberlistMessages.fields(m))));
      case MemberlistMessages.USER ->
          later(m, () -> owner.message(java.util.Arrays.copyOfRange(m, 1, m.length)));
      default -> throw new ProtocolException("messages of kind " + (m[0] & 0xff) + " are unknown");
    }
  }

  private interface Handling {
    void run() throws IOException;
  }

  private void later(byte[] m, Handling handling) {
    boolean taken =
        news.offer(
            () -> {
              try {
                handling.run();
              } catch (IOException e) {
                LOG.log(Level.DEBUG, "unrecognized message: {0}", e.getMessage());
              }
            });
    if (!taken) {
      PEER_LOG.log(Level.WARNING, "Gossip message dropped, too many wait kind={0}", m[0]);
    }
  }

  private ClusterNode senderOf(ClusterNode source, InetSocketAddress from) {
    if (source.address().getPort() == 0) {
      return new ClusterNode(source.name(), from, new byte[0], new byte[0]);
    }
    ClusterNode known = membership.find(source.name());
    return known != null && known.address().equals(source.address()) ? known : source;
  }

  private void answer(Ping p, InetSocketAddress from) throws IOException {
    if (p.node().isEmpty() || p.node().equals(self().name())) {
      send(senderOf(p.from(), from), MemberlistMessages.ack(p.sequence()));
    }
  }

  // News and states

  private void gossip() {
    for (ClusterNode to : membership.gossipTargets(settings.spread)) {
      List<byte[]> all = more(MemberlistMessages.PACKET_BYTES - 2);
      if (all.isEmpty()) {
        return;
      }
      try {
        packet(to, all.size() == 1 ? all.getFirst() : MemberlistMessages.compound(all));
      } catch (IOException e) {
        LOG.log(Level.DEBUG, "Packet to {0} not sent: {1}", to.hostPort(), e.getMessage());
      }
    }
  }

  private void pushPull() {
    for (ClusterNode to : membership.someAlive(1, "")) {
      try {
        exchange(to.address(), false);
      } catch (IOException | RuntimeException e) {
        PEER_LOG.log(
            Level.WARNING,
            "Cluster state not exchanged name={0} address={1} err={2}",
            to.name(),
            to.hostPort(),
            e.getMessage());
      }
    }
  }

  /**
   * Exchanges states with the member at an address, and so joins its cluster.
   *
   * @throws IOException if no member responds at the address, or the peer uses another protocol
   */
  void exchange(InetSocketAddress with, boolean join) throws IOException {
    if (with.isUnresolved()) {
      throw new IOException("the name " + with.getHostString() + " is unknown");
    }
    try (Transport.Stream s = transport.dial(with, settings.streamTimeout)) {
      write(s, MemberlistMessages.pushPull(membership.states(), owner.state(), join));
      StreamMessage in = StreamMessage.read(s.in());
      if (in.type() == MemberlistMessages.ERROR) {
        throw new ProtocolException(
            "it responded: " + MemberlistFields.read(in.rest()).text("Error"));
      }
      if (in.type() != MemberlistMessages.PUSH_PULL) {
        throw new ProtocolException("it sent a message of kind " + in.type());
      }
      take(in.states());
      membership.answered(with);
    } catch (EOFException e) {
      throw new IOException("the stream ended; is it of another cluster (--cluster.label)?", e);
    }
  }

  private void take(StreamMessage.Exchange theirs) throws ProtocolException {
    membership.checkVersions(theirs.nodes());
    membership.merge(theirs.nodes());
    if (theirs.state().length > 0) {
      owner.merge(theirs.state());
    }
  }

  private void write(Transport.Stream s, byte[] message) throws IOException {
    byte[] whole = new byte[label.length + message.length];
    System.arraycopy(label, 0, whole, 0, label.length);
    System.arraycopy(message, 0, whole, label.length, message.length);
    s.out().write(whole);
    s.out().flush();
  }

  private void answerWith(Transport.Stream s, byte[] message) throws IOException {
    s.out().write(message);
    s.out().flush();
  }

  @Override
  public void stream(Transport.Stream stream) {
    DeadlineTimer late =
        DeadlineTimer.closing(
            stream, System.nanoTime() + STREAM_TIMEOUTS * settings.streamTimeout.toNanos());
    try (late;
        ByteBudget.Reservation held = STREAMS.open();
        Transport.Stream s = stream) {
      InputStream in = new BufferedInputStream(StreamMessage.accounted(s.in(), held));
      in.mark(MemberlistMessages.MAX_LABEL_BYTES + 2);
      String theirs = "";
      if (in.read() == MemberlistMessages.LABELLED) {
        theirs = new String(in.readNBytes(Math.max(0, in.read())), StandardCharsets.UTF_8);
      } else {
        in.reset();
      }
      if (!theirs.equals(settings.label)) {
        PEER_LOG.log(
            Level.WARNING,
            "Cluster stream ignored, its label differs client={0} label={1} own={2}",
            s.remote(),
            theirs,
            settings.label);
        return;
      }
      StreamMessage message = StreamMessage.read(in, held);
      switch (message.type()) {
        case MemberlistMessages.PUSH_PULL -> {
          StreamMessage.Exchange states = message.states();
          answerWith(s, MemberlistMessages.pushPull(membership.states(), owner.state(), false));
          take(states);
          probes.pingUnansweredLater();
        }
        case MemberlistMessages.USER -> {
          long n = MemberlistFields.read(message.rest()).number("UserMsgLen");
          if (n < 0 || n > MemberlistMessages.MAX_STATE_BYTES) {
            throw new ProtocolException("a message of " + n + " bytes is too large");
          }
          byte[] b = message.rest().readNBytes((int) n);
          if (b.length == n && n > 0) {
            owner.message(b);
          }
        }
        case MemberlistMessages.PING -> {
          Ping p = MemberlistMessages.ping(MemberlistFields.read(message.rest()));
          if (p.node().isEmpty() || p.node().equals(self().name())) {
            answerWith(s, MemberlistMessages.ack(p.sequence()));
          }
        }
        default ->
            answerWith(
                s, MemberlistMessages.error("messages of kind " + message.type() + " are unknown"));
      }
    } catch (IOException | RuntimeException e) {
      LOG.log(Level.DEBUG, "a stream of {0} failed: {1}", stream.remote(), e.getMessage());
    }
  }

  // for the owner

  /** Spreads a message that fits into a packet. */
  void spread(byte[] message) {
    messages.add("", message);
  }

  /** Sends a message to one member and waits until it has arrived. */
  void deliver(ClusterNode to, byte[] message) throws IOException {
    try (Transport.Stream s = transport.dial(to.address(), settings.streamTimeout)) {
      write(s, MemberlistMessages.reliable(message));
    }
  }

  List<ClusterNode> members() {
    return membership.members();
  }

  /** Returns the total memory limit for incoming streams. */
  static long streamBudget() {
    return STREAMS.total();
  }

  /** Returns the members that have responded, including this one. */
  List<ClusterNode> answering() {
    return membership.answering();
  }

  ClusterNode self() {
    return membership.self();
  }

  int health() {
    return probes.health();
  }

  /** Pings all members that have not responded, in parallel, and waits for their responses. */
  void pingUnanswered() throws InterruptedException {
    probes.pingUnanswered();
  }

  int queued() {
    return messages.size();
  }

  long pruned() {
    return messages.pruned();
  }

  /** Announces to all members that this member leaves. */
  void leave() {
    List<ClusterNode> others = membership.someAlive(Integer.MAX_VALUE, "");
    byte[] dead = membership.leave();
    for (ClusterNode to : others) {
      try {
        send(to, dead);
      } catch (IOException e) {
        LOG.log(
            Level.DEBUG,
            "Cluster member {0} was not notified of the leave: {1}",
            to.hostPort(),
            e.getMessage());
      }
    }
  }

  @Override
  public void close() throws IOException {
    closed = true;
    threads.forEach(Thread::interrupt);
    transport.close();
  }
}
