package dev.tethys.web.client;

import dev.tethys.config.UrlHost;
import dev.tethys.model.guard.LimitedLog;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpTimeoutException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
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
  /** The longest line, and with it the longest header, in bytes. */
  static final int MAX_LINE = 64 << 10;

  /** The most headers of an answer. */
  static final int MAX_HEADERS = 1000;

  /** The most bytes of all headers of an answer, and of its trailers. */
  static final int MAX_HEAD = 1 << 20;

  /** The most interim answers, such as 103, before an answer. */
  static final int MAX_INTERIM = 16;

  /** Number of characters of a malformed line shown in errors. */
  private static final int SHOWN = 200;

  private static final int BUFFER = 8 << 10;
  private static final int ONE_WRITE = 64 << 10;

  /** Status that some servers send to an idle connection before they close it. */
  private static final int TIMED_OUT = 408;

  private final ClientRequest call;
  private final String host;
  private final String target;
  private final RequestHeaders headers;
  private final long deadline;
  private final Deadlines deadlines;
  private @Nullable Closeable socket; // below TLS, so that closing it never waits; guarded by this
  private boolean late; // guarded by this
  private Deadlines.@Nullable Watch watch;
  private String version = "";

  /**
   * A call.
   *
   * @param target request target: path and query, or the whole URL for a proxy
   * @param deadline in the time of {@link System#nanoTime}
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
   * A call.
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

  /** The status and headers of an answer. */
  record Head(String version, int status, TreeMap<String, List<String>> headers) {}

  /** Sends it over a new connection. */
  ClientResponse send(ConnectionStreams.Dialer dialer) throws IOException, InterruptedException {
    watch();
    try {
      return exchange(dialer.dial(this::opened), null, false);
    } catch (IOException e) {
      throw failed(e);
    }
  }

  /** The version in which it was answered, such as {@code HTTP/1.1}; "" before that. */
  String version() {
    return version;
  }

  /** Sends it over a connection that may have served before and may serve again. */
  ClientResponse send(Connections connections) throws IOException, InterruptedException {
    Connections.Server server =
        new Connections.Server(UrlHost.bare(call.uri()), WebClient.port(call.uri()));
    return send(connections, server, ConnectionStreams.tcp(server.host(), server.port()));
  }

  /**
   * The same.
   *
   * @param dialer opens one that has not served before
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
        } catch (Stale e) {
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

  /** Closing interrupts a blocked socket at its deadline. */
  private void watch() {
    long now = System.nanoTime();
    expireAt(call.headBy(now, deadline));
  }

  /** Data was received from the server. */
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
    Source in = new Source(wire.in());
    try {
      wire.out().write(head);
      if (body.length > ONE_WRITE) {
        wire.out().write(body);
      }
      wire.out().flush();
    } catch (IOException e) {
      if (e instanceof ClosedByInterruptException || isLate() || !in.hasSome()) {
        throw body.length == 0 || mayAskAgain ? new Stale(e) : e;
      }
      // The server has answered without reading the whole body.
    }
    Head h = in.head();
    if (mayAskAgain && h.status() == TIMED_OUT) {
      throw new Stale("408 Request Timeout");
    }
    onReceived();
    return answer(h, in, wire, back == null ? w -> w.close() : back);
  }

  /** The head, and the body after it when it is short. */
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
      Head h, Source in, ConnectionStreams wire, Consumer<ConnectionStreams> back)
      throws IOException {
    version = h.version();
    TreeMap<String, List<String>> headers = h.headers();
    List<String> lengths = headers.getOrDefault("Content-Length", List.of());
    String coding = String.join(",", headers.getOrDefault("Transfer-Encoding", List.of()));
    String connection =
        String.join(",", headers.getOrDefault("Connection", List.of())).toLowerCase(Locale.ROOT);
    boolean again = h.version().equals("HTTP/1.1") && !connection.contains("close");
    Part body;
    if (call.method().equals("HEAD") || h.status() == 204 || h.status() == 304) {
      body = new Part(in, 0);
    } else if (coding.toLowerCase(Locale.ROOT).contains("chunked")) {
      body = new Chunked(in);
    } else if (!lengths.isEmpty()) {
      body = new Part(in, length(lengths.getFirst()));
    } else {
      body = new Part(in, Part.TO_THE_END);
      again = false;
    }
    return new ClientResponse(h.status(), headers, new Body(body, in, wire, again ? back : null));
  }

  private static long length(String s) throws IOException {
    try {
      long n = Long.parseLong(s.strip());
      if (n >= 0) {
        return n;
      }
    } catch (NumberFormatException e) {
      // as below
    }
    throw new IOException("malformed Content-Length \"" + LimitedLog.cut(s, SHOWN) + "\"");
  }

  /** Reads the status and headers of an answer; its body is next. */
  static Head readHead(InputStream in) throws IOException {
    return new Source(in, 1).head();
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

  /**
   * The connection ended before any response, or the data received before the request is not a
   * response to it.
   */
  private static final class Stale extends IOException {
    private static final long serialVersionUID = 1L;

    Stale(@Nullable IOException cause) {
      super("EOF", cause);
    }

    Stale(String message) {
      super(message);
    }
  }

  /** Body of a response; owns the connection it is read from. */
  private final class Body extends InputStream {
    private final Part part;
    private final Source source;
    private final ConnectionStreams wire;
    private final @Nullable Consumer<ConnectionStreams> back;
    private boolean over;

    Body(
        Part part,
        Source source,
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
          socket = null; // a late alarm must not close a connection that another call uses by then
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

  /** Bytes of a connection, some of them read ahead. */
  private static final class Source {
    private final InputStream in;
    private final byte[] buf;
    private int at;
    private int end;

    Source(InputStream in) {
      this(in, BUFFER);
    }

    Source(InputStream in, int ahead) {
      this.in = in;
      this.buf = new byte[ahead];
    }

    boolean hasMore() {
      return at < end;
    }

    /** Whether the peer has sent data; waits for it. */
    boolean hasSome() {
      try {
        return hasMore() || fill();
      } catch (IOException e) {
        return false;
      }
    }

    private boolean fill() throws IOException {
      at = 0;
      end = Math.max(0, in.read(buf, 0, buf.length));
      return end > 0;
    }

    int read(byte[] b, int offset, int length) throws IOException {
      if (at == end) {
        return in.read(b, offset, length);
      }
      int n = Math.min(length, end - at);
      System.arraycopy(buf, at, b, offset, n);
      at += n;
      return n;
    }

    Head head() throws IOException {
      try {
        if (!hasMore() && !fill()) {
          throw new Stale((IOException) null);
        }
      } catch (ClosedByInterruptException | Stale e) {
        throw e;
      } catch (IOException e) {
        throw new Stale(e);
      }
      String version;
      int status;
      TreeMap<String, List<String>> headers;
      int interim = -1;
      do {
        if (++interim > MAX_INTERIM) {
          throw new IOException("more than " + MAX_INTERIM + " interim answers");
        }
        String line = line();
        String[] parts = line.split(" ", 3);
        if (parts.length < 2 || !parts[0].startsWith("HTTP/1.") || !isStatus(parts[1])) {
          throw new Stale("malformed HTTP response \"" + LimitedLog.cut(line, SHOWN) + "\"");
        }
        version = parts[0];
        status = Integer.parseInt(parts[1]);
        headers = headers();
      } while (status / 100 == 1);
      return new Head(version, status, headers);
    }

    private static boolean isStatus(String s) {
      return s.length() == 3
          && s.charAt(0) >= '1'
          && s.charAt(0) <= '5'
          && isDigit(s.charAt(1))
          && isDigit(s.charAt(2));
    }

    private static boolean isDigit(char c) {
      return c >= '0' && c <= '9';
    }

    TreeMap<String, List<String>> headers() throws IOException {
      TreeMap<String, List<String>> out = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
      int bytes = 0;
      for (int n = 0; ; n++) {
        String line = line();
        bytes += line.length();
        if (bytes > MAX_HEAD) {
          throw new IOException("the headers are longer than " + MAX_HEAD + " bytes");
        }
        if (line.isEmpty()) {
          return out;
        }
        int colon = line.indexOf(':');
        if (colon <= 0) {
          throw new IOException("malformed header \"" + LimitedLog.cut(line, SHOWN) + "\"");
        }
        if (n == MAX_HEADERS) {
          throw new IOException("more than " + MAX_HEADERS + " headers");
        }
        out.computeIfAbsent(line.substring(0, colon), k -> new ArrayList<>(1))
            .add(line.substring(colon + 1).strip());
      }
    }

    String line() throws IOException {
      ByteArrayOutputStream before = null; // what came in earlier buffers
      while (true) {
        for (int i = at; i < end; i++) {
          if (buf[i] == '\n') {
            String s;
            if (before == null) {
              s = new String(buf, at, i - at, StandardCharsets.ISO_8859_1);
            } else {
              before.write(buf, at, i - at);
              s = before.toString(StandardCharsets.ISO_8859_1);
            }
            at = i + 1;
            return s.endsWith("\r") ? s.substring(0, s.length() - 1) : s;
          }
        }
        if (before == null) {
          before = new ByteArrayOutputStream();
        }
        before.write(buf, at, end - at);
        if (before.size() > MAX_LINE) {
          throw new IOException("a header is longer than " + MAX_LINE + " bytes");
        }
        if (!fill()) {
          throw new IOException("unexpected EOF");
        }
      }
    }
  }

  /** Body, or part of one, with a known length or up to the end of the connection. */
  private static class Part {
    static final long TO_THE_END = Long.MAX_VALUE;

    final Source in;
    long remaining;

    Part(Source in, long length) {
      this.in = in;
      this.remaining = length;
    }

    /** Reads the size of the next chunk once the current one is consumed; false at the end. */
    boolean next() throws IOException {
      return false;
    }

    /** Whether the rest of it was read ahead. */
    boolean isBuffered() {
      return remaining <= in.end - in.at;
    }

    int read(byte[] b, int offset, int length) throws IOException {
      if (remaining <= 0 && !next()) {
        return -1;
      }
      int n = in.read(b, offset, (int) Math.min(length, remaining));
      if (n < 0) {
        if (remaining == TO_THE_END) {
          remaining = 0;
          return -1;
        }
        throw new IOException("unexpected EOF");
      }
      if (remaining != TO_THE_END) {
        remaining -= n;
      }
      return n;
    }
  }

  /** A body in chunks; trailers are read past. */
  private static final class Chunked extends Part {
    private boolean first = true;
    private boolean ended;

    Chunked(Source in) {
      super(in, 0);
    }

    @Override
    boolean isBuffered() {
      return ended;
    }

    @Override
    boolean next() throws IOException {
      if (ended) {
        return false;
      }
      if (!first && !in.line().isEmpty()) {
        throw new IOException("malformed chunked encoding");
      }
      first = false;
      String size = in.line();
      int semi = size.indexOf(';');
      try {
        remaining = Long.parseLong((semi < 0 ? size : size.substring(0, semi)).strip(), 16);
      } catch (NumberFormatException e) {
        throw new IOException("malformed chunked encoding", e);
      }
      if (remaining < 0 || remaining == TO_THE_END) {
        throw new IOException("malformed chunked encoding");
      }
      if (remaining == 0) {
        ended = true;
        in.headers();
      }
      return !ended;
    }
  }
}
