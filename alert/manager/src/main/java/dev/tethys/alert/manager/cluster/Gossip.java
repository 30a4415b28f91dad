package dev.tethys.alert.manager.cluster;

import dev.tethys.alert.manager.cluster.Wire.IndirectPing;
import dev.tethys.alert.manager.cluster.Wire.NodeState;
import dev.tethys.alert.manager.cluster.Wire.Ping;
import dev.tethys.alert.manager.cluster.Wire.Suspect;
import dev.tethys.alert.manager.dispatch.ManagerClock;
import dev.tethys.model.Alarm;
import dev.tethys.model.guard.ByteBudget;
import dev.tethys.model.guard.EssentialLoop;
import dev.tethys.model.guard.LimitedLog;
import dev.tethys.model.log.JulLogger;
import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.Closeable;
import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.System.Logger.Level;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;

/**
 * Gossip protocol with the other members. Probes one member after the other (directly, then through
 * others, then over a stream), sends messages to a few members at a time, and regularly exchanges
 * full states with one, so that lost messages still arrive.
 *
 * <p>Invariants: packets are answered on the thread that receives them; work that may take longer
 * waits in {@link #news}, of at most {@link #MAX_NEWS}, and is dropped when that is full. Health is
 * between 0 and {@link #WORST_HEALTH}: the more local probes fail, the longer the wait before a
 * member is declared dead.
 */
final class Gossip implements Closeable, Transport.Receiver {
  /** How many messages wait to be handled. */
  static final int MAX_NEWS = 1024;

  /** How many questions on behalf of others are under way at once. */
  static final int MAX_RELAYS = 64;

  static final int WORST_HEALTH = 7;

  /** What may come of a packet with compressed messages. */
  private static final int MAX_UNPACKED = 256 << 10;

  /**
   * What streams of others may hold together: a state takes about three times its bytes while it is
   * merged. The largest state must fit.
   */
  private static final ByteBudget STREAMS =
      new ByteBudget(
          Math.max(3L * Wire.MAX_STATE_BYTES + (8 << 20), Runtime.getRuntime().maxMemory() / 8));

  private static final int STATE_FACTOR = 3;

  private static final int PIECE = 64 << 10;

  /** A stream of another member may take so many timeouts of one read. */
  private static final int STREAM_TIMEOUTS = 3;

  private static final int HELPERS = 3;
  private static final int SPREAD = 4;
  private static final int SCALED_FROM = 32;
  private static final System.Logger LOG = JulLogger.of(Gossip.class.getName());
  private static final LimitedLog PEER_LOG = new LimitedLog(LOG);

  /**
   * @param label tells clusters apart
   * @param spread to how many members news go at a time
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
    /** A message came. */
    void message(byte[] message);

    /** Everything that others are to know. */
    byte[] state();

    /** What another knows. */
    void merge(byte[] state);

    /** Messages were given to a packet. */
    void sent(List<byte[]> messages);

    /** A member answered. */
    void answered(String name, double seconds);
  }

  private static final class Question {
    final CountDownLatch answered = new CountDownLatch(1);

    /** Who is asked; only an answer that comes from there says that it is there. */
    final InetSocketAddress of;

    final AtomicInteger nacks = new AtomicInteger();

    final String name;

    Question(ClusterNode node) {
      this.name = node.name();
      this.of = node.address();
    }
  }

  private final AtomicBoolean greeting = new AtomicBoolean();
  private final Settings settings;
  private final Transport transport;
  private final ManagerClock clock;
  private final Owner owner;
  private final BroadcastQueue aboutMembers = new BroadcastQueue(SPREAD);
  private final BroadcastQueue messages;
  private final Membership membership;
  private final byte[] label;
  private final Map<Long, Question> questions = new ConcurrentHashMap<>();
  private final AtomicLong sequence = new AtomicLong(ThreadLocalRandom.current().nextInt(1 << 30));
  private final AtomicInteger health = new AtomicInteger();
  private final BlockingQueue<Runnable> news = new ArrayBlockingQueue<>(MAX_NEWS);
  private final Semaphore relays = new Semaphore(MAX_RELAYS);
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
    this.label = Wire.labelHeader(settings.label);
  }

  /** Begins to listen and to ask. */
  void start() {
    transport.start(this);
    loop("cluster-news", () -> news.take().run());
    repeat("cluster-probe", settings.probeInterval, this::probe);
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
                EssentialLoop.of(
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
    List<byte[]> extra = more(Wire.PACKET_BYTES - message.length - 2);
    byte[] whole = message;
    if (!extra.isEmpty()) {
      List<byte[]> all = new ArrayList<>();
      all.add(message);
      all.addAll(extra);
      whole = Wire.compound(all);
    }
    packet(to, whole);
  }

  private void packet(ClusterNode to, byte[] message) throws IOException {
    byte[] b = Wire.checked(message, to);
    byte[] whole = new byte[label.length + b.length];
    System.arraycopy(label, 0, whole, 0, label.length);
    System.arraycopy(b, 0, whole, label.length, b.length);
    transport.send(to.address(), whole);
  }

  /** What of the news fits into so many bytes. */
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
      b[0] = Wire.USER;
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
        message(Wire.unchecked(b), from, 0, new int[] {MAX_UNPACKED});
      }
    } catch (IOException | RuntimeException e) {
      LOG.log(Level.DEBUG, "a packet of {0} is not understood: {1}", from, e.getMessage());
    }
  }

  private byte @org.jspecify.annotations.Nullable [] unlabelled(byte[] packet) {
    boolean has = packet.length > 1 && (packet[0] & 0xff) == Wire.LABELLED;
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
   * @param left how many bytes may still come of what is compressed in it
   */
  private void message(byte[] m, InetSocketAddress from, int depth, int[] left) throws IOException {
    if (m.length == 0 || depth > 4) {
      throw new ProtocolException("a message without content");
    }
    switch (m[0] & 0xff) {
      case Wire.COMPOUND -> {
        for (byte[] part : Wire.parts(m)) {
          message(part, from, depth + 1, left);
        }
      }
      case Wire.COMPRESSED -> {
        byte[] b = Wire.decompressed(Wire.fields(m), left[0]);
        left[0] -= b.length;
        message(b, from, depth + 1, left);
      }
      case Wire.PING -> answer(Wire.ping(Wire.fields(m)), from);
      case Wire.INDIRECT_PING -> relay(Wire.indirectPing(Wire.fields(m)), from);
      case Wire.ACK -> {
        Question q = questions.get(Wire.fields(m).number("SeqNo"));
        if (q != null) {
          if (from.getAddress() != null && from.getAddress().equals(q.of.getAddress())) {
            membership.answered(q.name, q.of);
          }
          q.answered.countDown();
        }
      }
      case Wire.NACK -> {
        Question q = questions.get(Wire.fields(m).number("SeqNo"));
        if (q != null) {
          q.nacks.incrementAndGet();
        }
      }
      case Wire.SUSPECT -> later(m, () -> membership.suspect(Wire.suspect(Wire.fields(m))));
      case Wire.ALIVE -> later(m, () -> membership.alive(Wire.alive(Wire.fields(m))));
      case Wire.DEAD -> later(m, () -> membership.dead(Wire.dead(Wire.fields(m))));
      case Wire.USER -> later(m, () -> owner.message(java.util.Arrays.copyOfRange(m, 1, m.length)));
      default ->
          throw new ProtocolException("messages of kind " + (m[0] & 0xff) + " are not known");
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
                LOG.log(Level.DEBUG, "a message is not understood: {0}", e.getMessage());
              }
            });
    if (!taken) {
      PEER_LOG.log(Level.WARNING, "Gossip message dropped, too many wait kind={0}", m[0]);
    }
  }

  private ClusterNode who(ClusterNode source, InetSocketAddress from) {
    if (source.address().getPort() == 0) {
      return new ClusterNode(source.name(), from, new byte[0], new byte[0]);
    }
    ClusterNode known = membership.find(source.name());
    return known != null && known.address().equals(source.address()) ? known : source;
  }

  private void answer(Ping p, InetSocketAddress from) throws IOException {
    if (p.node().isEmpty() || p.node().equals(self().name())) {
      send(who(p.from(), from), Wire.ack(p.sequence()));
    }
  }

  /** Asks on behalf of another. */
  private void relay(IndirectPing p, InetSocketAddress from) {
    if (!relays.tryAcquire()) {
      return;
    }
    Thread.ofVirtual()
        .name("cluster-relay")
        .start(
            () -> {
              long n = sequence.incrementAndGet() & 0xffffffffL;
              Question q = new Question(p.target());
              questions.put(n, q);
              try {
                ClusterNode asker = who(p.from(), from);
                send(p.target(), Wire.ping(new Ping(n, p.target().name(), self())));
                if (wait(q, settings.probeTimeout)) {
                  send(asker, Wire.ack(p.sequence()));
                } else if (p.nack()) {
                  send(asker, Wire.nack(p.sequence()));
                }
              } catch (IOException e) {
                LOG.log(Level.DEBUG, "a question could not be passed on: {0}", e.getMessage());
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              } finally {
                questions.remove(n);
                relays.release();
              }
            });
  }

  // Is all there?

  private static boolean wait(Question q, Duration d) throws InterruptedException {
    return q.answered.await(Math.max(0, d.toNanos()), TimeUnit.NANOSECONDS);
  }

  private void probe() throws InterruptedException {
    health(membership.takeRefuted());
    NodeState target = membership.nextToProbe();
    if (target == null) {
      return;
    }
    ClusterNode node = target.node();
    Duration interval = settings.probeInterval.multipliedBy(health.get() + 1L);
    long n = sequence.incrementAndGet() & 0xffffffffL;
    Question q = new Question(node);
    questions.put(n, q);
    long began = System.nanoTime();
    try {
      byte[] ping = Wire.ping(new Ping(n, node.name(), self()));
      try {
        if (target.state() == Membership.State.SUSPECT) {
          // It is notified of the suspicion at once, so that it can object.
          Suspect s = new Suspect(target.incarnation(), node.name(), self().name());
          packet(node, Wire.compound(List.of(ping, Wire.suspect(s))));
        } else {
          send(node, ping);
        }
        if (wait(q, settings.probeTimeout)) {
          owner.answered(node.name(), (System.nanoTime() - began) / 1e9);
          health(-1);
          return;
        }
      } catch (IOException e) {
        LOG.log(Level.DEBUG, "{0} cannot be asked: {1}", node.hostPort(), e.getMessage());
      }
      probeOtherwise(target, ping, q, n, interval.minusNanos(System.nanoTime() - began));
    } finally {
      questions.remove(n);
    }
  }

  /**
   * Pings the members that have not answered, all at once, and waits for their answers. Probes in
   * turn would take a while to reach each of them, during which it would not be waited for in
   * notifying. Further calls meanwhile do nothing.
   */
  void greet() throws InterruptedException {
    if (!greeting.compareAndSet(false, true)) {
      return;
    }
    Map<Long, Question> asked = new HashMap<>();
    try {
      for (ClusterNode node : membership.silent()) {
        long n = sequence.incrementAndGet() & 0xffffffffL;
        Question q = new Question(node);
        questions.put(n, q);
        asked.put(n, q);
        try {
          send(node, Wire.ping(new Ping(n, node.name(), self())));
        } catch (IOException e) {
          LOG.log(Level.DEBUG, "{0} cannot be asked: {1}", node.hostPort(), e.getMessage());
        }
      }
      long end = System.nanoTime() + settings.probeTimeout.toNanos();
      for (Question q : asked.values()) {
        wait(q, Duration.ofNanos(end - System.nanoTime()));
      }
    } finally {
      asked.keySet().forEach(questions::remove);
      greeting.set(false);
    }
  }

  private void greetLater() {
    Thread.ofVirtual()
        .name("cluster-greeting")
        .start(
            () -> {
              try {
                greet();
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            });
  }

  private void probeOtherwise(NodeState target, byte[] ping, Question q, long n, Duration left)
      throws InterruptedException {
    ClusterNode node = target.node();
    int nacks = 0;
    for (ClusterNode helper : membership.someAlive(HELPERS, node.name())) {
      boolean nack = helper.highest() >= 4;
      nacks += nack ? 1 : 0;
      try {
        send(helper, Wire.indirectPing(new IndirectPing(n, node, nack, self())));
      } catch (IOException e) {
        LOG.log(Level.DEBUG, "{0} cannot be asked for help: {1}", helper.name(), e.getMessage());
      }
    }
    Question stream = new Question(node);
    Thread.ofVirtual()
        .name("cluster-stream-probe")
        .start(
            () -> {
              if (answersStream(node, ping, n, left)) {
                stream.answered.countDown();
              }
            });
    if (wait(q, left)) {
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
    membership.suspect(new Suspect(target.incarnation(), node.name(), self().name()));
  }

  private boolean answersStream(ClusterNode node, byte[] ping, long n, Duration limit) {
    if (!limit.isPositive()) {
      return false;
    }
    try (Transport.Stream s = transport.dial(node.address(), limit)) {
      write(s, ping);
      Incoming in = incoming(s.in());
      boolean answers = in.type == Wire.ACK && Fields.read(in.rest).number("SeqNo") == n;
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

  // News and states

  private void gossip() {
    for (ClusterNode to : membership.someToTell(settings.spread)) {
      List<byte[]> all = more(Wire.PACKET_BYTES - 2);
      if (all.isEmpty()) {
        return;
      }
      try {
        packet(to, all.size() == 1 ? all.getFirst() : Wire.compound(all));
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
   * @throws IOException when no one is there, or it speaks otherwise
   */
  void exchange(InetSocketAddress with, boolean join) throws IOException {
    if (with.isUnresolved()) {
      throw new IOException("the name " + with.getHostString() + " is not known");
    }
    try (Transport.Stream s = transport.dial(with, settings.streamTimeout)) {
      write(s, Wire.pushPull(membership.states(), owner.state(), join));
      Incoming in = incoming(s.in());
      if (in.type == Wire.ERROR) {
        throw new ProtocolException("it says: " + Fields.read(in.rest).text("Error"));
      }
      if (in.type != Wire.PUSH_PULL) {
        throw new ProtocolException("it answers with a message of kind " + in.type);
      }
      States theirs = states(in.rest);
      take(theirs);
      membership.answered(with);
    } catch (EOFException e) {
      throw new IOException("the stream ended; is it of another cluster (--cluster.label)?", e);
    }
  }

  /** A stream of another member, whose bytes are accounted for as they come. */
  private static final class Held extends FilterInputStream {
    private final LongConsumer reserve;
    private long read;
    private long reserved;

    Held(InputStream in, LongConsumer reserve) {
      super(in);
      this.reserve = reserve;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] b, int off, int len) throws IOException {
      int n = in.read(b, off, len);
      read += Math.max(0, n);
      if (read > reserved) {
        reserve.accept(STATE_FACTOR * (long) PIECE);
        reserved += PIECE;
      }
      return n;
    }
  }

  private record States(List<NodeState> nodes, byte[] state) {}

  private static States states(InputStream in) throws IOException {
    Fields head = Fields.read(in);
    long n = head.number("Nodes");
    long length = head.number("UserStateLen");
    if (n < 0 || n > Wire.MAX_MEMBERS || length < 0 || length > Wire.MAX_STATE_BYTES) {
      throw new ProtocolException(
          "a state of " + n + " members and " + length + " bytes is too large");
    }
    List<NodeState> nodes = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      nodes.add(Wire.nodeState(Fields.read(in)));
    }
    byte[] state = in.readNBytes((int) length);
    if (state.length < length) {
      throw new EOFException("a state is cut off");
    }
    return new States(nodes, state);
  }

  private void take(States theirs) throws ProtocolException {
    membership.checkVersions(theirs.nodes);
    membership.merge(theirs.nodes);
    if (theirs.state.length > 0) {
      owner.merge(theirs.state);
    }
  }

  private record Incoming(int type, InputStream rest) {}

  private Incoming incoming(InputStream raw) throws IOException {
    return incoming(raw, _ -> {});
  }

  private Incoming incoming(InputStream raw, LongConsumer reserve) throws IOException {
    InputStream in = new BufferedInputStream(raw);
    int type = in.read();
    if (type < 0) {
      throw new EOFException("nothing came");
    }
    if (type == Wire.ENCRYPTED) {
      throw new ProtocolException("it is encrypted with a key, which Alertmanagers do not do");
    }
    if (type == Wire.COMPRESSED) {
      reserve.accept(2 * PIECE);
      byte[] b =
          Wire.decompressed(
              Fields.read(in), 2 * Wire.MAX_STATE_BYTES, n -> reserve.accept(STATE_FACTOR * n));
      return new Incoming(b[0] & 0xff, new ByteArrayInputStream(b, 1, b.length - 1));
    }
    return new Incoming(type, in);
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
    Alarm late =
        Alarm.closing(
            stream, System.nanoTime() + STREAM_TIMEOUTS * settings.streamTimeout.toNanos());
    try (late;
        ByteBudget.Reservation held = STREAMS.open();
        Transport.Stream s = stream) {
      InputStream in = new BufferedInputStream(new Held(s.in(), held));
      in.mark(Wire.MAX_LABEL_BYTES + 2);
      String theirs = "";
      if (in.read() == Wire.LABELLED) {
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
      Incoming message = incoming(in, held);
      switch (message.type) {
        case Wire.PUSH_PULL -> {
          States states = states(message.rest);
          answerWith(s, Wire.pushPull(membership.states(), owner.state(), false));
          take(states);
          greetLater();
        }
        case Wire.USER -> {
          long n = Fields.read(message.rest).number("UserMsgLen");
          if (n < 0 || n > Wire.MAX_STATE_BYTES) {
            throw new ProtocolException("a message of " + n + " bytes is too large");
          }
          byte[] b = message.rest.readNBytes((int) n);
          if (b.length == n && n > 0) {
            owner.message(b);
          }
        }
        case Wire.PING -> {
          Ping p = Wire.ping(Fields.read(message.rest));
          if (p.node().isEmpty() || p.node().equals(self().name())) {
            answerWith(s, Wire.ack(p.sequence()));
          }
        }
        default -> answerWith(s, Wire.error("messages of kind " + message.type + " are not known"));
      }
    } catch (IOException | RuntimeException e) {
      LOG.log(Level.DEBUG, "a stream of {0} failed: {1}", stream.remote(), e.getMessage());
    }
  }

  // For the owner

  /** Spreads a message that fits into a packet. */
  void spread(byte[] message) {
    messages.add("", message);
  }

  /** Gives a message to one member, and knows that it arrived there. */
  void deliver(ClusterNode to, byte[] message) throws IOException {
    try (Transport.Stream s = transport.dial(to.address(), settings.streamTimeout)) {
      write(s, Wire.reliable(message));
    }
  }

  List<ClusterNode> members() {
    return membership.members();
  }

  /** What streams of others may hold together. */
  static long streamBudget() {
    return STREAMS.total();
  }

  /** Members that have answered, we among them. */
  List<ClusterNode> answering() {
    return membership.answering();
  }

  ClusterNode self() {
    return membership.self();
  }

  int health() {
    return health.get();
  }

  int queued() {
    return messages.size();
  }

  long pruned() {
    return messages.pruned();
  }

  /** Says to all that we go. */
  void leave() {
    List<ClusterNode> others = membership.someAlive(Integer.MAX_VALUE, "");
    byte[] dead = membership.leave();
    for (ClusterNode to : others) {
      try {
        send(to, dead);
      } catch (IOException e) {
        LOG.log(Level.DEBUG, "{0} was not told that we go: {1}", to.hostPort(), e.getMessage());
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
