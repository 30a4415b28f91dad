package dev.tethys.collect.exporter.blackbox;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.protobuf.ProtoReader;
import dev.tethys.codec.protobuf.ProtoWriter;
import dev.tethys.web.client.GrpcChannel;
import dev.tethys.web.client.GrpcReply;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/** Probes by {@code grpc.health.v1.Health/Check} (grpc.io, health checking protocol). */
final class GrpcProber implements Prober {
  private static final String CHECK = "/grpc.health.v1.Health/Check";

  /** The states, by their numbers in HealthCheckResponse. */
  private static final List<String> STATES =
      List.of("UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN");

  private static final int SERVING = 1;
  private static final String DURATION = "probe_grpc_duration_seconds";
  private static final String DURATION_HELP = "Duration of gRPC request by phase";

  private final String userAgent;

  GrpcProber(String userAgent) {
    this.userAgent = userAgent;
  }

  @Override
  public boolean probe(String target, Module module, ProbeAttempt attempt)
      throws IOException, InterruptedException {
    GrpcModule m = module.grpc();
    attempt
        .found
        .gauge(DURATION, DURATION_HELP, "phase", "resolve", 0)
        .gauge("probe_grpc_ssl", "Indicates if SSL was used for the connection", 0)
        .gauge("probe_grpc_status_code", "Response gRPC status code", 0);
    String authority;
    try {
      String url =
          target.startsWith("http://") || target.startsWith("https://")
              ? target
              : "http://" + target;
      authority = new URI(url).getRawAuthority();
    } catch (URISyntaxException e) {
      return attempt.fails("Could not parse target URL", "err", e.getMessage());
    }
    if (authority == null) {
      return attempt.fails("Could not parse target URL", "target", target);
    }
    // User information does not belong to the authority: a gRPC call has no field for it.
    authority = authority.substring(authority.lastIndexOf('@') + 1);
    ProbeAttempt.HostPort at = ProbeAttempt.HostPort.of(authority);
    if (at == null) {
      at = new ProbeAttempt.HostPort(authority, m.tls() ? 443 : 80);
    }
    ProbeAttempt.ResolvedAddress found = attempt.address(at.host(), m.ip());
    attempt.found.gauge(DURATION, DURATION_HELP, "phase", "resolve", found.seconds());
    if (found.address() == null) {
      return false;
    }
    String name = m.config().serverName().isEmpty() ? at.host() : m.config().serverName();
    GrpcChannel.Options options =
        new GrpcChannel.Options(
            found.address().getHostAddress(),
            at.port(),
            null,
            m.tls() ? m.config() : null,
            (name.indexOf(':') >= 0 ? "[" + name + "]" : name) + ":" + at.port(),
            false,
            Duration.ZERO,
            Duration.ofSeconds(20),
            false,
            userAgent);
    Map<String, String> metadata = new LinkedHashMap<>();
    m.metadata().forEach((k, v) -> metadata.put(k.toLowerCase(Locale.ROOT), String.join(",", v)));
    byte[] message = request(m.service());
    long started = System.nanoTime();
    int code;
    int state = -1;
    try (GrpcChannel channel = new GrpcChannel(options)) {
      try {
        GrpcReply r =
            channel.call(CHECK, metadata, message, "", Duration.ofMillis(attempt.millisLeft()));
        code = r.status();
        if (code == GrpcReply.OK) {
          state = state(r.body());
        } else {
          attempt.fails("can't connect grpc server:", "err", r.statusName() + ": " + r.message());
        }
      } catch (HttpTimeoutException e) {
        code = GrpcReply.DEADLINE_EXCEEDED;
        attempt.fails("can't connect grpc server:", "err", "context deadline exceeded");
      } catch (IOException e) {
        code = GrpcReply.UNAVAILABLE;
        attempt.fails("can't connect grpc server:", "err", e.getMessage());
      }
      if (code == GrpcReply.OK) {
        secured(channel.session(), attempt);
      }
    }
    attempt.found.gauge(
        DURATION,
        DURATION_HELP,
        "phase",
        "check",
        ProbeAttempt.seconds(System.nanoTime() - started));
    attempt.found.gauge("probe_grpc_status_code", "", code);
    for (int i = 0; i < STATES.size(); i++) {
      attempt.found.gauge(
          "probe_grpc_healthcheck_response",
          "Response HealthCheck response",
          "serving_status",
          STATES.get(i),
          i == state ? 1 : 0);
    }
    if (code == GrpcReply.OK && state != SERVING) {
      return attempt.fails("the service does not serve", "status", state);
    }
    return code == GrpcReply.OK;
  }

  private static void secured(@Nullable SSLSession session, ProbeAttempt attempt)
      throws IOException {
    if (session != null) {
      attempt.found.gauge("probe_grpc_ssl", "", 1);
      new TlsFacts(session).common(attempt.found);
    }
  }

  private static byte[] request(String service) {
    ProtoWriter w = new ProtoWriter();
    if (!service.isEmpty()) {
      w.string(1, service);
    }
    return w.toByteArray();
  }

  private static int state(byte[] message) throws IOException {
    try {
      return stateOf(message);
    } catch (CodecException e) {
      throw new IOException("the response is not a HealthCheckResponse: " + e.getMessage(), e);
    }
  }

  private static int stateOf(byte[] message) {
    ProtoReader r = new ProtoReader(message);
    int state = 0;
    while (r.next()) {
      if (r.field() == 1) {
        state = r.readInt();
      } else {
        r.skip();
      }
    }
    return state;
  }
}
