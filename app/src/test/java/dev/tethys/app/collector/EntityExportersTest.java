package dev.tethys.app.collector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.config.ConfigException;
import dev.tethys.config.YamlDocument;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.file.RealFiles;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.collector.BuiltIn;
import dev.tethys.pipeline.component.Components;
import dev.tethys.pipeline.config.GraphConfig;
import dev.tethys.pipeline.delivery.Outboxes;
import dev.tethys.pipeline.graph.Graph;
import dev.tethys.pipeline.graph.GraphServices;
import dev.tethys.pipeline.ledger.AccountingRegistry;
import dev.tethys.testkit.KubernetesDouble;
import dev.tethys.testkit.Waiting;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Exporters that a receiver names for its entities. */
@Tag("contrib")
class EntityExportersTest {
  @TempDir private Path dir;
  private final Components components = BuiltIn.components();

  private GraphConfig read(String receiver, String pipelines) {
    return GraphConfig.read(
        YamlDocument.parse(
            "c.yaml",
            null,
            """
            receivers: {k8s_cluster: %2$s}
            exporters:
              nop:
              file/entities: {path: %1$s}
              debug/queued:
                verbosity: detailed
                use_internal_logger: false
                output_paths: [%1$s]
                sending_queue: {enabled: true, queue_size: 10, batch: {flush_timeout: 10ms}}
              prometheusremotewrite: {endpoint: 'http://127.0.0.1:1'}
            connectors: {forward: }
            service: {pipelines: {%3$s, metrics/b: {receivers: [k8s_cluster], exporters: [prometheusremotewrite]}}}
            """
                .formatted(dir.resolve("out.json"), receiver, pipelines)),
        components,
        true);
  }

  @ParameterizedTest
  @ValueSource(strings = {"file/entities", "debug/queued"})
  void sendsEntitiesToNamedExporterWithoutPipelineOfLogs(String exporter) throws Exception {
    try (KubernetesDouble api = new KubernetesDouble()) {
      api.put(
          "/api/v1/namespaces",
          "shop",
          """
          {"metadata":{"name":"shop","uid":"u-shop","creationTimestamp":"2026-01-01T00:00:00Z"},"status":{"phase":"Active"}}
          """);
      Path kubeconfig = dir.resolve("kubeconfig");
      Files.writeString(
          kubeconfig,
          "{current-context: a, contexts: [{name: a, context: {cluster: k}}], clusters: [{name: k, cluster: {server: \"%s\"}}]}"
              .formatted(api.url()));
      Graph graph =
          new Graph(
              new GraphServices(
                  components,
                  Scheduler.system(),
                  new Outboxes(new RealFiles(), Scheduler.system(), new Random(1)),
                  new AccountingRegistry(),
                  new Registry()));
      try {
        graph.apply(
            read(
                "{auth_type: kubeConfig, kube_config_path: '"
                    + kubeconfig
                    + "', metadata_exporters: ["
                    + exporter
                    + ", "
                    + exporter
                    + "]}",
                "metrics: {receivers: [k8s_cluster], exporters: [nop]}"));
        Waiting.await("entity of the namespace", () -> written().contains("u-shop"));
        assertThat(written()).contains("entity_state", "k8s.namespace.uid");
      } finally {
        graph.stop(Duration.ofSeconds(10));
      }
    }
  }

  private String written() {
    Path file = dir.resolve("out.json");
    try {
      return Files.exists(file) ? Files.readString(file) : "";
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "[otlp] | exporter \"otlp\" is not defined in exporters",
        "[forward] | exporter \"forward\" is not defined in exporters",
        "[prometheusremotewrite] | does not do logs",
        "[1/2] | is not a component"
      })
  void rejectsNamesOfOtherComponents(String names, String message) {
    assertThatThrownBy(
            () ->
                read(
                    "{metadata_exporters: " + names + "}",
                    "metrics: {receivers: [k8s_cluster], exporters: [nop, forward]}, metrics/c:"
                        + " {receivers: [forward], exporters: [nop]}, logs: {receivers:"
                        + " [k8s_cluster], exporters: [file/entities]}"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(message);
  }

  @Test
  void acceptsEmptyListOfExporters() {
    GraphConfig c =
        read(
            "{metadata_exporters: []}",
            "logs: {receivers: [k8s_cluster], exporters: [nop, file/entities]}");
    assertThat(c.pipelines()).hasSize(2);
  }
}
