package dev.tethys.collect.observe.trace;

import dev.tethys.collect.observe.protocol.ApiCall;
import dev.tethys.collect.observe.protocol.ObservedRequest;
import dev.tethys.collect.observe.protocol.ObservedRequest.Status;
import dev.tethys.collect.observe.protocol.Protocol;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.Span;

/**
 * Sets the span name, attributes and status for a request with a protocol on top of HTTP, according
 * to OpenTelemetry's semantic conventions. Paths and addresses of documents and objects are omitted
 * because they contain values.
 */
final class HttpApiAttributes {
  private static final int ERROR = 2;

  private HttpApiAttributes() {}

  static void describe(Span span, ObservedRequest r, ApiCall call) {
    Attributes a = span.attributes();
    put(a, "http.request.method", r.operation());
    long status = number(r.code());
    if (status > 0) {
      a.put("http.response.status_code", status);
    }
    a.put("network.protocol.version", r.protocol() == Protocol.HTTP2 ? "2" : "1.1");
    switch (call.api()) {
      case ELASTICSEARCH -> {
        name(span, call.operation(), call.target());
        a.put("db.system.name", call.system());
        a.put("db.system", call.system());
        put(a, "db.operation.name", call.operation());
        put(a, "db.collection.name", call.target());
        put(a, "db.response.status_code", call.code());
      }
      case S3 -> {
        span.setName("S3." + call.operation());
        amazon(a, "S3", call);
        put(a, "aws.s3.bucket", call.target());
      }
      case SQS -> {
        name(span, call.operation(), call.target());
        amazon(a, "SQS", call);
        a.put("messaging.system", call.system());
        put(a, "messaging.operation.name", call.operation());
        put(a, "messaging.operation.type", queueOperation(call.operation()));
        put(a, "messaging.destination.name", call.target());
      }
      case GRAPHQL -> {
        // The name comes from the client and is unbounded, so it does not go into the span's name.
        span.setName(call.operation().isEmpty() ? "GraphQL Operation" : call.operation());
        put(a, "graphql.operation.type", call.operation());
        put(a, "graphql.operation.name", call.target());
      }
      case JSONRPC -> {
        span.setName(call.operation());
        a.put("rpc.system", "jsonrpc");
        a.put("rpc.system.name", "jsonrpc");
        a.put("jsonrpc.protocol.version", "2.0");
        a.put("rpc.method", call.operation());
        if (call.status() == Status.FAILED) {
          put(a, "rpc.status_code", call.code());
          long code = number(call.code());
          if (code != status) {
            a.put("rpc.jsonrpc.error_code", code);
          }
        }
      }
      case GENAI -> genai(span, a, call);
    }
    if (call.status() == Status.FAILED) {
      span.setStatusCode(ERROR);
      put(a, "error.type", call.code());
    }
  }

  private static void amazon(Attributes a, String service, ApiCall call) {
    a.put("rpc.system", "aws-api");
    a.put("rpc.service", service);
    put(a, "rpc.method", call.operation());
    put(a, "aws.request_id", call.requestId());
  }

  private static String queueOperation(String action) {
    return switch (action) {
      case "SendMessage", "SendMessageBatch" -> "send";
      case "ReceiveMessage" -> "receive";
      case "DeleteMessage",
          "DeleteMessageBatch",
          "ChangeMessageVisibility",
          "ChangeMessageVisibilityBatch" ->
          "settle";
      default -> "";
    };
  }

  private static void genai(Span span, Attributes a, ApiCall call) {
    name(span, call.operation(), call.target());
    a.put("gen_ai.operation.name", call.operation());
    a.put("gen_ai.provider.name", call.system());
    put(a, "gen_ai.request.model", call.target());
    put(a, "gen_ai.response.model", call.answeredBy());
    if (call.inputTokens() >= 0) {
      a.put("gen_ai.usage.input_tokens", call.inputTokens());
    }
    if (call.outputTokens() >= 0) {
      a.put("gen_ai.usage.output_tokens", call.outputTokens());
    }
    put(a, "aws.request_id", call.requestId());
  }

  private static void name(Span span, String first, String second) {
    span.setName(second.isEmpty() ? first : first + " " + second);
  }

  private static void put(Attributes a, String key, String value) {
    if (!value.isEmpty()) {
      a.put(key, value);
    }
  }

  private static long number(String text) {
    try {
      return text.isEmpty() ? 0 : Long.parseLong(text);
    } catch (NumberFormatException e) {
      return 0;
    }
  }
}
