package dev.tethys.pipeline.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.config.YamlDocument;
import dev.tethys.pipeline.grammar.GraphConfig;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GrammarTest {
  private static GraphConfig read(String yaml) {
    return GraphConfig.read(
        YamlDocument.parse("c.yaml", null, yaml), new Doubles().components(), false);
  }

  private static String whole(String pipelines) {
    return """
        receivers: {in: , in/b: {x: 1}}
        processors: {pass: }
        exporters: {out: , out/b: }
        connectors: {forward: , forward/b: }
        service:
          pipelines:
        """
        + pipelines.indent(4);
  }

  @Test
  void aliasesAreTheSameComponent() {
    GraphConfig c =
        read(
            """
            receivers: {input/x: {x: 3}}
            exporters: {out: }
            service: {pipelines: {logs: {receivers: [in/x], exporters: [out]}}}
            """);
    assertThat(c.pipelines().getFirst().receivers().getFirst().definition().id())
        .hasToString("in/x");
    assertThat(c.telemetry().metricsAddress()).isEqualTo("localhost:8888");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "receivers: {in: {y: 1}}\\nservice: {pipelines: {}} | c.yaml:1:18: unknown key \"y\" in receivers.in",
        "receivers: {inn: }\\nservice: {pipelines: {}} | c.yaml:1:13: there is no receiver \"inn\" in Tethys, did you mean \"in\"?",
        "receivers: {in: , input: }\\nservice: {pipelines: {}} | c.yaml:1:19: receiver \"input\" is the same as \"in\" at c.yaml:1:13",
        "receivers: {in: }\\nservice: {} | c.yaml:2:10: service.pipelines wants at least one pipeline",
        "receivers: {in: }\\nexporters: {out: }\\nservice: {pipelines: {log: {receivers: [in], exporters: [out]}}} | c.yaml:3:23: \"log\" is not a pipeline",
        "receivers: {in: }\\nexporters: {out: }\\nservice: {pipelines: {logs: {receivers: [in]}}} | pipeline \"logs\" wants at least one exporter",
        "receivers: {in: }\\nexporters: {out: }\\nservice: {pipelines: {logs: {receivers: [in], exporters: [outt]}}} | c.yaml:3:59: exporter \"outt\" is not defined in exporters or connectors; did you mean \"out\"?",
        "receivers: {in: }\\nexporters: {out: }\\nservice: {pipelines: {logs: {receivers: [in, input], exporters: [out]}}} | c.yaml:3:46: receiver in is named twice in pipeline \"logs\"",
        "receivers: {in: }\\nexporters: {out: }\\nservice: {pipelines: {metrics: {receivers: [in], exporters: [out]}}} | c.yaml:3:45: receiver in does not do metrics; it does",
        "receivers: {in: }\\nexporters: {out: , out/b: }\\nservice: {pipelines: {logs: {receivers: [in], exporters: [out]}}} | c.yaml:2:20: exporter out/b is not used: no pipeline names it",
        "nothing: 1 | c.yaml:1:1: unknown key \"nothing\"",
        "receivers: {in/: }\\nservice: {} | c.yaml:1:13: \"in/\" is not a component",
      })
  void errorsNameThePlace(String yaml, String message) {
    assertThatThrownBy(() -> read(yaml.replace("\\n", "\n"))).hasMessageContaining(message);
  }

  @Test
  void circlesAreShown() {
    assertThatThrownBy(
            () ->
                read(
                    whole(
                        """
                        logs/a: {receivers: [in, forward/b], exporters: [forward]}
                        logs/b: {receivers: [forward], exporters: [forward/b, out]}
                        """)))
        .hasMessageContaining("pipelines go round in a circle: logs/a -> logs/b -> logs/a");
  }

  @Test
  void aConnectorEndsAndBegins() {
    assertThatThrownBy(() -> read(whole("logs/a: {receivers: [in, forward], exporters: [out]}\n")))
        .hasMessageContaining(
            "connector forward is a receiver here, but no pipeline has it as exporter");
    assertThatThrownBy(
            () ->
                read(
                    whole(
                        """
                        logs/a: {receivers: [in], exporters: [forward]}
                        traces/b: {receivers: [forward], exporters: [out]}
                        """)))
        .hasMessageContaining("connector forward cannot turn logs into traces");
  }
}
