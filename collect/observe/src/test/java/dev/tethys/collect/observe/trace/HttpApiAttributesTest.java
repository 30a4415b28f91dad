package dev.tethys.collect.observe.trace;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.collect.observe.protocol.ApiCall;
import dev.tethys.collect.observe.protocol.HttpApi;
import dev.tethys.collect.observe.protocol.ObservedRequest;
import dev.tethys.collect.observe.protocol.ObservedRequest.Status;
import dev.tethys.collect.observe.protocol.Protocol;
import dev.tethys.model.telemetry.Span;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Spans by the semantic conventions of databases, messaging, RPC, GraphQL and generative AI. */
class HttpApiAttributesTest {
  private static Span span(ApiCall call, String http) {
    Span s = new Span();
    Status of = http.charAt(0) >= '4' ? Status.FAILED : Status.OK;
    SpanAttributes.describe(
        s,
        new ObservedRequest(
            Protocol.HTTP,
            true,
            "POST",
            "/private/path",
            "",
            of,
            http,
            0,
            1,
            0,
            0,
            null,
            List.of(),
            call),
        "10.0.0.1:9200");
    assertThat(s.attributes().get("url.path")).isNull();
    assertThat(s.attributes().get("http.request.method")).isEqualTo("POST");
    assertThat(s.attributes().get("server.port")).isEqualTo(9200L);
    return s;
  }

  private static ApiCall call(
      HttpApi api, String system, String operation, String target, Status status, String code) {
    return new ApiCall(api, system, operation, target, "", status, code, "r-1", -1, -1);
  }

  private static void has(Span s, String... pairs) {
    for (int i = 0; i < pairs.length; i += 2) {
      assertThat(s.attributes().get(pairs[i])).as(pairs[i]).isEqualTo(pairs[i + 1]);
    }
  }

  @Test
  void elasticsearch() {
    Span s =
        span(
            call(HttpApi.ELASTICSEARCH, "opensearch", "search", "idx", Status.FAILED, "404"),
            "404");
    assertThat(s.name()).isEqualTo("search idx");
    has(s, "db.system.name", "opensearch", "db.operation.name", "search");
    has(s, "db.collection.name", "idx", "db.response.status_code", "404", "error.type", "404");
    assertThat(s.statusCode()).isEqualTo(2);
    assertThat(s.attributes().get("http.response.status_code")).isEqualTo(404L);
  }

  @Test
  void amazon() {
    Span s = span(call(HttpApi.S3, "aws-api", "GetObject", "b", Status.OK, "200"), "200");
    assertThat(s.name()).isEqualTo("S3.GetObject");
    has(s, "rpc.system", "aws-api", "rpc.service", "S3", "rpc.method", "GetObject");
    has(s, "aws.s3.bucket", "b", "aws.request_id", "r-1");
    assertThat(s.statusCode()).isZero();
    Span q = span(call(HttpApi.SQS, "aws_sqs", "DeleteMessageBatch", "q", Status.OK, "200"), "200");
    has(q, "messaging.system", "aws_sqs", "messaging.operation.type", "settle");
    has(q, "messaging.destination.name", "q", "rpc.method", "DeleteMessageBatch");
  }

  @Test
  void graphqlAndJsonRpc() {
    Span g = span(call(HttpApi.GRAPHQL, "graphql", "query", "Q", Status.FAILED, "errors"), "200");
    assertThat(g.name()).isEqualTo("query");
    has(
        g,
        "graphql.operation.type",
        "query",
        "graphql.operation.name",
        "Q",
        "error.type",
        "errors");
    Span j = span(call(HttpApi.JSONRPC, "jsonrpc", "sum", "", Status.FAILED, "-32601"), "200");
    assertThat(j.name()).isEqualTo("sum");
    has(j, "rpc.system", "jsonrpc", "rpc.method", "sum", "rpc.status_code", "-32601");
    has(j, "jsonrpc.protocol.version", "2.0");
    assertThat(j.attributes().get("rpc.jsonrpc.error_code")).isEqualTo(-32601L);
    assertThat(j.statusCode()).isEqualTo(2);
  }

  @Test
  void generativeModels() {
    ApiCall c =
        new ApiCall(
            HttpApi.GENAI, "openai", "chat", "gpt-4o", "gpt-4o-x", Status.OK, "", "", 19, 10);
    Span s = span(c, "200");
    assertThat(s.name()).isEqualTo("chat gpt-4o");
    has(s, "gen_ai.provider.name", "openai", "gen_ai.operation.name", "chat");
    has(s, "gen_ai.request.model", "gpt-4o", "gen_ai.response.model", "gpt-4o-x");
    assertThat(s.attributes().get("gen_ai.usage.input_tokens")).isEqualTo(19L);
    assertThat(s.attributes().get("gen_ai.usage.output_tokens")).isEqualTo(10L);
  }
}
