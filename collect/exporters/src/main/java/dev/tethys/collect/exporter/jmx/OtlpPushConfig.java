package dev.tethys.collect.exporter.jmx;

import dev.tethys.codec.otlp.wire.OtlpSignal;
import dev.tethys.config.ConfigException;
import dev.tethys.config.Key;
import dev.tethys.config.Secret;
import dev.tethys.config.Section;
import dev.tethys.config.TlsConfig;
import dev.tethys.config.Type;
import dev.tethys.config.UrlHost;
import dev.tethys.config.YamlObject;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Where metrics are pushed to as OTLP beside being shown: {@code openTelemetry}, and the variables
 * of OpenTelemetry's SDK, which go before it, as there.
 *
 * @param url with its path, over gRPC without meaning
 * @param tls files that it names; the URL says whether it is spoken
 * @param preserveNames whether names stay as they were written, with units and {@code _total}
 * @param resource attributes of whom the metrics are of, by name
 */
record OtlpPushConfig(
    URI url,
    boolean grpc,
    boolean gzip,
    TlsConfig tls,
    Map<String, Secret> headers,
    Duration interval,
    Duration timeout,
    boolean preserveNames,
    Map<String, String> resource) {
  private static final String GRPC = "grpc";
  private static final String HTTP = "http/protobuf";
  private static final String PATH = OtlpSignal.METRICS.httpPath().substring(1);
  private static final Duration INTERVAL = Duration.ofMinutes(1);
  private static final Duration TIMEOUT = Duration.ofSeconds(10);
  private static final Pattern TIME = Pattern.compile("(\\d{1,15})\\s*(ms|s|m|h|d)?");

  private static final Section SECTION =
      new Section("openTelemetry", "Where metrics are pushed to as OTLP.");
  private static final Key<String> ENDPOINT = text("endpoint", "URL of the server.");
  private static final Key<String> PROTOCOL = text("protocol", "grpc or http/protobuf.");
  private static final Key<Long> INTERVAL_KEY =
      SECTION.optional("interval", Type.INT, "Seconds from one push to the next.");
  private static final Key<Long> TIMEOUT_KEY =
      SECTION.optional("timeoutSeconds", Type.INT, "Seconds for a push.");
  private static final Key<Boolean> PRESERVE =
      SECTION.key("preserveNames", Type.BOOL, false, "Leave _total and units in names.");
  private static final Key<Map<String, String>> HEADERS =
      SECTION.key("headers", Type.map(Type.STRING), Map.of(), "Headers of each request.");
  private static final Key<Map<String, String>> ATTRIBUTES =
      SECTION.key(
          "resourceAttributes", Type.map(Type.STRING), Map.of(), "Whom the metrics are of.");
  private static final Key<String> INSTANCE = text("serviceInstanceId", "service.instance.id.");
  private static final Key<String> NAMESPACE = text("serviceNamespace", "service.namespace.");
  private static final Key<String> NAME = text("serviceName", "service.name.");
  private static final Key<String> VERSION = text("serviceVersion", "service.version.");

  private static Key<String> text(String name, String doc) {
    return SECTION.optional(name, Type.STRING, doc);
  }

  /** The section as it stands, to be read with an environment. */
  static final Type<YamlObject> TYPE = SECTION.type(o -> o);

  /** Variables of the environment, those of metrics before those of all signals. */
  private record Variables(Function<String, @Nullable String> environment) {
    @Nullable String find(String name) {
      String v = environment.apply(name);
      return v == null || v.isBlank() ? null : v.strip();
    }

    /** The name under which one is set; null when it is not. */
    @Nullable String named(String ending) {
      for (String start : new String[] {"OTEL_EXPORTER_OTLP_METRICS_", "OTEL_EXPORTER_OTLP_"}) {
        if (find(start + ending) != null) {
          return start + ending;
        }
      }
      return null;
    }

    String of(String ending) {
      String name = named(ending);
      String v = name == null ? null : find(name);
      return v == null ? "" : v;
    }

    static ConfigException wrong(String name, String what) {
      return new ConfigException("the variable " + name, what);
    }

    @Nullable Duration time(@Nullable String name) {
      String v = name == null ? null : find(name);
      if (name == null || v == null) {
        return null;
      }
      Matcher m = TIME.matcher(v);
      if (!m.matches()) {
        throw wrong(name, "\"" + v + "\" is no time: milliseconds, or with ms, s, m, h or d");
      }
      long n = Long.parseLong(m.group(1));
      Duration d =
          switch (m.group(2)) {
            case "s" -> Duration.ofSeconds(n);
            case "m" -> Duration.ofMinutes(n);
            case "h" -> Duration.ofHours(n);
            case "d" -> Duration.ofDays(n);
            case null, default -> Duration.ofMillis(n);
          };
      if (d.isZero() || d.compareTo(Duration.ofDays(365)) > 0) {
        throw wrong(name, "\"" + v + "\" must be more than nothing, and at most a year");
      }
      return d;
    }

    /** {@code key=value,key=value}, values with escapes as in URLs. */
    Map<String, String> pairs(@Nullable String name) {
      Map<String, String> out = new TreeMap<>();
      String all = name == null ? null : find(name);
      if (name == null || all == null) {
        return out;
      }
      for (String pair : all.split(",", -1)) {
        int eq = pair.indexOf('=');
        if (pair.isBlank()) {
          continue;
        }
        if (eq < 1) {
          throw wrong(name, "is not key=value,key=value");
        }
        try {
          // A plus is one here, unlike in forms.
          String value = pair.substring(eq + 1).strip().replace("+", "%2B");
          out.put(pair.substring(0, eq).strip(), URLDecoder.decode(value, StandardCharsets.UTF_8));
        } catch (IllegalArgumentException e) {
          throw wrong(name, "has a value with a broken escape for " + pair.substring(0, eq));
        }
      }
      return out;
    }
  }

  /**
   * Reads the section.
   *
   * @throws ConfigException with the position, or the variable, of what is wrong
   */
  static OtlpPushConfig read(YamlObject o, Function<String, @Nullable String> environment) {
    o.readAll();
    Variables v = new Variables(environment);
    boolean grpc = protocol(o, v).equals(GRPC);
    Map<String, Secret> headers = new TreeMap<>();
    v.pairs(v.named("HEADERS")).forEach((k, x) -> headers.put(k, new Secret(x)));
    if (headers.isEmpty()) {
      strings(o, HEADERS).forEach((k, x) -> headers.put(k, new Secret(x)));
    }
    Duration interval = v.time("OTEL_METRIC_EXPORT_INTERVAL");
    Duration timeout = v.time(v.named("TIMEOUT"));
    Duration ownInterval = seconds(o, INTERVAL_KEY, INTERVAL);
    Duration ownTimeout = seconds(o, TIMEOUT_KEY, TIMEOUT);
    return new OtlpPushConfig(
        url(o, v, grpc),
        grpc,
        gzip(v),
        new TlsConfig(
            "",
            v.of("CERTIFICATE"),
            "",
            v.of("CLIENT_CERTIFICATE"),
            Secret.NONE,
            v.of("CLIENT_KEY"),
            "",
            false,
            null,
            null),
        Map.copyOf(headers),
        interval == null ? ownInterval : interval,
        timeout == null ? ownTimeout : timeout,
        o.get(PRESERVE),
        resource(o, v));
  }

  private static String protocol(YamlObject o, Variables v) {
    String own = notBlank(o, PROTOCOL);
    if (own != null && !own.equals(GRPC) && !own.equals(HTTP)) {
      throw o.error(PROTOCOL, "\"" + own + "\": allowed: " + GRPC + ", " + HTTP);
    }
    String name = v.named("PROTOCOL");
    if (name == null) {
      return own == null ? GRPC : own;
    }
    String said = v.of("PROTOCOL");
    if (!said.equals(GRPC) && !said.equals(HTTP)) {
      throw Variables.wrong(name, "\"" + said + "\": allowed: " + GRPC + ", " + HTTP);
    }
    return said;
  }

  private static boolean gzip(Variables v) {
    String name = v.named("COMPRESSION");
    return switch (v.of("COMPRESSION")) {
      case "", "none" -> false;
      case "gzip" -> true;
      default ->
          throw Variables.wrong(
              String.valueOf(name), "\"" + v.of("COMPRESSION") + "\": allowed: gzip, none");
    };
  }

  /** Where requests go: the path is added to what is told unless it is there. */
  private static URI url(YamlObject o, Variables v, boolean grpc) {
    String own = notBlank(o, ENDPOINT);
    if (own != null) {
      parsed(own, x -> o.error(ENDPOINT, x));
    }
    String name = v.named("ENDPOINT");
    String told =
        name != null
            ? v.of("ENDPOINT")
            : own != null ? own : "http://localhost:" + (grpc ? 4317 : 4318);
    URI u = parsed(told, x -> name != null ? Variables.wrong(name, x) : o.error(ENDPOINT, x));
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
      // said below
    }
    throw wrong.apply("endpoint must be a URL: http://host:port or https://host:port");
  }

  private static Map<String, String> resource(YamlObject o, Variables v) {
    Map<String, String> all = new LinkedHashMap<>(strings(o, ATTRIBUTES));
    put(all, "service.name", notBlank(o, NAME));
    put(all, "service.namespace", notBlank(o, NAMESPACE));
    put(all, "service.instance.id", notBlank(o, INSTANCE));
    put(all, "service.version", notBlank(o, VERSION));
    all.putAll(v.pairs("OTEL_RESOURCE_ATTRIBUTES"));
    put(all, "service.name", notBlank(o, NAME)); // which there becomes a variable
    put(all, "service.name", v.find("OTEL_SERVICE_NAME"));
    return Map.copyOf(all);
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
