package dev.tethys.app.collector;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Receivers that name who elects them. */
@Tag("contrib")
class ElectedReceiversTest {
  @TempDir private Path dir;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "k8s_leader_elector | [k8s_leader_elector] | 0",
        "k8s_leader_elector | [] | 1", // it does not run
        "headers_setter | [k8s_leader_elector, headers_setter] | 1", // it elects no leader
        "k8s_leader_elector/other | [k8s_leader_elector] | 1",
      })
  void theirElectorHasToRun(String elector, String extensions, int status) throws IOException {
    Path file = dir.resolve("collector.yaml");
    Files.writeString(
        file,
        """
        extensions:
          k8s_leader_elector: {lease_name: tethys, lease_namespace: monitoring}
          headers_setter: {headers: [{key: a, value: b}]}
        receivers:
          k8s_cluster: {k8s_leader_elector: %1$s}
          k8s_events: {k8s_leader_elector: %1$s}
          k8sobjects: {k8s_leader_elector: %1$s, objects: [{name: pods}]}
          kafka_metrics: {scrapers: [brokers]}
        exporters: {debug: }
        service:
          extensions: %2$s
          pipelines:
            metrics: {receivers: [k8s_cluster, kafka_metrics], exporters: [debug]}
            logs: {receivers: [k8s_events, k8sobjects], exporters: [debug]}
        """
            .formatted(elector, extensions));
    int said =
        CollectorCommand.run(List.of("validate", "--allow-unused", "--config", file.toString()));
    assertThat(said == 0 ? 0 : 1).isEqualTo(status);
  }
}
