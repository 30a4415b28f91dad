package dev.tethys.collect.exporter.snmp.wire;

import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.PortUnreachableException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * Client of one agent, with one request at a time. Not thread-safe.
 *
 * <p>Limits: retries and timeout of a request; the deadline for everything; maximum sizes of
 * messages and walks.
 */
public final class SnmpClient implements AutoCloseable {
  /** Most objects of one walk. */
  public static final int MAX_BINDINGS = 500_000;

  /** Value of {@code errorStatus} for a missing object in version 1. */
  public static final int NO_SUCH_NAME = 2;

  private static final int USUAL_REPETITIONS = 50;
  private static final Oid REPORTS = Oid.parse("1.3.6.1.6.3.15.1.1");
  private static final Oid INTERNET = Oid.parse("1.3.6.1");
  private static final int NOT_IN_TIME = 2;
  private static final int UNKNOWN_ENGINE = 4;
  private static final Map<Integer, String> WHY =
      Map.of(
          1,
          "unknown security level",
          NOT_IN_TIME,
          "not in time window",
          3,
          "unknown username",
          UNKNOWN_ENGINE,
          "unknown engine id",
          5,
          "wrong digest",
          6,
          "decryption error");

  /** Timeouts and limits of requests. */
  public record RequestLimits(
      Duration timeout, int retries, int repetitions, boolean unconnected, boolean anyOrder) {}

  /** Listener for all messages. */
  public interface Listener {
    void sent();

    void received(long nanos);

    /**
     * Called for each sent or received message.
     *
     * @param sent whether we sent it
     */
    default void packet(boolean sent, byte[] message) {}

    void retried();
  }

  /**
   * A response.
   *
   * @param status 0 for success
   */
  public record Answer(int status, List<Binding> bindings) {}

  private final SnmpTarget target;
  private final Credentials credentials;
  private final long deadline;
  private final SnmpTransport transport;
  private final @Nullable UserSecurity security;
  private RequestLimits timeLimit;
  private Listener listener;
  private int nextId = ThreadLocalRandom.current().nextInt(1 << 30);

  /**
   * Connects.
   *
   * @param from null for any address
   * @param contextName SNMPv3 context name
   * @param contextEngine SNMPv3 context engine ID; empty for the agent's own
   * @param deadline deadline as a {@link System#nanoTime} value
   */
  public SnmpClient(
      SnmpTarget target,
      @Nullable InetSocketAddress from,
      Credentials credentials,
      byte[] contextName,
      byte[] contextEngine,
      RequestLimits timeLimit,
      Listener listener,
      long deadline)
      throws IOException {
    this.target = target;
    this.credentials = credentials;
    this.deadline = deadline;
    this.timeLimit = timeLimit;
    this.listener = listener;
    this.security =
        credentials.version() == 3
            ? new UserSecurity(credentials, contextName, contextEngine)
            : null;
    InetSocketAddress to = target.address();
    if (to.isUnresolved()) {
      throw new UnknownHostException(
          "error connecting to target " + target.host() + ": lookup: no such host");
    }
    try {
      this.transport =
          target.tcp()
              ? new SnmpTransport.Tcp(to, from, millisLeft(timeLimit.timeout()))
              : new SnmpTransport.Udp(to, from, !timeLimit.unconnected());
    } catch (IOException e) {
      throw new IOException(
          "error connecting to target " + target.host() + ": " + e.getMessage(), e);
    }
  }

  /** Changes the timeouts, and the listener that is notified of them. */
  public void use(RequestLimits other, Listener hears) {
    timeLimit = other;
    listener = hears;
  }

  private int millisLeft(Duration most) throws SocketTimeoutException {
    long remaining = (deadline - System.nanoTime()) / 1_000_000;
    if (remaining <= 0) {
      throw new SocketTimeoutException("timed out");
    }
    return (int) Math.max(1, Math.min(remaining, most.toMillis()));
  }

  private static String reason(IOException e) {
    return e instanceof PortUnreachableException
        ? "connection refused"
        : e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
  }

  /** Requests objects. */
  public Answer get(List<Oid> oids) throws IOException {
    try {
      return answer(ask(Pdu.request(Pdu.GET, 0, oids)));
    } catch (IOException e) {
      throw new IOException("error getting target " + target.host() + ": " + reason(e), e);
    }
  }

  /** Reads an object and all objects below it. */
  public List<Binding> walk(Oid root) throws IOException {
    try {
      return walkBelow(root.size() < 2 ? INTERNET : root);
    } catch (IOException e) {
      throw new IOException("error walking target " + target.host() + ": " + reason(e), e);
    }
  }

  private List<Binding> walkBelow(Oid root) throws IOException {
    List<Binding> found = new ArrayList<>();
    boolean bulk = credentials.version() > 1;
    boolean exactly = false;
    Oid at = root;
    int repetitions = timeLimit.repetitions() == 0 ? USUAL_REPETITIONS : timeLimit.repetitions();
    for (int requests = 1; ; requests++) {
      Answer a =
          answer(
              ask(
                  exactly
                      ? Pdu.request(Pdu.GET, 0, List.of(at))
                      : bulk
                          ? Pdu.request(Pdu.GET_BULK, repetitions, List.of(at))
                          : Pdu.request(Pdu.GET_NEXT, 0, List.of(at))));
      if (a.bindings().isEmpty() || a.status() != 0) {
        return found;
      }
      boolean again = false;
      for (int i = 0; i < a.bindings().size() && !again; i++) {
        Binding b = a.bindings().get(i);
        if (b.isMissing()) {
          return found;
        }
        if (!b.name().isBelow(root)) {
          if (requests == 1 && i == 0) {
            // The root may be an object itself, which no walk below it finds.
            exactly = true;
            again = true;
            continue;
          }
          if (b.name().equals(root)) {
            found.add(b);
          }
          return found;
        }
        if (!timeLimit.anyOrder() && at.compareTo(b.name()) >= 0) {
          throw new IOException("OID not increasing: ." + at + " >= ." + b.name());
        }
        found.add(b);
        if (found.size() > MAX_BINDINGS) {
          throw new IOException(
              "more than " + MAX_BINDINGS + " objects below " + root + "; walk parts of it");
        }
      }
      if (!again) {
        at = a.bindings().getLast().name();
      }
    }
  }

  private static Answer answer(Pdu p) {
    return new Answer(p.errorStatus(), p.bindings());
  }

  private Pdu ask(Pdu request) throws IOException {
    if (security == null) {
      return exchange(request);
    }
    if (!security.hasEngineId()) {
      exchange(Pdu.request(Pdu.GET, 0, List.of()));
      if (!security.hasEngineId()) {
        throw new IOException("the agent does not report its engine");
      }
    }
    Pdu p = exchange(request);
    int report = report(p);
    if (report == NOT_IN_TIME || report == UNKNOWN_ENGINE) {
      // It has reported its clock in the meantime.
      p = exchange(request);
      report = report(p);
    }
    if (p.type() == Pdu.REPORT) {
      throw new IOException(WHY.getOrDefault(report, "unknown report pdu"));
    }
    return p;
  }

  /** Returns the security model counter that a report is about; 0 for any other. */
  private static int report(Pdu p) {
    if (p.type() != Pdu.REPORT || p.bindings().isEmpty()) {
      return 0;
    }
    Oid what = p.bindings().getFirst().name();
    return what.isBelow(REPORTS) ? what.part(REPORTS.size()) : 0;
  }

  private Pdu exchange(Pdu request) throws IOException {
    Set<Integer> ids = new HashSet<>();
    IOException last = new IOException("no answer");
    for (int attempt = 0; attempt <= timeLimit.retries(); attempt++) {
      if (attempt > 0) {
        listener.retried();
      }
      int id = nextId;
      nextId = (nextId + 1) & 0x7fff_ffff;
      ids.add(id);
      try {
        byte[] message = written(request.withId(id));
        listener.packet(true, message);
        transport.send(message);
        long sent = System.nanoTime();
        listener.sent();
        return receive(ids, sent);
      } catch (SocketTimeoutException e) {
        millisLeft(timeLimit.timeout());
        last =
            new SocketTimeoutException(
                "request timeout (after " + timeLimit.retries() + " retries)");
      } catch (MalformedMessageException | EOFException e) {
        last = e;
      } catch (IOException e) {
        if (Thread.currentThread().isInterrupted()) {
          throw e;
        }
        last = e;
      }
    }
    throw last;
  }

  private byte[] written(Pdu request) throws IOException {
    UserSecurity s = security;
    if (s != null) {
      try {
        return s.write(request.requestId(), request);
      } catch (GeneralSecurityException e) {
        throw new IOException("the request cannot be protected: " + e.getMessage(), e);
      }
    }
    return new BerWriter()
        .value(
            Ber.SEQUENCE,
            new BerWriter()
                .integer(credentials.version() - 1L)
                .string(credentials.community())
                .value(request.type(), request.content()))
        .bytes();
  }

  /** Receives the response to one of these requests; late ones to others are skipped. */
  private Pdu receive(Set<Integer> ids, long sent) throws IOException {
    long until = Math.min(deadline - sent, timeLimit.timeout().toNanos()) + sent;
    while (true) {
      long remaining = (until - System.nanoTime()) / 1_000_000;
      if (remaining <= 0) {
        throw new SocketTimeoutException("timeout");
      }
      byte[] message = transport.receive((int) remaining);
      listener.packet(false, message);
      listener.received(System.nanoTime() - sent);
      UserSecurity s = security;
      if (s != null) {
        UserSecurity.Opened o = s.read(message);
        if (ids.contains(o.messageId())
            && (o.pdu().type() == Pdu.REPORT || ids.contains(o.pdu().requestId()))) {
          return o.pdu();
        }
        continue;
      }
      BerReader all = new BerReader(message, 0, message.length).inside(Ber.SEQUENCE);
      if (all.integer() != credentials.version() - 1) {
        throw new MalformedMessageException("a response of another version of SNMP");
      }
      all.string();
      Pdu p = Pdu.read(all);
      if (ids.contains(p.requestId())) {
        return p;
      }
    }
  }

  @Override
  public void close() {
    transport.close();
  }
}
