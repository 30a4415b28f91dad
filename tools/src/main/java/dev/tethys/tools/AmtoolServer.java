package dev.tethys.tools;

import dev.tethys.alert.manager.match.LabelMatcher;
import dev.tethys.alert.manager.match.MatcherSyntax;
import dev.tethys.codec.json.JsonFailures;
import dev.tethys.model.GoQuote;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/** Alertmanager used by an amtool command, and its command line arguments. */
final class AmtoolServer implements AutoCloseable {
  static final ObjectMapper JSON = new ObjectMapper();

  /** Values of {@code --enable-feature} of Alertmanager and its tool. */
  private static final Set<String> FEATURES =
      Set.of(
          "alert-names-in-metrics",
          "receiver-name-in-metrics",
          "classic-mode",
          "utf8-strict-mode",
          "auto-gomemlimit",
          "auto-gomaxprocs",
          "group-key-in-metrics",
          "event-recorder");

  /** Rejection by the server, or failure to reach it. */
  static final class Failure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Failure(String message) {
      super(message);
    }
  }

  /**
   * Call of the API: method, path below {@code /api}, name in errors, and the failure statuses that
   * the API defines by name.
   */
  enum Call {
    GET_ALERTS("GET", "/alerts", "getAlerts", Set.of(400, 500)),
    POST_ALERTS("POST", "/alerts", "postAlerts", Set.of(400, 500)),
    GET_SILENCES("GET", "/silences", "getSilences", Set.of(400, 500)),
    POST_SILENCES("POST", "/silences", "postSilences", Set.of(400, 404)),
    GET_SILENCE("GET", "/silence/{silenceID}", "getSilence", Set.of(404, 500)),
    DELETE_SILENCE("DELETE", "/silence/{silenceID}", "deleteSilence", Set.of(404, 500)),
    GET_STATUS("GET", "/status", "getStatus", Set.of()),
    TRACE("POST", "/trace", "trace", "/api/tethys"),
    POST_NOTE("POST", "/notes", "postNote", "/api/tethys"),
    GET_RECURRING("GET", "/recurring-silences", "getRecurring", "/api/tethys"),
    POST_RECURRING("POST", "/recurring-silences", "postRecurring", "/api/tethys"),
    PREVIEW_RECURRING("POST", "/recurring-silences/preview", "previewRecurring", "/api/tethys"),
    DELETE_RECURRING("DELETE", "/recurring-silences/{id}", "deleteRecurring", "/api/tethys"),
    GET_HEARTBEATS("GET", "/heartbeats", "getHeartbeats", "/api/tethys");

    private final String method;
    private final String path;
    private final String id;
    private final Set<Integer> failures;
    private final String root;

    Call(String method, String path, String id, Set<Integer> failures) {
      this(method, path, id, failures, "/api/v2");
    }

    Call(String method, String path, String id, String root) {
      this(method, path, id, Set.of(400, 404, 500), root);
    }

    Call(String method, String path, String id, Set<Integer> failures, String root) {
      this.method = method;
      this.path = path;
      this.id = id;
      this.failures = failures;
      this.root = root;
    }
  }

  private final HttpAccess http;
  private final Duration timeout;
  private final MatcherSyntax syntax;

  AmtoolServer(Command.Arguments a) throws IOException {
    AmtoolOutput.form(a);
    String url = a.flags().get("alertmanager.url");
    http =
        HttpAccess.of(
            url.isEmpty() ? "http://localhost:9093" : url,
            a.flags().get("http.config.file"),
            List.of());
    timeout = DurationFlags.parse(a.flags().get("timeout"));
    syntax = syntax(a);
  }

  static MatcherSyntax syntax(Command.Arguments a) {
    List<String> features = List.of(a.flags().get("enable-feature").split(","));
    for (String f : features) {
      if (!f.isEmpty() && !FEATURES.contains(f)) {
        throw new Failure(
            "error parsing the feature flag list: unknown option '" + f + "' for --enable-feature");
      }
    }
    return features.contains("classic-mode")
        ? MatcherSyntax.CLASSIC
        : features.contains("utf8-strict-mode") ? MatcherSyntax.UTF8 : MatcherSyntax.FALLBACK;
  }

  /** Sends a request; {@code value} replaces the text in braces. */
  JsonNode call(Call c, String value, String query, @Nullable String body) throws IOException {
    String path = c.path.replaceAll("\\{.*}", URLEncoder.encode(value, StandardCharsets.UTF_8));
    HttpAccess.Reply r =
        http.send(
            c.method,
            c.root + path + (query.isEmpty() ? "" : "?" + query),
            body == null ? null : body.getBytes(StandardCharsets.UTF_8),
            body == null
                ? Map.of("Accept", "application/json")
                : Map.of("Accept", "application/json", "Content-Type", "application/json"),
            timeout);
    if (r.status() == 200) {
      return r.body().length == 0 ? JSON.nullNode() : tree(r.text());
    }
    String kind =
        switch (r.status()) {
          case 400 -> "BadRequest";
          case 404 -> "NotFound";
          case 500 -> "InternalServerError";
          default -> null;
        };
    if (kind == null || !c.failures.contains(r.status())) {
      throw new Failure(
          "["
              + c.method
              + " "
              + c.path
              + "] "
              + c.id
              + " (status "
              + r.status()
              + "): "
              + r.text().strip());
    }
    boolean printed = r.status() != 404 || c == Call.POST_SILENCES;
    throw new Failure(
        "["
            + c.method
            + " "
            + c.path
            + "]["
            + r.status()
            + "] "
            + c.id
            + kind
            + (printed ? " " + r.text().strip() : ""));
  }

  /** Encodes a value for a query. */
  static String encoded(String value) {
    return URLEncoder.encode(value, StandardCharsets.UTF_8);
  }

  /** Whether the status of the last response is 404. */
  static boolean isNotFound(Failure f) {
    return String.valueOf(f.getMessage()).contains("][404] ");
  }

  static JsonNode tree(String json) {
    try {
      return JSON.readTree(json);
    } catch (JacksonException e) {
      throw new Failure("the response is not valid JSON: " + JsonFailures.describe(e));
    }
  }

  /** Accepts a bare alert name as first matcher. */
  static List<String> withName(List<String> matchers, MatcherSyntax syntax) {
    List<String> out = new ArrayList<>(matchers);
    if (!out.isEmpty()) {
      try {
        syntax.parse(out.getFirst(), "cli");
      } catch (IllegalArgumentException e) {
        out.set(0, "alertname=" + GoQuote.quote(out.getFirst()));
      }
    }
    return out;
  }

  List<String> withName(List<String> matchers) {
    return withName(matchers, syntax);
  }

  LabelMatcher matcher(String text) {
    try {
      return syntax.parse(text, "cli");
    } catch (IllegalArgumentException e) {
      throw new Failure(String.valueOf(e.getMessage()));
    }
  }

  /** Reads {@code name=value} words into an object. */
  Map<String, String> pairs(String what, List<String> words) {
    Map<String, String> m = new java.util.TreeMap<>();
    for (String w : words) {
      LabelMatcher l = matcher(w);
      if (l.type() != LabelMatcher.Type.EQUAL) {
        throw new Failure(what + " must be specified as key=value pairs");
      }
      m.put(l.name(), l.value());
    }
    return m;
  }

  /** Returns the time set by a flag. */
  static Instant time(String text) {
    try {
      return OffsetDateTime.parse(text).toInstant();
    } catch (DateTimeParseException e) {
      throw new Failure(
          "parsing time "
              + GoQuote.quote(text)
              + " as \"2006-01-02T15:04:05Z07:00\": it is not such a time");
    }
  }

  @Override
  public void close() {
    http.close();
  }
}
