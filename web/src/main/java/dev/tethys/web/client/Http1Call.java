package dev.tethys.web.client;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.config.UrlHost;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpTimeoutException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * HTTP/1.1 call (RFC 9112) over a blocking connection. Used where the JDK's client has no support
 * (Unix sockets, some proxies) and for plain TCP, where the JDK's client costs twice as much as the
 * rest of a scrape.
 *
 * <p>Invariant: the connection is closed when the deadline expires, whichever thread waits for it;
 * or it is returned to the pool once, after the response was read to its end; or it is closed with
 * the response.
 */
final class Http1Call implements Runnable {
  private static final int ONE_WRITE = 64 << 10;

  /** Status that some servers send to an idle connection before they close it. */
  private static final int TIMED_OUT = 408;

  private final ClientRequest call;
  private final String host;
  private final String target;
  private final RequestHeaders headers;
  private final long deadline;
  private final Deadlines deadlines;

  @GuardedBy("this")
  private @Nullable Closeable socket; // below TLS, so that closing it never waits

  @GuardedBy("this")
  private boolean late;

  private Deadlines.@Nullable Watch watch;
  private String version = "";

  /**
   * Creates a call.
   *
   * @param target request target: path and query, or the whole URL for a proxy
   * @param deadline deadline as a {@link System#nanoTime} value
   */
  Http1Call(
      ClientRequest call,
      String target,
      RequestHeaders headers,
      long deadline,
      Deadlines deadlines) {
    this(call, authority(call.uri()), target, headers, deadline, deadlines);
  }

  /**
   * Creates a call.
   *
   * @param host the value of the Host header
   */
  Http1Call(
      ClientRequest call,
      String host,
      String target,
      RequestHeaders headers,
      long deadline,
      Deadlines deadlines) {
    this.call = call;
    this.host = host;
    this.target = target;
    this.headers = headers;
    this.deadline = deadline;
    this.deadlines = deadlines;
  }

  private static String authority(URI uri) {
    String host = String.valueOf(UrlHost.of(uri));
    int zone = host.indexOf('%');
    if (zone > 0 && host.endsWith("]")) {
      host = host.substring(0, zone) + "]"; // which of its interfaces this machine means is its own
    }
    return UrlHost.port(uri) < 0 ? host : host + ":" + UrlHost.port(uri);
  }

  /** Sends it over a new connection. */
  ClientResponse send(ConnectionStreams.Dialer dialer) throws IOException, InterruptedException {
    watch();
    try {
      return exchange(dialer.dial(this::opened), null, false);
    } catch (IOException e) {
      throw failed(e);
    }
  }

  /** Returns the version of the response, such as {@code HTTP/1.1}; "" before it arrives. */
  String version() {
    return version;
  }

  /** Sends it over a connection that may have served before and may serve again. */
  ClientResponse send(Connections connections) throws IOException, InterruptedException {
    Connections.Server server =
        new Connections.Server(UrlHost.bare(call.uri()), UrlPort.of(call.uri()));
    return send(connections, server, ConnectionStreams.tcp(server.host(), server.port()));
  }

  /**
   * The same.
   *
   * @param dialer opens a connection that has not been used before
   */
  ClientResponse send(
      Connections connections, Connections.Server server, ConnectionStreams.Dialer dialer)
      throws IOException, InterruptedException {
    Consumer<ConnectionStreams> back = new ReleaseAction(connections, server);
    // A call without side effects may be repeated, so it is not necessary to check first whether
    // the connection has ended, which takes three system calls.
    boolean mayAskAgain = call.method().equals("GET") || call.method().equals("HEAD");
    watch();
    try {
      ConnectionStreams used =
          mayAskAgain ? connections.takeIdle(server) : connections.take(server);
      if (used != null) {
        opened(used.below());
        try {
          return exchange(used, back, mayAskAgain);
        } catch (Http1Reader.Stale e) {
          used.close();
          if (!mayAskAgain || isLate() || Thread.currentThread().isInterrupted()) {
            throw e;
          }
        }
      }
      return exchange(dialer.dial(this::opened), back, false);
    } catch (IOException e) {
      throw failed(e);
    }
  }

  /** Watches the deadline: closing interrupts a blocked socket. */
  private void watch() {
    long now = System.nanoTime();
    expireAt(call.headBy(now, deadline));
  }

  /** Called when data was received from the server. */
  private void onReceived() {
    if (call.timeLimit() != null) {
      cancel();
      long now = System.nanoTime();
      expireAt(call.bodyBy(now, deadline));
    }
  }

  private void expireAt(long time) {
    watch = deadlines.watch(time, this);
  }

  /** Ends the call at its deadline. */
  @Override
  public void run() {
    Closeable s;
    synchronized (this) {
      late = true;
      s = socket;
    }
    close(s);
  }

  private void opened(Closeable s) {
    boolean over;
    synchronized (this) {
      socket = s;
      over = late;
    }
    if (over) {
      close(s);
    }
  }

  private synchronized boolean isLate() {
    return late;
  }

  private void cancel() {
    Deadlines.Watch w = watch;
    if (w != null) {
      w.over();
    }
  }

  private static void close(@Nullable Closeable s) {
    try {
      if (s != null) {
        s.close();
      }
    } catch (IOException e) {
      // it is over anyway
    }
  }

  private IOException failed(IOException e) throws InterruptedException {
    cancel();
    Closeable s;
    synchronized (this) {
      s = socket;
    }
    close(s);
    return translate(e);
  }

  /** Translates an exception: deadline passed, thread interrupted, or the exception itself. */
  private IOException translate(IOException e) throws InterruptedException {
    if (isLate()) {
      return new HttpTimeoutException("context deadline exceeded");
    }
    // TLS wraps the failure of a channel that an interrupt has closed.
    if (e instanceof ClosedByInterruptException || Thread.currentThread().isInterrupted()) {
      Thread.interrupted();
      InterruptedException i = new InterruptedException();
      i.initCause(e);
      throw i;
    }
    return e;
  }

  /**
   * Sends the request and reads the head of the response.
   *
   * @param back receives the connection if it can be reused; null for single use
   * @param mayAskAgain whether the connection was used before, so that the request may be retried
   *     on another if this one has become unusable
   */
  private ClientResponse exchange(
      ConnectionStreams wire, @Nullable Consumer<ConnectionStreams> back, boolean mayAskAgain)
      throws IOException {
    byte[] body = call.body() == null ? new byte[0] : call.body();
    byte[] head = head(body, back == null);
    Http1Reader in = new Http1Reader(wire.in());
    try {
      wire.out().write(head);
      if (body.length > ONE_WRITE) {
        wire.out().write(body);
      }
      wire.out().flush();
    } catch (IOException e) {
      if (e instanceof ClosedByInterruptException || isLate() || !in.hasSome()) {
        throw body.length == 0 || mayAskAgain ? new Http1Reader.Stale(e) : e;
      }
      // The server has answered without reading the entire body.
    }
    Http1Reader.Head h = in.head();
    if (mayAskAgain && h.status() == TIMED_OUT) {
      throw new Http1Reader.Stale("408 Request Timeout");
    }
    onReceived();
    return answer(h, in, wire, back == null ? w -> w.close() : back);
  }

  /** Returns the head, and the body after it when it is short. */
  private byte[] head(byte[] body, boolean once) throws IOException {
    if (!RequestHeaders.isSendable(host)) {
      throw new IOException("a header cannot be sent: Host");
    }
    String line = call.method() + ' ' + target + " HTTP/1.1\r\nHost: " + host + "\r\n";
    String end = once ? "Connection: close\r\n\r\n" : "\r\n";
    if (body.length > 0 || call.method().equals("POST") || call.method().equals("PUT")) {
      end = "Content-Length: " + body.length + "\r\n" + end;
    }
    byte[] begin = line.getBytes(StandardCharsets.UTF_8);
    byte[] lines = headers.lines();
    byte[] last = end.getBytes(StandardCharsets.UTF_8);
    int length = begin.length + lines.length + last.length;
    int more = body.length > ONE_WRITE ? 0 : body.length;
    byte[] all = Arrays.copyOf(begin, length + more);
    System.arraycopy(lines, 0, all, begin.length, lines.length);
    System.arraycopy(last, 0, all, length - last.length, last.length);
    System.arraycopy(body, 0, all, length, more);
    return all;
  }

  private ClientResponse answer(
      Http1Reader.Head h, Http1Reader in, ConnectionStreams wire, Consumer<ConnectionStreams> back)
      throws IOException {
    version = h.version();
    TreeMap<String, List<String>> headers = h.headers();
    List<String> lengths = headers.getOrDefault("Content-Length", List.of());
    String coding = String.join(",", headers.getOrDefault("Transfer-Encoding", List.of()));
    String connection =
        String.join(",", headers.getOrDefault("Connection", List.of())).toLowerCase(Locale.ROOT);
    boolean again = h.version().equals("HTTP/1.1") && !connection.contains("close");
    Http1Body body;
    if (call.method().equals("HEAD") || h.status() == 204 || h.status() == 304) {
      body = new Http1Body(in, 0);
    } else if (coding.toLowerCase(Locale.ROOT).contains("chunked")) {
      body = new Http1Body.Chunked(in);
    } else if (!lengths.isEmpty()) {
      body = Http1Body.ofLength(in, lengths.getFirst());
    } else {
      body = new Http1Body(in, Http1Body.TO_THE_END);
      again = false;
    }
    return new ClientResponse(h.status(), headers, new Body(body, in, wire, again ? back : null));
  }

  /**
   * Returns a connection to the pool. A record, because a lambda costs much more to create in the
   * agent's compiler mode.
   */
  private record ReleaseAction(Connections to, Connections.Server server)
      implements Consumer<ConnectionStreams> {
    @Override
    public void accept(ConnectionStreams wire) {
      to.release(server, wire);
    }
  }

  /** Body of a response; owns the connection it is read from. */
  private final class Body extends InputStream {
    private final Http1Body part;
    private final Http1Reader source;
    private final ConnectionStreams wire;
    private final @Nullable Consumer<ConnectionStreams> back;
    private boolean over;

    Body(
        Http1Body part,
        Http1Reader source,
        ConnectionStreams wire,
        @Nullable Consumer<ConnectionStreams> back) {
      this.part = part;
      this.source = source;
      this.wire = wire;
      this.back = back;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] b, int offset, int length) throws IOException {
      if (over) {
        return -1;
      }
      if (length == 0) {
        return 0;
      }
      int n;
      try {
        n = part.read(b, offset, length);
      } catch (IOException e) {
        end(false);
        throw isLate() ? new HttpTimeoutException("context deadline exceeded") : e;
      }
      if (n < 0) {
        end(true);
      } else {
        onReceived();
      }
      return n;
    }

    private void end(boolean whole) {
      if (over) {
        return;
      }
      over = true;
      boolean again;
      synchronized (Http1Call.this) {
        again = whole && back != null && !late && !source.hasMore();
        if (again) {
          socket = null; // a late timeout must not close a connection that another call is using
        }
      }
      if (again && back != null) {
        cancel();
        back.accept(wire);
      } else {
        wire.close(); // before the alarm is off: the goodbye of TLS waits for a server that stalls
        cancel();
      }
    }

    @Override
    public void close() {
      if (over) {
        return;
      }
      boolean whole = false;
      try {
        // Discards available bytes, so that the connection can be reused.
        byte[] rest = new byte[256];
        while (back != null && part.isBuffered() && !whole) {
          whole = part.read(rest, 0, rest.length) < 0;
        }
      } catch (IOException e) {
        // then it does not
      }
      end(whole);
    }
  }
}
