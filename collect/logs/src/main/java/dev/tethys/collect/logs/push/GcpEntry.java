package dev.tethys.collect.logs.push;

import dev.tethys.collect.logs.LabelMap;
import dev.tethys.model.LabelsBuilder;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Locale;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Content of a Pub/Sub message: a log entry as JSON (Cloud Logging's LogEntry), or other data,
 * which becomes a single line.
 *
 * @param entry null for other data
 */
record GcpEntry(@Nullable JsonNode entry, String line) {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  /**
   * Reads the data of a message.
   *
   * @param whole whether the line is the entire entry, even if the entry has its own text
   */
  static GcpEntry of(byte[] data, boolean whole) {
    String text = new String(data, StandardCharsets.UTF_8);
    JsonNode n;
    try {
      n = JSON.readTree(text);
    } catch (JacksonException e) {
      return new GcpEntry(null, text);
    }
    if (!n.isObject()) {
      return new GcpEntry(null, text);
    }
    JsonNode payload = n.path("textPayload");
    boolean own = !whole && payload.isString() && !payload.asString("").isBlank();
    return new GcpEntry(n, own ? payload.asString("") : text);
  }

  void addLabels(LabelsBuilder b) {
    if (entry == null) {
      return;
    }
    b.set("__gcp_logname", entry.path("logName").asString(""));
    b.set("__gcp_severity", entry.path("severity").asString(""));
    JsonNode resource = entry.path("resource");
    b.set("__gcp_resource_type", resource.path("type").asString(""));
    resource
        .path("labels")
        .forEachEntry((k, v) -> b.set("__gcp_resource_labels_" + snake(k), v.asString("")));
    entry.path("labels").forEachEntry((k, v) -> b.set("__gcp_labels_" + snake(k), v.asString("")));
  }

  /** {@code backendServiceName} is {@code backend_service_name}. */
  private static String snake(String name) {
    StringBuilder sb = new StringBuilder();
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      boolean begins =
          Character.isUpperCase(c)
              && i > 0
              && (Character.isLowerCase(name.charAt(i - 1))
                  || Character.isDigit(name.charAt(i - 1)));
      if (begins) {
        sb.append('_');
      }
      sb.append(c);
    }
    return LabelMap.sanitized(sb.toString().toLowerCase(Locale.ROOT));
  }

  /**
   * Time of the event, or of its receipt by Google, in nanoseconds since 1970; otherwise a
   * fallback.
   */
  long time(LongSupplier otherwise) {
    String t =
        entry == null
            ? ""
            : entry.path("timestamp").asString(entry.path("receiveTimestamp").asString(""));
    if (t.isEmpty()) {
      return otherwise.getAsLong();
    }
    try {
      Instant i = Instant.parse(t);
      return Math.addExact(Math.multiplyExact(i.getEpochSecond(), 1_000_000_000L), i.getNano());
    } catch (DateTimeException | ArithmeticException e) {
      return otherwise.getAsLong();
    }
  }
}
