package dev.tethys.pipeline.client;

import dev.tethys.codec.compression.Compression;
import dev.tethys.config.GoDurations;
import dev.tethys.config.Key;
import dev.tethys.config.Secret;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.pipeline.component.Reference;
import dev.tethys.web.client.GrpcChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;

/**
 * gRPC client with the Collector's keys (configgrpc).
 *
 * @param encoding value of {@code grpc-encoding}; "" without compression
 * @param headers headers of every call; names in lower case
 * @param auth null without authentication
 */
public record GrpcClientSettings(
    GrpcChannel.Options channel,
    Compression compression,
    String encoding,
    Map<String, Secret> headers,
    @Nullable Reference auth) {
  /** Parses a {@code grpc-encoding} value. */
  public static Compression compression(String word) {
    return switch (word) {
      case "gzip" -> Compression.GZIP;
      case "snappy" -> Compression.SNAPPY_FRAMED; // gRPC's snappy is the framed one
      case "zstd" -> Compression.ZSTD;
      default -> Compression.NONE;
    };
  }

  private static final Section KEEPALIVE =
      new Section("keepalive", "Keepalive pings of the client.");
  private static final Key<Duration> TIME =
      KEEPALIVE.key(
          "time",
          GoDurations.TYPE,
          Duration.ofSeconds(10),
          "Idle time after which a ping is sent.");
  private static final Key<Duration> KEEPALIVE_TIMEOUT =
      KEEPALIVE.key("timeout", GoDurations.TYPE, Duration.ofSeconds(10), "Timeout of a ping.");
  private static final Key<Boolean> WITHOUT_STREAM =
      KEEPALIVE.key(
          "permit_without_stream",
          Type.BOOL,
          false,
          "If true, pings are sent without active calls too.");

  private record Keepalive(Duration time, Duration timeout, boolean idle) {}

  private static final Keepalive NEVER = new Keepalive(Duration.ZERO, Duration.ZERO, false);

  /**
   * Address of a gRPC server.
   *
   * @param tls null if the endpoint does not say
   */
  private record Target(String host, int port, @Nullable Path unix, @Nullable Boolean tls) {
    static Target parse(String written) {
      String text = written.strip();
      Boolean tls = null;
      if (text.startsWith("http://")) {
        tls = false;
        text = text.substring(7);
      } else if (text.startsWith("https://")) {
        text = text.substring(8);
      } else if (text.startsWith("dns://")) {
        text = text.substring(text.lastIndexOf('/') + 1);
      }
      if (text.startsWith("unix:")) {
        Path unix = Path.of(text.startsWith("unix://") ? text.substring(7) : text.substring(5));
        return new Target("", 0, unix, tls);
      }
      int colon = text.lastIndexOf(':');
      String host = colon < 0 ? text : text.substring(0, colon);
      if (host.startsWith("[") && host.endsWith("]")) {
        host = host.substring(1, host.length() - 1);
      }
      int port;
      try {
        port = colon < 0 ? -1 : Integer.parseInt(text.substring(colon + 1));
      } catch (NumberFormatException e) {
        port = -1;
      }
      if (host.isEmpty() || port < 1 || port > 65_535) {
        throw new IllegalArgumentException("must be host:port, not \"" + written + "\"");
      }
      return new Target(host, port, null, tls);
    }
  }

  /**
   * Variant for another endpoint.
   *
   * @throws IllegalArgumentException if it is invalid, with the required form
   */
  public GrpcClientSettings at(String endpoint) {
    Target to = Target.parse(endpoint);
    GrpcChannel.Options c = channel;
    if (to.unix != null && c.tls() != null) {
      throw new IllegalArgumentException("must be host:port for TLS");
    }
    return new GrpcClientSettings(
        new GrpcChannel.Options(
            to.host,
            to.port,
            to.unix,
            Boolean.FALSE.equals(to.tls) ? null : c.tls(),
            c.authority(),
            c.roundRobin(),
            c.keepaliveTime(),
            c.keepaliveTimeout(),
            c.keepaliveIdle(),
            c.userAgent()),
        compression,
        encoding,
        headers,
        auth);
  }

  /** Keys of the block, to which an exporter adds its own. */
  public static final class Keys {
    /** Placeholder of the endpoint in a template. */
    private static final String NOWHERE = "nowhere:1";

    private final Key<String> endpoint;
    private final boolean template;
    private final @Nullable Key<List<String>> endpoints;
    private final Key<ClientTlsSettings> tls;
    private final Key<String> compression;
    private final Key<Keepalive> keepalive;
    private final Key<Map<String, Secret>> headers;
    private final Key<Boolean> roundRobin;
    private final Key<String> authority;
    private final Key<String> userAgent;
    private final IgnoredCollectorKeys foreign;
    private final Key<Reference> auth;

    /** Adds the keys to a section. */
    public Keys(Section s) {
      this(s, false, "gzip");
    }

    /**
     * Adds the keys to a section.
     *
     * @param several whether several endpoints are allowed
     * @param defaultCompression default compression of requests
     */
    public Keys(Section s, boolean several, String defaultCompression) {
      this(s, several, defaultCompression, false);
    }

    /** Adds the keys to a section without an endpoint; see {@link #at}. */
    public static Keys template(Section s) {
      return new Keys(s, false, "gzip", true);
    }

    private Keys(Section s, boolean several, String defaultCompression, boolean template) {
      this.template = template;
      String about = "host:port, dns:///host:port or unix:///path.";
      endpoint =
          several || template
              ? s.key(
                  "endpoint",
                  Type.STRING,
                  "",
                  template ? "No effect: other keys give the address." : about)
              : s.required("endpoint", Type.STRING, about);
      endpoints =
          several
              ? s.key(
                  "endpoints",
                  Type.list(Type.STRING),
                  List.of(),
                  "Addresses of several servers, used in turn.")
              : null;
      tls =
          s.key(
              "tls",
              ClientTlsSettings.TYPE,
              ClientTlsSettings.DEFAULT,
              "TLS settings of the client.");
      SequencedMap<String, String> words = new LinkedHashMap<>();
      for (String w : List.of("gzip", "snappy", "zstd", "none")) {
        words.put(w, w);
      }
      words.put("", "none");
      compression =
          s.key(
              "compression",
              Type.oneOf("compression", words),
              defaultCompression,
              "Compression of requests.");
      keepalive =
          s.key(
              "keepalive",
              KEEPALIVE.type(
                  o -> new Keepalive(o.get(TIME), o.get(KEEPALIVE_TIMEOUT), o.get(WITHOUT_STREAM))),
              NEVER,
              "Keepalive pings of the client; none if absent.");
      headers = s.key("headers", ClientKeys.HEADERS, Map.of(), "Headers of every call.");
      SequencedMap<String, Boolean> balancers = new LinkedHashMap<>();
      balancers.put("round_robin", true);
      balancers.put("pick_first", false);
      roundRobin =
          s.key(
              "balancer_name",
              Type.oneOf("balancer", balancers),
              true,
              "Selection among the addresses of the endpoint's host name.");
      authority =
          s.key(
              "authority",
              Type.STRING,
              "",
              "Authority of calls: the server name to request and to verify.");
      userAgent =
          s.key("user_agent", Type.STRING, "", "User agent; by default Tethys and its version.");
      auth = s.optional("auth", ClientKeys.AUTH_TYPE, "Authenticator of calls.");
      s.key(
          "wait_for_ready",
          Type.BOOL,
          false,
          "No effect: batches wait in the queue while there is no connection.");
      foreign = new IgnoredCollectorKeys(s, true);
    }

    /** Reads the keys from a map that may contain others. */
    public GrpcClientSettings read(YamlObject o, String ours) {
      return read(o, ours, endpoint, template ? NOWHERE : o.get(endpoint));
    }

    /** Whether a template has an endpoint, which is ignored. */
    public boolean namesEndpoint(YamlObject o) {
      return !o.get(endpoint).isEmpty();
    }

    /** Reads the settings of each endpoint. */
    public List<GrpcClientSettings> readAll(YamlObject o, String ours) {
      List<GrpcClientSettings> out = new ArrayList<>();
      String one = o.get(endpoint);
      if (!one.isEmpty()) {
        out.add(read(o, ours, endpoint, one));
      }
      if (endpoints != null) {
        for (String e : o.get(endpoints)) {
          out.add(read(o, ours, endpoints, e));
        }
      }
      if (out.isEmpty()) {
        throw o.error("endpoint is missing: host:port that is called");
      }
      return List.copyOf(out);
    }

    private GrpcClientSettings read(YamlObject o, String ours, Key<?> key, String written) {
      foreign.check(o);
      String agent = o.get(userAgent);
      if (agent.chars().anyMatch(c -> c < ' ' || c > '~')) {
        throw o.error(userAgent, "user_agent must be printable ASCII");
      }
      ClientTlsSettings t = o.get(tls);
      Target to;
      try {
        to = Target.parse(written);
      } catch (IllegalArgumentException e) {
        throw o.error(key, key.name() + " " + e.getMessage());
      }
      boolean secure = to.tls == null ? !t.insecure() : to.tls;
      if (to.unix != null && secure) {
        throw o.error(key, "TLS over a Unix socket is not supported; set tls.insecure: true");
      }
      Keepalive k = o.get(keepalive);
      String encoding = o.get(compression);
      return new GrpcClientSettings(
          new GrpcChannel.Options(
              to.host,
              to.port,
              to.unix,
              secure ? t.config() : null,
              o.get(authority),
              o.get(roundRobin),
              k.time(),
              k.timeout(),
              k.idle(),
              agent.isEmpty() ? ours : agent),
          compression(encoding),
          encoding.equals("none") ? "" : encoding,
          o.get(headers),
          o.find(auth));
    }
  }
}
