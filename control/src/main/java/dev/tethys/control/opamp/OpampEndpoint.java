package dev.tethys.control.opamp;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.codec.CodecException;
import dev.tethys.codec.compression.Compression;
import dev.tethys.codec.compression.TooLargeException;
import dev.tethys.codec.opamp.AgentToServer;
import dev.tethys.codec.opamp.CustomMessage;
import dev.tethys.codec.opamp.PackagesOffer;
import dev.tethys.codec.opamp.RemoteConfig;
import dev.tethys.codec.opamp.ServerToAgent;
import dev.tethys.control.access.AgentToken;
import dev.tethys.control.access.Tokens;
import dev.tethys.control.fleet.AgentState;
import dev.tethys.control.fleet.Fleet;
import dev.tethys.model.UuidV7;
import dev.tethys.model.guard.ByteBudget;
import dev.tethys.model.guard.LimitedLog;
import dev.tethys.model.log.JulLogger;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.opamp.AgentContract;
import dev.tethys.pipeline.opamp.InstanceUid;
import dev.tethys.web.HttpException;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.HttpResponse;
import dev.tethys.web.Routes;
import dev.tethys.web.ServerWebSocket;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * OpAMP server at {@code /v1/opamp} and {@code /opamp}: WebSocket and plain HTTP. Commands and
 * connection settings are not offered.
 */
public final class OpampEndpoint {
  /** Largest message of an agent, in bytes. */
  public static final int MAX_MESSAGE = 4 << 20;

  /** Messages of one WebSocket within a second; further ones close it. */
  public static final int MAX_PER_SECOND = 100;

  public static final String PATH = "/v1/opamp";

  /** Path of the files of packages for agents. */
  public static final String PACKAGES = PATH + "/packages/";

  /** Path of MDAI's gateway. */
  private static final String MDAI_PATH = "/opamp";

  private static final System.Logger LOG = JulLogger.of(OpampEndpoint.class.getName());
  private static final long CAPABILITIES =
      ServerToAgent.Capability.ACCEPTS_STATUS
          | ServerToAgent.Capability.OFFERS_REMOTE_CONFIG
          | ServerToAgent.Capability.OFFERS_PACKAGES
          | ServerToAgent.Capability.ACCEPTS_PACKAGES_STATUS
          | ServerToAgent.Capability.ACCEPTS_EFFECTIVE_CONFIG;
  private static final List<String> CUSTOM =
      List.of(AgentContract.ACCOUNTS, AgentContract.TAP, AgentContract.QUOTAS, AgentContract.CLOCK);

  /** Memory of a parsed message for each of its bytes. */
  private static final int PARSED = 2;

  /** Maximum number of custom messages queued for one agent. */
  private static final int MAX_CUSTOMS = 8;

  private static final UUID NO_UID = new UUID(0, 0);
  private static final Duration PING = Duration.ofSeconds(30);
  private static final Duration SILENCE = Duration.ofSeconds(90);

  /** Time within which an agent must respond to a ping. */
  private static final Duration ANSWER = Duration.ofSeconds(5);

  /** Time after which an offer is repeated if the agent has not reported it. */
  private static final Duration REPEAT = Duration.ofSeconds(10);

  private final Fleet fleet;
  private final Offers offers;
  private final Tokens tokens;
  private final Scheduler clock;
  private final BooleanSupplier mayAct;
  private final SecureRandom random = new SecureRandom();
  private final LimitedLog refusals = new LimitedLog(LOG);

  /**
   * @param mayAct whether this process may send to agents
   */
  public OpampEndpoint(
      Fleet fleet, Offers offers, Tokens tokens, Scheduler clock, BooleanSupplier mayAct) {
    this.mayAct = mayAct;
    this.fleet = fleet;
    this.offers = offers;
    this.tokens = tokens;
    this.clock = clock;
  }

  public void addTo(Routes routes) {
    routes.webSocket(PATH, this::socket).post(PATH, this::post);
    routes.webSocket(MDAI_PATH, this::socket).post(MDAI_PATH, this::post);
  }

  private static ServerToAgent refusal(String reason, boolean busy) {
    return new ServerToAgent(
        new ServerToAgent.Failure(busy, reason, busy ? Duration.ofSeconds(30) : Duration.ZERO),
        false,
        false,
        null,
        null,
        null,
        "");
  }

  /** Assigns a UID to an agent whose own UID belongs to another agent. */
  private UUID assign(UUID said) {
    UUID out = UuidV7.at(clock.millis(), random);
    fleet.noteDuplicate(said, out);
    return out;
  }

  private byte @Nullable [] newUid(AgentToServer m) {
    if (!m.requestsUid()) {
      return null;
    }
    return InstanceUid.bytes(UuidV7.at(clock.millis(), random));
  }

  private void post(HttpRequest q, HttpResponse r) throws IOException {
    AgentToken token = tokens.requireAgent(q);
    byte[] body = body(q);
    q.reserve(PARSED * (long) body.length);
    AgentToServer m;
    try {
      m = AgentToServer.decoded(body, 0, body.length);
    } catch (CodecException e) {
      throw new HttpException(400, "the body is not an AgentToServer message: " + e.getMessage());
    }
    UUID said = InstanceUid.of(m.uid());
    Fleet.Session holder = fleet.holder(said, null, token);
    boolean taken = holder != null && holder.answers();
    Fleet.Received received = taken ? null : fleet.receive(m, "http", null, token);
    if (received == null || received.duplicate()) {
      UUID assigned = assign(said);
      ServerToAgent other =
          new ServerToAgent(null, true, false, InstanceUid.bytes(assigned), null, null, "");
      r.send("application/x-protobuf", other.encoded(m.uid(), CAPABILITIES, CUSTOM));
      return;
    }
    AgentState a = received.agent();
    if (a == null && !received.later()) {
      refused(token, received.refusal());
      throw new HttpException(403, received.refusal());
    }
    ServerToAgent answer =
        a == null
            ? refusal(received.refusal(), true)
            : new ServerToAgent(
                    null, received.reportAll(), false, newUid(m), null, offers.offer(a), "")
                .with(offers.packages(a, base(q)));
    r.send("application/x-protobuf", answer.encoded(m.uid(), CAPABILITIES, CUSTOM));
  }

  private void refused(AgentToken token, String why) {
    refusals.failure(
        Level.WARNING, "Message of an agent refused", token.name(), new HttpException(403, why));
  }

  /** Returns the address under which an agent reached this server. */
  private static String base(HttpRequest q) {
    return (q.isSecure() ? "https://" : "http://") + q.host();
  }

  private static byte[] body(HttpRequest q) throws IOException {
    byte[] body = q.bodyBytes(MAX_MESSAGE);
    String encoding = q.header("Content-Encoding");
    if (encoding == null || encoding.equals("identity")) {
      return body;
    }
    if (!encoding.equals("gzip")) {
      throw new HttpException(415, "Content-Encoding is " + encoding + "; gzip is supported");
    }
    try {
      return Compression.GZIP.decompress(body, 0, body.length, MAX_MESSAGE, q::reserve);
    } catch (TooLargeException e) {
      throw new HttpException(413, "the message is larger than " + MAX_MESSAGE + " bytes");
    } catch (CodecException e) {
      throw new HttpException(400, "the body is not gzip: " + e.getMessage());
    }
  }

  private void socket(HttpRequest q, HttpResponse r) throws IOException {
    AgentToken token = tokens.requireAgent(q);
    String base = base(q);
    if (!fleet.opens(token)) {
      throw new HttpException(503, "too many connections of agents; connect again later");
    }
    try (ByteBudget.Reservation memory = ByteBudget.process().open()) {
      ServerWebSocket socket =
          ServerWebSocket.accept(q, r, MAX_MESSAGE).withMemory(memory, PARSED + 1);
      new Session(socket, Thread.currentThread(), base, token).run();
    } finally {
      fleet.closed(token);
    }
  }

  private CustomMessage time() {
    return AgentContract.clock(clock.millis());
  }

  /** One WebSocket: its handler reads, a second thread writes. */
  private final class Session implements Fleet.Session {
    private final ServerWebSocket socket;
    private final Thread reader;
    private final String base;
    private final AgentToken token;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition woken = lock.newCondition();

    @GuardedBy("lock")
    private boolean wake;

    @GuardedBy("lock")
    private boolean reportAll;

    @GuardedBy("lock")
    private boolean greeted;

    @GuardedBy("lock")
    private byte @Nullable [] newUid;

    @GuardedBy("lock")
    private @Nullable ServerToAgent refusal;

    @GuardedBy("lock")
    private @Nullable UUID uid;

    @GuardedBy("lock")
    private @Nullable UUID said; // by the last message; differs from the uid until it is taken

    @GuardedBy("lock")
    private boolean ended;

    @GuardedBy("lock")
    private final ArrayDeque<CustomMessage> customs = new ArrayDeque<>();

    // Of the writing thread.
    private String offered = "";
    private long offeredNanos;
    private String offeredPackages = "";
    private long offeredPackagesNanos;

    // Of the reading thread.
    private long second;
    private int inSecond;
    private @Nullable UUID shared; // that another agent has
    private UUID assigned = NO_UID; // in place of it

    Session(ServerWebSocket socket, Thread reader, String base, AgentToken token) {
      this.token = token;
      this.base = base;
      this.socket = socket;
      this.reader = reader;
    }

    @Override
    public void wake() {
      lock.lock();
      try {
        wake = true;
        woken.signalAll();
      } finally {
        lock.unlock();
      }
    }

    @Override
    public boolean send(CustomMessage message) {
      lock.lock();
      try {
        if (ended || customs.size() >= MAX_CUSTOMS) {
          return false;
        }
        customs.add(message);
        wake = true;
        woken.signalAll();
        return true;
      } finally {
        lock.unlock();
      }
    }

    @Override
    public boolean answers() {
      try {
        return socket.answers(ANSWER.toMillis());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return false;
      }
    }

    /**
     * Returns the message with the UID assigned to this agent, if another one owns the reported
     * UID.
     */
    private AgentToServer identified(AgentToServer m) {
      UUID named = InstanceUid.of(m.uid());
      if (!named.equals(shared)) {
        Fleet.Session holder = fleet.holder(named, this, token);
        if (holder == null || !holder.answers()) {
          return m;
        }
        shared = named;
        assigned = assign(named);
      }
      return m.withUid(InstanceUid.bytes(assigned));
    }

    void run() {
      Thread writer = Thread.ofVirtual().name("opamp-writer").start(this::write);
      try {
        while (true) {
          byte[] m = socket.receive();
          if (m == null || !take(m)) {
            return;
          }
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      } finally {
        end();
        writer.interrupt();
      }
    }

    private void end() {
      UUID who;
      lock.lock();
      try {
        ended = true;
        who = uid;
        woken.signalAll();
      } finally {
        lock.unlock();
      }
      if (who != null) {
        fleet.disconnect(who, this);
      }
    }

    /** Whether the connection stays open. */
    private boolean take(byte[] message) throws InterruptedException {
      long now = clock.nanos() / 1_000_000_000;
      inSecond = now == second ? inSecond + 1 : 1;
      second = now;
      if (inSecond > MAX_PER_SECOND) {
        socket.close(
            ServerWebSocket.POLICY, "more than " + MAX_PER_SECOND + " messages a second", 1000);
        return false;
      }
      AgentToServer m;
      try {
        m = AgentToServer.unframed(message);
      } catch (CodecException e) {
        LOG.log(Level.DEBUG, "Message of an agent refused", e);
        socket.close(
            ServerWebSocket.INVALID_DATA, "not an AgentToServer message: " + e.getMessage(), 1000);
        return false;
      }
      UUID named = InstanceUid.of(m.uid());
      m = identified(m);
      Fleet.Received received = fleet.receive(m, "websocket", this, token);
      lock.lock();
      try {
        UUID before = uid;
        AgentState a = received.agent();
        if (a == null) {
          refusal = refusal(received.refusal(), received.later());
          if (!received.later()) {
            refused(token, received.refusal());
          }
        } else {
          uid = a.uid();
          if (before != null && !before.equals(uid)) {
            fleet.disconnect(before, this);
          }
        }
        if (m.description() != null && m.customCapabilities().contains(AgentContract.CLOCK)) {
          customs.addFirst(time()); // before an offer of controls, which end by it
        }
        reportAll |= received.reportAll();
        said = named;
        if (a != null && !named.equals(a.uid())) {
          newUid = InstanceUid.bytes(a.uid());
        } else if (m.requestsUid()) {
          newUid = newUid(m);
        }
        wake = true;
        woken.signalAll();
      } finally {
        lock.unlock();
      }
      return !m.disconnects();
    }

    private void write() {
      try {
        while (step()) {}
      } catch (IOException e) {
        LOG.log(Level.DEBUG, "WebSocket of an agent closed", e);
        reader.interrupt(); // which closes its socket
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    private boolean step() throws IOException, InterruptedException {
      ServerToAgent out;
      UUID who;
      UUID named;
      lock.lock();
      try {
        long remaining = PING.toNanos();
        while (!wake && !ended && remaining > 0) {
          remaining = woken.awaitNanos(remaining);
        }
        if (ended) {
          return false;
        }
        CustomMessage custom = refusal != null ? null : customs.poll();
        boolean anything =
            refusal != null || reportAll || newUid != null || custom != null || !greeted && wake;
        wake = !customs.isEmpty();
        who = uid;
        named = said;
        out =
            refusal != null
                ? refusal
                : anything
                    ? new ServerToAgent(null, reportAll, false, newUid, null, null, "", custom)
                    : null;
        greeted |= anything;
        refusal = null;
        reportAll = false;
        newUid = null;
        if (remaining <= 0 && out == null) {
          if (System.nanoTime() - socket.lastReceivedNanos() > SILENCE.toNanos()) {
            throw new IOException(
                "silent for " + TimeUnit.NANOSECONDS.toSeconds(SILENCE.toNanos()) + " s");
          }
        }
      } finally {
        lock.unlock();
      }
      if (!mayAct.getAsBoolean()) {
        throw new IOException("another process may lead");
      }
      RemoteConfig offer = who == null ? null : offer(who);
      PackagesOffer packages = who == null ? null : packages(who);
      if (out == null && offer == null && packages == null) {
        if (System.nanoTime() - socket.lastReceivedNanos() > PING.toNanos()) {
          socket.ping();
        }
        return true;
      }
      ServerToAgent m =
          out == null
              ? new ServerToAgent(null, false, false, null, null, offer, "")
              : new ServerToAgent(
                  out.error(), out.reportAll(), false, out.newUid(), null, offer, "", out.custom());
      socket.sendBinary(
          m.with(packages)
              .framed(InstanceUid.bytes(named == null ? NO_UID : named), CAPABILITIES, CUSTOM));
      return true;
    }

    /** Returns the packages to offer, unless they were already offered and are not overdue. */
    private @Nullable PackagesOffer packages(UUID who) {
      AgentState a = fleet.agent(who);
      PackagesOffer p = a == null ? null : offers.packages(a, base);
      if (p == null) {
        offeredPackages = "";
        return null;
      }
      String hash = HexFormat.of().formatHex(p.hash());
      long now = clock.nanos();
      if (hash.equals(offeredPackages) && now - offeredPackagesNanos < REPEAT.toNanos()) {
        return null;
      }
      offeredPackages = hash;
      offeredPackagesNanos = now;
      return p;
    }

    /** Returns the configuration to offer, unless it was already offered and is not overdue. */
    private @Nullable RemoteConfig offer(UUID who) {
      AgentState a = fleet.agent(who);
      RemoteConfig c = a == null ? null : offers.offer(a);
      if (c == null) {
        offered = "";
        return null;
      }
      String hash = HexFormat.of().formatHex(c.hash());
      long now = clock.nanos();
      if (hash.equals(offered) && now - offeredNanos < REPEAT.toNanos()) {
        return null;
      }
      offered = hash;
      offeredNanos = now;
      return c;
    }
  }
}
