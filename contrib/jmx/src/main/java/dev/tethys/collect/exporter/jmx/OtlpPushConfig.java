package dev.tethys.collect.exporter.jmx;

import dev.tethys.codec.otlp.wire.OtlpSignal;
import dev.tethys.collect.exporter.jmx.OtelSettings.Setting;
import dev.tethys.config.ConfigException;
import dev.tethys.config.Key;
import dev.tethys.config.Secret;
import dev.tethys.config.Section;
import dev.tethys.config.TlsConfig;
import dev.tethys.config.Type;
import dev.tethys.config.UrlHost;
import dev.tethys.config.YamlDocument;
import dev.tethys.config.YamlObject;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Push of metrics as OTLP, in addition to exposing them: {@code openTelemetry}. Settings outside
 * the file override it, as in the original exporter.
 *
 * @param url URL including its path; unused over gRPC
 * @param tls files that it names; the URL decides whether TLS is used
 * @param timeout timeout of a push including all retries
 * @param retries whether failed requests are retried
 * @param preserveNames whether names stay unchanged, with units and {@code _total}
 * @param resource resource attributes, by name
 */
record OtlpPushConfig(
    URI url,
    boolean grpc,
    boolean gzip,
    TlsConfig tls,
    Map<String, Secret> headers,
    Duration interval,
    Duration timeout,
    boolean retries,
    boolean preserveNames,
    Map<String, String> resource) {
  private static final String GRPC = "grpc";
  private static final String HTTP = "http/protobuf";
  private static final String PATH = OtlpSignal.METRICS.httpPath().substring(1);
  private static final Duration INTERVAL = Duration.ofMinutes(1);
  private static final Duration TIMEOUT = Duration.ofSeconds(10);

  private static final Section SECTION =
      new Section("openTelemetry", "OTLP endpoint that metrics are pushed to.");
  private static final Key<String> ENDPOINT = text("endpoint", "URL of the OTLP endpoint.");
  private static final Key<String> PROTOCOL = text("protocol", "grpc or http/protobuf.");
  private static final Key<Long> INTERVAL_KEY =
      SECTION.optional("interval", Type.INT, "Interval between pushes, in seconds.");
  private static final Key<Long> TIMEOUT_KEY =
      SECTION.optional("timeoutSeconds", Type.INT, "Timeout of a push, in seconds.");
  private static final Key<Boolean> PRESERVE =
      SECTION.key(
          "preserveNames", Type.BOOL, false, "If true, names keep _total and unit suffixes.");
  private static final Key<Map<String, String>> HEADERS =
      SECTION.key("headers", Type.map(Type.STRING), Map.of(), "Headers of each request.");
  private static final Key<Map<String, String>> ATTRIBUTES =
      SECTION.key(
          "resourceAttributes",
          Type.map(Type.STRING),
          Map.of(),
          "Resource attributes of the metrics.");
  private static final Key<String> INSTANCE = text("serviceInstanceId", "service.instance.id.");
  private static final Key<String> NAMESPACE = text("serviceNamespace", "service.namespace.");
  private static final Key<String> NAME = text("serviceName", "service.name.");
  private static final Key<String> VERSION = text("serviceVersion", "service.version.");

  private static Key<String> text(String name, String doc) {
    return SECTION.optional(name, Type.STRING, doc);
  }

  /** The raw section, to be read with an environment. */
  static final Type<YamlObject> TYPE = SECTION.type(o -> o);

  /** The section with its name alone. */
  static final YamlObject EMPTY_SECTION =
      YamlDocument.parse("openTelemetry", Path.of(""), "{}").root().object(SECTION);

  /**
   * Reads the section.
   *
   * @throws ConfigException with the position, or the variable, of the error
   */
  static OtlpPushConfig read(YamlObject o, OtelSettings settings) {
    o.readAll();
    boolean grpc = protocol(o, settings).equals(GRPC);
    Map<String, Secret> headers = new TreeMap<>();
    Setting setting = settings.otlp(settings.own("headers"), "headers");
    (setting == null ? strings(o, HEADERS) : setting.pairs())
        .forEach((k, x) -> headers.put(k, new Secret(x)));
    Setting interval = settings.ownSeconds("interval_seconds");
    Setting timeout = settings.otlp(settings.ownSeconds("timeout_seconds"), "timeout");
    Duration ownInterval = seconds(o, INTERVAL_KEY, INTERVAL);
    Duration ownTimeout = seconds(o, TIMEOUT_KEY, TIMEOUT);
    if (interval == null) {
      interval = settings.sdk("otel.metric.export.interval");
    }
    Setting noRetries = settings.sdk("otel.java.exporter.otlp.retry.disabled");
    Setting preserve = settings.own("preserve_names");
    return new OtlpPushConfig(
        url(o, settings, grpc),
        grpc,
        gzip(settings),
        new TlsConfig(
            "",
            text(settings.otlp("certificate")),
            "",
            text(settings.otlp("client.certificate")),
            Secret.NONE,
            text(settings.otlp("client.key")),
            "",
            false,
            null,
            null),
        Map.copyOf(headers),
        interval == null ? ownInterval : interval.time(),
        timeout == null ? ownTimeout : timeout.time(),
        noRetries == null || !noRetries.isTrue(),
        o.has(PRESERVE) ? o.get(PRESERVE) : preserve != null && preserve.isTrue(),
        resource(o, settings));
  }

  private static String text(@Nullable Setting s) {
    return s == null ? "" : s.value();
  }

  private static String protocol(YamlObject o, OtelSettings settings) {
    String own = notBlank(o, PROTOCOL);
    if (own != null && !own.equals(GRPC) && !own.equals(HTTP)) {
      throw o.error(PROTOCOL, notAllowed(own));
    }
    Setting setting = settings.otlp(settings.own("protocol"), "protocol");
    if (setting == null) {
      return own == null ? GRPC : own;
    }
    if (!setting.value().equals(GRPC) && !setting.value().equals(HTTP)) {
      throw setting.wrong(notAllowed(setting.value()));
    }
    return setting.value();
  }

  private static String notAllowed(String protocol) {
    return "\"" + protocol + "\": allowed: " + GRPC + ", " + HTTP;
  }

  private static boolean gzip(OtelSettings settings) {
    Setting setting = settings.otlp("compression");
    return switch (text(setting)) {
      case "", "none" -> false;
      case "gzip" -> true;
      default ->
          throw Objects.requireNonNull(setting)
              .wrong("\"" + setting.value() + "\": allowed: gzip, none");
    };
  }

  /** Returns the request URL: the path is appended to the given URL unless present. */
  private static URI url(YamlObject o, OtelSettings settings, boolean grpc) {
    String own = notBlank(o, ENDPOINT);
    if (own != null) {
      parsed(own, x -> o.error(ENDPOINT, x));
    }
    Setting setting = settings.otlp(settings.own("endpoint"), "endpoint");
    String url =
        setting != null
            ? setting.value()
            : own != null ? own : "http://localhost:" + (grpc ? 4317 : 4318);
    URI u = parsed(url, x -> setting != null ? setting.wrong(x) : o.error(ENDPOINT, x));
    String path = u.getRawPath() == null ? "" : u.getRawPath();
    if (grpc || path.endsWith(PATH)) {
      return u;
    }
    String query = u.getRawQuery();
    return u.resolve(
        (path.isEmpty() ? "/" : path.endsWith("/") ? path : path + "/")
            + PATH
            + (query == null ? "" : "?" + query));
  }

  private static URI parsed(String text, Function<String, ConfigException> wrong) {
    try {
      URI u = new URI(text);
      boolean http = "http".equalsIgnoreCase(u.getScheme());
      if ((http || "https".equalsIgnoreCase(u.getScheme())) && UrlHost.of(u) != null) {
        return u;
      }
    } catch (URISyntaxException e) {
      // reported below
    }
    throw wrong.apply("endpoint must be a URL: http://host:port or https://host:port");
  }

  private static Map<String, String> resource(YamlObject o, OtelSettings settings) {
    Map<String, String> all = new LinkedHashMap<>(strings(o, ATTRIBUTES));
    put(all, "service.name", notBlank(o, NAME));
    put(all, "service.namespace", notBlank(o, NAMESPACE));
    put(all, "service.instance.id", notBlank(o, INSTANCE));
    put(all, "service.version", notBlank(o, VERSION));
    Setting setting = settings.sdk("otel.resource.attributes");
    if (setting != null) {
      all.putAll(setting.pairs());
    }
    put(all, "service.name", notBlank(o, NAME)); // which there becomes a setting of the SDK
    put(all, "service.name", settings.sdk("otel.service.name"));
    Setting own = settings.own("resource_attributes");
    if (own != null) {
      all.putAll(own.pairs());
    }
    put(all, "service.name", settings.own("service_name"));
    put(all, "service.namespace", settings.own("service_namespace"));
    put(all, "service.instance.id", settings.own("service_instance_id"));
    put(all, "service.version", settings.own("service_version"));
    return Map.copyOf(all);
  }

  private static void put(Map<String, String> to, String name, @Nullable Setting setting) {
    put(to, name, setting == null ? null : setting.value());
  }

  private static void put(Map<String, String> to, String name, @Nullable String value) {
    if (value != null) {
      to.put(name, value);
    }
  }

  private static @Nullable String notBlank(YamlObject o, Key<String> key) {
    String s = o.find(key);
    if (s != null && s.isBlank()) {
      throw o.error(key, key.name() + " must not be blank");
    }
    return s;
  }

  private static Map<String, String> strings(YamlObject o, Key<Map<String, String>> key) {
    Map<String, String> all = o.get(key);
    all.forEach(
        (k, x) -> {
          if (k.isBlank() || x.isBlank()) {
            throw o.error(key, key.name() + " must hold names and values that are not blank");
          }
        });
    return all;
  }

  private static Duration seconds(YamlObject o, Key<Long> key, Duration otherwise) {
    Long n = o.find(key);
    if (n == null) {
      return otherwise;
    }
    if (n < 1 || n > Integer.MAX_VALUE) {
      throw o.error(key, key.name() + " must be greater than 0");
    }
    return Duration.ofSeconds(n);
  }
}
