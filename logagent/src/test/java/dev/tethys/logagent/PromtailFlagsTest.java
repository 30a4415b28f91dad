package dev.tethys.logagent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.runtime.cli.FlagSet;
import dev.tethys.runtime.cli.UsageException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/**
 * Every flag of Promtail 3.6, by the names that it registers: taken, with one dash or two, or
 * refused by its name.
 */
class PromtailFlagsTest {
  /** A flag, a value that Promtail takes, and what is said when it is refused; null if taken. */
  private record FlagCase(String name, String value, @Nullable String reason) {
    @Override
    public String toString() {
      return name;
    }
  }

  /** A line each: the name, a value, and for those that are refused a word of the reason. */
  private static final String TABLE =
      """
      check-syntax true
      config.expand-env true
      config.file promtail.yml
      dry-run true
      inspect true
      log-config-reverse-order true
      print-config-stderr true
      stdin true
      version true
      client.batch-size-bytes 1048576
      client.batch-wait 1s
      client.drop-rate-limited-batches true
      client.external-labels a=b,c=d
      client.max-backoff 5m
      client.max-retries 10
      client.min-backoff 500ms
      client.tenant-id one
      client.timeout 10s
      client.url http://127.0.0.1:2/loki/api/v1/push
      file-watch.max_poll_frequency 1s
      file-watch.min_poll_frequency 250ms
      limit.readline-burst 100
      limit.readline-rate 0.5
      limit.readline-rate-drop false
      limit.readline-rate-enabled true
      log.format json
      log.level warn
      max-line-size 256kb
      max-line-size-truncate true
      max-streams 10
      positions.file positions.yaml
      positions.ignore-invalid-yaml true
      positions.sync-period 10s
      server.cluster-validation.grpc.enabled true label
      server.cluster-validation.grpc.soft-validation true label
      server.cluster-validation.http.enabled true label
      server.cluster-validation.http.excluded-paths /a label
      server.cluster-validation.http.excluded-user-agents a label
      server.cluster-validation.http.soft-validation true label
      server.cluster-validation.label a label
      server.disable true
      server.enable-runtime-reload true
      server.graceful-shutdown-timeout 30s
      server.grpc-collect-max-streams-by-conn false
      server.grpc-conn-limit 1
      server.grpc-listen-address 127.0.0.1
      server.grpc-listen-network tcp
      server.grpc-listen-port 9095
      server.grpc-max-concurrent-streams 100
      server.grpc-max-recv-msg-size-bytes 4194304
      server.grpc-max-send-msg-size-bytes 4194304
      server.grpc-tls-ca-path ca.pem
      server.grpc-tls-cert-path cert.pem
      server.grpc-tls-client-auth NoClientCert
      server.grpc-tls-key-path key.pem
      server.grpc.keepalive.max-connection-age 1h
      server.grpc.keepalive.max-connection-age-grace 1h
      server.grpc.keepalive.max-connection-idle 1h
      server.grpc.keepalive.min-time-between-pings 5m
      server.grpc.keepalive.ping-without-stream-allowed true
      server.grpc.keepalive.time 2h
      server.grpc.keepalive.timeout 20s
      server.grpc.num-workers 1
      server.grpc.recv-buffer-pools-enabled true
      server.grpc.stats-tracking-enabled false
      server.http-conn-limit 10
      server.http-idle-timeout 2m
      server.http-listen-address 127.0.0.1
      server.http-listen-network tcp
      server.http-listen-port 9080
      server.http-log-closed-connections-without-response-enabled true http_log_closed_connections_without_response_enabled
      server.http-read-header-timeout 10s
      server.http-read-timeout 30s
      server.http-tls-ca-path ca.pem
      server.http-tls-cert-path cert.pem
      server.http-tls-client-auth NoClientCert
      server.http-tls-key-path key.pem
      server.http-write-timeout 30s
      server.log-request-at-info-level-enabled true log_request_at_info_level_enabled
      server.log-request-headers true log_request_headers
      server.log-request-headers-exclude-list a,b
      server.log-source-ips-enabled true log_source_ips_enabled
      server.log-source-ips-full true
      server.log-source-ips-header X-Real-IP
      server.log-source-ips-regex .*
      server.path-prefix /a
      server.profiling_enabled true profiling_enabled
      server.proxy-protocol-enabled true
      server.register-instrumentation false
      server.report-grpc-codes-in-instrumentation-label-enabled true
      server.throughput.latency-cutoff 1s throughput
      server.throughput.unit samples throughput
      server.tls-cipher-suites TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256
      server.tls-min-version VersionTLS12
      server.trace-request-headers true trace_request_headers
      server.trace-request-headers-exclude-list a,b
      target.sync-period 10s
      tracing.enabled true
      """;

  private static final List<FlagCase> FLAGS =
      TABLE
          .lines()
          .map(l -> l.split(" ", 3))
          .map(w -> new FlagCase(w[0], w[1], w.length > 2 ? w[2] : null))
          .toList();

  /** Those that Promtail has not. */
  private static final Set<String> OWN =
      Set.of("web.enable-tap", "server.external-url", "server.health-check-target");

  @TempDir Path folder;

  private PromtailConfig read(List<String> arguments) throws Exception {
    Path file = folder.resolve("promtail.yml");
    Files.writeString(
        file,
        """
        clients: [{url: "http://127.0.0.1:1/loki/api/v1/push"}]
        scrape_configs: [{job_name: a, static_configs: [{labels: {__path__: /none}}]}]
        """);
    for (String f : List.of("ca.pem", "cert.pem", "key.pem")) {
      Files.writeString(folder.resolve(f), ""); // read when it listens, not before
    }
    List<String> all = new ArrayList<>(arguments);
    all.add("-config.file=" + file);
    FlagSet flags = LogsRole.flags();
    flags.parse(all.stream().map(LogsRole::twoDashes).toList());
    return LogsRole.config(flags, "");
  }

  @ParameterizedTest
  @FieldSource("FLAGS")
  void acceptsOrRejectsByName(FlagCase flag) throws Exception {
    if (flag.name.equals("config.file")) {
      return; // all others are given with it
    }
    List<String> more = new ArrayList<>();
    if (flag.name.startsWith("client.") && !flag.name.equals("client.url")) {
      more.add("-client.url=http://127.0.0.1:2/loki/api/v1/push");
    }
    if (flag.name.endsWith("tls-key-path")) {
      more.add("-" + flag.name.replace("key", "cert") + "=cert.pem");
    } else if (flag.name.contains("-tls-")) {
      String of = flag.name.substring(0, flag.name.indexOf("-tls-"));
      more.add("-" + of + "-tls-key-path=key.pem");
      if (!flag.name.endsWith("cert-path")) {
        more.add("-" + of + "-tls-cert-path=cert.pem");
      }
    }
    for (String dashes : List.of("-", "--")) {
      List<String> arguments = new ArrayList<>(more);
      arguments.add(dashes + flag.name + "=" + flag.value);
      if (flag.reason == null) {
        assertThat(read(arguments).clients()).isNotEmpty();
      } else {
        assertThatThrownBy(() -> read(arguments)).hasMessageContaining(flag.reason);
      }
    }
  }

  @Test
  void flagsSetTheSameValuesAsTheFile() throws Exception {
    PromtailConfig c =
        read(
            List.of(
                "-client.url=http://two:1/loki/api/v1/push",
                "-client.tenant-id=t",
                "-client.batch-size-bytes=7",
                "-positions.file=/p.yaml",
                "-server.http-listen-port=9999",
                "-limit.readline-rate-enabled",
                "-limit.readline-rate=0.5",
                "-max-line-size=256kb"));
    assertThat(c.clients()).hasSize(2);
    assertThat(c.clients().getLast().url()).hasToString("http://two:1/loki/api/v1/push");
    assertThat(c.clients().getLast().tenant()).isEqualTo("t");
    assertThat(c.clients().getLast().batchBytes()).isEqualTo(7);
    assertThat(c.positions().file()).isEqualTo("/p.yaml");
    assertThat(c.server().port()).isEqualTo(9999);
    assertThat(Objects.requireNonNull(c.readLimit()).entries())
        .hasToString("Rate[perSecond=0.5, burst=10000]");
    assertThat(c.limits().maxLineBytes()).isEqualTo(256 << 10);
  }

  @Test
  void supportsEveryFlag() {
    Set<String> names = new TreeSet<>();
    FLAGS.forEach(f -> names.add(f.name));
    names.addAll(OWN);
    assertThat(new TreeSet<>(LogsRole.flags().values().keySet())).isEqualTo(names);
    assertThatThrownBy(() -> LogsRole.flags().parse(List.of("--server.none=1")))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("server.none");
  }
}
