package dev.tethys.contrib.clusteragent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import dev.tethys.prometheus.push.MetricsPush;
import dev.tethys.runtime.cli.FlagSet;
import dev.tethys.runtime.cli.UsageException;
import dev.tethys.testkit.KubernetesDouble;
import dev.tethys.testkit.Ports;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClusterAgentRoleTest {
  private record Run(int status, String out) {}

  private static Run run(Map<String, String> environment, String... args) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    int status =
        ClusterAgentRole.run(
            List.of(args), environment, new PrintStream(out, true, StandardCharsets.UTF_8));
    return new Run(status, out.toString(StandardCharsets.UTF_8));
  }

  private static void refused(String message, String... args) {
    assertThatThrownBy(() -> run(Map.of(), args))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining(message);
  }

  @Test
  void printsItsFlags() {
    assertThat(run(Map.of(), "--help").out()).contains("--coroot-url", "--config.file", "check");
  }

  @Test
  void refusesWhatIsNotBuilt() {
    refused("is not accepted: only a server scrapes pods", "--profiles-scrape-interval=1m");
    refused("must be from 0s to 24h", "--kube-state-metrics-min-age=48h");
    refused("only 'check'", "read");
    refused("--config.file is required");
    refused("is not a URL", "--coroot-url=ftp://x");
    refused("must be from 1s to 1h", "check", "--metrics-scrape-interval=1ms");
  }

  @Test
  void checksDatabasesOfTheFile(@TempDir Path dir) throws Exception {
    Path file = dir.resolve("databases.yml");
    int port = Ports.free();
    Files.writeString(
        file, "databases: [{engine: postgres, address: '127.0.0.1:" + port + "', password: p4}]");
    Run r = run(Map.of("CONFIG_FILE", file.toString()), "check");
    assertThat(r.status()).isEqualTo(1);
    assertThat(r.out())
        .contains("postgres 127.0.0.1:" + port, "connection failed")
        .doesNotContain("p4");
    refused("no database with address x:1", "check", "x:1", "--config.file=" + file);
  }

  @Test
  void refusesSettingsOfFoundDatabasesWithoutEffect(@TempDir Path dir) throws Exception {
    Path file = dir.resolve("databases.yml");
    Files.writeString(file, "found_databases: serve");
    refused("settings of --cluster-agent.config-file of a server", "--config.file=" + file);
    Files.writeString(file, "credentials: [{engine: redis, password: p4}]");
    refused("nothing finds any: set --coroot-url", "check", "--config.file=" + file);
    Files.writeString(file, "databases: []");
    refused(
        "--config-update-interval must be from 1s to 1h",
        "check",
        "--config.file=" + file,
        "--coroot-url=http://127.0.0.1:1",
        "--config-update-interval=1ms");
  }

  @Test
  void checksDatabasesOfAServer() throws Exception {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/v1/config",
        x -> {
          byte[] b =
              ("{\"application_instrumentation\":[{\"type\":\"postgres\",\"host\":\"db1\","
                      + "\"port\":\"5432\"}],\"aws_config\":{}}")
                  .getBytes(StandardCharsets.UTF_8);
          x.sendResponseHeaders(200, b.length);
          x.getResponseBody().write(b);
          x.close();
        });
    server.start();
    try {
      Run r =
          run(Map.of("COROOT_URL", "http://127.0.0.1:" + server.getAddress().getPort()), "check");
      assertThat(r.status()).isEqualTo(1);
      assertThat(r.out())
          .contains(
              "configuration of 127.0.0.1: 1 database, aws_config is not supported",
              "postgres db1:5432 (found by configuration of 127.0.0.1)",
              "not made",
              "no credentials: add an entry with engine postgres to credentials");
    } finally {
      server.stop(0);
    }
  }

  @Test
  void checksTheRightsInACluster(@TempDir Path dir) throws Exception {
    Path file = dir.resolve("agent.yml");
    Path kubeconfig = dir.resolve("kubeconfig");
    try (KubernetesDouble api = new KubernetesDouble()) {
      Files.writeString(
          kubeconfig,
          """
          apiVersion: v1
          kind: Config
          clusters: [{name: c, cluster: {server: "%s"}}]
          users: [{name: u, user: {token: secret-token}}]
          contexts: [{name: x, context: {cluster: c, user: u}}]
          current-context: x
          """
              .formatted(api.url()));
      Files.writeString(file, "kubernetes: {kubeconfig: '" + kubeconfig + "'}");
      Run whole = run(Map.of(), "check", "--config.file=" + file);
      assertThat(whole.status()).isZero();
      assertThat(whole.out()).contains("kubernetes " + api.url(), "deployments.apps", "ok");
      api.forbid("/apis/apps/v1/deployments", true);
      Run partial = run(Map.of(), "check", "--config.file=" + file);
      assertThat(partial.status()).isEqualTo(1);
      assertThat(partial.out())
          .contains(
              "deployments.apps",
              "missing",
              "remedy: rule of a ClusterRole: {apiGroups: [\"apps\"], resources: [deployments],"
                  + " verbs: [list, watch]}")
          .doesNotContain("secret-token");
    }
    Files.writeString(file, "kubernetes: {}");
    Run outside = run(Map.of(), "check", "--config.file=" + file);
    assertThat(outside.status()).isEqualTo(1);
    assertThat(outside.out()).contains("set kubeconfig in the section kubernetes");
  }

  @Test
  void sendsToThePathsOfCoroot() {
    FlagSet flags = ClusterAgentFlags.flags();
    flags.parse(List.of("--coroot-url=http://c:8080/", "--api-key=k"));
    MetricsPush.Options o = ClusterAgentFlags.push(flags);
    assertThat(o).isNotNull();
    if (o != null) {
      assertThat(MetricsPush.yaml(o, ClusterAgentRole.job("127.0.0.1:10301", 10301)))
          .contains(
              "job_name: coroot-cluster-agent",
              "http://c:8080/v1/metrics",
              "X-Api-Key: \"k\"",
              "targets: [\"127.0.0.1:10301\"]");
    }
  }
}
