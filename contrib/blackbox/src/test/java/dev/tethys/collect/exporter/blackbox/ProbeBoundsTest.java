package dev.tethys.collect.exporter.blackbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.collect.exporter.Exporter;
import dev.tethys.collect.exporter.ExporterDependencies;
import dev.tethys.collect.exporter.FlagSettings;
import dev.tethys.collect.exporter.Probe;
import dev.tethys.config.HttpClientConfig;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.web.Grpc;
import dev.tethys.web.HttpListener;
import dev.tethys.web.HttpListenerOptions;
import dev.tethys.web.Params;
import dev.tethys.web.Routes;
import dev.tethys.web.client.HttpClientFactory;
import dev.tethys.web.client.TracedClient;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Names that cannot be resolved, and users in the addresses of protocols without users. */
@Timeout(60)
@Tag("slow")
class ProbeBoundsTest {
  private static final String MODULES =
      """
      modules:
        http: {prober: http, timeout: 200ms}
        tcp: {prober: tcp, timeout: 200ms}
        dns: {prober: dns, timeout: 200ms, dns: {query_name: a}}
        icmp: {prober: icmp, timeout: 200ms}
        grpc: {prober: grpc, timeout: 200ms}
        ws: {prober: websocket, timeout: 200ms}
        calls: {prober: grpc, timeout: 30s, grpc: {preferred_ip_protocol: ip4}}
        talks: {prober: websocket, timeout: 30s, websocket: {preferred_ip_protocol: ip4}}
      """;

  @TempDir Path dir;
  private final HttpClientFactory clients = new HttpClientFactory("test");

  @AfterEach
  void close() {
    clients.close();
  }

  /** The metrics of a probe: values by name, with the value of the label of phases after it. */
  private Map<String, Double> probe(String module, String target) throws Exception {
    Path file = Files.writeString(dir.resolve("blackbox.yml"), MODULES);
    try (Exporter e =
        new Blackbox()
            .open(
                new FlagSettings(new Blackbox(), Map.of("config.file", file.toString())),
                new ExporterDependencies(clients, InstantSource.system(), n -> null))) {
      String query =
          "module=" + module + "&target=" + URLEncoder.encode(target, StandardCharsets.UTF_8);
      Map<String, Double> out = new TreeMap<>();
      for (MetricFamily f :
          Objects.requireNonNull(e.probes().get("/probe"))
              .collect(new Probe(Params.parse(query), null))) {
        for (MetricFamily.Metric m : f.metrics()) {
          String phase = m.labels().get("phase");
          out.put(
              f.name() + (phase == null || phase.isEmpty() ? "" : " " + phase),
              ((MetricFamily.Value) m.point()).value());
        }
      }
      return out;
    }
  }

  @Test
  void unknownNameEndsAProbeWithItsTime() throws Exception {
    Map<String, String> targets =
        Map.of(
            "http", "http://a." + HangingNames.NAME + "/",
            "tcp", "b." + HangingNames.NAME + ":80",
            "dns", "c." + HangingNames.NAME,
            "icmp", "d." + HangingNames.NAME,
            "grpc", "e." + HangingNames.NAME + ":80",
            "ws", "ws://f." + HangingNames.NAME + "/");
    for (Map.Entry<String, String> t : targets.entrySet()) {
      assertThat(probe(t.getKey(), t.getValue()))
          .as(t.toString())
          .containsEntry("probe_success", 0.0)
          .containsEntry("probe_ip_protocol", 0.0)
          .containsKey("probe_dns_lookup_time_seconds");
    }
  }

  @Test
  void nameLookupOfTheClientIsBoundedToo() throws Exception {
    TracedClient client = clients.traced(HttpClientConfig.DEFAULT);
    assertThatThrownBy(
            () ->
                client.send(
                    new TracedClient.Request(
                        "GET",
                        URI.create("http://g." + HangingNames.NAME + "/"),
                        null,
                        "g",
                        "g",
                        Map.of(),
                        null,
                        false,
                        System.nanoTime() + 200_000_000L,
                        1024),
                    new TracedClient.Times()))
        .isInstanceOf(HttpTimeoutException.class);
  }

  @Test
  void grpcTargetDoesNotReceiveTheUserInformation() throws Exception {
    List<String> hosts = new CopyOnWriteArrayList<>();
    Routes routes =
        new Routes()
            .post(
                "/grpc.health.v1.Health/Check",
                Grpc.unary(
                    1 << 10,
                    (message, q) -> {
                      hosts.add(q.host() + " " + q.header("authorization"));
                      return new byte[] {8, 1}; // SERVING
                    }));
    try (HttpListener l = HttpListener.start(HttpListenerOptions.on("127.0.0.1:0"), routes, null)) {
      for (String user : List.of("", "http://", "http://user:secret@", "user:se@cret@")) {
        assertThat(probe("calls", user + "127.0.0.1:" + l.port()))
            .as(user)
            .containsEntry("probe_success", 1.0);
        assertThat(hosts.removeLast()).isEqualTo("127.0.0.1:" + l.port() + " null");
      }
    }
  }

  @Test
  void userInATargetIsNotAWebsocketUrl() throws Exception {
    try (ServerSocket s = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      s.setSoTimeout(1);
      assertThat(probe("talks", "ws://user:secret@127.0.0.1:" + s.getLocalPort() + "/"))
          .containsEntry("probe_success", 0.0)
          .containsEntry("probe_ip_protocol", 4.0)
          .containsEntry("probe_websocket_status_code", 0.0)
          .containsKeys(
              "probe_websocket_duration_seconds resolve",
              "probe_websocket_duration_seconds processing")
          .doesNotContainKey("probe_websocket_duration_seconds connect");
      assertThatThrownBy(s::accept).isInstanceOf(java.net.SocketTimeoutException.class);
    }
  }

  @Test
  void neverLogsThePasswordOfATarget() {
    for (String target :
        List.of(
            "http://user:secret@host:1/a?b=c:d@e",
            "user:secret@host:1",
            "user:se@cret@host:1",
            "ws://:secret@host/")) {
      ProbeAttempt attempt =
          new ProbeAttempt("m", target, Duration.ofSeconds(1), System.Logger.Level.DEBUG);
      assertThat(attempt.fails("No", "target", target, "err", "Get \"" + target + "\": no"))
          .isFalse();
      assertThat(attempt.logged())
          .as(target)
          .doesNotContain("secret", "cret")
          .contains("xxxxx@host");
    }
    for (String target : List.of("host:1", "[::1]:80", "http://host/a:b@c")) {
      assertThat(ProbeAttempt.withoutPassword(target)).isEqualTo(target);
    }
  }

  /** A target with a line of its own would look like another probe's. */
  @Test
  void targetCannotBreakALogLine() {
    ProbeAttempt attempt =
        new ProbeAttempt("m", "a\nlevel=INFO x", Duration.ofSeconds(1), System.Logger.Level.DEBUG);
    assertThat(attempt.fails("No")).isFalse();
    assertThat(attempt.logged().lines()).hasSize(1);
  }
}
