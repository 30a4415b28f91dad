package dev.tethys.contrib.clusteragent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.prometheus.push.MetricsPush;
import dev.tethys.runtime.cli.FlagSet;
import dev.tethys.runtime.cli.UsageException;
import dev.tethys.testkit.Ports;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
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
    refused(
        "is not accepted: the state of Kubernetes is not served",
        "--kube-state-metrics-min-age=1m");
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
