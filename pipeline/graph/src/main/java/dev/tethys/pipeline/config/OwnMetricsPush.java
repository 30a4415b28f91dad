package dev.tethys.pipeline.config;

import dev.tethys.config.Key;
import dev.tethys.config.Secret;
import dev.tethys.config.Section;
import dev.tethys.config.TlsConfig;
import dev.tethys.config.Type;
import dev.tethys.config.UrlHost;
import dev.tethys.config.UrlText;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import dev.tethys.pipeline.client.ClientKeys;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;

/**
 * A periodic reader of {@code service.telemetry.metrics}: the metrics of the process, sent.
 *
 * @param interval interval between two exports
 * @param timeout timeout of a single export
 * @param otlp OTLP destination; null for standard output
 */
public record OwnMetricsPush(Duration interval, Duration timeout, @Nullable Otlp otlp) {
  /**
   * OTLP server.
   *
   * @param grpc whether gRPC is used; otherwise HTTP with protobuf
   * @param endpoint {@code http} or {@code https}; over HTTP, OTLP's path is added if it has none
   * @param headers names in lower case
   * @param delta whether counters and histograms cover the time since the last export instead of
   *     the start
   */
  public record Otlp(
      boolean grpc,
      URI endpoint,
      TlsConfig tls,
      boolean gzip,
      Map<String, Secret> headers,
      Duration timeout,
      boolean delta) {}

  /** Whether a protocol is gRPC. */
  private static final SequencedMap<String, Boolean> PROTOCOLS = protocols();

  /** Keys of a server for any signal. */
  static final Section SERVER =
      new Section("telemetry_otlp", "Server that receives telemetry over OTLP.");

  private static final Key<Boolean> PROTOCOL =
      SERVER.required(
          "protocol",
          Type.oneOf("protocol", PROTOCOLS),
          "Protocol: grpc, grpc/protobuf or http/protobuf.");
  private static final Key<String> ENDPOINT =
      SERVER.required("endpoint", Type.STRING, "Address of the server: host:port or a URL.");
  private static final Key<Boolean> INSECURE =
      SERVER.key(
          "insecure",
          Type.BOOL,
          false,
          "If true, TLS is not used for endpoints that are not a URL.");
  private static final Key<String> CERTIFICATE =
      SERVER.key("certificate", Type.PATH, "", "File of trusted CA certificates.");
  private static final Key<String> CLIENT_CERTIFICATE =
      SERVER.key("client_certificate", Type.PATH, "", "File of the client certificate chain.");
  private static final Key<String> CLIENT_KEY =
      SERVER.key("client_key", Type.PATH, "", "File of the private key of the client certificate.");
  private static final Key<Boolean> COMPRESSION =
      SERVER.key(
          "compression",
          Type.oneOf("compression", "gzip", true, "none", false),
          false,
          "Compression of requests: gzip or none.");
  private static final Key<Map<String, Secret>> HEADERS =
      SERVER.key("headers", ClientKeys.HEADERS, Map.of(), "Headers of every request.");
  private static final Key<Secret> HEADERS_LIST =
      SERVER.key(
          "headers_list",
          Type.SECRET,
          Secret.NONE,
          "Headers of every request, as name=value,…; headers takes precedence.");
  private static final Key<Long> SEND_TIMEOUT =
      SERVER.key("timeout", Type.INT, 10_000L, "Timeout of a request in milliseconds.");
  private static final Section OTLP =
      new Section("telemetry_otlp", "Server that receives metrics over OTLP.").include(SERVER);
  private static final Key<String> TEMPORALITY =
      OTLP.key(
          "temporality_preference",
          Type.oneOf("temporality", List.of("cumulative", "delta", "lowmemory")),
          "cumulative",
          "Temporality of metrics: cumulative, or delta for counters and " + "histograms.");
  private static final Key<String> HISTOGRAMS =
      OTLP.key(
          "default_histogram_aggregation",
          Type.oneOf(
              "aggregation",
              List.of("explicit_bucket_histogram", "base2_exponential_bucket_histogram")),
          "explicit_bucket_histogram",
          "Aggregation of histograms; only explicit_bucket_histogram is accepted.");

  private static final Section EXPORTER =
      new Section("telemetry_push_exporter", "Destination of pushed metrics.");
  private static final Key<Otlp> TO_OTLP =
      EXPORTER.optional(
          "otlp", OTLP.type(OwnMetricsPush::otlp), "Server that receives metrics over OTLP.");
  private static final Key<YamlNode> TO_CONSOLE =
      EXPORTER.optional("console", Type.ANY, "Writes metrics to standard output.");

  private static final Section SECTION =
      new Section("telemetry_periodic", "Reader that pushes metrics at an interval.");
  private static final Key<Long> INTERVAL =
      SECTION.key("interval", Type.INT, 60_000L, "Interval between exports in milliseconds.");
  private static final Key<Long> TIMEOUT =
      SECTION.key("timeout", Type.INT, 30_000L, "Timeout of an export in milliseconds.");

  /** Export target: two keys that look alike in the configuration. */
  private record Target(@Nullable Otlp otlp) {}

  private static final Key<Target> EXPORTER_KEY =
      SECTION.required(
          "exporter", EXPORTER.type(OwnMetricsPush::target), "Destination of pushed metrics.");

  static {
    SECTION.notBuilt("producers", "Sources of additional metrics.");
  }

  static final Type<OwnMetricsPush> TYPE = SECTION.type(OwnMetricsPush::read);

  private static SequencedMap<String, Boolean> protocols() {
    SequencedMap<String, Boolean> m = new LinkedHashMap<>();
    m.put("grpc", true);
    m.put("http/protobuf", false);
    m.put("grpc/protobuf", true); // in files of the Collector
    return m;
  }

  private static OwnMetricsPush read(YamlObject o) {
    return new OwnMetricsPush(
        millis(o, INTERVAL, 60_000), millis(o, TIMEOUT, 30_000), o.get(EXPORTER_KEY).otlp);
  }

  private static Duration millis(YamlObject o, Key<Long> key, long usual) {
    long n = o.get(key);
    if (n < 0) {
      throw o.error(key, key.name() + " must be a number of milliseconds of at least 0");
    }
    return Duration.ofMillis(n == 0 ? usual : n);
  }

  private static Target target(YamlObject o) {
    Otlp otlp = o.find(TO_OTLP);
    boolean console = o.has(TO_CONSOLE);
    if ((otlp != null) == console) {
      throw o.error("exporter requires one of otlp and console");
    }
    if (console) {
      o.find(TO_CONSOLE);
    }
    return new Target(otlp);
  }

  /** Reads the keys of a server for any signal. */
  static Otlp server(YamlObject o) {
    return otlp(o, false);
  }

  private static Otlp otlp(YamlObject o) {
    if (o.get(TEMPORALITY).equals("lowmemory")) {
      throw o.error(
          TEMPORALITY,
          "lowmemory distinguishes synchronous from observable counters, which are the same "
              + "here; use delta or cumulative");
    }
    if (!o.get(HISTOGRAMS).startsWith("explicit")) {
      throw o.error(
          HISTOGRAMS, "histograms of the process keep the buckets they were created with");
    }
    return otlp(o, o.get(TEMPORALITY).equals("delta"));
  }

  private static Otlp otlp(YamlObject o, boolean delta) {
    if (o.get(CLIENT_CERTIFICATE).isEmpty() != o.get(CLIENT_KEY).isEmpty()) {
      throw o.error("client_certificate and client_key must be set together");
    }
    Map<String, Secret> headers = new LinkedHashMap<>();
    String listed = o.get(HEADERS_LIST).value();
    for (String h : listed.isBlank() ? new String[0] : listed.split(",")) {
      int eq = h.indexOf('=');
      if (eq < 1) {
        throw o.error(HEADERS_LIST, "headers_list must be name=value pairs separated by commas");
      }
      headers.put(
          ClientKeys.name(o, HEADERS_LIST, decoded(o, h.substring(0, eq))),
          ClientKeys.value(o, HEADERS_LIST, new Secret(decoded(o, h.substring(eq + 1)))));
    }
    headers.putAll(o.get(HEADERS));
    return new Otlp(
        o.get(PROTOCOL),
        endpoint(o),
        new TlsConfig(
            "",
            o.get(CERTIFICATE),
            "",
            o.get(CLIENT_CERTIFICATE),
            Secret.NONE,
            o.get(CLIENT_KEY),
            "",
            false,
            null,
            null),
        o.get(COMPRESSION),
        Map.copyOf(headers),
        millis(o, SEND_TIMEOUT, 10_000),
        delta);
  }

  private static String decoded(YamlObject o, String text) {
    try {
      return URLDecoder.decode(text.strip().replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      throw o.error(HEADERS_LIST, "headers_list contains an invalid % escape");
    }
  }

  private static URI endpoint(YamlObject o) {
    String text = o.get(ENDPOINT);
    boolean url = text.startsWith("http://") || text.startsWith("https://");
    try {
      URI u = UrlText.read(url ? text : (o.get(INSECURE) ? "http://" : "https://") + text);
      if (UrlHost.of(u) != null && (UrlHost.port(u) > 0 || !o.get(PROTOCOL) || url)) {
        return u;
      }
    } catch (URISyntaxException e) {
      // said below
    }
    throw o.error(ENDPOINT, "endpoint must be host:port or a URL, not \"" + text + "\"");
  }
}
