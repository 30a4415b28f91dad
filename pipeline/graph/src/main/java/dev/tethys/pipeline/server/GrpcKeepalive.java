package dev.tethys.pipeline.server;

import dev.tethys.config.GoDurations;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.web.ConnectionTimes;
import java.time.Duration;

/**
 * {@code keepalive} of a gRPC server with the Collector's keys. Omitted settings are disabled,
 * whereas gRPC's own servers ping after two hours and restrict client pings by default.
 *
 * @param times lifetimes and keepalive pings of connections
 * @param pingEvery minimum interval of client pings; zero for no limit
 * @param pingIdle whether clients may ping without a call
 */
record GrpcKeepalive(ConnectionTimes times, Duration pingEvery, boolean pingIdle) {
  static final GrpcKeepalive NONE = new GrpcKeepalive(ConnectionTimes.USUAL, Duration.ZERO, true);

  /** gRPC's defaults for omitted keys of a block. */
  private static final Duration REPLY = Duration.ofSeconds(20);

  private static final Duration PING_EVERY = Duration.ofMinutes(5);

  private static final Section PARAMETERS =
      new Section("server_parameters", "Keepalive and age limits of connections.");
  private static final Key<Duration> IDLE =
      PARAMETERS.key(
          "max_connection_idle",
          GoDurations.TYPE,
          Duration.ZERO,
          "Idle time after which a connection without calls is closed; 0 closes "
              + "it after five minutes without traffic.");
  private static final Key<Duration> AGE =
      PARAMETERS.key(
          "max_connection_age",
          GoDurations.TYPE,
          Duration.ZERO,
          "Age, varied by up to 10%, after which a connection is closed once it "
              + "has no pending call; 0 for no limit.");
  private static final Key<Duration> GRACE =
      PARAMETERS.key(
          "max_connection_age_grace",
          GoDurations.TYPE,
          Duration.ZERO,
          "Grace period for pending calls; 0 for unlimited.");
  private static final Key<Duration> TIME =
      PARAMETERS.key(
          "time",
          GoDurations.TYPE,
          Duration.ZERO,
          "Idle time after which a ping is sent to the client; 0 for never.");
  private static final Key<Duration> TIMEOUT =
      PARAMETERS.key("timeout", GoDurations.TYPE, REPLY, "Timeout of a ping.");

  private static final Section POLICY =
      new Section("enforcement_policy", "Limits on keepalive pings of clients.");
  private static final Key<Duration> MIN_TIME =
      POLICY.key(
          "min_time",
          GoDurations.TYPE,
          PING_EVERY,
          "Minimum interval between two pings of a client.");
  private static final Key<Boolean> PERMIT_WITHOUT_STREAM =
      POLICY.key(
          "permit_without_stream",
          Type.BOOL,
          false,
          "If true, clients may ping without active calls.");

  private record Policy(Duration pingEvery, boolean pingIdle) {}

  private static final Section KEEPALIVE = new Section("keepalive", "Keepalive of connections.");
  private static final Key<ConnectionTimes> SERVER_PARAMETERS =
      KEEPALIVE.key(
          "server_parameters",
          PARAMETERS.type(
              o ->
                  ConnectionTimes.ofConnections(
                      o.get(IDLE),
                      o.get(AGE),
                      o.get(GRACE),
                      o.get(TIME),
                      o.get(TIMEOUT).isZero() ? REPLY : o.get(TIMEOUT))),
          ConnectionTimes.USUAL,
          "Keepalive and age limits of connections.");
  private static final Key<Policy> ENFORCEMENT_POLICY =
      KEEPALIVE.key(
          "enforcement_policy",
          POLICY.type(
              o ->
                  new Policy(
                      o.get(MIN_TIME).isZero() ? PING_EVERY : o.get(MIN_TIME),
                      o.get(PERMIT_WITHOUT_STREAM))),
          new Policy(Duration.ZERO, true),
          "Limits on keepalive pings of clients; unlimited if absent.");

  static final Type<GrpcKeepalive> TYPE =
      KEEPALIVE.type(
          o -> {
            Policy p = o.get(ENFORCEMENT_POLICY);
            return new GrpcKeepalive(o.get(SERVER_PARAMETERS), p.pingEvery(), p.pingIdle());
          });
}
