package dev.tethys.pipeline.exporter.datadog;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.otlp.wire.OtlpJson;
import dev.tethys.codec.otlp.wire.OtlpSignal;
import dev.tethys.config.YamlDocument;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.delivery.EncodedRequest;
import dev.tethys.pipeline.delivery.Encoder;
import dev.tethys.pipeline.delivery.SendResult;
import dev.tethys.pipeline.exporter.rows.LineRequestEncoder;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Requests of spans by the agent's message definitions, taken apart by protobuf's own library. */
class DatadogTracesTest {
  private static DatadogSettings settings(String more) {
    YamlDocument d =
        YamlDocument.parse("c.yaml", null, "{api: {key: k}, compression: none" + more + "}");
    DatadogSettings s = DatadogSettings.TYPE.read(d.root());
    d.refuseNotBuilt();
    return s;
  }

  private static Encoder.Encoded encoded(DatadogSettings s, String resource, String... spans) {
    byte[] b =
        ("{\"resourceSpans\":[{\"resource\":{\"attributes\":["
                + resource
                + "]},\"scopeSpans\":[{\"scope\":{\"name\":\"lib\",\"version\":\"1\"},\"spans\":["
                + String.join(",", spans)
                + "]}]}]}")
            .getBytes(StandardCharsets.UTF_8);
    byte[] body = OtlpJson.toProtobuf(OtlpSignal.TRACES, b, 0, b.length).toByteArray();
    return new DatadogTraces(s, DatadogExporterFactory.traces(s, null))
        .encode(new Batch(Signal.TRACES, Encoding.OTLP, body, spans.length, 0));
  }

  private static String text(String key, String value) {
    return "{\"key\":\"" + key + "\",\"value\":{\"stringValue\":\"" + value + "\"}}";
  }

  private static String span(int id, String kind, String attributes) {
    return """
    {"traceId":"0000000000000abc00000000000000ff","spanId":"00000000000000%02x","name":"a span","kind":%s,
     "startTimeUnixNano":"1700000000000000000","endTimeUnixNano":"1700000000000001500","attributes":[%s]}
    """
        .formatted(id, kind, attributes);
  }

  @Test
  void encodesSpansLikeTheAgent() throws Exception {
    String span =
        """
        {"traceId":"0000000000000abc00000000000000ff","spanId":"0000000000000002","name":"GET",
         "parentSpanId":"0000000000000001","kind":2,"traceState":"a=b",
         "startTimeUnixNano":"1700000000000000000","endTimeUnixNano":"1700000000000001500",
         "status":{"code":2,"message":"bad"},
         "attributes":[%s,%s,{"key":"http.response.status_code","value":{"intValue":"500"}},
                       {"key":"ok","value":{"boolValue":true}}],
         "events":[{"name":"exception","timeUnixNano":"17","attributes":[%s,%s]}],
         "links":[{"traceId":"0000000000000000000000000000000a","spanId":"000000000000000b"}]}
        """
            .formatted(
                text("http.request.method", "GET"),
                text("http.route", "/x/{id}"),
                text("exception.message", "no"),
                text("exception.type", "E"));
    Encoder.Encoded e =
        encoded(
            settings(", hostname: h0"),
            text("service.name", "Web Shop")
                + ","
                + text("deployment.environment.name", "prod")
                + ","
                + text("service.version", "7"),
            span);
    assertThat(e.drops()).isEmpty();
    EncodedRequest p = e.requests().getFirst();
    assertThat(AgentPayload.text("AgentPayload", p.body()))
        .isEqualTo(
            """
            tracerPayloads {
              chunks {
                priority: 1
                spans {
                  service: "web_shop"
                  name: "http.server.request"
                  resource: "GET /x/{id}"
                  traceID: 255
                  spanID: 2
                  parentID: 1
                  start: 1700000000000000000
                  duration: 1500
                  error: 1
            """
                + meta("span.kind", "server")
                + meta("otel.trace_id", "0000000000000abc00000000000000ff")
                + meta("_dd.p.tid", "0000000000000abc")
                + meta("otel.status_code", "Error")
                + meta("otel.status_description", "bad")
                + meta("w3c.tracestate", "a=b")
                + meta("otel.scope.name", "lib")
                + meta("otel.scope.version", "1")
                + meta("otel.library.name", "lib")
                + meta("otel.library.version", "1")
                + meta("http.method", "GET")
                + meta("http.route", "/x/{id}")
                + meta("ok", "true")
                + meta(
                    "events",
                    "[{\\\"time_unix_nano\\\":17,\\\"name\\\":\\\"exception\\\",\\\"attributes\\\":"
                        + "{\\\"exception.message\\\":\\\"no\\\",\\\"exception.type\\\":\\\"E\\\"}}]")
                + meta("_dd.span_events.has_exception", "true")
                + meta("error.msg", "no")
                + meta("error.type", "E")
                + meta(
                    "_dd.span_links",
                    "[{\\\"trace_id\\\":\\\"0000000000000000000000000000000a\\\",\\\"span_id\\\":"
                        + "\\\"000000000000000b\\\"}]")
                + meta("env", "prod")
                + meta("version", "7")
                + meta("deployment.environment.name", "prod")
                + meta("service.version", "7")
                + metric("http.status_code", "500.0")
                + metric("_top_level", "1.0")
                + """
                  type: "web"
                }
              }
              env: "prod"
              hostname: "h0"
              appVersion: "7"
            }
            agentVersion: "tethys"
            """);
  }

  private static String meta(String key, String value) {
    return "      meta {\n        key: \""
        + key
        + "\"\n        value: \""
        + value
        + "\"\n      }\n";
  }

  private static String metric(String key, String value) {
    return "      metrics {\n        key: \"" + key + "\"\n        value: " + value + "\n      }\n";
  }

  @ParameterizedTest
  @CsvSource({
    "3, http.method=PUT;url.template=/y, http.client.request, PUT /y, http",
    "3, db.system=postgresql;db.query.text=SELECT 1, postgresql.query, SELECT 1, sql",
    "3, db.system=redis, redis.query, a span, redis",
    "5, messaging.system=kafka;messaging.operation=receive;messaging.destination.name=t,"
        + " kafka.receive, receive t, custom",
    "2, rpc.system=grpc;rpc.method=M;rpc.service=S, grpc.server.request, M S, web",
    "3, rpc.system=aws-api;rpc.service=s3, aws.s3.request, a span, http",
    "2, network.protocol.name=amqp, amqp.server.request, a span, web",
    "1, '', internal, a span, custom",
    "1, operation.name=my op;resource.name=r;span.type=cache, my_op, r, cache"
  })
  void derivesOperationsAndResourcesFromSpans(
      String kind, String attributes, String operation, String resource, String type)
      throws Exception {
    StringBuilder sb = new StringBuilder();
    for (String a : attributes.isEmpty() ? new String[0] : attributes.split(";")) {
      sb.append(sb.isEmpty() ? "" : ",").append(text(a.split("=")[0], a.split("=")[1]));
    }
    EncodedRequest p =
        encoded(settings(""), "", span(2, kind, sb.toString())).requests().getFirst();
    assertThat(AgentPayload.text("AgentPayload", p.body()))
        .contains(
            "service: \"otlpresourcenoservicename\"",
            "name: \"" + operation + "\"",
            "resource: \"" + resource + "\"",
            "type: \"" + type + "\"");
  }

  @Test
  void countsUnsupportedDataAndSplitsBetweenSpans() throws Exception {
    DatadogSettings s =
        settings(", traces: {ignore_resources: ['^GET /health'], span_name_remappings: {a: b}}");
    Encoder.Encoded e =
        encoded(
            s,
            "",
            span(1, "2", text("http.method", "GET") + "," + text("http.route", "/health")),
            span(0, "1", ""),
            span(2, "1", ""),
            span(3, "1", text("operation.name", "a")));
    assertThat(e.drops()).containsOnlyKeys("ignored_resource", "no_id");
    LineRequestEncoder lines = DatadogExporterFactory.traces(s, null);
    EncodedRequest p = e.requests().getFirst();
    assertThat(p.items()).isEqualTo(2);
    SendResult.Split halves = (SendResult.Split) lines.halves(p, "413");
    assertThat(AgentPayload.text("AgentPayload", halves.requests().get(1).body()))
        .contains("spanID: 3", "name: \"b\"", "agentVersion: \"tethys\"")
        .doesNotContain("spanID: 2");
  }

  @Test
  void sendsSpansToTheirSite() {
    assertThat(settings("").tracesUrl()).hasToString("https://trace.agent.datadoghq.com");
  }
}
