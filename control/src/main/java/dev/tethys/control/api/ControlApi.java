package dev.tethys.control.api;

import dev.tethys.config.ConfigException;
import dev.tethys.control.access.ConflictException;
import dev.tethys.control.access.NotFoundException;
import dev.tethys.control.access.Tokens;
import dev.tethys.control.text.Texts;
import dev.tethys.model.OneLineText;
import dev.tethys.web.HttpException;
import dev.tethys.web.HttpHandler;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.HttpResponse;
import dev.tethys.web.Params;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Request handling shared by all parts of the control plane's HTTP API. The API is under {@code
 * /api/v1/control}, with Prometheus's envelope.
 */
public final class ControlApi {
  public static final String ROOT = "/api/v1/control";

  private static final int MAX_BODY = 4 << 20;

  /** Visible character: fillers are letters, and an empty Braille cell is a symbol. */
  private static final Pattern VISIBLE =
      Pattern.compile("[\\p{L}\\p{N}\\p{P}\\p{S}&&[^\\u115F\\u1160\\u2800\\u3164\\uFFA0]]");

  private static final int MAX_REASON = 1024;

  static final int MAX_LISTED = 10_000;

  private static final JsonMapper JSON = JsonMapper.shared();

  private ControlApi() {}

  /** Response to a request of a user. */
  interface Action {
    JsonNode answer(HttpRequest q, String user) throws IOException;
  }

  /** Writes the response to a request of a user. */
  public interface Answer {
    void write(HttpRequest q, HttpResponse r, String user) throws IOException;
  }

  /** Returns a handler for requests from users with a role, with the response in an envelope. */
  static HttpHandler on(Tokens tokens, Tokens.Role role, Action action) {
    return answering(
        tokens,
        role,
        (q, r, user) -> {
          ObjectNode out = JSON.createObjectNode().put("status", "success");
          out.set("data", action.answer(q, user));
          send(r, out);
        });
  }

  /** Returns a handler for requests from users with a role; errors are in an envelope. */
  public static HttpHandler answering(Tokens tokens, Tokens.Role role, Answer answer) {
    return (q, r) -> {
      try {
        answer.write(q, r, tokens.require(q, role));
      } catch (NotFoundException e) {
        fail(r, 404, "not_found", e.getMessage());
      } catch (ConflictException e) {
        fail(r, 409, "conflict", e.getMessage());
      } catch (ConfigException e) {
        fail(r, 422, "invalid_configuration", e.getMessage());
      } catch (HttpException e) {
        if (e.status() == 401) {
          r.header("WWW-Authenticate", "Bearer");
        }
        fail(r, e.status(), "refused", e.getMessage());
      } catch (IllegalArgumentException e) {
        fail(r, 400, "bad_data", e.getMessage());
      }
    };
  }

  static void send(HttpResponse r, ObjectNode out) throws IOException {
    r.send("application/json", (out + "\n").getBytes(StandardCharsets.UTF_8));
  }

  private static void fail(HttpResponse r, int status, String type, @Nullable String message)
      throws IOException {
    ObjectNode out = JSON.createObjectNode().put("status", "error");
    out.put("errorType", type).put("error", String.valueOf(message));
    r.status(status);
    send(r, out);
  }

  static JsonNode body(HttpRequest q) throws IOException {
    byte[] bytes = q.bodyBytes(MAX_BODY);
    try {
      JsonNode n = bytes.length == 0 ? JSON.createObjectNode() : JSON.readTree(bytes);
      if (!n.isObject()) {
        throw new IllegalArgumentException("the body must be a JSON object");
      }
      return n;
    } catch (JacksonException e) {
      throw new IllegalArgumentException("the body is not JSON: " + e.getOriginalMessage(), e);
    }
  }

  static void checkKeys(JsonNode body, String... known) {
    List<String> all = List.of(known);
    for (Map.Entry<String, JsonNode> e : body.properties()) {
      if (!all.contains(e.getKey())) {
        throw new IllegalArgumentException(
            "unknown member \"" + e.getKey() + "\"; expected one of: " + String.join(", ", all));
      }
    }
  }

  static String text(JsonNode body, String name, boolean required) {
    JsonNode n = body.path(name);
    if (n.isMissingNode() || n.isNull()) {
      if (required) {
        throw new IllegalArgumentException("member \"" + name + "\" is missing");
      }
      return "";
    }
    if (!n.isString()) {
      throw new IllegalArgumentException("member \"" + name + "\" must be a string");
    }
    return n.stringValue();
  }

  /**
   * Returns the mandatory reason for a change.
   *
   * @throws IllegalArgumentException if there is none, or it has no visible character
   */
  static String requiredReason(JsonNode body) {
    return requiredReason("member \"reason\"", text(body, "reason", false));
  }

  /**
   * Checks the reason of a change.
   *
   * @param what name in errors
   */
  static String requiredReason(String what, String text) {
    String wrong =
        text.isEmpty()
            ? " is missing or empty"
            : VISIBLE.matcher(text).find() ? "" : " has no visible character";
    if (!wrong.isEmpty()) {
      throw new IllegalArgumentException(
          what + wrong + "; state the reason, which is recorded in the audit log");
    }
    String reason = text.strip();
    if (reason.codePointCount(0, reason.length()) > MAX_REASON) {
      throw new IllegalArgumentException(
          what + " has more than " + MAX_REASON + " characters; shorten it");
    }
    OptionalInt wild = reason.codePoints().filter(OneLineText::isBreaking).findFirst();
    if (wild.isPresent()) {
      throw new IllegalArgumentException(
          what
              + String.format(" has the character U+%04X; write it on one line", wild.getAsInt())
              + " without control characters");
    }
    return reason;
  }

  /** Returns the author of a change: the token's user, or the author named in the body. */
  static String author(JsonNode body, String user) {
    return author(text(body, "author", false), user);
  }

  /** Returns the token's user, or a named author. */
  static String author(String named, String user) {
    return !user.isEmpty() ? user : named.isEmpty() ? "anonymous" : Texts.shortened(named, 256);
  }

  static int limit(Params p, int most) {
    String text = p.first("limit");
    try {
      int n = text == null ? Math.min(most, 1000) : Integer.parseInt(text);
      if (n >= 1 && n <= most) {
        return n;
      }
    } catch (NumberFormatException e) {
      // reported below
    }
    throw new IllegalArgumentException("limit must be a number from 1 to " + most);
  }

  static int number(String name, @Nullable String text) {
    try {
      if (text != null) {
        return Integer.parseInt(text);
      }
    } catch (NumberFormatException e) {
      // reported below
    }
    throw new IllegalArgumentException(name + " must be a number, not " + text);
  }
}
