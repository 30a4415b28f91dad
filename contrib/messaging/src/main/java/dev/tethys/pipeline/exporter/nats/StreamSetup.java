package dev.tethys.pipeline.exporter.nats;

import dev.tethys.config.GoDurations;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.model.GoJson;
import dev.tethys.pipeline.naming.NameTemplate;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * A stream to create if none of its name exists (docs.nats.io, "JetStream wire API Reference"). An
 * existing stream stays unchanged: a user may have modified it.
 *
 * @param name stream name
 * @param json its configuration, as sent
 */
record StreamSetup(String name, String json) {
  private static final int NOT_FOUND = 404;

  /** Error code for an existing stream with another configuration. */
  private static final int NAME_IN_USE = 10058;

  /** The key, added to the section of the exporter. */
  static final class Keys {
    private static final Section SECTION =
        new Section("create_stream", "Stream to create if none of that name exists.");
    private static final Key<List<String>> SUBJECTS =
        SECTION.optional(
            "subjects",
            Type.list(Type.STRING),
            "Subjects of the stream; by default those that subject produces.");
    private static final Key<String> STORAGE =
        SECTION.key(
            "storage",
            Type.oneOf("storage", storages()),
            "file",
            "Storage of the stream: file or memory.");
    private static final Key<Long> REPLICAS =
        SECTION.key("replicas", Type.INT, 1L, "Number of servers that keep each message.");
    private static final Key<Duration> MAX_AGE =
        SECTION.key(
            "max_age", GoDurations.TYPE, Duration.ZERO, "Maximum age of messages; 0 for no limit.");
    private static final Key<Long> MAX_BYTES =
        SECTION.key(
            "max_bytes",
            Type.INT,
            -1L,
            "Maximum size of the stream in bytes; beyond it the oldest messages "
                + "are deleted; -1 for no limit.");
    private static final Key<Duration> DUPLICATES =
        SECTION.key(
            "duplicate_window",
            GoDurations.TYPE,
            Duration.ofMinutes(2),
            "Window in which the stream detects duplicate messages.");

    private record RequestedStream(
        List<String> subjects,
        String storage,
        long replicas,
        Duration maxAge,
        long maxBytes,
        Duration duplicates) {}

    private final Key<RequestedStream> key;

    Keys(Section s) {
      key = s.optional("create_stream", SECTION.type(Keys::readStream), SECTION.doc());
    }

    private static SequencedMap<String, String> storages() {
      SequencedMap<String, String> m = new LinkedHashMap<>();
      m.put("file", "file");
      m.put("memory", "memory");
      return m;
    }

    private static RequestedStream readStream(YamlObject o) {
      if (o.get(REPLICAS) < 1 || o.get(REPLICAS) > 5) {
        throw o.error(REPLICAS, "replicas must be 1 to 5");
      }
      if (o.get(MAX_AGE).isNegative() || !o.get(DUPLICATES).isPositive()) {
        throw o.error("max_age must be at least 0, and duplicate_window more than that");
      }
      if (o.get(MAX_BYTES) == 0 || o.get(MAX_BYTES) < -1) {
        throw o.error(MAX_BYTES, "max_bytes must be at least 1, or -1 for no limit");
      }
      List<String> subjects = o.find(SUBJECTS);
      return new RequestedStream(
          subjects == null ? List.of() : subjects,
          o.get(STORAGE),
          o.get(REPLICAS),
          o.get(MAX_AGE),
          o.get(MAX_BYTES),
          o.get(DUPLICATES));
    }

    /** Reads the stream to create; returns null if none. */
    @Nullable StreamSetup read(YamlObject o, String stream, NameTemplate subject) {
      RequestedStream a = o.find(key);
      if (a == null) {
        return null;
      }
      if (!stream.matches("[^\\s.*>/\\\\]+")) {
        throw o.error(key, "stream of create_stream must be a name without spaces and . * > / \\");
      }
      Duration age = a.maxAge;
      boolean isBrief = age.isPositive() && age.compareTo(a.duplicates) < 0;
      List<String> subjects = a.subjects.isEmpty() ? List.of(pattern(subject)) : a.subjects;
      List<String> quoted = new ArrayList<>();
      for (String s : subjects) {
        quoted.add(GoJson.append(new StringBuilder(), s).toString());
      }
      return new StreamSetup(
          stream,
          "{\"name\":"
              + GoJson.append(new StringBuilder(), stream)
              + ",\"subjects\":["
              + String.join(",", quoted)
              + "],\"retention\":\"limits\",\"discard\":\"old\",\"storage\":\""
              + a.storage
              + "\",\"num_replicas\":"
              + a.replicas
              + ",\"max_age\":"
              + age.toNanos()
              + ",\"max_bytes\":"
              + a.maxBytes
              + ",\"duplicate_window\":"
              + (isBrief ? age : a.duplicates).toNanos() // servers require no longer than that
              + "}");
    }

    /**
     * Returns the subjects produced by a template: an asterisk for each token containing a label.
     */
    private static String pattern(NameTemplate subject) {
      return List.of(subject.pattern().split("[.]")).stream()
          .map(t -> t.contains("*") ? "*" : t)
          .collect(Collectors.joining("."));
    }
  }

  /** Describes the stream to create; returns empty if it exists. */
  List<String> plan(NatsClient client) throws IOException {
    JsonNode there = client.request("$JS.API.STREAM.INFO." + name, "");
    JsonNode error = there.path("error");
    if (error.isMissingNode()) {
      return List.of();
    }
    if (error.path("code").asInt(0) != NOT_FOUND) {
      throw new IOException("JetStream: " + error.path("description").asString("?"));
    }
    return List.of("$JS.API.STREAM.CREATE." + name + " " + json);
  }

  /**
   * Creates the stream unless it exists.
   *
   * @return the reason of a rejection by JetStream; "" for none
   */
  String make(NatsClient client) throws IOException {
    JsonNode error = client.request("$JS.API.STREAM.CREATE." + name, json).path("error");
    return error.isMissingNode() || error.path("err_code").asInt(0) == NAME_IN_USE
        ? ""
        : "create_stream: " + error.path("description").asString("an error without a name");
  }
}
