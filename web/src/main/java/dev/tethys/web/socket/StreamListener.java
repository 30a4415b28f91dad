package dev.tethys.web.socket;

import dev.tethys.model.guard.LimitedLog;
import dev.tethys.model.guard.SupervisedLoop;
import dev.tethys.model.log.JulLogger;
import dev.tethys.web.ListenAddress;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Accepts connections over TCP or a Unix socket, on a platform thread, and has each handled on its
 * own thread. This is a virtual one where connections mostly wait, else one of {@link
 * ConnectionThreads}.
 *
 * <p>Limits: the number of connections, above which new ones replace the oldest of a client with
 * many, are closed immediately, or wait; and the idle time of a connection.
 */
public final class StreamListener implements SocketListener {
  /**
   * Listener options.
   *
   * @param address {@code host:port}, {@code :port} or {@code [v6]:port}
   * @param maxConnections open connections
   * @param idle longest time without data; zero for no limit
   * @param othersWait whether connections above the limit wait until one ends, instead of being
   *     closed
   * @param virtual whether connections are always handled on virtual threads: their handlers
   *     delegate long work to other threads
   */
  public record Options(
      String address, int maxConnections, Duration idle, boolean othersWait, boolean virtual) {
    /** The default limits of a protocol whose data is handled on arrival. */
    public Options(String address, Duration idle) {
      this(address, USUAL_CONNECTIONS, idle, false, false);
    }

    /** Connections that wait for a place, and are handled on virtual threads. */
    public static Options waiting(String address, int maxConnections) {
      return new Options(address, maxConnections, Duration.ZERO, true, true);
    }
  }

  /** Handles one connection. */
  @FunctionalInterface
  public interface Handler {
    /**
     * Reads it to its end; it is closed when this returns. When the listener stops it ends with an
     * error, and a moment later this is interrupted.
     */
    void handle(Socket connection) throws IOException, InterruptedException;
  }

  private static final System.Logger LOG = JulLogger.of(StreamListener.class.getName());
  private static final LimitedLog PEER_LOG = new LimitedLog(LOG);
  private static final int BACKLOG = 1024;
  private static final int USUAL_CONNECTIONS = 1024;
  private static final long LOOK_MILLIS = 100;

  /** Time within which repeated shortages close several connections together. */
  private static final long CROWD_NANOS = 100_000_000;

  private static final int MAX_CLOSING = 32;
  private static final Duration GRACE = Duration.ofSeconds(5);
  private static final long FULL_TOLD_NANOS = Duration.ofMinutes(1).toNanos();

  /** Time for connections to pass on the data that they have read. */
  private static final Duration LAST = Duration.ofMillis(500);

  private final ServerSocket server;
  private final Options options;
  private final BooleanSupplier makeRoom;
  private final Handler handler;
  private final Semaphore room;
  private final Map<Socket, Thread> open = new ConcurrentHashMap<>();
  private final ConnectionShares shares = new ConnectionShares();
  private final LongAdder taken = new LongAdder();
  private final LongAdder refused = new LongAdder();
  private @Nullable Thread acceptor;
  private volatile boolean closed;

  /** Time of the last log line about the connection limit; owned by the accepting thread. */
  private long fullSince;

  /** Connections closed at a time when the limit is reached; owned by the accepting thread. */
  private int closing = 1;

  /** Time when connections were closed last; owned by the accepting thread. */
  private long roomMade;

  private StreamListener(
      ServerSocket server, Options options, BooleanSupplier makeRoom, Handler handler) {
    this.server = server;
    this.options = options;
    this.makeRoom = makeRoom;
    this.handler = handler;
    this.room = new Semaphore(options.maxConnections());
  }

  /**
   * Starts listening.
   *
   * @throws IOException if the address is malformed or not available
   */
  public static StreamListener start(Options options, Handler handler) throws IOException {
    InetSocketAddress a = address(options.address());
    ServerSocket s = new ServerSocket();
    try {
      s.setReuseAddress(true);
      s.bind(a, BACKLOG);
    } catch (IOException e) {
      s.close();
      throw new IOException("cannot listen on " + options.address() + "/tcp: " + e.getMessage(), e);
    }
    return start(s, options, handler);
  }

  /**
   * Listens on a Unix socket, which is created here and removed at the end. Idle connections are
   * not closed.
   *
   * @throws IOException if it cannot be created
   */
  public static StreamListener start(Path socket, Handler handler) throws IOException {
    return start(socket, new Options(socket.toString(), Duration.ZERO), () -> false, handler);
  }

  /**
   * Starts a listener that makes further connections wait while the limit is reached.
   *
   * @param makeRoom closes one connection to free space; false if none can be closed
   */
  public static StreamListener start(
      Path socket, int maxConnections, BooleanSupplier makeRoom, Handler handler)
      throws IOException {
    return start(socket, Options.waiting(socket.toString(), maxConnections), makeRoom, handler);
  }

  private static StreamListener start(
      Path socket, Options options, BooleanSupplier makeRoom, Handler handler) throws IOException {
    try {
      return start(UnixServerSocket.listen(socket, BACKLOG), options, makeRoom, handler);
    } catch (IOException e) {
      throw new IOException("cannot listen on " + socket + ": " + e.getMessage(), e);
    }
  }

  /**
   * Listens on the socket that systemd has passed to this process, and leaves it to it at the end.
   * Idle connections are not closed; above the limit they wait until one ends.
   *
   * @param makeRoom closes one to free space for others; false if none can be
   * @throws IOException if there is no such socket, or it is already in use
   */
  public static StreamListener inherited(
      int maxConnections, BooleanSupplier makeRoom, Handler handler) throws IOException {
    InheritedServerSocket s = InheritedServerSocket.take();
    return start(s, Options.waiting(s.toString(), maxConnections), makeRoom, handler);
  }

  /** Listens on a socket that is bound, and closes it at the end. */
  public static StreamListener start(ServerSocket bound, Options options, Handler handler) {
    return start(bound, options, () -> false, handler);
  }

  /**
   * Starts a listener.
   *
   * @param makeRoom closes a connection to free a slot for others; false if none can be closed
   */
  public static StreamListener start(
      ServerSocket bound, Options options, BooleanSupplier makeRoom, Handler handler) {
    StreamListener l = new StreamListener(bound, options, makeRoom, handler);
    // On a virtual thread, accepting would wait for a carrier thread while others compute.
    Thread acceptor =
        Thread.ofPlatform()
            .daemon()
            .name("accept " + options.address())
            .unstarted(SupervisedLoop.of("accept", l::accept));
    l.acceptor = acceptor;
    acceptor.start();
    return l;
  }

  static InetSocketAddress address(String text) throws IOException {
    try {
      return ListenAddress.parse(text).address();
    } catch (IllegalArgumentException e) {
      throw new IOException("endpoint: " + e.getMessage(), e);
    }
  }

  @Override
  public int port() {
    return server.getLocalPort();
  }

  /** Returns the listening address, or null for a Unix socket. */
  public @Nullable InetSocketAddress address() {
    return server.getLocalSocketAddress() instanceof InetSocketAddress a ? a : null;
  }

  /** Returns the number of connections accepted since startup. */
  public long connections() {
    return taken.sum();
  }

  /** Returns the number of connections closed on arrival because of the limit. */
  public long refusedConnections() {
    return refused.sum();
  }

  private void accept() {
    boolean wait = options.othersWait();
    while (!closed) {
      if (wait && !room.tryAcquire()) {
        logFull();
        awaitRoom();
      }
      Socket s = null;
      boolean served = false;
      try {
        s = closed ? null : next();
        if (s != null && (wait || hasRoom(s))) {
          take(s);
          served = true;
        } else if (s != null) {
          refused.increment();
        }
      } finally {
        if (!served) { // also when memory has ended
          room.release(wait ? 1 : 0);
          if (s != null) {
            closeQuietly(s);
          }
        }
      }
    }
  }

  /** Whether there may be one more, if need be instead of one of a client with many. */
  private boolean hasRoom(Socket s) {
    if (room.tryAcquire()) {
      return true;
    }
    Socket other = shares.oldestOfMost(s);
    if (other == null) {
      return false;
    }
    PEER_LOG.log(
        Level.WARNING,
        "Connection closed for another client, too many are open listener={0} limit={1} client={2}",
        options.address(),
        options.maxConnections(),
        other.getRemoteSocketAddress());
    closeQuietly(other);
    try {
      return room.tryAcquire(LOOK_MILLIS, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** Waits for a connection to end, and has one ended that its client makes no use of. */
  private void awaitRoom() {
    boolean interrupted = false;
    // A crowd would wait for one switch of threads after the other.
    boolean crowded = System.nanoTime() - roomMade < CROWD_NANOS;
    closing = crowded ? Math.min(2 * closing, MAX_CLOSING) : 1;
    roomMade = System.nanoTime();
    while (true) {
      int closed = 0;
      while (closed < closing && makeRoom.getAsBoolean()) {
        closed++;
      }
      try {
        if (room.tryAcquire(LOOK_MILLIS, TimeUnit.MILLISECONDS)) {
          break;
        }
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Waiting clients get no reason, so it is logged at intervals. */
  private void logFull() {
    long now = System.nanoTime();
    if (closed || fullSince != 0 && now - fullSince < FULL_TOLD_NANOS) {
      return;
    }
    fullSince = now;
    Map<String, Integer> clients = new HashMap<>();
    for (Socket s : open.keySet()) {
      InetAddress a = s.getInetAddress();
      clients.merge(a == null ? "this machine" : a.getHostAddress(), 1, Integer::sum);
    }
    clients.entrySet().stream()
        .max(Map.Entry.comparingByValue())
        .ifPresent(
            most ->
                LOG.log(
                    Level.WARNING,
                    "{0}: {1} connections are open, the limit, and further ones wait"
                        + " until one ends; most, {2}, are of {3}",
                    options.address(),
                    options.maxConnections(),
                    most.getValue(),
                    most.getKey()));
  }

  /** Returns the next connection, or null if none could be accepted. */
  private @Nullable Socket next() {
    try {
      return server.accept();
    } catch (IOException e) {
      pause(e);
      return null;
    }
  }

  private void take(Socket s) {
    taken.increment();
    boolean started = false;
    try {
      start(s);
      started = true;
    } finally {
      if (!started) {
        open.remove(s);
      }
    }
    if (closed) {
      closeQuietly(s); // closing all may have run before this one was added
    }
  }

  private void start(Socket s) {
    String name = "connection " + options.address();
    if (options.virtual()) {
      Thread t = Thread.ofVirtual().name(name).unstarted(() -> run(s));
      open.put(s, t);
      t.start();
    } else {
      ConnectionThreads.start(name, t -> open.put(s, t), () -> run(s));
    }
  }

  /** Usually out of file descriptors: retrying immediately would keep a processor busy. */
  private void pause(IOException e) {
    if (closed) {
      return;
    }
    PEER_LOG.log(
        Level.WARNING, "Connection not accepted listener={0} err={1}", options.address(), e);
    try {
      Thread.sleep(Duration.ofMillis(100));
    } catch (InterruptedException x) {
      Thread.currentThread().interrupt();
    }
  }

  private void run(Socket s) {
    try (s;
        ConnectionShares.Share _ = shares.add(s)) {
      s.setTcpNoDelay(true);
      s.setKeepAlive(true); // a client that vanished would keep its place for ever
      s.setSoTimeout((int) Math.min(Integer.MAX_VALUE, options.idle().toMillis()));
      handler.handle(s);
    } catch (SocketTimeoutException e) {
      LOG.log(Level.DEBUG, "connection of {0} was idle", s.getRemoteSocketAddress());
    } catch (IOException e) {
      if (!closed) {
        LOG.log(Level.DEBUG, "connection of {0}: {1}", s.getRemoteSocketAddress(), e);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException e) {
      if (s.isClosed()) { // to make room, before it was served
        LOG.log(Level.DEBUG, "a connection was closed while being served", e);
      } else {
        PEER_LOG.failure(Level.ERROR, "Connection failed client", s.getRemoteSocketAddress(), e);
      }
    } finally {
      open.remove(s);
      room.release();
    }
  }

  private static void closeQuietly(AutoCloseable s) {
    try {
      s.close();
    } catch (Exception e) {
      LOG.log(Level.DEBUG, "closing", e);
    }
  }

  /** Accepts no more connections; open ones continue. The address is free when this returns. */
  public void stopListening() {
    closed = true;
    closeQuietly(server);
    room.release(); // wakes the thread that waits for a free place
    awaitAcceptor();
  }

  /** The system frees the address only once no thread waits in it for a connection. */
  private void awaitAcceptor() {
    Thread t = acceptor;
    if (t == null || t == Thread.currentThread()) {
      return;
    }
    boolean interrupted = Thread.interrupted(); // a reload that is stopped needs the address too
    try {
      if (!t.join(GRACE)) {
        LOG.log(Level.WARNING, "Listener still accepts a connection listener={0}", address());
      }
    } catch (InterruptedException e) {
      interrupted = true;
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Stops listening, ends all connections and waits a little for their threads. */
  @Override
  public void close() {
    stopListening();
    open.keySet().forEach(StreamListener::closeQuietly);
    try {
      // Data that was read is still passed on, which an interrupt would prevent.
      ended(LAST);
      open.values().forEach(Thread::interrupt);
      ended(GRACE);
    } catch (InterruptedException e) {
      open.values().forEach(Thread::interrupt);
      Thread.currentThread().interrupt();
    }
  }

  private void ended(Duration timeLimit) throws InterruptedException {
    long until = System.nanoTime() + timeLimit.toNanos();
    for (Map.Entry<Socket, Thread> e : open.entrySet()) {
      Thread t = e.getValue();
      // A connection that was just accepted is known before its thread runs.
      while (t.getState() == Thread.State.NEW
          && open.containsKey(e.getKey())
          && System.nanoTime() - until < 0) {
        Thread.sleep(1);
      }
      if (t.getState() != Thread.State.NEW) {
        t.join(Duration.ofNanos(Math.max(1, until - System.nanoTime())));
      }
    }
  }
}
