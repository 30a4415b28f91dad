package dev.tethys.web.tracing;

import dev.tethys.codec.otlp.wire.OtlpSignal;
import dev.tethys.config.Durations;
import dev.tethys.config.HttpClientConfig;
import dev.tethys.config.Key;
import dev.tethys.config.Secret;
import dev.tethys.config.Section;
import dev.tethys.config.TlsConfig;
import dev.tethys.config.Type;
import dev.tethys.config.UrlHost;
import dev.tethys.config.UrlText;
import dev.tethys.config.YamlObject;
import dev.tethys.web.client.HttpClientFactory;
import dev.tethys.web.client.OtlpSender;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The {@code tracing} section of {@code prometheus.yml} and of {@code alertmanager.yml}, which
 * differ in how headers are written.
 *
 * @param endpoint {@code host:port}, or only a host for the default port
 * @param samplingFraction share of traces starting here that are sampled; traces sampled by a
 *     caller are always recorded
 * @param insecure whether there is no TLS
 * @param headers headers sent with every request, names as written
 * @param gzip whether requests are compressed
 * @param timeout timeout of a single request; zero for {@link #DEFAULT_TIMEOUT}
 */
public record TracingConfig(
    Client client,
    String endpoint,
    double samplingFraction,
    boolean insecure,
    TlsConfig tls,
    Map<String, Secret> headers,
    boolean gzip,
    Duration timeout) {
  /** Default timeout of OpenTelemetry's exporters. */
  static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(10);

  private static final String USER_AGENT = "Tethys";

  /** Protocol of the span exporter. */
  public enum Client {
    GRPC("grpc"),
    HTTP("http");

    private final String word;

    Client(String word) {
      this.word = word;
    }
  }

  /** Configuration keys, in a separate section for each of the two files. */
  private static final class Keys {
    final Section section = new Section("tracing", "Export of this program's own traces.");
    final Key<Client> client =
        section.key(
            "client_type",
            Type.oneOf("client_type", Client.values(), c -> c.word),
            Client.GRPC,
            "Client that exports the traces.");
    final Key<String> endpoint =
        section.key("endpoint", Type.STRING, "", "Endpoint of the traces as host:port; required.");
    final Key<Double> fraction =
        section.key(
            "sampling_fraction",
            Type.FLOAT,
            0.0,
            "Sampled share of traces that start here; traces sampled by the caller are always"
                + " recorded.");
    final Key<Boolean> insecure = section.key("insecure", Type.BOOL, false, "Disables TLS.");
    final Key<TlsConfig> tls =
        section.key("tls_config", TlsConfig.TYPE, TlsConfig.DEFAULT, "TLS settings.");
    final Key<String> compression =
        section.key(
            "compression", Type.STRING, "", "Compression of requests: gzip, or none if empty.");
    final Key<Duration> timeout =
        section.key("timeout", Type.DURATION, Duration.ZERO, "Timeout of a request; 0s for 10s.");

    TracingConfig read(YamlObject o, Map<String, Secret> headers) {
      if (o.get(endpoint).isEmpty()) {
        throw o.error("tracing endpoint must be set");
      }
      String word = o.get(compression);
      if (!word.isEmpty() && !word.equals("gzip")) {
        throw o.error(
            compression, "invalid compression type " + word + " provided, valid options: gzip");
      }
      TracingConfig c =
          new TracingConfig(
              o.get(client),
              o.get(endpoint),
              o.get(fraction),
              o.get(insecure),
              o.get(tls),
              headers,
              !word.isEmpty(),
              o.get(timeout));
      try {
        c.address();
      } catch (IllegalArgumentException e) {
        throw o.error(endpoint, String.valueOf(e.getMessage()));
      }
      return c;
    }
  }

  private static final Keys PROMETHEUS = new Keys();
  private static final Key<Map<String, String>> PLAIN_HEADERS =
      PROMETHEUS.section.key("headers", Type.map(Type.STRING), Map.of(), "Headers of requests.");

  /** Type in {@code prometheus.yml}. */
  public static final Type<TracingConfig> OF_PROMETHEUS =
      PROMETHEUS.section.type(TracingConfig::ofPrometheus);

  private static final Keys ALERTMANAGER = new Keys();
  private static final Key<Map<String, HttpClientConfig.Header>> HEADERS =
      ALERTMANAGER.section.key(
          "headers", Type.map(HttpClientConfig.Header.TYPE), Map.of(), "Headers of requests.");
  private static final Key<Map<String, HttpClientConfig.Header>> HTTP_HEADERS =
      ALERTMANAGER.section.key(
          "http_headers",
          Type.map(HttpClientConfig.Header.TYPE),
          Map.of(),
          "Headers of requests, under the name in Alertmanager's documentation.");

  /** Type in {@code alertmanager.yml}. */
  public static final Type<TracingConfig> OF_ALERTMANAGER =
      ALERTMANAGER.section.type(TracingConfig::ofAlertmanager);

  private static TracingConfig ofPrometheus(YamlObject o) {
    Map<String, Secret> headers = new LinkedHashMap<>();
    o.get(PLAIN_HEADERS)
        .forEach(
            (name, value) -> {
              String lower = name.toLowerCase(Locale.ROOT);
              if (lower.equals("authorization")) {
                throw o.error(
                    PLAIN_HEADERS,
                    "custom authorization header configuration is not yet supported");
              }
              if (HttpClientConfig.RESERVED_HEADERS.contains(lower)) {
                throw o.error(
                    PLAIN_HEADERS, name + " is a reserved header. It must not be changed");
              }
              headers.put(name, new Secret(value));
            });
    return PROMETHEUS.read(o, headers);
  }

  private static TracingConfig ofAlertmanager(YamlObject o) {
    Map<String, Secret> headers = new LinkedHashMap<>();
    addHeaders(o, HTTP_HEADERS, headers);
    addHeaders(o, HEADERS, headers);
    return ALERTMANAGER.read(o, headers);
  }

  /** Of several values the first is sent, as by Alertmanager. */
  private static void addHeaders(
      YamlObject o, Key<Map<String, HttpClientConfig.Header>> key, Map<String, Secret> into) {
    o.get(key)
        .forEach(
            (name, h) -> {
              if (!h.values().isEmpty()) {
                into.put(name, new Secret(h.values().getFirst()));
              } else if (!h.secrets().isEmpty()) {
                into.put(name, h.secrets().getFirst());
              } else if (!h.files().isEmpty()) {
                throw o.error(
                    key, "header files are not supported for tracing configuration: " + name);
              }
            });
  }

  /** Address of the span receiver. */
  record Address(String host, int port) {}

  /**
   * Returns the parsed endpoint; without a port it has the protocol's default.
   *
   * @throws IllegalArgumentException if the endpoint is not a host and port
   */
  Address address() {
    String e = endpoint;
    if (client == Client.GRPC && e.startsWith("dns:///")) {
      e = e.substring("dns:///".length());
    }
    if (e.contains("/")) {
      throw new IllegalArgumentException(
          "tracing endpoint \"" + endpoint + "\" must be host:port, without a scheme or a path");
    }
    int colon = e.lastIndexOf(':');
    boolean bracketed = e.startsWith("[");
    boolean port = colon > e.lastIndexOf(']') && (bracketed || e.indexOf(':') == colon);
    String host = port ? e.substring(0, colon) : e;
    if (host.startsWith("[") && host.endsWith("]")) {
      host = host.substring(1, host.length() - 1);
    }
    try {
      URI whole = UrlText.read("http://" + (host.indexOf(':') >= 0 ? "[" + host + "]" : host));
      if (UrlHost.of(whole) == null || whole.getRawQuery() != null || e.indexOf('@') >= 0) {
        throw new URISyntaxException(host, "no host");
      }
    } catch (URISyntaxException x) {
      throw new IllegalArgumentException(
          "tracing endpoint \""
              + endpoint
              + "\" must be host:port: \""
              + host
              + "\" is not a valid host",
          x);
    }
    if (!port) {
      return new Address(host, client == Client.HTTP && insecure ? 80 : 443);
    }
    try {
      int number = Integer.parseInt(e.substring(colon + 1));
      if (number > 0 && number < 65536) {
        return new Address(host, number);
      }
    } catch (NumberFormatException notANumber) {
      // reported below
    }
    throw new IllegalArgumentException(
        "tracing endpoint \"" + endpoint + "\": the port must be a number from 1 to 65535");
  }

  Duration requestTimeout() {
    return timeout.isZero() ? DEFAULT_TIMEOUT : timeout;
  }

  /**
   * Sender of spans to the endpoint.
   *
   * @throws IOException if a configured file cannot be read
   */
  OtlpSender sender(HttpClientFactory clients) throws IOException {
    OtlpSender.Options m =
        new OtlpSender.Options(
            OtlpSignal.TRACES,
            insecure && client == Client.GRPC ? null : tls,
            gzip,
            headers,
            requestTimeout());
    Address to = address();
    if (client == Client.GRPC) {
      return OtlpSender.grpc(m, to.host(), to.port(), false, USER_AGENT);
    }
    String host = to.host().indexOf(':') >= 0 ? "[" + to.host() + "]" : to.host();
    return OtlpSender.http(
        m,
        URI.create(
            (insecure ? "http://" : "https://")
                + host
                + ":"
                + to.port()
                + OtlpSignal.TRACES.httpPath()),
        clients);
  }

  /** Returns the sections, for the reference of {@code prometheus.yml}. */
  public static List<Section> sectionsOfPrometheus() {
    return List.of(PROMETHEUS.section);
  }

  /** Returns the sections, for the reference of {@code alertmanager.yml}. */
  public static List<Section> sectionsOfAlertmanager() {
    return List.of(ALERTMANAGER.section);
  }

  /** Returns the configuration as a tree, as in {@code prometheus.yml}. */
  public Map<String, @Nullable Object> tree() {
    Map<String, @Nullable Object> m = new LinkedHashMap<>();
    m.put("client_type", client.word);
    m.put("endpoint", endpoint);
    m.put("sampling_fraction", samplingFraction == 0 ? null : samplingFraction);
    m.put("insecure", insecure ? true : null);
    m.put("tls_config", tls.tree());
    Map<String, String> shown = new LinkedHashMap<>();
    headers.forEach((name, value) -> shown.put(name, value.value()));
    m.put("headers", shown.isEmpty() ? null : shown);
    m.put("compression", gzip ? "gzip" : null);
    m.put("timeout", timeout.isZero() ? null : Durations.format(timeout));
    return m;
  }
}
