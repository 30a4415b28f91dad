package dev.tethys.web.client;

import dev.tethys.config.ConnectionRules;
import dev.tethys.config.HttpClientConfig;
import dev.tethys.config.Redaction;
import dev.tethys.config.UrlHost;
import dev.tethys.config.UrlText;
import dev.tethys.model.tracing.ActiveSpan;
import dev.tethys.model.tracing.TraceContext;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.ProtocolException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.nio.channels.UnresolvedAddressException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * Sends calls with one configuration. Safe for any number of threads; calls block.
 *
 * <p>Redirects are followed at most {@link #MAX_REDIRECTS} times; to another host, or from HTTPS to
 * HTTP, neither credentials nor configured headers are sent.
 */
public final class WebClient {
  /** Maximum number of redirects, as in Go's client. */
  static final int MAX_REDIRECTS = 10;

  private final HttpClientConfig config;
  private final Transport transport;
  private final @Nullable Tokens tokens;
  private final String userAgent;
  private final Deadlines deadlines;
  private final Connections connections;
  private final @Nullable CallSigner signer;
  private final ConnectionRules rules;
  private final @Nullable CookieJar cookies;
  private final @Nullable PerHostLimiter turnstile;

  /** Whether calls that set the same headers have the same headers in total. */
  private final boolean sameForAll;

  private volatile @Nullable CachedHeaders known;

  WebClient(
      HttpClientConfig config,
      Transport transport,
      @Nullable Tokens tokens,
      String userAgent,
      Deadlines deadlines,
      Connections connections,
      @Nullable CallSigner signer,
      @Nullable CookieJar cookies) {
    this.config = config;
    this.transport = transport;
    this.tokens = tokens;
    this.userAgent = userAgent;
    this.deadlines = deadlines;
    this.connections = connections;
    this.signer = signer;
    this.rules = config.connections();
    this.cookies = cookies;
    this.turnstile = rules.most() > 0 ? new PerHostLimiter(rules.most()) : null;
    this.sameForAll =
        tokens == null
            && cookies == null
            && signer == null
            && config.headers().isEmpty()
            && config.basicAuth() == null
            && config.authorization() == null;
  }

  /**
   * Sends a call and returns the response, regardless of its status, as soon as its headers have
   * arrived.
   *
   * @throws IOException with a message that names the URL, with Prometheus's wording for common
   *     errors ({@code context deadline exceeded}, {@code connection refused})
   */
  public ClientResponse send(ClientRequest call) throws IOException, InterruptedException {
    ActiveSpan within = ActiveSpan.current();
    if (within == ActiveSpan.NONE) {
      return sendFollowing(call);
    }
    try (ActiveSpan span = within.child("HTTP " + call.method(), ActiveSpan.Kind.CLIENT)) {
      // Only the server of the URL is recorded: paths and queries contain tokens of receivers.
      span.set("http.request.method", call.method())
          .set("server.address", String.valueOf(UrlHost.of(call.uri())))
          .set("server.port", UrlPort.of(call.uri()));
      try {
        ClientResponse a = sendFollowing(traced(call, span));
        span.set("http.response.status_code", a.status());
        if (a.status() >= 400) {
          span.failed("");
        }
        return a;
      } catch (IOException e) {
        String why = (e.getCause() == null ? e : e.getCause()).getMessage();
        span.failed(why == null ? null : Redaction.text(why));
        throw e;
      }
    }
  }

  private static ClientRequest traced(ClientRequest call, ActiveSpan span) {
    TraceContext context = span.context();
    if (context == null) {
      return call;
    }
    ClientRequest c = call.withHeader(TraceContext.PARENT_HEADER, context.parent());
    return context.state().isEmpty() ? c : c.withHeader(TraceContext.STATE_HEADER, context.state());
  }

  private ClientResponse sendFollowing(ClientRequest call)
      throws IOException, InterruptedException {
    long deadline = System.nanoTime() + call.timeout().toNanos();
    try {
      ClientRequest next = call;
      boolean trusted = true;
      for (int redirects = 0; ; redirects++) {
        ClientResponse answer = sendOnce(next, trusted, deadline);
        ClientRequest redirected = config.followRedirects() ? redirected(next, answer) : null;
        if (redirected == null) {
          return answer;
        }
        answer.close();
        if (redirects == MAX_REDIRECTS) {
          throw new IOException("stopped after " + MAX_REDIRECTS + " redirects");
        }
        trusted = trusted && isSameServer(call.uri(), redirected.uri());
        next = trusted ? redirected : withoutSecrets(redirected);
      }
    } catch (IOException e) {
      throw explained(call, e);
    } catch (UnresolvedAddressException e) {
      throw explained(call, new IOException("no such host", e));
    }
  }

  private IOException explained(ClientRequest call, IOException e) {
    String method = call.method().charAt(0) + call.method().substring(1).toLowerCase(Locale.ROOT);
    String reason;
    if (e instanceof HttpTimeoutException) {
      reason = "context deadline exceeded";
    } else if (e instanceof ConnectException) {
      reason = connectReason(e, call);
    } else if (e instanceof SSLException s) {
      String name = config.tls().serverName();
      reason = TlsFailure.reason(s, name.isEmpty() ? String.valueOf(UrlHost.of(call.uri())) : name);
    } else {
      reason = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    }
    return new IOException(method + " \"" + Redaction.url(call.uri()) + "\": " + reason, e);
  }

  private static String connectReason(IOException e, ClientRequest call) {
    for (Throwable t = e; t != null; t = t.getCause()) {
      if (t instanceof UnresolvedAddressException) {
        return "lookup " + UrlHost.of(call.uri()) + ": no such host";
      }
    }
    return "connect: " + (e.getMessage() == null ? "connection refused" : e.getMessage());
  }

  /**
   * Sends a call, and retries it once if a token or ticket that used to be valid was rejected: it
   * was revoked, and would be kept until it expires.
   */
  private ClientResponse sendOnce(ClientRequest unsigned, boolean trusted, long deadline)
      throws IOException, InterruptedException {
    CallSigner.Signed signed =
        trusted && signer != null ? signer.sign(unsigned) : CallSigner.Signed.of(unsigned);
    RequestHeaders headers = headers(signed.call(), trusted, deadline);
    ClientResponse answer = sendWith(signed.call(), headers, deadline);
    if (answer.status() != 401 || !trusted || !hasAnother(signed, headers)) {
      return answer;
    }
    answer.close();
    ClientRequest again = signer != null ? signer.sign(unsigned).call() : unsigned;
    return sendWith(again, headers(again, true, deadline), deadline);
  }

  private boolean hasAnother(CallSigner.Signed signed, RequestHeaders refused) {
    if (signer != null) {
      return signed.refused().getAsBoolean();
    }
    List<String> used = refused.values().get("Authorization");
    return tokens != null && used != null && tokens.isReplaced(used.getFirst());
  }

  private ClientResponse sendWith(ClientRequest call, RequestHeaders headers, long deadline)
      throws IOException, InterruptedException {
    ClientResponse a =
        turnstile == null || call.unixSocket() != null
            ? sendNow(call, headers, deadline)
            : turnstile.send(call.uri(), deadline, () -> sendNow(call, headers, deadline));
    if (cookies != null) {
      cookies.keep(call.uri(), a.headers());
    }
    return a;
  }

  private ClientResponse sendNow(ClientRequest call, RequestHeaders headers, long deadline)
      throws IOException, InterruptedException {
    String scheme = String.valueOf(call.uri().getScheme()).toLowerCase(Locale.ROOT);
    if (UrlHost.of(call.uri()) == null || !scheme.equals("http") && !scheme.equals("https")) {
      throw new IOException("unsupported protocol scheme \"" + scheme + "\"");
    }
    UrlPort.check(call.uri());
    if (call.unixSocket() != null) {
      if (scheme.equals("https")) {
        throw new IOException("HTTPS over a Unix socket is not built in Tethys yet (see README)");
      }
      return new Http1Call(call, path(call.uri()), headers, deadline, deadlines)
          .send(ConnectionStreams.unix(call.unixSocket()));
    }
    URI proxy = transport.proxies().find(call.uri());
    if (proxy != null && rules.ownConnections()) {
      return throughProxy(call, headers, proxy, deadline);
    }
    if (rules.ownConnections()) {
      return overOwn(call, headers, scheme, deadline);
    }
    if (proxy != null
        && (ProxyRoute.isNeeded(proxy, call.uri(), transport.proxies().connectHeader())
            || scheme.equals("https") && HostTls.isNeeded(transport.tls(), call.uri()))) {
      return throughProxy(call, headers, proxy, deadline);
    }
    if (proxy == null && scheme.equals("http")) {
      return new Http1Call(call, path(call.uri()), headers, deadline, deadlines).send(connections);
    }
    if (proxy == null && HostTls.isNeeded(transport.tls(), call.uri())) {
      String host = UrlHost.bare(call.uri());
      return new Http1Call(call, path(call.uri()), headers, deadline, deadlines)
          .send(HostTls.dialer(transport.tls(), host, UrlPort.of(call.uri()), Addresses.IN_ORDER));
    }
    return watched(call, overTcp(call, headers, scheme, deadline), deadline);
  }

  /** Uses HTTP/1.1, with our own connections: all calls of this engine follow one rule. */
  private ClientResponse overOwn(
      ClientRequest call, RequestHeaders headers, String scheme, long deadline)
      throws IOException, InterruptedException {
    ClientTls.Setup tls = scheme.equals("https") ? transport.tls() : null;
    String host = UrlHost.bare(call.uri());
    int port = UrlPort.of(call.uri());
    Connections.Server server = new Connections.Server(host, port, tls);
    Addresses addresses = rules.anyAddress() ? Addresses.SHUFFLED : Addresses.IN_ORDER;
    ConnectionStreams.Dialer dialer =
        tls == null
            ? ConnectionStreams.tcp(host, port, addresses)
            : HostTls.dialer(tls, host, port, addresses);
    Http1Call c = new Http1Call(call, path(call.uri()), headers, deadline, deadlines);
    return rules.single() ? c.send(dialer) : c.send(connections, server, dialer);
  }

  /** Encoded headers of a call, shared by calls with the same headers. */
  private record CachedHeaders(Map<String, String> of, RequestHeaders made) {}

  private RequestHeaders headers(ClientRequest call, boolean trusted, long deadline)
      throws IOException, InterruptedException {
    CachedHeaders before = known;
    if (before != null && before.of.equals(call.headers())) {
      return before.made;
    }
    Map<String, List<String>> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    headers.put("User-Agent", List.of(userAgent));
    if (trusted) {
      for (Map.Entry<String, String> h : Credentials.headers(config)) {
        headers.computeIfAbsent(h.getKey(), k -> new ArrayList<>()).add(h.getValue());
      }
      String authorization = Credentials.authorization(config);
      if (tokens != null) {
        authorization = tokens.authorization(left(deadline));
      }
      if (authorization != null) {
        headers.put("Authorization", List.of(authorization));
      }
    }
    call.headers().forEach((name, v) -> headers.put(name, List.of(v)));
    String kept = cookies == null ? "" : cookies.of(call.uri());
    if (!kept.isEmpty()) {
      headers.merge("Cookie", List.of(kept), (a, b) -> List.of(a.getFirst() + "; " + kept));
    }
    RequestHeaders made = new RequestHeaders(headers);
    if (sameForAll) {
      known = new CachedHeaders(Map.copyOf(call.headers()), made);
    }
    return made;
  }

  private ClientResponse throughProxy(
      ClientRequest call, RequestHeaders headers, URI proxy, long deadline)
      throws IOException, InterruptedException {
    String authorization = transport.proxies().authorization(call.uri());
    ProxyRoute route =
        new ProxyRoute(
            proxy, call.uri(), authorization, transport.proxies().connectHeader(), transport.tls());
    String target = path(call.uri());
    RequestHeaders sent = headers;
    if (route.forwards()) {
      target = call.uri().getScheme() + "://" + call.uri().getRawAuthority() + target;
      if (authorization != null) {
        Map<String, List<String>> more = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        more.putAll(headers.values());
        more.put("Proxy-Authorization", List.of(authorization));
        sent = new RequestHeaders(more);
      }
    }
    return new Http1Call(call, target, sent, deadline, deadlines).send(route::dial);
  }

  private static String path(URI uri) {
    String path = uri.getRawPath().isEmpty() ? "/" : uri.getRawPath();
    return uri.getRawQuery() == null ? path : path + "?" + uri.getRawQuery();
  }

  private ClientResponse overTcp(
      ClientRequest call, RequestHeaders headers, String scheme, long deadline)
      throws IOException, InterruptedException {
    HttpRequest.Builder b =
        HttpRequest.newBuilder(call.uri())
            .timeout(left(call.headBy(System.nanoTime(), deadline)))
            // Without TLS the JDK's client would request an upgrade that confuses servers.
            .version(
                transport.http2() && scheme.equals("https")
                    ? HttpClient.Version.HTTP_2
                    : HttpClient.Version.HTTP_1_1)
            .method(
                call.method(),
                call.body() == null
                    ? BodyPublishers.noBody()
                    : BodyPublishers.ofByteArray(call.body()));
    try {
      headers.values().forEach((k, values) -> values.forEach(v -> header(b, k, v)));
      String proxy = transport.proxies().authorization(call.uri());
      if (proxy != null) {
        header(b, "Proxy-Authorization", proxy);
      }
    } catch (IllegalArgumentException e) {
      throw new IOException(e.getMessage(), e);
    }
    HttpClient engine = transport.engine();
    try {
      HttpResponse<InputStream> r = engine.send(b.build(), BodyHandlers.ofInputStream());
      return new ClientResponse(r.statusCode(), r.headers().map(), r.body());
    } catch (ProtocolException e) {
      transport.retire(engine);
      throw e;
    }
  }

  /** Adds a header; the JDK's own message would show its value. */
  private static void header(HttpRequest.Builder b, String name, String value) {
    try {
      b.header(name, value);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "header \""
              + name
              + "\" cannot be sent: its name or value has characters that HTTP does not allow, such"
              + " as a line end");
    }
  }

  private static Duration left(long deadline) throws HttpTimeoutException {
    long nanos = deadline - System.nanoTime();
    if (nanos <= 0) {
      throw new HttpTimeoutException("no time left");
    }
    return Duration.ofNanos(nanos);
  }

  /** Closes the body at the deadline of the call, from another thread than its reader. */
  private ClientResponse watched(ClientRequest call, ClientResponse answer, long deadline) {
    Watched body = new Watched(answer.body(), call, deadline, deadlines);
    body.onReceived();
    return new ClientResponse(answer.status(), answer.headers(), body);
  }

  private static final class Watched extends FilterInputStream {
    private volatile boolean expired;
    private final ClientRequest call;
    private final long deadline;
    private final Deadlines deadlines;
    private volatile Deadlines.@Nullable Watch watch;

    Watched(InputStream in, ClientRequest call, long deadline, Deadlines deadlines) {
      super(in);
      this.call = call;
      this.deadline = deadline;
      this.deadlines = deadlines;
    }

    private void onReceived() {
      if (watch != null && call.timeLimit() == null) {
        return;
      }
      cancel();
      long now = System.nanoTime();
      watch = deadlines.watch(call.bodyBy(now, deadline), this::expire);
    }

    private void expire() {
      expired = true;
      // Closing can wait for a reader, and the thread of deadlines must not.
      Thread.ofVirtual()
          .start(
              () -> {
                try {
                  in.close();
                } catch (IOException e) {
                  // it is over anyway
                }
              });
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] b, int off, int len) throws IOException {
      int n;
      try {
        n = super.read(b, off, len);
      } catch (IOException e) {
        if (expired) {
          throw new HttpTimeoutException("context deadline exceeded");
        }
        throw e;
      }
      if (expired) {
        throw new HttpTimeoutException("context deadline exceeded");
      }
      if (n < 0) {
        cancel();
      } else {
        onReceived();
      }
      return n;
    }

    private void cancel() {
      Deadlines.Watch w = watch;
      if (w != null) {
        w.over();
      }
    }

    @Override
    public void close() throws IOException {
      cancel();
      super.close();
    }
  }

  private static @Nullable ClientRequest redirected(ClientRequest call, ClientResponse answer)
      throws IOException {
    String location = answer.header("Location");
    if (location == null) {
      return null;
    }
    boolean keepsMethod;
    switch (answer.status()) {
      case 301, 302, 303 ->
          keepsMethod = call.method().equals("GET") || call.method().equals("HEAD");
      case 307, 308 -> keepsMethod = true;
      default -> {
        return null;
      }
    }
    URI to;
    try {
      to = UrlText.resolve(call.uri(), location);
    } catch (URISyntaxException e) {
      throw new IOException(
          "redirected to \""
              + Redaction.text(location)
              + "\", which is not a URL: "
              + e.getReason(),
          e);
    }
    return new ClientRequest(
        keepsMethod ? call.method() : "GET",
        to,
        call.headers(),
        keepsMethod ? call.body() : null,
        call.timeout(),
        call.unixSocket());
  }

  private static boolean isSameServer(URI from, URI to) {
    boolean downgraded =
        "https".equalsIgnoreCase(from.getScheme()) && !"https".equalsIgnoreCase(to.getScheme());
    return !downgraded
        && String.valueOf(UrlHost.of(from)).equalsIgnoreCase(String.valueOf(UrlHost.of(to)))
        && UrlPort.of(from) == UrlPort.of(to);
  }

  private static ClientRequest withoutSecrets(ClientRequest call) {
    Map<String, String> kept = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    kept.putAll(call.headers());
    kept.remove("Authorization");
    kept.remove("Cookie");
    return new ClientRequest(call.method(), call.uri(), kept, call.body(), call.timeout(), null);
  }
}
