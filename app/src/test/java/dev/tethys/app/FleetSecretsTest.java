package dev.tethys.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.testkit.Ports;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Secrets of a control plane, its agents and of web configurations are in no response and no log.
 */
@Tag("slow")
class FleetSecretsTest {
  private static final Duration LIMIT = Duration.ofMinutes(1);
  private static final String PLANTED = "Pl4nted";
  private static final String ADMIN = "Pl4nted-admin-token-1";
  private static final String AGENT = "Pl4nted-agent-token-2";

  private static final String COLLECTOR =
      """
      receivers:
        otlp: {protocols: {http: {endpoint: '127.0.0.1:{otlp}'}}}
      exporters:
        otlphttp: {endpoint: 'http://user:Pl4nted@127.0.0.1:{dead}/', headers: {X-Api-Key: Pl4nted}}
        elasticsearch: {endpoints: ['http://127.0.0.1:{dead}/?token=Pl4nted'], password: Pl4nted, user: u}
      service:
        telemetry: {logs: {level: debug}, metrics: {address: '127.0.0.1:{port}'}}
        pipelines:
          logs: {receivers: [otlp], exporters: [otlphttp, elasticsearch]}
      """;

  @TempDir Path folder;

  private static String get(TethysProcess p, String path) {
    return p.send(
            HttpRequest.newBuilder(p.uri(path)).header("Authorization", "Bearer " + ADMIN).GET())
        .body();
  }

  @Test
  void controlPlaneExposesNoSecretsInResponsesOrLogs() throws Exception {
    Path tokens = folder.resolve("tokens");
    Files.writeString(tokens, "admin boss " + ADMIN + "\nagent a " + AGENT + "\n");
    Files.setPosixFilePermissions(tokens, PosixFilePermissions.fromString("rw-------"));
    Path agentToken = folder.resolve("agent-token");
    Files.writeString(agentToken, AGENT);
    int port = Ports.free();
    int collectorPort = Ports.free();
    Path file = folder.resolve("collector.yaml");
    Files.writeString(
        file,
        COLLECTOR
            .replace("{dead}", String.valueOf(Ports.free()))
            .replace("{otlp}", String.valueOf(Ports.free()))
            .replace("{port}", String.valueOf(collectorPort)));
    try (TethysProcess control =
            TethysProcess.launch(
                folder,
                port,
                List.of(
                    "control",
                    "--web.listen-address=127.0.0.1:" + port,
                    "--token-file=" + tokens,
                    "--data=" + folder.resolve("control"),
                    "--log.level=debug"));
        TethysProcess agent =
            TethysProcess.launch(
                folder,
                collectorPort,
                List.of(
                    "collector",
                    "--config=" + file,
                    "--control=http://127.0.0.1:" + port,
                    "--control.token-file=" + agentToken,
                    "--control.data=" + folder.resolve("agent"),
                    "--control.label=env=prod"))) {
      control.awaitReady();
      control.await(
          "the agent with its configuration",
          LIMIT,
          () -> get(control, "/api/v1/control/agents").contains("\"env\""));
      String uid =
          get(control, "/api/v1/control/agents").replaceAll("(?s).*?\"uid\":\"([^\"]+)\".*", "$1");
      String one = "/api/v1/control/agents/" + uid;
      control.await(
          "its effective configuration", LIMIT, () -> get(control, one).contains("otlphttp"));
      for (String page :
          List.of(
              "/api/v1/control/agents",
              one,
              "/api/v1/control/volumes",
              "/api/v1/control/configurations",
              "/api/v1/control/rollouts",
              "/api/v1/control/audit",
              "/api/v1/control/audit/export",
              "/metrics")) {
        assertThat(get(control, page)).as(page).doesNotContain(PLANTED);
        assertThat(control.get(page).body()).as(page + " without a token").doesNotContain(PLANTED);
      }
      String wrong = "/api/v1/control/agents?token=" + PLANTED;
      control.send(
          HttpRequest.newBuilder(control.uri(wrong)).header("Authorization", "Bearer Pl4nted-x"));
      assertThat(control.log()).doesNotContain(PLANTED);
      assertThat(agent.log()).doesNotContain(PLANTED).contains("Control plane configured");
    }
  }

  @Test
  void exposesNoSecretsOfAWebConfiguration() throws Exception {
    Path web = folder.resolve("web.yml");
    // of "pw"; a hash is a secret as well
    String hash = "$2y$04$Pl4ntedPl4ntedPl4ntedOCkvDHcHcWnBPTCWCGtDNnEQgKZ7dgOi";
    Files.writeString(
        web,
        "basic_auth_users: {u: '"
            + hash
            + "'}\nhttp_server_config: {headers: {X-Frame-Options: deny}}\n");
    int port = Ports.free();
    try (TethysProcess p =
        TethysProcess.launch(
            folder,
            port,
            List.of(
                "pushgateway",
                "--web.listen-address=127.0.0.1:" + port,
                "--web.config.file=" + web,
                "--log.level=debug"))) {
      p.await("the start", LIMIT, () -> p.log().contains("Listening on"));
      String login =
          Base64.getEncoder().encodeToString("u:Pl4nted".getBytes(StandardCharsets.UTF_8));
      for (String page : List.of("/metrics", "/api/v1/status", "/", "/status")) {
        String body =
            p.send(HttpRequest.newBuilder(p.uri(page)).header("Authorization", "Basic " + login))
                .body();
        assertThat(body).as(page).contains("Unauthorized").doesNotContain(PLANTED);
      }
      assertThat(p.log()).doesNotContain(PLANTED).doesNotContain(login);
      Files.writeString(web, "basic_auth_users: {u: Pl4nted-is-no-hash}\n");
      p.get("/metrics");
      assertThat(p.log()).doesNotContain(PLANTED);
    }
    Files.writeString(web, "basic_auth_users: {u: [Pl4nted]}\nPl4ntedKey: 1\n");
    try (TethysProcess p =
        TethysProcess.launch(
            folder,
            port,
            List.of(
                "pushgateway",
                "--web.listen-address=127.0.0.1:" + port,
                "--web.config.file=" + web))) {
      p.await("the refusal", LIMIT, () -> !p.isAlive());
      assertThat(p.log()).doesNotContain("[Pl4nted]");
    }
  }

  private static final String CLYMENE =
      """
      global: {scrape_interval: 1s, scrape_timeout: 500ms}
      scrape_configs:
        - job_name: params
          params: {token: [Pl4nted]}
          authorization: {credentials: Pl4nted}
          static_configs: [{targets: ['127.0.0.1:{dead}', 'user:Pl4nted@127.0.0.1:{dead}']}]
        - job_name: found
          http_sd_configs: [{url: 'http://user:Pl4nted@127.0.0.1:{dead}/x?token=Pl4nted', refresh_interval: 1s}]
          consul_sd_configs: [{server: '127.0.0.1:{dead}', token: Pl4nted}]
          basic_auth: {username: u, password: Pl4nted}
      """;

  @Test
  void agentWithClymenesConfigurationExposesNoSecrets() throws Exception {
    String dead = String.valueOf(Ports.free());
    int port = Ports.free();
    Path config = folder.resolve("clymene.yml");
    Files.writeString(config, CLYMENE.replace("{dead}", dead));
    Path log = folder.resolve("log");
    ProcessBuilder b =
        new ProcessBuilder(
                TethysProcess.small(
                    "agent", "--config.file=" + config, "--http.port=" + port, "--log-level=debug"))
            .redirectErrorStream(true)
            .redirectOutput(log.toFile());
    b.environment().put("STORAGE_TYPE", "prometheus");
    b.environment().put("ADMIN_HTTP_HOST_PORTS", "127.0.0.1:" + Ports.free());
    b.environment()
        .put("PROMETHEUS_REMOTE_URL", "http://user:Pl4nted@127.0.0.1:" + dead + "/w?token=Pl4nted");
    Process p = b.start();
    try {
      TethysProcess.await(
          "a failed write",
          LIMIT,
          () -> read(log).contains("exporter prometheus_remote_write"),
          () -> read(log));
      for (String page :
          List.of("/", "/metrics", "/api/v1/pipelines", "/api/v1/pipelines/config")) {
        String body =
            TethysProcess.CLIENT
                .send(
                    HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + page)).build(),
                    HttpResponse.BodyHandlers.ofString())
                .body();
        assertThat(body).as(page).isNotEmpty().doesNotContain(PLANTED);
      }
    } finally {
      p.destroy();
      if (!p.waitFor(60, TimeUnit.SECONDS)) {
        p.destroyForcibly().waitFor();
      }
    }
    assertThat(read(log)).doesNotContain(PLANTED).contains("xxxxx");
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      return e.toString();
    }
  }
}
