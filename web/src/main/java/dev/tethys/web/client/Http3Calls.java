package dev.tethys.web.client;

import dev.tethys.config.UrlHost;
import dev.tethys.web.client.TracedClient.Exchange;
import dev.tethys.web.client.TracedClient.Request;
import dev.tethys.web.client.TracedClient.Times;
import java.io.IOException;
import java.io.InputStream;
import java.io.PushbackInputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;

/**
 * The calls of a {@link TracedClient} over HTTP/3. Unlike the older versions a connection is used
 * again for the same server, until this is closed, as Go's client does. Not thread-safe.
 */
final class Http3Calls implements AutoCloseable {
  /** Connection fields, which HTTP/3 does not allow, and those that are set here. */
  private static final Set<String> NOT_SENT =
      Set.of(
          "connection",
          "content-length",
          "host",
          "keep-alive",
          "proxy-connection",
          "transfer-encoding",
          "upgrade");

  /** Methods whose requests announce that they have no body. */
  private static final Set<String> SAY_LENGTH = Set.of("POST", "PUT", "PATCH");

  private record Server(String authority, String name) {}

  private final Http3Dialer.Secured dialer;
  private final String ownName;
  private final Map<Server, Http3Dialer.Connection> connections = new HashMap<>();

  /**
   * Creates the calls.
   *
   * @param ownName name for SNI and verification regardless of the request; empty for the request's
   *     host
   */
  Http3Calls(Http3Dialer.Secured dialer, String ownName) {
    this.dialer = dialer;
    this.ownName = ownName;
  }

  Exchange send(Request r, String target, Map<String, List<String>> headers, Times times)
      throws IOException, InterruptedException {
    if (!"https".equalsIgnoreCase(r.uri().getScheme())) {
      throw new IOException("http3: unsupported protocol scheme: " + r.uri().getScheme());
    }
    // Go's client requests gzip and decompresses it, unless the caller sets an encoding.
    boolean gzip =
        !headers.containsKey("Accept-Encoding")
            && !headers.containsKey("Range")
            && !r.method().equals("HEAD");
    List<Map.Entry<String, String>> head = head(r, target, headers, gzip);
    String name = ownName.isEmpty() ? r.serverName() : ownName;
    Server server = new Server(r.uri().getRawAuthority(), name);
    times.started = System.nanoTime();
    Http3Dialer.Connection c = connections.get(server);
    if (c != null && c.isOpen()) {
      times.resolved = times.started;
      times.connected = times.started;
    } else {
      c = connect(r, name, times);
      Http3Dialer.Connection former = connections.put(server, c);
      if (former != null) {
        former.close();
      }
    }
    times.ready = System.nanoTime();
    Http3Dialer.Reply reply = c.send(head, r.body(), r.deadline());
    times.firstByte = reply.headAt();
    TreeMap<String, List<String>> responseHeaders = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    responseHeaders.putAll(reply.headers());
    InputStream body = reply.body();
    if (gzip && List.of("gzip").equals(responseHeaders.get("Content-Encoding"))) {
      responseHeaders.remove("Content-Encoding");
      responseHeaders.remove("Content-Length");
      body = new Gunzipped(body);
    }
    return new Exchange(
        new ClientResponse(reply.status(), responseHeaders, body), "HTTP/3.0", c.session());
  }

  private Http3Dialer.Connection connect(Request r, String name, Times times)
      throws IOException, InterruptedException {
    InetAddress address = r.address();
    if (address == null) {
      address = NameLookup.all(UrlHost.bare(r.uri()), r.deadline()).getFirst();
    }
    times.resolved = System.nanoTime();
    times.tlsStarted = times.resolved;
    Http3Dialer.Connection c =
        dialer.connect(new InetSocketAddress(address, UrlPort.of(r.uri())), name, r.deadline());
    times.connected = System.nanoTime();
    times.secured = times.connected;
    return c;
  }

  private static List<Map.Entry<String, String>> head(
      Request r, String target, Map<String, List<String>> headers, boolean gzip)
      throws IOException {
    List<Map.Entry<String, String>> head = new ArrayList<>();
    head.add(Map.entry(":method", r.method()));
    head.add(Map.entry(":scheme", "https"));
    head.add(Map.entry(":authority", r.host()));
    head.add(Map.entry(":path", target));
    for (Map.Entry<String, List<String>> h : headers.entrySet()) {
      String name = h.getKey().toLowerCase(Locale.ROOT);
      if (NOT_SENT.contains(name)) {
        continue;
      }
      for (String v : h.getValue()) {
        head.add(Map.entry(name, v));
      }
    }
    byte[] body = r.body();
    if (body != null && body.length > 0 || SAY_LENGTH.contains(r.method())) {
      head.add(Map.entry("content-length", Integer.toString(body == null ? 0 : body.length)));
    }
    if (gzip) {
      head.add(Map.entry("accept-encoding", "gzip"));
    }
    for (Map.Entry<String, String> f : head) {
      if (!RequestHeaders.isSendable(f.getValue())) {
        throw new IOException("a header cannot be sent: " + f.getKey());
      }
    }
    return head;
  }

  @Override
  public void close() {
    connections.values().forEach(Http3Dialer.Connection::close);
    connections.clear();
  }

  /**
   * Decompresses gzip, starting at the first read: invalid data fails then, except an empty body,
   * as in a response with status 304.
   */
  private static final class Gunzipped extends InputStream {
    private final InputStream zipped;
    private @Nullable InputStream plain;

    Gunzipped(InputStream zipped) {
      this.zipped = zipped;
    }

    private InputStream plain() throws IOException {
      InputStream p = plain;
      if (p == null) {
        PushbackInputStream begun = new PushbackInputStream(zipped);
        int first = begun.read();
        if (first < 0) {
          p = nullInputStream();
        } else {
          begun.unread(first);
          p = new GZIPInputStream(begun, 8192);
        }
        plain = p;
      }
      return p;
    }

    @Override
    public int read() throws IOException {
      return plain().read();
    }

    @Override
    public int read(byte[] b, int offset, int length) throws IOException {
      return plain().read(b, offset, length);
    }

    @Override
    public void close() throws IOException {
      if (plain != null) {
        plain.close(); // gives back what the inflater holds
      }
      zipped.close();
    }
  }
}
