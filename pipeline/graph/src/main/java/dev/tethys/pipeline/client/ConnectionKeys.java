package dev.tethys.pipeline.client;

import dev.tethys.config.ConnectionRules;
import dev.tethys.config.GoDurations;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import java.time.Duration;
import java.util.List;

/** Keys of confighttp about the connections of a client. */
final class ConnectionKeys {
  /** Go's default number of idle connections per server. */
  private static final int GO_IDLE_EACH = 2;

  private static final Section COOKIES = new Section("cookies", "Cookies of the client.");
  private static final Key<Boolean> COOKIES_ENABLED =
      COOKIES.key("enabled", Type.BOOL, true, "Enables cookies.");

  private final Key<Boolean> cookies;
  private final Key<Long> idle;
  private final Key<Long> idleEach;
  private final Key<Long> most;
  private final Key<Duration> idleTime;
  private final Key<Boolean> single;
  private final IgnoredCollectorKeys foreign;
  private final Key<Boolean> http2;
  private final Key<Duration> pingAfter;
  private final Key<Duration> pingTimeout;

  ConnectionKeys(Section s) {
    cookies =
        s.key(
            "cookies",
            COOKIES.type(o -> o.get(COOKIES_ENABLED)),
            false,
            "Cookies of the client: those set by the server are sent with later " + "requests.");
    idle =
        s.optional(
            "max_idle_conns", Type.INT, "Maximum number of idle connections; 0 for no limit.");
    idleEach =
        s.optional(
            "max_idle_conns_per_host",
            Type.INT,
            "Maximum number of idle connections to one server; 0 for " + GO_IDLE_EACH + ".");
    most =
        s.key(
            "max_conns_per_host",
            Type.INT,
            0L,
            "Maximum number of connections to one server; 0 for no limit.");
    idleTime =
        s.optional(
            "idle_conn_timeout",
            GoDurations.TYPE,
            "Idle time after which a connection is closed; 0 for five minutes.");
    single =
        s.key(
            "disable_keep_alives",
            Type.BOOL,
            false,
            "If true, every request uses a new connection.");
    http2 =
        s.key(
            "force_attempt_http2",
            Type.BOOL,
            true,
            "If true, HTTP/2 is used over TLS if the server supports it.");
    pingAfter =
        s.key(
            "http2_read_idle_timeout",
            GoDurations.TYPE,
            Duration.ZERO,
            "Only 0 is accepted: the client sends no pings.");
    pingTimeout =
        s.key(
            "http2_ping_timeout",
            GoDurations.TYPE,
            Duration.ZERO,
            "Only 0 is accepted: the client sends no pings.");
    foreign = new IgnoredCollectorKeys(s, true);
  }

  boolean http2(YamlObject o) {
    return o.get(http2);
  }

  ConnectionRules read(YamlObject o) {
    for (Key<Duration> k : List.of(pingAfter, pingTimeout)) {
      if (o.get(k).isPositive()) {
        throw o.error(
            k,
            k.name()
                + ": pings of HTTP/2 are not sent over HTTP (otlp_grpc has keepalive); remove the"
                + " key, or end silent connections early with idle_conn_timeout");
      }
    }
    foreign.check(o);
    return new ConnectionRules(
        o.get(cookies),
        number(o, most, 0),
        number(o, idle, 0),
        number(o, idleEach, o.has(idleEach) ? GO_IDLE_EACH : 0),
        duration(o),
        o.get(single),
        false);
  }

  private static int number(YamlObject o, Key<Long> key, int usual) {
    Long n = o.find(key);
    if (n == null) {
      return 0;
    }
    if (n < 0 || n > Integer.MAX_VALUE) {
      throw o.error(key, key.name() + " must be a number of at least 0");
    }
    return n == 0 ? usual : n.intValue();
  }

  private Duration duration(YamlObject o) {
    Duration d = o.find(idleTime);
    return d == null || d.isNegative() ? Duration.ZERO : d;
  }
}
