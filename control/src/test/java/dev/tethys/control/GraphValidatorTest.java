package dev.tethys.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.config.ConfigException;
import dev.tethys.pipeline.collector.BuiltIn;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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

  private static String sending(String name, String value) {
    return """
    receivers: {otlp: {protocols: {http: {endpoint: "127.0.0.1:0"}}}}
    exporters:
      otlp_http:
        endpoint: http://h:1
        headers:
          NAME: "VALUE"
    service: {pipelines: {logs: {receivers: [otlp], exporters: [otlp_http]}}}
    """
        .replace("NAME", name)
        .replace("VALUE", value);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "authorization | Bearer SEKRET ${env:X}",
        "authorization | Bearer ${env:X} SEKRET",
        "authorization | pre${env:X}",
        "authorization | Bearer ${env:T:-SEKRET}",
        "authorization | SEKRET",
        "x-honeycomb-team | SEKRET",
        "api-key | SEKRET",
        "dd-api-key | SEKRET",
        "x-auth | SEKRET",
        "uptrace-dsn | SEKRET",
        "cookie | session=SEKRET; a=${env:X}",
        "x-unknown | d41d8cd98f00b204e9800998ecf8427e",
        "x-unknown | 550e8400-e29b-41d4-a716-446655440000",
        "x-unknown | Bearer SEKRET",
        "x-unknown | ghp_16C7e42F292c6912E7710c838347Ae178B4a",
        "x-tenant-id | ghp_16C7e42F292c6912E7710c838347Ae178B4a",
        "x-unknown | ${env:A} d41d8cd98f00b204e9800998ecf8427e",
        "x-unknown | ${env:A:-d41d8cd98f00b204e9800998ecf8427e}",
      })
  void aHeaderWithASecretIsRefusedWithItsPlace(String name, String value) {
    assertThatThrownBy(() -> validator.refuseSecrets("edge.yaml", sending(name, value)))
        .isInstanceOf(ConfigException.class)
        .hasMessageStartingWith("edge.yaml:6:")
        .hasMessageContaining(name)
        .hasMessageContaining("${env:NAME} or ${file:PATH}")
        .hasMessageNotContaining("SEKRET")
        .hasMessageNotContaining("8427e");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "authorization | Bearer ${env:X}",
        "authorization | ${env:X}",
        "authorization | Basic ${file:/etc/token}",
        "authorization | Api-Token ${env:X}",
        "x-honeycomb-team | ${env:X}",
        "cookie | session=${env:X}; theme=dark",
        "X-Scope-OrgID | team1",
        "X-Scope-OrgID | 550e8400-e29b-41d4-a716-446655440000",
        "X-Tenant-ID | 550e8400-e29b-41d4-a716-446655440000",
        "Content-Type | application/x-protobuf",
        "X-Team | shop",
        "x-honeycomb-dataset | checkout-production",
        "X-Region | production-eu-central-1",
        "X-Prometheus-Remote-Write-Version | 0.1.0",
      })
  void anOrdinaryHeaderIsAccepted(String name, String value) {
    validator.refuseSecrets("edge.yaml", sending(name, value));
  }

  @Test
  void headersOfExtensionsAndUrlsWithReferencesAreSearched() {
    for (String wrong :
        List.of(
            "extensions: {headers_setter: {headers: [{key: X-Honeycomb-Team, value: SEKRET}]}}\n",
            "extensions: {bearertokenauth: {token: 'SEKRET${env:X}'}}\n",
            "exporters: {other_http: {headers: {x-a: Bearer SEKRET}}}\n",
            "exporters: {otlp_http: {endpoint: 'http://u:SEKRET@h:1/${env:PATH}'}}\n",
            "exporters: {otlp_http: {endpoint: 'http://h:1/${env:PATH}?api_key=SEKRET'}}\n",
            "exporters: {otlp_http: {endpoint: 'http://u:${env:P:-SEKRET}@h:1/'}}\n")) {
      assertThatThrownBy(() -> validator.refuseSecrets("edge.yaml", wrong))
          .as(wrong)
          .hasMessageStartingWith("edge.yaml:1:")
          .hasMessageNotContaining("SEKRET");
    }
    for (String right :
        List.of(
            "extensions: {headers_setter: {headers: [{key: X-Honeycomb-Team, value: '${env:X}'}]}}\n",
            "extensions: {headers_setter: {headers: [{key: X-Team, from_context: team}]}}\n",
            "exporters: {otlp_http: {endpoint: 'http://u:${env:P}@h:${env:PORT:-4318}/'}}\n",
            "exporters: {other: {connection_string: 'host=db user=app password=${env:P}'}}\n",
            "exporters: {otlp_http: {endpoint: 'http://h:1/?api_key=${env:K}'}}\n")) {
      validator.refuseSecrets("edge.yaml", right);
    }
  }

  @Test
  void aTextThatIsNoYamlIsSearchedByLines() {
    assertThatThrownBy(
            () -> validator.refuseSecrets("edge.yaml", "[OUTPUT]\n  Name x\n  password SEKRET\n"))
        .hasMessageStartingWith("edge.yaml:3: password holds a secret");
    validator.refuseSecrets("edge.yaml", "[OUTPUT]\n  Name x\n  password ${PW}\n");
  }
}
