package dev.tethys.collect.observe.protocol;

import dev.tethys.collect.observe.protocol.ObservedRequest.Status;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * GraphQL over HTTP: a document of GraphQL in the member {@code query} of the body or the parameter
 * of that name, and a response of {@code data} and {@code errors}. Documents are not kept.
 */
final class GraphqlApi extends HttpApiReader {
  private static final int LONGEST_DOCUMENT = 4096;
  private static final Set<String> REQUEST =
      Set.of("query", "operationName", "variables", "extensions", "id");
  private static final Set<String> ANSWER =
      Set.of("data", "errors", "extensions", "hasNext", "incremental", "pending", "completed");

  private final boolean named;
  private String document = "";
  private String operationName = "";
  private boolean persisted;
  private boolean refuted;
  private boolean answered;
  private boolean failed;
  private boolean otherAnswer;

  private GraphqlApi(boolean named) {
    this.named = named;
  }

  /** Reader of a request that may be one of GraphQL; otherwise null. */
  static @Nullable GraphqlApi of(String method, String path, String query, ApiHead head) {
    boolean named = isNamed(path);
    if (method.equals("POST")) {
      return head.isJson() ? new GraphqlApi(named) : null;
    }
    if (!method.equals("GET") || !named || !S3Api.has(query, "query")) {
      return null;
    }
    GraphqlApi g = new GraphqlApi(true);
    g.document = parameter(query, "query");
    g.operationName = ApiCall.name(parameter(query, "operationName"));
    return g;
  }

  private static boolean isNamed(String path) {
    return path.endsWith("/graphql")
        || path.endsWith("/graphql/")
        || path.endsWith("/gql")
        || path.contains("/graphql/");
  }

  private static String parameter(String query, String name) {
    for (String p : query.split("&", -1)) {
      if (p.startsWith(name + "=")) {
        try {
          return URLDecoder.decode(p.substring(name.length() + 1), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
          return ""; // no escape
        }
      }
    }
    return "";
  }

  @Override
  int wantedOfRequest(String name) {
    return switch (name) {
      case "query" -> LONGEST_DOCUMENT;
      case "operationName" -> ApiCall.LONGEST_NAME + 1;
      default -> 0;
    };
  }

  @Override
  void request(String name, char kind, String text) {
    switch (name) {
      case "query" -> {
        if (kind == '"') {
          document = unescaped(text);
        } else if (kind != 'n') {
          refuted = true; // that of Elasticsearch is an object
        }
      }
      case "operationName" -> operationName = kind == '"' ? ApiCall.name(text) : "";
      case "extensions" -> persisted = kind == '{';
      default -> refuted |= !named && !REQUEST.contains(name) && name.indexOf('.') < 0;
    }
  }

  /** Only escapes of white space matter here. */
  private static String unescaped(String text) {
    return text.replace("\\n", "\n").replace("\\t", " ").replace("\\r", "\n").replace("\\\"", "\"");
  }

  @Override
  boolean isRefuted() {
    return refuted;
  }

  @Override
  int wantedOfAnswer(String name) {
    return 0;
  }

  @Override
  void answer(String name, char kind, String text) {
    switch (name) {
      case "data" -> answered = true;
      case "errors" -> {
        answered |= kind == '[';
        failed |= kind == '[';
      }
      default -> otherAnswer |= !ANSWER.contains(name);
    }
  }

  @Override
  @Nullable ApiCall call(int status, ApiHead head, @Nullable ApiBody request, ApiBody body) {
    if (refuted || request != null && request.isWrong()) {
      return null;
    }
    GraphqlDocument d = GraphqlDocument.read(document, operationName);
    boolean asked = d != null || document.isEmpty() && persisted && named;
    boolean readable = body.wasRead() && !body.isWrong();
    boolean fits = readable ? answered && !otherAnswer : named;
    if (!asked || !fits && !(named && status >= 400)) {
      return null;
    }
    boolean wrong = failed || status >= 400;
    return new ApiCall(
        HttpApi.GRAPHQL,
        "graphql",
        d == null ? "" : d.type(),
        d == null || d.name().isEmpty() ? operationName : d.name(),
        wrong ? Status.FAILED : Status.OK,
        status >= 400 ? Integer.toString(status) : failed ? "errors" : "");
  }
}
