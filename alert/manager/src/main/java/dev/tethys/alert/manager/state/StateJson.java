package dev.tethys.alert.manager.state;

import dev.tethys.alert.manager.match.LabelMatcher;
import dev.tethys.alert.manager.match.LabelMatchers;
import java.io.ByteArrayOutputStream;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.core.JsonGenerator;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/**
 * The payloads of the logs: JSON objects, times as ISO 8601 with nanoseconds.
 *
 * <p>A silence: {@code {"id", "matchers": [{"name", "value", "type"}], "startsAt", "endsAt",
 * "updatedAt", "createdBy", "comment", "annotations": {}}}, type being one of {@code = != =~ !~}.
 * {@code "matchers"} is its first set; others are in {@code "moreMatchers": [[…]]}, those of
 * receivers in {@code "receiverMatchers": [[…]]}, both absent if there are none.
 *
 * <p>What was sent: {@code {"group", "receiver", "integration", "index", "at", "firing": [],
 * "resolved": [], "expiresAt", "memo": {}}}, alerts being their hashes as signed numbers.
 */
public final class StateJson {
  private static final ObjectMapper JSON = new ObjectMapper();

  private StateJson() {}

  /** Writes the properties of an object. */
  public interface Body {
    void write(JsonGenerator g);
  }

  public static byte[] object(Body body) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(256);
    try (JsonGenerator g = JSON.createGenerator(out)) {
      g.writeStartObject();
      body.write(g);
      g.writeEndObject();
    }
    return out.toByteArray();
  }

  private static void sets(JsonGenerator g, String name, List<LabelMatchers> sets) {
    if (!sets.isEmpty()) {
      g.writeArrayPropertyStart(name);
      sets.forEach(m -> matchers(g, m));
      g.writeEndArray();
    }
  }

  public static void matchers(JsonGenerator g, LabelMatchers matchers) {
    g.writeStartArray();
    for (LabelMatcher m : matchers.all()) {
      g.writeStartObject();
      g.writeStringProperty("name", m.name());
      g.writeStringProperty("value", m.value());
      g.writeStringProperty("type", m.type().operator());
      g.writeEndObject();
    }
    g.writeEndArray();
  }

  public static LabelMatchers matchers(JsonNode list) {
    List<LabelMatcher> all = new ArrayList<>();
    for (JsonNode m : list) {
      all.add(
          LabelMatcher.of(
              type(m.required("type").asString()),
              m.required("name").asString(),
              m.required("value").asString()));
    }
    return new LabelMatchers(all);
  }

  static void strings(JsonGenerator g, String name, Map<String, String> m) {
    g.writeObjectPropertyStart(name);
    m.forEach(g::writeStringProperty);
    g.writeEndObject();
  }

  static Map<String, String> strings(JsonNode n) {
    Map<String, String> m = new LinkedHashMap<>();
    n.properties().forEach(e -> m.put(e.getKey(), e.getValue().asString()));
    return m;
  }

  static byte[] silence(Silence s) {
    return object(
        g -> {
          g.writeStringProperty("id", s.id());
          g.writeName("matchers");
          matchers(g, s.matchers());
          sets(g, "moreMatchers", s.sets().subList(1, s.sets().size()));
          sets(g, "receiverMatchers", s.receiverSets());
          g.writeStringProperty("startsAt", s.startsAt().toString());
          g.writeStringProperty("endsAt", s.endsAt().toString());
          g.writeStringProperty("updatedAt", s.updatedAt().toString());
          g.writeStringProperty("createdBy", s.createdBy());
          g.writeStringProperty("comment", s.comment());
          strings(g, "annotations", s.annotations());
        });
  }

  /**
   * Reads a silence.
   *
   * @throws RuntimeException if the payload is not one
   */
  static Silence silence(byte[] payload) {
    JsonNode n = JSON.readTree(payload);
    List<LabelMatchers> sets = new ArrayList<>();
    sets.add(matchers(n.required("matchers")));
    n.path("moreMatchers").forEach(m -> sets.add(matchers(m)));
    List<LabelMatchers> receivers = new ArrayList<>();
    n.path("receiverMatchers").forEach(m -> receivers.add(matchers(m)));
    return new Silence(
        n.required("id").asString(),
        sets,
        receivers,
        time(n, "startsAt"),
        time(n, "endsAt"),
        time(n, "updatedAt"),
        n.required("createdBy").asString(),
        n.required("comment").asString(),
        strings(n.required("annotations")));
  }

  private static LabelMatcher.Type type(String operator) {
    for (LabelMatcher.Type t : LabelMatcher.Type.values()) {
      if (t.operator().equals(operator)) {
        return t;
      }
    }
    throw new IllegalArgumentException("no matcher is called " + operator);
  }

  public static Instant time(JsonNode n, String name) {
    return Instant.parse(n.required(name).asString());
  }

  static byte[] sent(NotificationLog.Key key, NotificationLog.Entry e) {
    return object(
        g -> {
          g.writeStringProperty("group", key.groupKey());
          g.writeStringProperty("receiver", key.receiver());
          g.writeStringProperty("integration", key.integration());
          g.writeNumberProperty("index", key.index());
          g.writeStringProperty("at", e.at().toString());
          numbers(g, "firing", e.firing());
          numbers(g, "resolved", e.resolved());
          g.writeStringProperty("expiresAt", e.expiresAt().toString());
          strings(g, "memo", e.memo());
        });
  }

  private static void numbers(JsonGenerator g, String name, Iterable<Long> all) {
    g.writeArrayPropertyStart(name);
    all.forEach(g::writeNumber);
    g.writeEndArray();
  }

  static NotificationLog.Key sentKey(JsonNode n) {
    return new NotificationLog.Key(
        n.required("group").asString(),
        n.required("receiver").asString(),
        n.required("integration").asString(),
        n.required("index").asInt());
  }

  static NotificationLog.Entry sent(JsonNode n) {
    return new NotificationLog.Entry(
        time(n, "at"),
        numbers(n.required("firing")),
        numbers(n.required("resolved")),
        time(n, "expiresAt"),
        strings(n.required("memo")));
  }

  private static java.util.Set<Long> numbers(JsonNode n) {
    java.util.Set<Long> s = new java.util.HashSet<>();
    n.forEach(v -> s.add(v.asLong()));
    return s;
  }

  public static JsonNode tree(byte[] payload) {
    return JSON.readTree(payload);
  }
}
