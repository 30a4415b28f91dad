package dev.tethys.collect.exporter.blackbox;

import com.google.re2j.Pattern;
import dev.tethys.codec.CodecException;
import dev.tethys.codec.json.JsonValues;
import dev.tethys.collect.exporter.CelCompiler;
import dev.tethys.collect.exporter.blackbox.HttpModule.HeaderMatch;
import dev.tethys.config.UrlHost;
import dev.tethys.config.UrlText;
import dev.tethys.web.Params;
import dev.tethys.web.client.BasicCredentials;
import dev.tethys.web.client.HttpClientFactory;
import dev.tethys.web.client.TracedClient;
import dev.tethys.web.client.TracedClient.Exchange;
import dev.tethys.web.client.TracedClient.Request;
import dev.tethys.web.client.TracedClient.Times;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.System.Logger.Level;
import java.net.CookieManager;
import java.net.CookiePolicy;
import java.net.InetAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.GZIPInputStream;
import java.util.zip.Inflater;
import java.util.zip.InflaterInputStream;
import org.brotli.dec.BrotliInputStream;
import org.jspecify.annotations.Nullable;

/** Requests a URL, follows redirects, and checks every phase and the last response. */
final class HttpProber implements Prober {
  private static final int MAX_REDIRECTS = 10;

  /** Maximum size in bytes of a body that is matched by expressions, or received over HTTP/2. */
  private static final int MAX_BODY = 64 << 20;

  private static final int MAX_BODY_FILE = 64 << 20;
  private static final String CEL = "probe_failed_due_to_cel";
  private static final String DURATION = "probe_http_duration_seconds";
  private static final String DURATION_HELP =
      "Duration of http request by phase, summed over all redirects";

  private final HttpClientFactory clients;
  private final String userAgent;

  HttpProber(HttpClientFactory clients, String userAgent) {
    this.clients = clients;
    this.userAgent = userAgent;
  }

  /** Sequence of redirected requests, with the state of the last response. */
  private final class RedirectChain implements AutoCloseable {
    final HttpModule m;
    final ProbeAttempt attempt;
    final CookieManager cookies = new CookieManager(null, CookiePolicy.ACCEPT_ALL);
    final TracedClient client;
    final String firstHost;
    int redirects;
    boolean refused; // a redirect that is not followed
    String method;
    byte @Nullable [] body;
    URI uri;
    String host;

    /** Whether a Location without a scheme keeps it: as long as the URL has another. */
    boolean hostStays;

    @Nullable InetAddress address;
    boolean trusted = true;
    final List<Times> times = new ArrayList<>();

    RedirectChain(HttpModule m, ProbeAttempt attempt, URI uri, @Nullable InetAddress address)
        throws IOException {
      this.m = m;
      this.attempt = attempt;
      this.uri = uri;
      this.address = address;
      this.client = m.http3() ? clients.tracedHttp3(m.client()) : clients.traced(m.client());
      this.method = m.method();
      this.body = body(m);
      String written = m.host();
      this.firstHost = authority(uri);
      this.host = written == null ? firstHost : written;
      // The URL has the address instead of the name, as with the real one.
      this.hostStays = written != null || address != null && !isAddress(UrlHost.bare(uri));
    }

    /** Runs the probe and returns the last response; null, after logging why, if there is none. */
    @Nullable Exchange run() throws InterruptedException {
      try {
        while (true) {
          Exchange x = ask();
          String location = x.answer().header("Location", "");
          boolean moved =
              switch (x.answer().status()) {
                case 301, 302, 303, 307, 308 -> !location.isEmpty();
                default -> false;
              };
          if (!moved) {
            return x;
          }
          URI to = target(location);
          redirects++;
          attempt.log(Level.INFO, "Received redirect", "location", location);
          if (redirects > MAX_REDIRECTS || !m.client().followRedirects()) {
            attempt.log(Level.INFO, "Not following redirect");
            refused = true;
            return x;
          }
          x.close();
          follow(x.answer().status(), location, to);
        }
      } catch (IOException | IllegalArgumentException e) {
        attempt.fails("Error for HTTP request", "err", e.getMessage());
        return null;
      }
    }

    private Exchange ask() throws IOException, InterruptedException {
      Map<String, List<String>> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
      headers.put("User-Agent", List.of(userAgent));
      m.headers()
          .forEach(
              (k, v) -> {
                boolean secret =
                    k.equalsIgnoreCase("Authorization") || k.equalsIgnoreCase("Cookie");
                if (!k.equalsIgnoreCase("Host") && (trusted || !secret)) {
                  headers.put(k, List.of(v));
                }
              });
      if (m.http3() && !m.compression().isEmpty() && !headers.containsKey("Accept-Encoding")) {
        // Otherwise the client would request gzip and decompress it.
        headers.put("Accept-Encoding", List.of(m.compression()));
      }
      List<String> cookie = cookies.get(uri, Map.of()).getOrDefault("Cookie", List.of());
      if (!cookie.isEmpty()) {
        headers.put("Cookie", List.of(String.join("; ", cookie)));
      }
      String user = user(uri);
      if (!user.isEmpty() && !headers.containsKey("Authorization")) {
        int colon = user.indexOf(':');
        headers.put(
            "Authorization",
            List.of(
                BasicCredentials.header(
                    Params.decodePath(colon < 0 ? user : user.substring(0, colon)),
                    colon < 0 ? "" : Params.decodePath(user.substring(colon + 1)))));
      }
      attempt.debug("Making HTTP request", "url", uri, "host", host);
      Times t = new Times();
      times.add(t);
      boolean first = authority(uri).equals(firstHost);
      String written = m.host();
      String serverName = UrlHost.bare(uri);
      if (first && written != null) {
        ProbeAttempt.HostPort hp = ProbeAttempt.HostPort.of(written);
        serverName = hp == null ? written : hp.host();
      }
      Exchange x =
          client.send(
              new Request(
                  method,
                  uri,
                  client.isProxied(uri) ? null : address,
                  host,
                  serverName,
                  headers,
                  body,
                  trusted,
                  attempt.deadline,
                  MAX_BODY),
              t);
      cookies.put(uri, x.answer().headers());
      return x;
    }

    private URI target(String location) throws IOException {
      try {
        return uri.resolve(UrlText.read(location.strip()));
      } catch (URISyntaxException e) {
        throw new IOException("failed to parse Location header \"" + location + "\"", e);
      }
    }

    private void follow(int status, String location, URI to) throws IOException {
      String scheme = String.valueOf(to.getScheme());
      if (UrlHost.of(to) == null || !scheme.equals("http") && !scheme.equals("https")) {
        throw new IOException("unsupported protocol scheme \"" + scheme + "\"");
      }
      if (!hostStays || location.strip().matches("(?i)[a-z][a-z0-9+.-]*:.*")) {
        host = authority(to);
        hostStays = false;
      }
      if (location.strip().matches("(?i)([a-z][a-z0-9+.-]*:)?//.*")) {
        address = null; // looked up anew
        trusted = trusted && authority(to).equals(firstHost);
      }
      if (status != 307 && status != 308) {
        method = method.equals("HEAD") ? "HEAD" : "GET";
        body = null;
      }
      uri = to;
    }

    @Override
    public void close() {
      client.close();
    }
  }

  /** Returns host and port, without user information. */
  private static String authority(URI uri) {
    String all = uri.getRawAuthority();
    return all.substring(all.lastIndexOf('@') + 1);
  }

  /** Returns the user information before the host; "" for none. */
  private static String user(URI uri) {
    String all = uri.getRawAuthority();
    return all.substring(0, Math.max(0, all.lastIndexOf('@')));
  }

  private static boolean isAddress(String host) {
    try {
      InetAddress.ofLiteral(host);
      return true;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private static byte @Nullable [] body(HttpModule m) throws IOException {
    if (!m.body().isEmpty()) {
      return m.body().getBytes(StandardCharsets.UTF_8);
    }
    if (m.bodyFile().isEmpty()) {
      return null;
    }
    Path file = Path.of(m.bodyFile());
    if (Files.size(file) > MAX_BODY_FILE) {
      throw new IOException(file + " is larger than " + MAX_BODY_FILE + " bytes");
    }
    return Files.readAllBytes(file);
  }

  @Override
  public boolean probe(String target, Module module, ProbeAttempt attempt)
      throws IOException, InterruptedException {
    HttpModule m = module.http();
    begin(m, attempt);
    String lower = target.toLowerCase(Locale.ROOT);
    String url =
        lower.startsWith("http://") || lower.startsWith("https://") ? target : "http://" + target;
    if (m.http3() && url.regionMatches(true, 0, "http://", 0, 7)) {
      String converted = "https://" + url.substring(7);
      attempt.log(
          Level.WARNING,
          "Converting HTTP to HTTPS for HTTP/3 compatibility",
          "original_target",
          url,
          "converted_target",
          converted);
      url = converted;
    }
    URI uri;
    try {
      uri = UrlText.read(url);
    } catch (URISyntaxException e) {
      return attempt.fails("Could not parse target URL", "err", e.getMessage());
    }
    String host = UrlHost.of(uri);
    if (host == null) {
      return attempt.fails("Could not parse target URL", "err", "no host in " + url);
    }
    boolean leftToProxy =
        m.skipResolve()
            && (m.client().proxy().url() != null || m.client().proxy().fromEnvironment());
    InetAddress address = null;
    if (!leftToProxy) {
      ProbeAttempt.ResolvedAddress found = attempt.address(host, m.ip());
      attempt.found.add(DURATION, DURATION_HELP, "phase", "resolve", found.seconds());
      address = found.address();
      if (address == null) {
        return false;
      }
    }
    try (RedirectChain chase = new RedirectChain(m, attempt, uri, address)) {
      return chased(m, attempt, chase);
    }
  }

  private boolean chased(HttpModule m, ProbeAttempt attempt, RedirectChain chase)
      throws IOException, InterruptedException {
    for (String phase : List.of("connect", "tls", "processing", "transfer")) {
      attempt.found.add(DURATION, DURATION_HELP, "phase", phase, 0);
    }
    long ended = 0;
    boolean success = false;
    Exchange x = chase.run();
    try (x) {
      if (x != null) {
        success = judge(m, attempt, x, chase.refused);
        ended = System.nanoTime();
      }
      phases(attempt, chase.times, ended);
      if (x != null && x.session() != null) {
        attempt.found.gauge("probe_http_ssl", "", 1);
        TlsFacts facts = new TlsFacts(x.session());
        facts.common(attempt.found);
        facts.chain(attempt.found, m.client().tls());
        facts.cipher(attempt.found);
        if (m.failIfTls()) {
          success = attempt.fails("Final request was over SSL");
        }
      } else if (m.failIfNotTls() && success) {
        success = attempt.fails("Final request was not over SSL");
      }
    }
    attempt.found.gauge("probe_http_redirects", "", chase.redirects);
    return success;
  }

  private static void begin(HttpModule m, ProbeAttempt attempt) {
    attempt
        .found
        .gauge("probe_http_content_length", "Length of http content response", 0)
        .gauge("probe_http_uncompressed_body_length", "Length of uncompressed response body", 0)
        .gauge("probe_http_redirects", "The number of redirects", 0)
        .gauge("probe_http_ssl", "Indicates if SSL was used for the final redirect", 0)
        .gauge("probe_http_status_code", "Response HTTP status code", 0)
        .gauge("probe_http_version", "Returns the version of HTTP of the probe response", 0)
        .gauge("probe_failed_due_to_regex", "Indicates if probe failed due to regex", 0);
    if (m.looksAtJson()) {
      attempt.found.gauge(CEL, "Indicates if probe failed due to CEL expression not matching", 0);
    }
  }

  private boolean judge(HttpModule m, ProbeAttempt attempt, Exchange x, boolean refused) {
    int status = x.answer().status();
    attempt.debug("Received HTTP response", "status_code", status);
    attempt.found.gauge("probe_http_status_code", "", status);
    attempt.found.gauge("probe_http_content_length", "", contentLength(m, x));
    boolean success =
        m.statusCodes().isEmpty() ? status / 100 == 2 : m.statusCodes().contains((long) status);
    if (!success) {
      attempt.fails(
          m.statusCodes().isEmpty()
              ? "Invalid HTTP response status code, wanted 2xx"
              : "Invalid HTTP response status code",
          "status_code",
          status);
    }
    if (success && !(m.failIfHeaderMatches().isEmpty() && m.failIfHeaderNotMatches().isEmpty())) {
      success = headers(m, attempt, x.answer().headers());
      attempt.found.gauge("probe_failed_due_to_regex", "", success ? 0 : 1);
    }
    if (!refused) {
      success = read(m, attempt, x, success);
    }
    Instant modified = HttpDate.read(x.answer().header("Last-Modified", ""));
    if (modified != null) {
      attempt.found.gauge(
          "probe_http_last_modified_timestamp_seconds",
          "Returns the Last-Modified HTTP response header in unixtime",
          modified.getEpochSecond());
    }
    attempt.found.gauge(
        "probe_http_version", "", Double.parseDouble(x.version().substring("HTTP/".length())));
    if (!m.versions().isEmpty() && !m.versions().contains(x.version())) {
      success = attempt.fails("Invalid HTTP version number", "version", x.version());
    }
    return success;
  }

  /** Returns the encoded body length; -1 if it is not declared, as in Go. */
  private static double contentLength(HttpModule m, Exchange x) {
    int status = x.answer().status();
    String header = x.answer().header("Content-Length");
    if (header == null) {
      boolean none =
          x.version().equals("HTTP/3.0")
              ? status == 204
              : (status == 204 || status == 304) && !m.method().equals("HEAD");
      return none ? 0 : -1;
    }
    try {
      return Long.parseLong(header.strip());
    } catch (NumberFormatException e) {
      return -1;
    }
  }

  /** Reads the body to its end, and compares it where the module requires that. */
  private static boolean read(HttpModule m, ProbeAttempt attempt, Exchange x, boolean soFar) {
    boolean success = soFar;
    boolean matches =
        success && !(m.failIfBodyMatches().isEmpty() && m.failIfBodyNotMatches().isEmpty());
    boolean json = success && m.looksAtJson();
    boolean compares = matches || json;
    ByteArrayOutputStream kept = new ByteArrayOutputStream();
    long length = 0;
    byte[] piece = new byte[16 << 10];
    try (InputStream in = decoded(m.compression(), x.answer().body())) {
      for (int n = in.read(piece); n >= 0; n = in.read(piece)) {
        length += n;
        if (m.bodySizeLimit() > 0 && length > m.bodySizeLimit()) {
          length = m.bodySizeLimit();
          success =
              attempt.fails(
                  "Failed to read HTTP response body", "err", "http: request body too large");
          break;
        }
        if (compares) {
          if (length > MAX_BODY) {
            success =
                attempt.fails("the body is larger than " + MAX_BODY + " bytes and is not compared");
            compares = false;
          } else {
            kept.write(piece, 0, n);
          }
        }
      }
    } catch (IOException e) {
      success = attempt.fails("Failed to read HTTP response body", "err", e.getMessage());
    }
    attempt.found.gauge("probe_http_uncompressed_body_length", "", length);
    if (matches) {
      success = compares && success && body(m, attempt, kept.toString(StandardCharsets.UTF_8));
      attempt.found.gauge("probe_failed_due_to_regex", "", success ? 0 : 1);
    }
    if (json && success) {
      success = json(m, attempt, kept.toByteArray());
      attempt.found.gauge(CEL, "", success ? 0 : 1);
    }
    return success;
  }

  private static boolean json(HttpModule m, ProbeAttempt attempt, byte[] body) {
    Object tree;
    try {
      tree = JsonValues.read(body, 0, body.length);
    } catch (CodecException e) {
      return attempt.fails("Error unmarshalling HTTP body to JSON", "err", e.getMessage());
    }
    CelCompiler.Program bad = m.failIfJsonMatches();
    CelCompiler.Program good = m.failIfJsonNotMatches();
    try {
      if (bad != null && bad.isTrue(tree)) {
        return attempt.fails("Body matched CEL expression", "expression", bad.text());
      }
      if (good != null && !good.isTrue(tree)) {
        return attempt.fails("Body did not match CEL expression", "expression", good.text());
      }
    } catch (CelCompiler.CelException e) {
      return attempt.fails("Error evaluating CEL expression", "err", e.getMessage());
    }
    return true;
  }

  private static InputStream decoded(String compression, InputStream in) throws IOException {
    return switch (compression.toLowerCase(Locale.ROOT)) {
      case "gzip" -> new GZIPInputStream(in, 8192);
      case "br" -> new BrotliInputStream(in);
      case "deflate" -> new InflaterInputStream(in, new Inflater(true), 8192);
      default -> in;
    };
  }

  private static boolean body(HttpModule m, ProbeAttempt attempt, String body) {
    for (Pattern p : m.failIfBodyMatches()) {
      if (p.matcher(body).find()) {
        return attempt.fails("Body matched regular expression", "regexp", p.pattern());
      }
    }
    for (Pattern p : m.failIfBodyNotMatches()) {
      if (!p.matcher(body).find()) {
        return attempt.fails("Body did not match regular expression", "regexp", p.pattern());
      }
    }
    return true;
  }

  private static boolean headers(
      HttpModule m, ProbeAttempt attempt, Map<String, List<String>> headers) {
    for (HeaderMatch h : m.failIfHeaderMatches()) {
      Boolean matches = matches(h, headers);
      if (matches == null && !h.allowMissing()) {
        return attempt.fails("Missing required header", "header", h.header());
      }
      if (Boolean.TRUE.equals(matches)) {
        return attempt.fails("Header matched regular expression", "header", h.header());
      }
    }
    for (HeaderMatch h : m.failIfHeaderNotMatches()) {
      Boolean matches = matches(h, headers);
      if (matches == null && !h.allowMissing()) {
        return attempt.fails("Missing required header", "header", h.header());
      }
      if (Boolean.FALSE.equals(matches)) {
        return attempt.fails("Header did not match regular expression", "header", h.header());
      }
    }
    return true;
  }

  private static @Nullable Boolean matches(HeaderMatch h, Map<String, List<String>> headers) {
    List<String> values = headers.getOrDefault(h.header(), List.of());
    return values.isEmpty()
        ? null
        : Boolean.valueOf(values.stream().anyMatch(v -> h.regexp().matcher(v).find()));
  }

  private static void phases(ProbeAttempt attempt, List<Times> times, long ended) {
    for (int i = 0; i < times.size(); i++) {
      Times t = times.get(i);
      if (i > 0 && t.resolved() != 0) {
        add(attempt, "resolve", t.started(), t.resolved());
      }
      if (t.ready() == 0) {
        continue;
      }
      add(attempt, "connect", t.resolved(), t.connected());
      if (t.secured() != 0) {
        add(attempt, "tls", t.tlsStarted(), t.secured());
      }
      if (t.firstByte() == 0) {
        continue;
      }
      add(attempt, "processing", t.ready(), t.firstByte());
      if (i == times.size() - 1 && ended != 0) {
        add(attempt, "transfer", t.firstByte(), ended);
      }
    }
  }

  private static void add(ProbeAttempt attempt, String phase, long from, long to) {
    attempt.found.add(
        DURATION, DURATION_HELP, "phase", phase, ProbeAttempt.seconds(Math.max(0, to - from)));
  }
}
