package dev.tethys.alert.manager.api;

import dev.tethys.alert.manager.PostedAlert;
import dev.tethys.alert.manager.match.LabelMatcher;
import dev.tethys.alert.manager.match.LabelMatchers;
import dev.tethys.alert.manager.match.MatcherBytes;
import dev.tethys.alert.manager.state.Silence;
import dev.tethys.codec.json.JsonFailures;
import dev.tethys.model.GoQuote;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/**
 * Reads the bodies of POST requests, as in the published OpenAPI. Unknown properties are ignored.
 */
final class PostedJson {
  /** Go's zero time.Time, which clients send for "none". */
  private static final Instant NO_TIME = Instant.parse("0001-01-01T00:00:00Z");

  private static final ObjectMapper JSON = new ObjectMapper();

  private final String what;
  private final MatcherBytes matcherBytes = new MatcherBytes(MatcherBytes.REQUEST_LIMIT);

  private PostedJson(String what) {
    this.what = what;
  }

  static List<PostedAlert> alerts(byte[] body) {
    PostedJson p = new PostedJson("alerts");
    JsonNode root = p.tree(body);
    if (!root.isArray()) {
      throw p.unreadable("expected a list");
    }
    List<PostedAlert> out = new ArrayList<>();
    int i = 0;
    for (JsonNode n : root) {
      out.add(p.alert(n, i++ + "."));
    }
    return out;
  }

  /** Returns the labels of {@code {"labels": {…}}}. */
  static Map<String, String> labels(byte[] body) {
    PostedJson p = new PostedJson("labels");
    JsonNode n = p.tree(body).path("labels");
    if (!n.isObject()) {
      throw ApiError.required("labels");
    }
    Map<String, String> out = new LinkedHashMap<>();
    n.properties()
        .forEach(
            e -> {
              if (!e.getValue().isString()) {
                throw p.unreadable("label values must be strings");
              }
              if (!e.getValue().asString().isEmpty()) {
                out.put(e.getKey(), e.getValue().asString());
              }
            });
    return out;
  }

  /** Request body to create a note; either labels or a fingerprint identifies the alert. */
  record Note(
      @Nullable Map<String, String> labels,
      @Nullable String fingerprint,
      String author,
      String text,
      boolean acknowledges,
      @Nullable Instant until) {}

  static Note note(byte[] body) {
    PostedJson p = new PostedJson("note");
    JsonNode n = p.object(body);
    String text = p.text(n, "text", "");
    Boolean acknowledges = p.bool(n, "acknowledges", "");
    return new Note(
        n.has("labels") ? labels(body) : null,
        p.text(n, "fingerprint", ""),
        p.required(n, "author", ""),
        text == null ? "" : text,
        acknowledges != null && acknowledges,
        p.optionalTime(n, "until", ""));
  }

  /**
   * Request body to create or replace a recurring silence.
   *
   * @param id ID of the silence to replace; "" for a new silence
   */
  record Recurring(
      String id,
      LabelMatchers matchers,
      String schedule,
      @Nullable Instant until,
      String createdBy,
      String comment) {}

  /**
   * Reads a recurring silence.
   *
   * @param whole whether author and comment are required
   */
  static Recurring recurring(byte[] body, boolean whole) {
    PostedJson p = new PostedJson("recurring silence");
    JsonNode n = p.object(body);
    JsonNode schedule = n.get("schedule");
    if (schedule == null || schedule.isNull()) {
      throw ApiError.required("schedule");
    }
    return new Recurring(
        n.path("id").asString(""),
        p.matchers(n.get("matchers"), "matchers"),
        // A string is YAML; a list is JSON, which is YAML as well.
        schedule.isString() ? schedule.asString() : schedule.toString(),
        p.optionalTime(n, "until", ""),
        whole ? p.required(n, "createdBy", "") : "",
        whole ? p.required(n, "comment", "") : "");
  }

  private JsonNode object(byte[] body) {
    JsonNode n = tree(body);
    if (!n.isObject()) {
      throw unreadable("expected an object");
    }
    return n;
  }

  static Silence silence(byte[] body) {
    PostedJson p = new PostedJson("silence");
    return p.readSilence(p.object(body));
  }

  private JsonNode tree(byte[] body) {
    if (body.length == 0) {
      throw ApiError.required(what);
    }
    try {
      return JSON.readTree(body);
    } catch (JacksonException e) {
      throw unreadable(JsonFailures.describe(e));
    }
  }

  private ApiError unreadable(String reason) {
    return ApiError.coded(
        400, 400, "parsing " + what + " body from \"\" failed, because " + reason);
  }

  private PostedAlert alert(JsonNode n, String path) {
    if (!n.isObject()) {
      throw unreadable("alert " + path + " is not an object");
    }
    JsonNode labels = n.get("labels");
    if (labels == null || labels.isNull()) {
      throw ApiError.required(path + "labels");
    }
    String generator = text(n, "generatorURL", path);
    if (generator != null && !generator.isEmpty()) {
      try {
        new URI(generator.replaceAll("[^\\x21-\\x7e]|[\\[\\]{}|\\\\^`\"<>]", "_"));
      } catch (URISyntaxException e) {
        throw ApiError.coded(
            422,
            ApiError.WRONG_TYPE,
            path + "generatorURL in body must be of type uri: " + GoQuote.quote(generator));
      }
    }
    return new PostedAlert(
        strings(labels, path + "labels"),
        strings(n.get("annotations"), path + "annotations"),
        optionalTime(n, "startsAt", path),
        optionalTime(n, "endsAt", path),
        generator == null ? "" : generator);
  }

  private Map<String, String> strings(@Nullable JsonNode n, String path) {
    Map<String, String> m = new LinkedHashMap<>();
    if (n == null || n.isNull()) {
      return m;
    }
    if (!n.isObject()) {
      throw unreadable(path + " is not an object");
    }
    n.properties()
        .forEach(
            e -> {
              if (!e.getValue().isString()) {
                throw unreadable(path + "." + e.getKey() + " is not a string");
              }
              m.put(e.getKey(), e.getValue().asString());
            });
    return m;
  }

  private @Nullable String text(JsonNode n, String name, String path) {
    JsonNode v = n.get(name);
    if (v == null || v.isNull()) {
      return null;
    }
    if (!v.isString()) {
      throw unreadable(path + name + " is not a string");
    }
    return v.asString();
  }

  private @Nullable Boolean bool(JsonNode n, String name, String path) {
    JsonNode v = n.get(name);
    if (v == null || v.isNull()) {
      return null;
    }
    if (!v.isBoolean()) {
      throw unreadable(path + name + " is not a bool");
    }
    return v.asBoolean();
  }

  private @Nullable Instant optionalTime(JsonNode n, String name, String path) {
    String s = text(n, name, path);
    if (s == null || s.isEmpty()) {
      return null;
    }
    Instant t = time(s, path + name);
    return t.equals(NO_TIME) ? null : t;
  }

  private Instant time(String s, String path) {
    try {
      return s.length() == 10
          ? LocalDate.parse(s).atStartOfDay(ZoneOffset.UTC).toInstant()
          : OffsetDateTime.parse(s).toInstant();
    } catch (DateTimeException e) {
      throw unreadable(path + ": " + GoQuote.quote(s) + " is not an RFC 3339 time");
    }
  }

  private String required(JsonNode n, String name, String path) {
    String s = text(n, name, path);
    if (s == null) {
      throw ApiError.required(path + name);
    }
    return s;
  }

  private Silence readSilence(JsonNode n) {
    String comment = required(n, "comment", "");
    String createdBy = required(n, "createdBy", "");
    Instant endsAt = time(required(n, "endsAt", ""), "endsAt");
    List<LabelMatchers> sets = sets(n.get("matcherSets"), "matcherSets");
    // A client that sends sets need not repeat the first one; a client that does not know sets
    // changes only the first.
    if (sets.isEmpty() || n.has("matchers")) {
      LabelMatchers first = matchers(n.get("matchers"), "matchers");
      if (sets.isEmpty()) {
        sets = List.of(first);
      } else if (!sets.contains(first)) {
        throw ApiError.plain(400, "matchers must be one of matcherSets, or be omitted");
      }
    }
    Instant startsAt = time(required(n, "startsAt", ""), "startsAt");
    String id = text(n, "id", "");
    return new Silence(
        id == null ? "" : id,
        sets,
        sets(n.get("receiverMatcherSets"), "receiverMatcherSets"),
        startsAt,
        endsAt,
        startsAt,
        createdBy,
        comment,
        strings(n.get("annotations"), "annotations"));
  }

  private List<LabelMatchers> sets(@Nullable JsonNode list, String name) {
    List<LabelMatchers> out = new ArrayList<>();
    if (list == null || list.isNull()) {
      return out;
    }
    if (!list.isArray()) {
      throw unreadable(name + " is not a list of lists");
    }
    int i = 0;
    for (JsonNode set : list) {
      out.add(matchers(set, name + "." + i++));
    }
    return out;
  }

  private LabelMatchers matchers(@Nullable JsonNode list, String name) {
    if (list == null || list.isNull()) {
      throw ApiError.required(name);
    }
    if (!list.isArray()) {
      throw unreadable(name + " is not a list");
    }
    if (list.isEmpty()) {
      throw ApiError.coded(422, ApiError.TOO_FEW, name + " in body should have at least 1 items");
    }
    List<LabelMatcher> matchers = new ArrayList<>();
    int i = 0;
    for (JsonNode m : list) {
      matchers.add(matcher(m, i++));
    }
    return new LabelMatchers(matchers);
  }

  private LabelMatcher matcher(JsonNode m, int i) {
    String path = "matchers." + i + ".";
    Boolean regex = bool(m, "isRegex", path);
    if (regex == null) {
      throw ApiError.required(path + "isRegex");
    }
    String name = required(m, "name", path);
    String value = required(m, "value", path);
    Boolean equal = bool(m, "isEqual", path);
    try {
      LabelMatcher made =
          LabelMatcher.of(LabelMatcher.Type.of(equal == null || equal, regex), name, value);
      matcherBytes.add(made);
      return made;
    } catch (IllegalArgumentException e) {
      throw ApiError.plain(
          400,
          "invalid silence: invalid label matcher "
              + i
              + ": invalid regular expression "
              + GoQuote.quote(value)
              + ": "
              + e.getMessage());
    }
  }
}
