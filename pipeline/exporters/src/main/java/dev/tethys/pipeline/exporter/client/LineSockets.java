package dev.tethys.pipeline.exporter.client;

import dev.tethys.config.TlsConfig;
import dev.tethys.web.client.PskTls;
import dev.tethys.web.client.TlsSockets;
import dev.tethys.web.client.WebSocketStreams;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Pool of connections to a server with a line protocol over TCP, kept between requests; one per
 * concurrent request. Each request has a deadline that includes writing. Thread-safe.
 */
public final class LineSockets implements AutoCloseable {
  /** Maximum length of a line from the server. */
  private static final int MAX_LINE = 16 << 10;

  private final String host;
  private final int port;
  private final @Nullable TlsConfig tls;
  private final Duration timeout;
  private final Handshake greeting;
  private final ConcurrentLinkedDeque<Line> idle = new ConcurrentLinkedDeque<>();
  private volatile boolean closed;

  /**
   * @param tls null without TLS
   * @param timeout timeout of one request, including connecting
   */
  public LineSockets(String host, int port, @Nullable TlsConfig tls, Duration timeout) {
    this(host, port, tls, timeout, line -> {});
  }

  /**
   * @param tls null without TLS, or if the greeting enables it
   * @param timeout timeout of one request, including connecting
   * @param greeting runs on every connection before anything else
   */
  public LineSockets(
      String host, int port, @Nullable TlsConfig tls, Duration timeout, Handshake greeting) {
    this.host = host;
    this.port = port;
    this.tls = tls;
    this.timeout = timeout;
    this.greeting = greeting;
  }

  /** First exchange on every connection. */
  @FunctionalInterface
  public interface Handshake {
    /**
     * Performs the greeting.
     *
     * @throws IOException if the server rejects it: the connection is closed
     */
    void perform(Line line) throws IOException;
  }

  /** Work on a connection. */
  @FunctionalInterface
  public interface Session<T> {
    T over(Line line) throws IOException;
  }

  /** A connection, used by at most one thread at a time. */
  public final class Line {
    private volatile Socket socket;
    private InputStream in;
    private OutputStream out;
    private long deadline;
    private final AtomicReference<@Nullable Runnable> ended = new AtomicReference<>();

    private Line(Socket socket) throws IOException {
      this.socket = socket;
      this.in = new BufferedInputStream(socket.getInputStream());
      this.out = socket.getOutputStream();
    }

    /** Writes bytes. */
    public void write(byte[] bytes) throws IOException {
      out.write(bytes);
      out.flush();
    }

    /**
     * Reads a line, without its end.
     *
     * @throws EOFException if the server closes instead
     */
    public String read() throws IOException {
      ByteArrayOutputStream line = new ByteArrayOutputStream();
      while (true) {
        socket.setSoTimeout(TlsSockets.left(deadline));
        int b = in.read();
        if (b < 0) {
          throw new EOFException("it closed the connection before responding");
        }
        if (b == '\n') {
          return line.toString(StandardCharsets.UTF_8).stripTrailing();
        }
        line.write(b);
        if (line.size() > MAX_LINE) {
          throw new IOException("it sends a line of more than " + MAX_LINE + " bytes");
        }
      }
    }

    /**
     * Reads one byte.
     *
     * @throws EOFException if the server closes instead
     */
    public int readByte() throws IOException {
      socket.setSoTimeout(TlsSockets.left(deadline));
      int b = in.read();
      if (b < 0) {
        throw new EOFException("it closed the connection before responding");
      }
      return b;
    }

    /**
     * Reads {@code n} bytes.
     *
     * @throws EOFException if the server closes the connection first
     */
    public byte[] read(int n) throws IOException {
      byte[] b = new byte[n];
      int at = 0;
      while (at < n) {
        socket.setSoTimeout(TlsSockets.left(deadline));
        int got = in.read(b, at, n - at);
        if (got < 0) {
          throw new EOFException("it closed the connection before responding");
        }
        at += got;
      }
      return b;
    }

    /**
     * Performs the TLS handshake; all following traffic is encrypted.
     *
     * @param alpn offered protocols in order; empty if none
     */
    public void secure(TlsConfig config, String... alpn) throws IOException {
      socket.setSoTimeout(TlsSockets.left(deadline));
      socket = TlsSockets.secure(config, socket, host, port, alpn);
      in = new BufferedInputStream(socket.getInputStream());
      out = socket.getOutputStream();
    }

    /** Shakes hands of TLS by a key that both sides know; everything that follows is secured. */
    public void secure(PskTls by, PskTls.Offer offer) throws IOException {
      socket.setSoTimeout(TlsSockets.left(deadline));
      PskTls.Secured secured = by.secure(in, out, offer);
      in = new BufferedInputStream(secured.in());
      out = secured.out();
    }

    /** Opens a WebSocket, which carries all following traffic. */
    public void upgrade(WebSocketStreams.Upgrade to) throws IOException {
      socket.setSoTimeout(TlsSockets.left(deadline));
      WebSocketStreams streams = WebSocketStreams.open(in, out, to);
      in = new BufferedInputStream(streams.input());
      out = streams.output();
    }

    /**
     * Whether the server has closed the connection, as far as known. Unsolicited input is
     * discarded.
     */
    boolean isOver() {
      try {
        socket.setSoTimeout(1);
        byte[] pending = new byte[1024];
        for (int i = 0; i < 64; i++) {
          if (in.read(pending) < 0) {
            return true;
          }
        }
        return true; // it does not stop talking
      } catch (SocketTimeoutException e) {
        return false;
      } catch (IOException e) {
        return true;
      }
    }

    /** Runs a task, once, when the connection ends, for any reason. */
    public void whenEnded(Runnable task) {
      ended.set(task);
    }

    private void end() {
      try {
        socket.close();
      } catch (IOException e) {
        // the receiver has gone
      }
      Runnable task = ended.getAndSet(null);
      if (task != null) {
        task.run();
      }
    }
  }

  private static SocketTimeoutException late(String what, IOException cause) {
    SocketTimeoutException e = new SocketTimeoutException(what);
    e.initCause(cause);
    return e;
  }

  /**
   * Does something with a connection that is open, or is opened.
   *
   * @throws IOException if the connection broke: the accepted amount is unknown
   * @throws SocketTimeoutException if the time was up, likewise
   */
  public <T> T withConnection(Session<T> session) throws IOException {
    long deadline =
        timeout.isZero()
            ? System.nanoTime() + TimeUnit.HOURS.toNanos(1)
            : System.nanoTime() + timeout.toNanos();
    Line line = idle.pollFirst();
    while (line != null && line.isOver()) {
      line.end();
      line = idle.pollFirst();
    }
    boolean done = false;
    Line used = null;
    Thread guard = null;
    try {
      boolean fresh = line == null;
      used = line == null ? new Line(TlsSockets.connect(host, port, tls, deadline)) : line;
      used.deadline = deadline;
      guard = guard(used, deadline);
      if (fresh) {
        greeting.perform(used);
      }
      T pending = session.over(used);
      done = true;
      return pending;
    } catch (IOException e) {
      boolean late = e instanceof SocketTimeoutException || System.nanoTime() >= deadline;
      String reason =
          late
              ? "timed out"
              : e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
      String what = host + ":" + port + ": " + reason;
      throw late ? late(what, e) : new IOException(what, e);
    } finally {
      if (guard != null) {
        guard.interrupt();
      }
      if (used != null) {
        if (done && !closed) {
          idle.addFirst(used);
        } else {
          used.end();
        }
      }
      if (closed) {
        close();
      }
    }
  }

  /**
   * Sends bytes over a new connection and returns when the server has read all of them and closed
   * the connection. Input is discarded.
   *
   * @throws IOException if the connection broke or was not closed in time; how much was accepted is
   *     unknown
   */
  public void deliver(byte[] bytes) throws IOException {
    deliver(
        bytes,
        System.nanoTime() + (timeout.isZero() ? TimeUnit.HOURS.toNanos(1) : timeout.toNanos()));
  }

  private void deliver(byte[] bytes, long deadline) throws IOException {
    Thread guard = null;
    boolean sent = false;
    long begun = System.nanoTime();
    try (Socket s = TlsSockets.connect(host, port, tls, deadline)) {
      long roundTrip = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun);
      Line line = new Line(s);
      line.deadline = deadline;
      guard = guard(line, deadline);
      line.write(bytes);
      if (isClosedWithin(line, Math.clamp(2 * roundTrip, 1, 1000))) {
        throw new EOFException("it closed the connection before all was sent");
      }
      s.shutdownOutput();
      sent = true;
      byte[] pending = new byte[1024];
      do {
        s.setSoTimeout(TlsSockets.left(deadline));
      } while (line.in.read(pending) >= 0);
    } catch (IOException e) {
      if (e instanceof SocketTimeoutException || System.nanoTime() >= deadline) {
        throw new IOException(
            host
                + ":"
                + port
                + ": timed out"
                + (sent
                    ? "; all data is sent, but the server does not close the connection: if it"
                        + " never does, set confirm: false"
                    : ""),
            e);
      }
      throw new IOException(
          host + ":" + port + ": " + (e.getMessage() == null ? e.toString() : e.getMessage()), e);
    } finally {
      if (guard != null) {
        guard.interrupt();
      }
    }
  }

  /**
   * Whether the server closes the connection before the end of the stream: a server that accepts no
   * more connections does so without reading.
   */
  private static boolean isClosedWithin(Line line, int millis) throws IOException {
    line.socket.setSoTimeout(millis);
    try {
      return line.in.read(new byte[1024]) < 0;
    } catch (SocketTimeoutException e) {
      return false;
    }
  }

  /**
   * Starts a thread that closes a line at the deadline: socket writes have no timeout, so a peer
   * that reads nothing would block the thread forever.
   */
  private static Thread guard(Line line, long deadline) {
    return Thread.ofVirtual()
        .name("line-deadline")
        .start(
            () -> {
              try {
                TimeUnit.NANOSECONDS.sleep(deadline - System.nanoTime());
                line.end();
              } catch (InterruptedException e) {
                // done in time
              }
            });
  }

  @Override
  public void close() {
    closed = true;
    for (Line l = idle.pollFirst(); l != null; l = idle.pollFirst()) {
      l.end();
    }
  }

  @Override
  public String toString() {
    return host + ":" + port;
  }
}
