package dev.tethys.control.validation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import dev.tethys.config.ConfigException;
import dev.tethys.pipeline.collector.BuiltIn;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

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
  void readsVariablesWithPlausibleValues() {
    assertThat(validator.check("edge.yaml", GRAPH)).startsWith("valid").contains("PORT");
    assertThat(validator.check("edge.yaml", GRAPH.replace("${env:PORT}", "4318")))
        .isEqualTo(GraphValidator.VALID);
  }

  @Test
  void rejectsAnErrorNextToAVariable() {
    assertThatThrownBy(() -> validator.check("edge.yaml", GRAPH.replace("batch: {", "absent: {")))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("edge.yaml:4:3")
        .hasMessageContaining("absent");
  }

  @Test
  void leavesVariableErrorsToTheAgent() {
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
        "authorization | ${yaml:SEKRET}",
        "authorization | Bearer ${yaml:SEKRET}",
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

  private static String webhook(String url) {
    return "exporters: {otlp_http: {endpoint: '" + url + "'}}\n";
  }

  @Test
  void searchesHeadersOfExtensionsAndUrlsWithReferences() {
    for (String wrong :
        List.of(
            "extensions: {headers_setter: {headers: [{key: X-Honeycomb-Team, value: SEKRET}]}}\n",
            "extensions: {bearertokenauth: {token: 'SEKRET${env:X}'}}\n",
            "exporters: {other_http: {headers: {x-a: Bearer SEKRET}}}\n",
            "exporters: {otlp_http: {endpoint: 'http://u:SEKRET@h:1/${env:PATH}'}}\n",
            "exporters: {otlp_http: {endpoint: 'http://h:1/${env:PATH}?api_key=SEKRET'}}\n",
            "exporters: {otlp_http: {endpoint: 'http://u:${env:P:-SEKRET}@h:1/'}}\n",
            "exporters: {otlp_http: {endpoint: '${yaml:http://u:SEKRET@h:1/}'}}\n",
            "exporters: {otlp_http: {endpoint: '${https://h/?token=SEKRET}'}}\n",
            "exporters: {other_http: {HEADERS: {authorization: Bearer SEKRET}}}\n",
            "exporters: {other_http: {headers: ['authorization: SEKRET']}}\n",
            webhook("https://hooks.slack.com/services/T000/B000/SEKRET"),
            webhook("https://hooks.slack.com/services/${env:T}/B000/${env:X}SEKRET"),
            webhook("https://hooks.slack.com/services/T000/B000/${env:X:-SEKRET}"),
            webhook("https://Hooks.Slack.com/workflows/T000/A000/1/SEKRET"),
            webhook("hooks.slack.com/services/T000/B000/SEKRET"),
            webhook("https://discord.com/api/webhooks/123/SEKRET"),
            webhook("https://ptb.discordapp.com/api/v10/webhooks/123/SEKRET"),
            webhook("https://x.webhook.office.com/webhookb2/SEKRET@t/IncomingWebhook/k/g"),
            webhook("https://outlook.office.com/webhook/SEKRET@t/IncomingWebhook/k/g"),
            webhook("https://api.telegram.org/bot123:SEKRET/sendMessage"),
            webhook("https://hooks.zapier.com/hooks/catch/1/SEKRET/"),
            webhook("https://hc-ping.com/SEKRET"))) {
      assertThatThrownBy(() -> validator.refuseSecrets("edge.yaml", wrong), wrong)
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
            "exporters: {otlp_http: {endpoint: 'http://h:1/?api_key=${env:K}'}}\n",
            "exporters: {otlp_http: {endpoint: '${https://h/address}'}}\n",
            webhook("https://hooks.slack.com/services/${env:SLACK_PATH}"),
            webhook("https://hooks.slack.com/services/T000/B000/${env:SLACK_TOKEN}"),
            webhook("https://discord.com/api/webhooks/123/${env:TOKEN}?wait=true"),
            webhook("https://api.telegram.org/bot${env:TOKEN}/sendMessage"),
            webhook("https://hooks.slack.com/"),
            webhook("https://slack.com/services/a/b/c"),
            webhook("https://hooks\\.slack\\.com/services/[A-Z0-9]+/[A-Z0-9]+/.*"))) {
      validator.refuseSecrets("edge.yaml", right);
    }
  }

  /** Texts whose secret is in line 2, in a map that is merged or reached by an alias. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        // taken by a merge, by one of a merge, and by one of a list
        "exporters:\n  otlp_http/a: &a {headers: {authorization: SEKRET}}\n"
            + "  otlp_http/b: {<<: *a, endpoint: 'http://h:1'}\n",
        "exporters:\n  otlp_http/a: {<<: {<<: {headers: {authorization: SEKRET}}}}\n",
        "exporters:\n  otlp_http/a: {<<: [{endpoint: 'http://h:1'}, {headers: {api-key: SEKRET}}]}\n",
        "x-common:\n  all: &a {authorization: SEKRET}\n"
            + "extensions: {bearertokenauth: {token: '${env:T}'}}\n"
            + "exporters: {other: {headers: {<<: *a}}}\n",
        // replaced by a key of the map, of a map merged before, or in a map within: in the text
        "exporters:\n  otlp_http/a: {<<: {headers: {authorization: SEKRET}}, headers: {}}\n",
        "exporters:\n  otlp_http/a: {<<: [{headers: {}}, {headers: {authorization: SEKRET}}]}\n",
        "exporters:\n  otlp_http/a: {<<: {<<: {headers: {authorization: SEKRET}}, headers: {}}}\n",
        "exporters:\n  otlp_http/a: {headers: {<<: {authorization: SEKRET}, authorization:"
            + " '${env:T}'}}\n",
        "extensions:\n  bearertokenauth: {<<: {token: SEKRET}, token: '${env:T}'}\n",
        "extensions:\n  headers_setter: {headers: [{<<: {value: SEKRET}, key: api-key,"
            + " value: '${env:T}'}]}\n",
        "exporters: {}\n<<: {exporters: {otlp_http: {headers: {authorization: SEKRET}}}}\n",
        "exporters: {otlp_http: {}, \n  <<: {otlp_http: {headers: {authorization: SEKRET}}}}\n",
        "exporters:\n  other: {<<: {params: {token: SEKRET}}, params: {}}\n",
        // by the name of the key at which its alias stands
        "x-values:\n  - &v SEKRET\nextensions: {bearertokenauth: {token: *v}}\n",
        "x-values:\n  - &v SEKRET\nexporters: {otlp_http: {headers: {authorization: *v}}}\n",
        "x-values:\n  - &v {authorization: SEKRET}\n" + "exporters: {otlp_http: {headers: *v}}\n",
      })
  void aSecretInAMergedMapOrByAnAliasIsRefusedWithItsPlace(String text) {
    assertThatThrownBy(() -> validator.refuseSecrets("edge.yaml", text))
        .isInstanceOf(ConfigException.class)
        .hasMessageStartingWith("edge.yaml:2:")
        .hasMessageContaining("${env:NAME} or ${file:PATH}")
        .hasMessageNotContaining("further value") // each is named once, however often it is read
        .hasMessageNotContaining("SEKRET");
    validator.refuseSecrets("edge.yaml", text.replace("SEKRET", "'${env:S}'"));
  }

  @Test
  void searchesNestedMergesInLinearTime() {
    String text = "a: 1";
    for (int i = 0; i < 45; i++) {
      text = "<<: {b: {" + text + "}}, b: {" + (i == 0 ? "token: SEKRET" : "") + "}";
    }
    String nested = "exporters: {other: {" + text + "}}\n";
    assertTimeoutPreemptively(
        Duration.ofSeconds(20),
        () ->
            assertThatThrownBy(() -> validator.refuseSecrets("edge.yaml", nested))
                .hasMessageContaining("holds a secret"));
  }

  @Test
  void rejectsUnsearchableTextWithItsPosition() {
    String secret = "exporters: {otlp_http: {headers: {authorization: Bearer SEKRET}}}\n";
    StringBuilder bomb = new StringBuilder("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for (int i = 1; i < 12; i++) {
      String alias = "*a" + (i - 1);
      bomb.append("a" + i + ": &a" + i + " [" + String.join(", ", List.of(alias, alias, alias)));
      bomb.append(", " + String.join(", ", List.of(alias, alias, alias, alias, alias)) + "]\n");
    }
    for (Map.Entry<String, String> e :
        Map.of(
                secret + "}}}: [\n",
                "edge.yaml:2:1: yaml: ",
                secret + "exporters: {}\n",
                "edge.yaml:2:1: ",
                "a: 1\n---\n" + secret,
                "edge.yaml:2:1: yaml: a second document begins",
                secret + "...\n---\n" + secret,
                "edge.yaml:3:1: yaml: a second document begins",
                secret + "a:\n\tb: 1\n",
                "edge.yaml:3:1: yaml: ",
                bomb + secret,
                "edge.yaml:7:",
                "a: &a [*a]\n" + secret,
                "edge.yaml:1:4: yaml: a list or map contains itself",
                "[OUTPUT]\n  Name x\n  password SEKRET\n",
                "edge.yaml:2:3: yaml: ",
                "password SEKRET\n",
                "edge.yaml:1:1: must be a map",
                "a: " + "[".repeat(1000),
                "edge.yaml:1:103: yaml: lists and maps are nested")
            .entrySet()) {
      assertThatThrownBy(() -> validator.refuseSecrets("edge.yaml", e.getKey()))
          .as(e.getKey())
          .isInstanceOf(ConfigException.class)
          .hasMessageStartingWith(e.getValue());
    }
    validator.refuseSecrets("edge.yaml", "---\nreceivers: {own: {}}\n# a comment\n");
    validator.refuseSecrets("edge.yaml", "receivers: {own: {}}\n...\n");
  }
}
