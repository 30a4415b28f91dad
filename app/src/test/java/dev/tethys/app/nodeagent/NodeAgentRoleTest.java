package dev.tethys.app.nodeagent;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.collect.observe.MachineIdentity;
import dev.tethys.collect.observe.ObserverOptions;
import dev.tethys.collect.observe.SignalState;
import dev.tethys.collect.observe.container.ContainerOptions;
import dev.tethys.prometheus.push.MetricsPush;
import dev.tethys.runtime.cli.FlagSet;
import dev.tethys.runtime.cli.UsageException;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("slow")
class NodeAgentRoleTest {
  private static String run(Map<String, String> environment, String... args) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    assertThat(
            NodeAgentRole.run(
                List.of(args), environment, new PrintStream(out, true, StandardCharsets.UTF_8)))
        .isZero();
    return out.toString(StandardCharsets.UTF_8);
  }

  @Test
  void checkNamesTheReasonOfEachSignalThatIsNotFull() {
    String table = run(Map.of(), "check", "--disable-ebpf");
    assertThat(table.lines().findFirst().orElse("")).startsWith("SIGNAL");
    assertThat(table)
        .containsPattern("connections +(reduced|off) .*eBPF is switched off by --disable-ebpf")
        .containsPattern("requests +off .*eBPF is switched off by --disable-ebpf");
    assertThat(run(Map.of(), "check", "--disable-l7-tracing"))
        .containsPattern("requests +off .*switched off by --disable-l7-tracing");
  }

  @Test
  void readsFlagsFromTheEnvironmentUnlessTheyAreGiven() {
    FlagSet flags = NodeAgentFlags.flags();
    Map<String, String> environment =
        Map.of(
            "LISTEN", ":1", "EPHEMERAL_PORT_RANGE", "1-2", "DISABLE_EBPF", "true", "HOME", "/root");
    List<String> args = NodeAgentFlags.withEnvironment(List.of("--listen=:2"), environment, flags);
    assertThat(args).containsExactly("--ephemeral-port-range=1-2", "--listen=:2");
    assertThat(
            NodeAgentFlags.withEnvironment(List.of(), Map.of("TETHYS_DISABLE_EBPF", "true"), flags))
        .containsExactly("--disable-ebpf=true");
    ObserverOptions o = NodeAgentFlags.options(flags.parse(args));
    assertThat(o.ephemeral().ignores(2)).isTrue();
    assertThat(o.ephemeral().ignores(3)).isFalse();
  }

  @Test
  void selectsContainersByFlags() {
    ContainerOptions o =
        NodeAgentFlags.options(
                NodeAgentFlags.flags()
                    .parse(
                        List.of(
                            "--container-allowlist=/docker/.*",
                            "--container-denylist=x",
                            "--container-denylist=y",
                            "--min-container-age=1m")))
            .containers();
    assertThat(o.allow()).hasToString("[/docker/.*]");
    assertThat(o.deny()).hasToString("[x, y]");
    assertThat(o.minAge()).isEqualTo(Duration.ofMinutes(1));
    assertThat(o.skipSystemServices()).isTrue();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--ephemeral-port-range=5 | --ephemeral-port-range is '5'; it must be two ports",
        "--ephemeral-port-range=9-5 | it must be two ports",
        "--track-public-network=x | --track-public-network: network 'x' is not valid",
        "--traces-sampling=2 | --traces-sampling is '2'; it must be a number from 0 to 1",
        "--traces-endpoint=c:1 | --traces-endpoint: 'c:1' is not a URL of http or https",
        "--otlp-endpoint=c:1 | --otlp-endpoint: 'c:1' is not a URL of http or https",
        "--otlp-endpoint=http://c --collector-endpoint=http://d | remove one of them",
        "--otlp-endpoint=http://c --otlp-headers=x | --otlp-headers: 'x' is not NAME=VALUE",
        "--logs-endpoint=c:1 | --logs-endpoint: 'c:1' is not a URL of http or https",
        "--container-denylist=( | --container-denylist=(: ",
        "--min-container-age=x | --min-container-age",
        "--listen=nonsense | --listen",
        "--container-alowlist=x | did you mean --container-allowlist?",
        "status | unexpected argument 'status'; only 'check' is known"
      })
  void rejectsUnsupportedRequests(String argument, String message) {
    assertThatThrownBy(() -> run(Map.of(), argument.split(" ")))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining(message);
  }

  @Test
  void tableHasALineForEachSignal() {
    assertThat(
            NodeAgentRole.table(
                List.of(
                    new SignalState("a", SignalState.Level.FULL, "eBPF", ""),
                    new SignalState("b", SignalState.Level.OFF, "none", "not permitted"))))
        .isEqualTo(
            """
            SIGNAL           STATE    SOURCE     REASON
            a                full     eBPF       -
            b                off      none       not permitted
            """);
  }

  @Test
  void helpListsTheFlagsOfCoroot() {
    assertThat(run(Map.of(), "--help"))
        .contains("--listen", "--track-public-network", "disable-l7-tracing");
  }

  @Test
  void listensOnLoopbackWhenItSends() {
    FlagSet sends = NodeAgentFlags.flags().parse(List.of("--collector-endpoint=http://c:8080/"));
    assertThat(NodeAgentFlags.listen(sends)).isEqualTo("127.0.0.1:10300");
    assertThat(NodeAgentFlags.endpoint(sends)).isEqualTo("http://c:8080/v1/metrics");
    FlagSet both =
        NodeAgentFlags.flags().parse(List.of("--metrics-endpoint=http://c", "--listen=:9"));
    assertThat(NodeAgentFlags.listen(both)).isEqualTo(":9");
    assertThat(NodeAgentFlags.listen(NodeAgentFlags.flags())).isEqualTo("127.0.0.1:80");
    FlagSet protectedPage = NodeAgentFlags.flags().parse(List.of("--web.config.file=web.yml"));
    assertThat(NodeAgentFlags.listen(protectedPage)).isEqualTo("0.0.0.0:80");
    assertThat(NodeAgentFlags.push(NodeAgentFlags.flags())).isNull();
    assertThat(NodeAgentFlags.page(":9", 9)).isEqualTo("127.0.0.1:9");
    assertThat(NodeAgentFlags.page("[::]:9", 9)).isEqualTo("127.0.0.1:9");
    assertThat(NodeAgentFlags.page("10.0.0.1:9", 9)).isEqualTo("10.0.0.1:9");
  }

  @Test
  void sendsAllSignalsByOtlp() {
    FlagSet flags = NodeAgentFlags.flags();
    flags.parse(
        NodeAgentFlags.withEnvironment(
            List.of(),
            Map.of(
                "OTEL_EXPORTER_OTLP_ENDPOINT",
                "http://c:4318/",
                "OTEL_EXPORTER_OTLP_HEADERS",
                "authorization=Bearer%20x, a=b+c"),
            flags));
    TelemetryPush.Options o = requireNonNull(NodeAgentFlags.telemetry(flags));
    assertThat(o.metrics()).hasToString("http://c:4318/v1/metrics");
    assertThat(o.traces()).hasToString("http://c:4318/v1/traces");
    assertThat(o.logs()).hasToString("http://c:4318/v1/logs");
    assertThat(o.profiles()).hasToString("http://c:4318/v1development/profiles");
    assertThat(o.headers()).containsEntry("authorization", "Bearer x").containsEntry("a", "b+c");
    assertThat(NodeAgentFlags.listen(flags)).isEqualTo("127.0.0.1:10300");
    assertThat(NodeAgentFlags.push(flags)).isNull();
    FlagSet mixed =
        NodeAgentFlags.flags()
            .parse(
                List.of(
                    "--otlp-endpoint=http://c:4318",
                    "--metrics-endpoint=http://p/api/v1/write",
                    "--profiles-endpoint=http://q/v1/profiles"));
    TelemetryPush.Options m = requireNonNull(NodeAgentFlags.telemetry(mixed));
    assertThat(m.metrics()).isNull();
    assertThat(m.profiles()).hasToString("http://q/v1/profiles");
    assertThat(requireNonNull(NodeAgentFlags.push(mixed)).endpoint())
        .isEqualTo("http://p/api/v1/write");
  }

  @Test
  void writesTheSettingsOfTheDestination() {
    MetricsPush.Options o =
        NodeAgentFlags.push(
            NodeAgentFlags.flags()
                .parse(
                    List.of(
                        "--metrics-endpoint=https://c/v1/metrics",
                        "--api-key=a\"b",
                        "--scrape-interval=5s",
                        "--insecure-skip-verify")));
    assertThat(
            MetricsPush.yaml(
                requireNonNull(o),
                NodeAgentFlags.job(new MachineIdentity("ab12", ""), "127.0.0.1:10300")))
        .isEqualTo(
            """
            scrape_configs:
            - job_name: coroot-node-agent
              scrape_interval: 5000ms
              scrape_timeout: 5000ms
              static_configs:
              - targets: ["127.0.0.1:10300"]
                labels: {instance: "ab12"}
            remote_write:
            - url: "https://c/v1/metrics"
              headers: {X-Api-Key: "a\\"b"}
              tls_config:
                insecure_skip_verify: true
            """);
  }
}
