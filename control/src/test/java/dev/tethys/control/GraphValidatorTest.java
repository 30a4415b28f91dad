package dev.tethys.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.config.ConfigException;
import dev.tethys.pipeline.collector.BuiltIn;
import org.junit.jupiter.api.Test;

class GraphValidatorTest {
  private static final String GRAPH =
      """
      receivers:
        otlp: {protocols: {http: {endpoint: "127.0.0.1:${env:PORT}"}}}
      processors:
        batch: {timeout: 1s}
      exporters:
        nop: {}
      service:
        pipelines:
          logs: {receivers: [otlp], processors: [batch], exporters: [nop]}
      """;

  private final GraphValidator validator = new GraphValidator(BuiltIn.components());

  @Test
  void aVariableIsReadWithValuesThatMayFit() {
    assertThat(validator.check("edge.yaml", GRAPH)).startsWith("valid").contains("PORT");
    assertThat(validator.check("edge.yaml", GRAPH.replace("${env:PORT}", "4318")))
        .isEqualTo(GraphValidator.VALID);
  }

  @Test
  void anErrorBesideAVariableIsRefused() {
    assertThatThrownBy(() -> validator.check("edge.yaml", GRAPH.replace("batch: {", "absent: {")))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("edge.yaml:4:3")
        .hasMessageContaining("absent");
  }

  @Test
  void anErrorOfAVariableIsLeftToTheAgent() {
    String text = GRAPH.replace("timeout: 1s", "timeout: '${env:UNIT}weeks'");
    assertThat(validator.check("edge.yaml", text)).startsWith("not validated").contains("UNIT");
  }
}
