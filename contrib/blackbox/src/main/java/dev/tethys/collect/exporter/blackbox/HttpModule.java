package dev.tethys.collect.exporter.blackbox;

import com.google.re2j.Pattern;
import dev.tethys.collect.exporter.CelCompiler;
import dev.tethys.config.ByteSize;
import dev.tethys.config.HttpClientConfig;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.web.client.HttpClientFactory;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * HTTP probe module: request settings and success conditions.
 *
 * @param statusCodes accepted status codes; empty for all of 2xx
 * @param versions accepted HTTP versions; empty for any
 * @param skipResolve names are left to the proxy if there is one
 * @param compression requested content encoding, {@code ""} for none
 * @param bodySizeLimit maximum size of the decoded body; 0 for unlimited
 * @param http3 whether HTTP/3 is used, and no other version
 * @param missing requested features that are not supported
 */
record HttpModule(
    List<Long> statusCodes,
    List<String> versions,
    IpPreference ip,
    boolean skipResolve,
    boolean failIfTls,
    boolean failIfNotTls,
    String method,
    Map<String, String> headers,
    List<Pattern> failIfBodyMatches,
    List<Pattern> failIfBodyNotMatches,
    CelCompiler.@Nullable Program failIfJsonMatches,
    CelCompiler.@Nullable Program failIfJsonNotMatches,
    List<HeaderMatch> failIfHeaderMatches,
    List<HeaderMatch> failIfHeaderNotMatches,
    String body,
    String bodyFile,
    HttpClientConfig client,
    String compression,
    long bodySizeLimit,
    boolean http3,
    String missing) {

  /** A header with its expected value. */
  record HeaderMatch(String header, Pattern regexp, boolean allowMissing) {
    private static final Section SECTION =
        new Section("header_match", "Condition on a response header.");
    private static final Key<String> HEADER =
        SECTION.key("header", Type.STRING, "", "Name of the header.");
    private static final Key<Pattern> REGEXP =
        SECTION.optional(
            "regexp", Type.REGEX, "Regular expression matched against the value of the header.");
    private static final Key<Boolean> ALLOW_MISSING =
        SECTION.key("allow_missing", Type.BOOL, false, "If true, the header may be missing.");
    static final Type<HeaderMatch> TYPE = SECTION.type(HeaderMatch::read);

    private static HeaderMatch read(YamlObject o) {
      if (o.get(HEADER).isEmpty()) {
        throw o.error("header name must be set for HTTP header matchers");
      }
      Pattern p = o.find(REGEXP);
      if (p == null || p.pattern().isEmpty()) {
        throw o.error("regexp must be set for HTTP header matchers");
      }
      return new HeaderMatch(o.get(HEADER), p, o.get(ALLOW_MISSING));
    }

    private Map<String, Object> tree() {
      return Map.of("header", header, "regexp", regexp.pattern(), "allow_missing", allowMissing);
    }
  }

  static final HttpModule DEFAULT =
      new HttpModule(
          List.of(),
          List.of(),
          IpPreference.DEFAULT,
          false,
          false,
          false,
          "GET",
          Map.of(),
          List.of(),
          List.of(),
          null,
          null,
          List.of(),
          List.of(),
          "",
          "",
          HttpClientConfig.DEFAULT,
          "",
          0,
          false,
          "");

  private static final Section SECTION = new Section("http", "HTTP probe settings.");
  private static final Key<List<Long>> STATUS_CODES =
      SECTION.key("valid_status_codes", Type.list(Type.INT), List.of(), "2xx if empty.");
  private static final Key<List<String>> VERSIONS =
      SECTION.key(
          "valid_http_versions",
          Type.list(Type.STRING),
          List.of(),
          "Accepted HTTP versions; any if empty.");
  private static final IpPreference.Keys IP = IpPreference.Keys.in(SECTION);
  private static final Key<Boolean> SKIP_RESOLVE =
      SECTION.key(
          "skip_resolve_phase_with_proxy",
          Type.BOOL,
          false,
          "If true and a proxy is used, host names are resolved by the proxy, not by the probe.");
  private static final Key<Boolean> NO_REDIRECTS =
      SECTION.optional("no_follow_redirects", Type.BOOL, "Deprecated: use follow_redirects.");
  private static final Key<Boolean> FAIL_IF_TLS =
      SECTION.key(
          "fail_if_ssl",
          Type.BOOL,
          false,
          "If true, the probe fails if the final response was received over TLS.");
  private static final Key<Boolean> FAIL_IF_NOT_TLS =
      SECTION.key(
          "fail_if_not_ssl",
          Type.BOOL,
          false,
          "If true, the probe fails if the final response was not received over TLS.");
  private static final Key<String> METHOD =
      SECTION.key("method", Type.STRING, "GET", "HTTP method of the request.");
  private static final Key<Map<String, String>> HEADERS =
      SECTION.key("headers", Type.map(Type.STRING), Map.of(), "Headers of the request.");
  private static final Key<List<Pattern>> BODY_MATCHES =
      SECTION.key(
          "fail_if_body_matches_regexp",
          Type.list(Type.REGEX),
          List.of(),
          "Regular expressions of which none may match the body.");
  private static final Key<List<Pattern>> BODY_NOT_MATCHES =
      SECTION.key(
          "fail_if_body_not_matches_regexp",
          Type.list(Type.REGEX),
          List.of(),
          "Regular expressions that must all match the body.");
  private static final Type<CelCompiler.Program> CEL =
      Type.of(
          "CEL expression",
          null,
          n -> {
            try {
              return CelLibrary.compiler().compile(n.asString());
            } catch (CelCompiler.CelException | IOException e) {
              throw n.error("could not compile CEL program: " + e.getMessage());
            }
          });
  private static final Key<CelCompiler.Program> CEL_MATCHES =
      SECTION.optional(
          "fail_if_body_json_matches_cel",
          CEL,
          "Expression on the body as JSON; the probe fails if it is true.");
  private static final Key<CelCompiler.Program> CEL_NOT_MATCHES =
      SECTION.optional(
          "fail_if_body_json_not_matches_cel",
          CEL,
          "Expression on the body as JSON; the probe fails if it is not true.");
  private static final Key<List<HeaderMatch>> HEADER_MATCHES =
      SECTION.key(
          "fail_if_header_matches",
          Type.list(HeaderMatch.TYPE),
          List.of(),
          "Conditions on headers of which none may match.");
  private static final Key<List<HeaderMatch>> HEADER_NOT_MATCHES =
      SECTION.key(
          "fail_if_header_not_matches",
          Type.list(HeaderMatch.TYPE),
          List.of(),
          "Conditions on headers that must all match.");
  private static final Key<String> BODY =
      SECTION.key("body", Type.STRING, "", "Body of the request.");
  private static final Key<String> BODY_FILE =
      SECTION.key("body_file", Type.PATH, "", "File with the body of the request.");
  private static final Key<String> COMPRESSION =
      SECTION.key("compression", Type.STRING, "", "gzip, deflate, br or identity.");
  private static final Key<ByteSize> BODY_SIZE_LIMIT =
      SECTION.key("body_size_limit", Type.SIZE, ByteSize.ZERO, "Maximum size of the decoded body.");
  private static final Key<Boolean> HTTP3 =
      SECTION.key("enable_http3", Type.BOOL, false, "If true, uses HTTP/3 only.");

  static {
    SECTION.include(HttpClientConfig.SECTION);
  }

  static final Type<HttpModule> TYPE = SECTION.type(HttpModule::read);

  private static HttpModule read(YamlObject o) {
    HttpClientConfig client = HttpClientConfig.read(o);
    Boolean no = o.find(NO_REDIRECTS);
    if (no != null) {
      client =
          new HttpClientConfig(
              client.basicAuth(),
              client.authorization(),
              client.oauth2(),
              client.tls(),
              !no,
              client.enableHttp2(),
              client.proxy(),
              client.headers());
    }
    if (!o.get(BODY).isEmpty() && !o.get(BODY_FILE).isEmpty()) {
      throw o.error("setting body and body_file both are not allowed");
    }
    String compression = o.get(COMPRESSION);
    o.get(HEADERS)
        .forEach(
            (k, v) -> {
              if (k.equalsIgnoreCase("Accept-Encoding") && !accepts(compression, v)) {
                throw o.error(
                    HEADERS,
                    "invalid configuration \""
                        + k
                        + ": "
                        + v
                        + "\", \"compression: "
                        + compression
                        + "\"");
              }
            });
    checkVersions(o, client);
    return new HttpModule(
        o.get(STATUS_CODES),
        o.get(VERSIONS),
        IP.read(o),
        o.get(SKIP_RESOLVE),
        o.get(FAIL_IF_TLS),
        o.get(FAIL_IF_NOT_TLS),
        o.get(METHOD).isEmpty() ? "GET" : o.get(METHOD),
        o.get(HEADERS),
        o.get(BODY_MATCHES),
        o.get(BODY_NOT_MATCHES),
        o.find(CEL_MATCHES),
        o.find(CEL_NOT_MATCHES),
        o.get(HEADER_MATCHES),
        o.get(HEADER_NOT_MATCHES),
        o.get(BODY),
        o.get(BODY_FILE),
        client,
        compression,
        Math.max(0, o.get(BODY_SIZE_LIMIT).bytes()),
        o.get(HTTP3),
        missing(o, client, compression));
  }

  private static void checkVersions(YamlObject o, HttpClientConfig client) {
    List<String> versions = o.get(VERSIONS);
    if (!o.get(HTTP3)) {
      if (versions.contains("HTTP/3.0")) {
        throw o.error(
            VERSIONS, "HTTP/3 cannot be used as a valid HTTP version when enable_http3 is false");
      }
      return;
    }
    if (versions.contains("HTTP/2.0") || versions.contains("HTTP/1.1")) {
      throw o.error(
          VERSIONS,
          "HTTP/3 and HTTP/2.0/1.1 cannot be used together - only HTTP/3.0 is allowed when"
              + " enable_http3 is true");
    }
    if (client.enableHttp2()) {
      throw o.error(HTTP3, "when enable_http3 is true, enable_http2 must be set to false");
    }
  }

  private static String missing(YamlObject o, HttpClientConfig client, String compression) {
    if (o.get(HTTP3)) {
      if (client.proxy().url() != null || client.proxy().fromEnvironment()) {
        return "enable_http3: HTTP/3 goes through no proxy; leave out proxy_url and"
            + " proxy_from_environment, or use HTTP/2 (enable_http2: true)";
      }
      String problem = HttpClientFactory.http3Problem();
      if (!problem.isEmpty()) {
        return "enable_http3: " + problem + "; HTTP/2 is (enable_http2: true)";
      }
    }
    return switch (compression.toLowerCase(Locale.ROOT)) {
      case "", "gzip", "deflate", "br", "identity" -> "";
      default -> "compression: " + compression + ": unknown algorithm";
    };
  }

  /** Whether an Accept-Encoding header accepts a compression. */
  static boolean accepts(String compression, String header) {
    if (compression.isEmpty() || header.isEmpty()) {
      return true;
    }
    record Offer(String encoding, double quality) {}
    List<Offer> offers = new ArrayList<>();
    for (String part : header.split(",", -1)) {
      int semi = part.lastIndexOf(';');
      double q = 1;
      if (semi >= 0) {
        String s = part.substring(semi + 1).strip();
        try {
          q = Double.parseDouble(s.startsWith("q=") ? s.substring(2) : s);
        } catch (NumberFormatException e) {
          q = 0;
        }
      }
      offers.add(new Offer((semi < 0 ? part : part.substring(0, semi)).strip(), q));
    }
    offers.sort((a, b) -> Double.compare(b.quality, a.quality));
    for (Offer f : offers) {
      if (f.encoding.equals(compression) || f.encoding.equals("*")) {
        return f.quality > 0;
      }
    }
    return false;
  }

  /** Whether there are conditions on the body as JSON. */
  boolean looksAtJson() {
    return failIfJsonMatches != null || failIfJsonNotMatches != null;
  }

  /** Returns a copy with another Host header and TLS server name. */
  HttpModule withHost(String host) {
    Map<String, String> h = new LinkedHashMap<>(headers);
    h.keySet().removeIf(k -> k.equalsIgnoreCase("Host"));
    h.put("Host", host);
    return new HttpModule(
        statusCodes,
        versions,
        ip,
        skipResolve,
        failIfTls,
        failIfNotTls,
        method,
        h,
        failIfBodyMatches,
        failIfBodyNotMatches,
        failIfJsonMatches,
        failIfJsonNotMatches,
        failIfHeaderMatches,
        failIfHeaderNotMatches,
        body,
        bodyFile,
        client,
        compression,
        bodySizeLimit,
        http3,
        missing);
  }

  /** Returns the Host header configured in the module, or null if none. */
  @Nullable String host() {
    return headers.entrySet().stream()
        .filter(e -> e.getKey().equalsIgnoreCase("Host"))
        .map(Map.Entry::getValue)
        .findFirst()
        .orElse(null);
  }

  Map<String, @Nullable Object> tree() {
    Map<String, @Nullable Object> m = IpPreference.map();
    m.put("valid_status_codes", statusCodes.isEmpty() ? null : statusCodes);
    m.put("valid_http_versions", versions.isEmpty() ? null : versions);
    ip.addTo(m);
    m.put("skip_resolve_phase_with_proxy", skipResolve ? true : null);
    m.put("fail_if_ssl", failIfTls ? true : null);
    m.put("fail_if_not_ssl", failIfNotTls ? true : null);
    m.put("method", method);
    m.put("headers", headers.isEmpty() ? null : headers);
    m.put("fail_if_body_matches_regexp", patterns(failIfBodyMatches));
    m.put("fail_if_body_not_matches_regexp", patterns(failIfBodyNotMatches));
    m.put(
        "fail_if_body_json_matches_cel",
        failIfJsonMatches == null ? null : failIfJsonMatches.text());
    m.put(
        "fail_if_body_json_not_matches_cel",
        failIfJsonNotMatches == null ? null : failIfJsonNotMatches.text());
    m.put("fail_if_header_matches", matches(failIfHeaderMatches));
    m.put("fail_if_header_not_matches", matches(failIfHeaderNotMatches));
    m.put("body", body.isEmpty() ? null : body);
    m.put("body_file", bodyFile.isEmpty() ? null : bodyFile);
    client.addTo(m);
    m.put("compression", compression.isEmpty() ? null : compression);
    m.put("body_size_limit", bodySizeLimit == 0 ? null : bodySizeLimit + "B");
    m.put("enable_http3", http3 ? true : null);
    return m;
  }

  private static @Nullable List<String> patterns(List<Pattern> p) {
    return p.isEmpty() ? null : p.stream().map(Pattern::pattern).toList();
  }

  private static @Nullable List<Map<String, Object>> matches(List<HeaderMatch> m) {
    return m.isEmpty() ? null : m.stream().map(HeaderMatch::tree).toList();
  }
}
