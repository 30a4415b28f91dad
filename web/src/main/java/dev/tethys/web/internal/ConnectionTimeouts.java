package dev.tethys.web.internal;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.model.log.JulLogger;
import dev.tethys.web.ConnectionTimes;
import dev.tethys.web.HttpRequest;
import io.helidon.common.socket.HelidonSocket;
import java.lang.System.Logger.Level;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.security.cert.Certificate;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Registry of the open connections of a listener; closes those whose client is too slow. The
 * following must each finish within one timeout, or within the configured timeouts of the listener:
 * the handshake with the first request line and headers, the headers after a response, the body of
 * a request, and one write of a response. A handler has no time limit unless a timeout for
 * responses is set.
 *
 * <p>Invariant: a connection either waits for its client (its deadline is set) or has requests in
 * progress (each has its own deadlines). On a multiplexed connection (HTTP/2) without a configured
 * idle timeout, each received frame restarts the time between requests.
 */
public final class ConnectionTimeouts {
  private static final System.Logger LOG = JulLogger.of("dev.tethys.web");
  private static final long NEVER = ClientConnection.NEVER;

  /** The stream of a request on a connection that is not multiplexed. */
  static final int NO_STREAM = -1;

  /** Run time after which a watched request's connection is checked: most requests end before. */
  private static final long WATCH_AFTER_NANOS = 20_000_000;

  /**
   * Time for an HTTP/2 client to acknowledge that its connection ends, the same as in gRPC servers;
   * also used while a listener stops.
   */
  private static final long PATIENCE_NANOS = 10_000_000_000L;

  private static final long STOP_PATIENCE_NANOS = 500_000_000;

  /**
   * Time after which a client that does not send its body, or does not read its response, may be
   * disconnected.
   */
  private static final long SLOW_NANOS = 10_000_000_000L;

  /** Time without a received body byte after which such a client may be disconnected. */
  static final long STALLED_NANOS = 500_000_000;

  /** Time with a body rate below {@link #SLOW_RATE} after which it may also be closed. */
  private static final long DRIPPED_NANOS = 2_000_000_000;

  /** Bytes per second. */
  private static final long SLOW_RATE = 4096;

  /** Longest wait of a request on a connection above the connection limit. */
  private static final long PLACE_NANOS = 10_000_000_000L;

  private static final long PLACE_LOOK_MILLIS = 20;

  /** Minimum wait of a request while waiting connections keep others from being accepted. */
  private static final long REFUSE_NANOS = 200_000_000;

  /** Request in progress. */
  public final class Exchange implements AutoCloseable {
    private final @Nullable ClientConnection connection;
    final int stream;
    private final long answerDeadline;
    private volatile long bodyDeadline;
    private volatile long writeDeadline = NEVER;
    private volatile long writingSince = NEVER;
    private volatile long readingSince = NEVER;
    private volatile long readWaited; // nanoseconds of reads that have ended; by the reading thread
    private volatile long readBytes; // likewise
    private final long began;
    private final AtomicReference<@Nullable Runnable> whenGone = new AtomicReference<>();
    private long watchedSince;

    @GuardedBy("this")
    private boolean idling;

    @GuardedBy("this")
    private boolean ended;

    private volatile long waitsSince = NEVER; // for a place
    private volatile boolean refused;
    private volatile boolean takenBack;

    private Exchange(@Nullable ClientConnection connection, int stream) {
      this.connection = connection;
      this.stream = stream;
      long now = nanos.getAsLong();
      this.began = connection != null && stream == NO_STREAM ? connection.requestBegan : now;
      this.bodyDeadline = after(began, readNanos);
      this.answerDeadline = answerNanos == 0 ? NEVER : after(now, answerNanos);
    }

    /** Records that the body was read completely. */
    public void bodyRead() {
      bodyDeadline = NEVER;
    }

    /** Whether the body was read completely or is empty. */
    public boolean isBodyRead() {
      return bodyDeadline == NEVER;
    }

    /** Runs an action if the client leaves before the exchange ends. */
    public HttpRequest.Watch onDisconnect(Runnable action) {
      if (connection == null) {
        return () -> {};
      }
      watchedSince = nanos.getAsLong();
      whenGone.set(action);
      presence.add(this);
      return () -> {
        presence.remove(this);
        whenGone.set(null);
      };
    }

    /** Whether the client has left, or cancelled its request. */
    public boolean isClientGone() {
      return takenBack || isGone();
    }

    void clientGone() {
      takenBack = true;
      presence.remove(this);
      Runnable action = whenGone.getAndSet(null);
      if (action != null) {
        LOG.log(Level.DEBUG, "Client closed the connection before its response was sent");
        action.run();
      }
    }

    /** Runs the action of {@link #onDisconnect} if the client has disconnected. */
    void checkClient(long now) {
      if (now - watchedSince >= WATCH_AFTER_NANOS && isGone()) {
        clientGone();
      }
    }

    /**
     * Once the exchange has ended the connection's own thread reads the next request: concurrent
     * reading ahead would steal bytes from it.
     */
    private synchronized boolean isGone() {
      ClientConnection c = connection;
      if (c == null) {
        return false;
      }
      HelidonSocket s = c.reader;
      // A multiplexed connection is read all the time, and its socket closed at its end.
      boolean gone = c.isClosed();
      if (!gone && !ended && stream == NO_STREAM && s != null && isBodyRead()) {
        if (!idling) {
          idling = true;
          c.readAhead(s);
        }
        gone = !s.isConnected();
      }
      return gone;
    }

    /** Bytes of the body are waited for. */
    public void reading() {
      readingSince = nanos.getAsLong();
    }

    /** Records received bytes, or the end of the body. */
    public void read(int bytes) {
      readWaited += nanos.getAsLong() - readingSince;
      readBytes += Math.max(0, bytes);
      readingSince = NEVER;
    }

    /** Bytes are about to be given to the client. */
    public void writing() {
      long now = nanos.getAsLong();
      writingSince = now;
      writeDeadline = after(now, readNanos);
    }

    /** Records that the bytes were written. */
    public void written() {
      writingSince = NEVER;
      writeDeadline = NEVER;
    }

    /** Closes the connection, now that the response is with the kernel. */
    public void closeConnection() {
      if (connection != null) {
        connection.close();
      }
    }

    /**
     * Ends the connection while its client is still sending: its data is discarded for a moment,
     * because closing a connection with unread bytes resets it, and a reset destroys the response
     * in flight.
     */
    public void closeWhileItSends() {
      if (connection == null) {
        return;
      }
      writeDeadline = after(nanos.getAsLong(), UnreadInput.MAX_MILLIS * 1_000_000L);
      try {
        UnreadInput.discard(connection.socket);
      } finally {
        closeConnection();
      }
    }

    /** Returns the certificates presented by the client in its handshake; empty if none. */
    public Certificate[] clientCertificates() {
      return connection == null ? new Certificate[0] : connection.certificates();
    }

    /**
     * Whether the client has stopped sending its body, or reading the response, for a long time.
     */
    boolean isSlow(long now) {
      long written = writingSince;
      return bodyDeadline != NEVER && now - began > SLOW_NANOS
          || written != NEVER && now - written > SLOW_NANOS;
    }

    /** Whether the server has waited for the body in vain for a while, or for little of it. */
    boolean isStalled(long now) {
      long since = readingSince;
      long inThis = since == NEVER ? 0 : now - since;
      long waited = readWaited + inThis;
      return bodyDeadline != NEVER
          && (inThis > STALLED_NANOS
              || waited > DRIPPED_NANOS && readBytes < SLOW_RATE * (waited / 1_000_000) / 1_000);
    }

    /**
     * Waits until the connection is one of as many as there may be; it is unless there are too
     * many.
     *
     * @return false if it does not become one in time
     */
    public boolean awaitPlace() throws InterruptedException {
      ClientConnection c = connection;
      if (c == null || places.take(c)) {
        return true;
      }
      waitsSince = nanos.getAsLong();
      long until = System.nanoTime() + PLACE_NANOS;
      while (System.nanoTime() - until < 0 && !refused) {
        evict();
        Thread.sleep(PLACE_LOOK_MILLIS);
        if (places.take(c)) {
          waitsSince = NEVER;
          return true;
        }
      }
      return false;
    }

    /** Whether it has waited for a place for a while. */
    boolean isRefusable(long now) {
      long since = waitsSince;
      return since != NEVER && !refused && now - since > REFUSE_NANOS;
    }

    /** Rejects the request that waits for a slot. */
    void refuse() {
      refused = true;
    }

    private boolean late(long now) {
      return now - bodyDeadline > 0 && bodyDeadline != NEVER
          || now - writeDeadline > 0 && writeDeadline != NEVER
          || now - answerDeadline > 0 && answerDeadline != NEVER;
    }

    /** Records the end of the response. */
    @Override
    public void close() {
      presence.remove(this);
      synchronized (this) {
        ended = true;
      }
      if (connection != null) {
        connection.inWork.remove(this);
        requestEnded(connection);
      }
    }
  }

  private final Map<ConnectionKey, ClientConnection> connections = new ConcurrentHashMap<>();
  private final ConnectionPlaces places;
  private final ClientPresence presence;
  private final long readNanos;
  private final long headNanos;
  private final long answerNanos;
  private final long idleNanos;
  private final ConnectionTimes times;
  private final LongSupplier nanos;
  private final Later later;
  private final long sweepMillis;

  /** Whether {@link #sweep} is scheduled; only while there are connections. */
  private final AtomicBoolean sweeping = new AtomicBoolean();

  /** Schedules a short task once after a delay. */
  @FunctionalInterface
  public interface Later {
    void in(long millis, Runnable work);
  }

  /**
   * Creates timeouts for one listener.
   *
   * @param maxConnections connection limit; requests on further connections wait, except those of
   *     probes
   * @param later runs tasks in sequence
   */
  public ConnectionTimeouts(
      int maxConnections,
      Duration readTimeout,
      ConnectionTimes times,
      LongSupplier nanos,
      Later later) {
    this.places = new ConnectionPlaces(connections.values(), maxConnections, nanos);
    this.presence = new ClientPresence(later, nanos);
    this.readNanos = readTimeout.toNanos();
    this.headNanos =
        times.head().isZero() ? readNanos : Math.min(readNanos, times.head().toNanos());
    this.answerNanos = times.answer().toNanos();
    this.idleNanos = times.idle().isZero() ? readNanos : times.idle().toNanos();
    this.times = times;
    this.nanos = nanos;
    this.later = later;
    this.sweepMillis = Math.clamp(times.shortest(readTimeout).toMillis() / 10, 10, 1000);
  }

  /** Deadline for the head of a request that starts now. */
  long headDeadline(long now) {
    return after(now, headNanos);
  }

  /** Deadline of a connection that is idle from now on. */
  long idleDeadline(long now) {
    return after(now, idleNanos);
  }

  ConnectionTimes times() {
    return times;
  }

  long now() {
    return nanos.getAsLong();
  }

  private static long after(long now, long time) {
    long t = now + time;
    return t == NEVER ? t - 1 : t;
  }

  /**
   * Registers an accepted connection.
   *
   * @param socket socket to read and write
   * @param carrier the same, or the socket below TLS; closing it ends the connection immediately
   * @param remote address of the peer, which identifies the connection together with the local one
   * @param timed whether reads of the socket can have a timeout
   * @return closed when the connection has ended
   */
  public Admission accepted(
      Socket socket, Socket carrier, SocketAddress remote, SocketAddress local, boolean timed) {
    ConnectionKey key = new ConnectionKey(remote, local);
    long now = nanos.getAsLong();
    InetAddress from = remote instanceof InetSocketAddress a ? a.getAddress() : null;
    String client = from == null ? "" : from.getHostAddress();
    ClientConnection c =
        new ClientConnection(
            socket,
            carrier,
            timed,
            client,
            from == null || from.isLoopbackAddress(),
            now,
            after(now, headNanos),
            old(now));
    connections.put(key, c);
    if (!places.take(c)) {
      evict();
    }
    sweepSoon();
    return () -> {
      connections.remove(key, c);
      places.release(c);
    };
  }

  /** A connection that is open. */
  @FunctionalInterface
  public interface Admission extends AutoCloseable {
    /** Reports that the connection has ended. */
    @Override
    void close();
  }

  /**
   * Closes a connection of the client with the most connections, to make room for new ones. The
   * longest idle connection is preferred. If all have a request in progress, one is closed whose
   * client has stopped sending the request or reading the response.
   *
   * @return false if there is none
   */
  public boolean evict() {
    return places.evict();
  }

  /**
   * Frees space for a further connection when there are up to the limit with those that wait for a
   * place: closes an idle or slow one, or else refuses the request that waits longest for a place,
   * of the client with the most connections. Probes count as waiting connections.
   *
   * @return false if there is none to close
   */
  public boolean makeRoom() {
    return places.evict() || places.refuseWaiting();
  }

  /** When a connection is old that is young now. */
  long old(long now) {
    long age = times.age().toNanos();
    long spread = age / 10; // so that those that came together do not come again together
    return age == 0
        ? NEVER
        : after(now, age + ThreadLocalRandom.current().nextLong(-spread, spread + 1));
  }

  /**
   * Schedules work unless it is scheduled already. If that fails, for lack of memory, the next
   * caller schedules it.
   */
  static void schedule(Later later, AtomicBoolean scheduled, long millis, Runnable work) {
    if (!scheduled.compareAndSet(false, true)) {
      return;
    }
    boolean done = false;
    try {
      later.in(millis, work);
      done = true;
    } finally {
      if (!done) {
        scheduled.set(false);
      }
    }
  }

  private void sweepSoon() {
    schedule(later, sweeping, sweepMillis, this::sweep);
  }

  /** Starts the connection's next wait after a request has ended. */
  private void requestEnded(ClientConnection c) {
    long now = nanos.getAsLong();
    c.since = now;
    if (c.multiplexed == null) {
      c.hasRested = true;
      c.deadline = after(now, idleNanos);
    } else if (c.inWork.isEmpty()) {
      c.hasRested = true;
      c.deadline = times.manyRequests() ? after(now, idleNanos) : now;
    }
  }

  /** A connection is served now. */
  public Peer connected(AcceptedConnection accepted) {
    ClientConnection c = connections.get(new ConnectionKey(accepted.remote(), accepted.local()));
    if (c != null) {
      c.reader = accepted.socket();
    }
    return new ConnectionProgress(this, c);
  }

  /** Checks now which of the watched clients have disconnected. */
  void checkClients() {
    presence.check();
  }

  /**
   * Registers a request whose headers have arrived.
   *
   * @param stream its number on a multiplexed connection
   * @return null if its client already knows that it is not answered, or has left after that
   */
  public @Nullable Exchange begin(SocketAddress remote, SocketAddress local, int stream) {
    ClientConnection c = connections.get(new ConnectionKey(remote, local));
    Exchange e = begin(c, stream);
    if (c != null && c.takes(stream)) {
      return e;
    }
    e.close();
    return null;
  }

  /**
   * Waits for the end of a connection whose client was informed of its last request, or for its
   * grace period.
   */
  public void awaitEnd(SocketAddress remote, SocketAddress local) throws InterruptedException {
    ClientConnection c = connections.get(new ConnectionKey(remote, local));
    if (c != null) {
      c.awaitEnd();
    }
  }

  Exchange begin(@Nullable ClientConnection c, int stream) {
    Exchange e = new Exchange(c, stream);
    if (c != null) {
      c.inWork.add(e);
      c.deadline = NEVER;
    }
    return e;
  }

  /** Returns the number of open connections. */
  public int open() {
    connections.values().removeIf(ClientConnection::isClosed);
    return connections.size();
  }

  /**
   * Closes every connection that has no request in progress, and on which none is arriving; called
   * repeatedly while a listener stops. An HTTP/2 client is first asked to start no more requests.
   * Once those in flight have had time to arrive, it receives the number of the last accepted one.
   *
   * @return how many such clients know of the end and are still connected
   */
  public int closeIdle() {
    long now = nanos.getAsLong();
    int notified = 0;
    for (ClientConnection c : connections.values()) {
      if (!c.inWork.isEmpty() || c.isClosed()) {
        continue;
      }
      Multiplexed whole = c.multiplexed;
      if (whole == null) {
        if (c.isSilent(now)) {
          Thread.ofVirtual().start(c::closeIdle);
        }
      } else {
        notified++;
        c.part(whole, now, STOP_PATIENCE_NANOS);
      }
    }
    return notified;
  }

  /** Closes late connections, and reschedules itself while there are connections. */
  private void sweep() {
    sweeping.set(false);
    if (connections.isEmpty()) {
      return;
    }
    sweepSoon();
    long now = nanos.getAsLong();
    connections
        .entrySet()
        .removeIf(
            e -> {
              ClientConnection c = e.getValue();
              if (c.isClosed()) {
                return true;
              }
              boolean late = isLate(c, now);
              if (late) {
                LOG.log(
                    Level.DEBUG, "Closing the connection of {0}: too slow", e.getKey().remote());
                Thread.ofVirtual().start(c::abort);
              }
              return late;
            });
  }

  /**
   * Whether a connection must be closed; a connection that has ended otherwise is marked
   * accordingly.
   */
  private boolean isLate(ClientConnection c, long now) {
    Multiplexed whole = c.multiplexed;
    boolean resting = c.inWork.isEmpty();
    // A client that is already sending would take the close for a failure of the server.
    boolean young = whole == null && resting && !c.hasRested;
    boolean old = c.old != NEVER && now - c.old > 0 && !young;
    boolean over = resting && (old || c.deadline != NEVER && now - c.deadline > 0);
    long grace = times.grace().toNanos();
    if (c.inWork.stream().anyMatch(x -> x.late(now))
        || old && grace > 0 && now - c.old > grace
        || whole != null && whole.isGone(now)) {
      return true;
    }
    if (whole != null && (over || old || c.isGoAwaySent())) {
      c.part(whole, now, PATIENCE_NANOS);
      return false;
    }
    return over;
  }
}
