package dev.tethys.collect.observe.protocol;

import dev.tethys.collect.observe.protocol.ObservedRequest.Status;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * JSON-RPC 2.0 over HTTP: a body with its version and a method, and a response with the version and
 * a result or an error. Parameters and results are not kept.
 */
final class JsonRpcApi extends HttpApiReader {
  private static final String VERSION = "2.0";
  private static final Set<String> MEMBERS = Set.of("jsonrpc", "method", "params", "id");

  private boolean version;
  private String method = "";
  private boolean refuted;
  private boolean answerVersion;
  private boolean outcome;
  private boolean otherAnswer;
  private String error = "";

  private JsonRpcApi() {}

  /** Reader of a request that may be one of JSON-RPC; otherwise null. */
  static @Nullable JsonRpcApi of(String method, ApiHead head) {
    return method.equals("POST") && head.isJson() ? new JsonRpcApi() : null;
  }

  @Override
  int wantedOfRequest(String name) {
    return name.equals("method") || name.equals("jsonrpc") ? ApiCall.LONGEST_NAME + 1 : 0;
  }

  @Override
  void request(String name, char kind, String text) {
    switch (name) {
      case "jsonrpc" -> {
        version = kind == '"' && text.equals(VERSION);
        refuted |= !version;
      }
      case "method" -> {
        refuted |= kind != '"';
        if (method.isEmpty()) {
          method = ApiCall.name(text);
        }
      }
      default -> refuted |= !version && !MEMBERS.contains(name);
    }
  }

  @Override
  boolean isRefuted() {
    return refuted;
  }

  @Override
  int wantedOfAnswer(String name) {
    return name.equals("jsonrpc") || name.equals("error.code") ? 16 : 0;
  }

  @Override
  boolean entersAnswer(String name) {
    return name.equals("error");
  }

  @Override
  void answer(String name, char kind, String text) {
    switch (name) {
      case "jsonrpc" -> answerVersion |= text.equals(VERSION);
      case "result", "method" -> outcome = true; // a stream may call the client in between
      case "error" -> outcome |= kind == '{';
      case "error.code" -> error = text.matches("-?[0-9]{1,10}") ? text : "";
      case "id" -> {}
      default -> otherAnswer |= name.indexOf('.') < 0;
    }
  }

  @Override
  @Nullable ApiCall call(int status, ApiHead head, @Nullable ApiBody request, ApiBody body) {
    if (refuted || !version || method.isEmpty() || request == null || request.isWrong()) {
      return null;
    }
    // A visible response without JSON-RPC belongs to another protocol, except for errors of
    // proxies; notifications have none.
    boolean fits = answerVersion || outcome && !otherAnswer;
    if (body.wasRead() && status < 400 && (body.isWrong() || !fits)) {
      return null;
    }
    boolean failed = !error.isEmpty() || status >= 400;
    return new ApiCall(
        HttpApi.JSONRPC,
        "jsonrpc",
        request.isArray() ? "batch" : method,
        "",
        failed ? Status.FAILED : Status.OK,
        !error.isEmpty() ? error : status >= 400 ? Integer.toString(status) : "");
  }
}
