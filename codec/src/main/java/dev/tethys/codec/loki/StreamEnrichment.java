package dev.tethys.codec.loki;

import dev.tethys.model.Labels;
import dev.tethys.model.logs.LogBatch;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Labels added by Loki when it receives entries: {@code service_name} on a stream, {@code
 * detected_level} in the structured metadata of an entry.
 */
public final class StreamEnrichment {
  /** Service name label. */
  public static final String SERVICE_NAME = "service_name";

  public static final String UNKNOWN_SERVICE = "unknown_service";

  /** Labels that name a service; the first one present on a stream is used. */
  private static final List<String> SERVICE_LABELS =
      List.of(
          "service",
          "app",
          "application",
          "app_name",
          "name",
          "app_kubernetes_io_name",
          "container",
          "container_name",
          "k8s_container_name",
          "component",
          "workload",
          "job",
          "k8s_job_name");

  private static final Map<String, byte[]> LEVELS = new HashMap<>();
  private static final List<String> USUAL = List.of("info", "warn", "error", "debug");
  private static final byte[][] USUAL_BYTES =
      USUAL.stream().map(l -> l.getBytes(StandardCharsets.US_ASCII)).toArray(byte[][]::new);

  static {
    for (String s :
        List.of("trace", "debug", "info", "warn", "error", "critical", "fatal", "unknown")) {
      LEVELS.put(s, s.getBytes(StandardCharsets.US_ASCII));
    }
  }

  private StreamEnrichment() {}

  /** Returns the labels that name a service; the first one present on a stream is used. */
  public static List<String> serviceLabels() {
    return SERVICE_LABELS;
  }

  /** Fields of structured metadata that name a level; the first one present is used. */
  public static List<String> levelFields() {
    return LogLevels.FIELDS;
  }

  /** A stream's labels with the name of its service. */
  public static Labels withService(Labels labels) {
    if (labels.isEmpty() || labels.has(SERVICE_NAME)) {
      return labels;
    }
    String service = UNKNOWN_SERVICE;
    for (String name : SERVICE_LABELS) {
      String value = labels.get(name);
      if (!value.isEmpty()) {
        service = value;
        break;
      }
    }
    return labels.toBuilder().set(SERVICE_NAME, service).build();
  }

  /** Returns the level stated by stream labels; empty if none. */
  public static String levelOf(Labels labels) {
    for (Labels.Label l : labels.toList()) {
      if (LogLevels.isLevelField(l.name())) {
        return LogLevels.normalize(l.value());
      }
    }
    return "";
  }

  /**
   * Returns the level stated by the labels of a syslog, GELF or journal stream, whose severities
   * have names unknown to Loki; empty if none.
   */
  public static String levelOfSeverity(Labels labels) {
    return switch (labels.get("level")) {
      case "emergency", "emerg" -> "fatal";
      case "alert", "crit" -> "critical";
      case "notice", "informational" -> "info";
      default -> levelOf(labels);
    };
  }

  /**
   * Adds the detected level to the metadata of the last row, unless the row has one.
   *
   * @param streamLevel level of the stream's labels, empty if they state none
   */
  public static void addLevel(LogBatch batch, String streamLevel) {
    int row = batch.rows - 1;
    String level = "";
    for (int p = batch.pairStarts[row]; p < batch.pairs; p++) {
      String name = batch.names.get(batch.pairNames[p]);
      if (name.equals(LogLevels.LABEL)) {
        return;
      }
      if (name.equals("severity_number")) {
        level = LogLevels.ofSeverityNumber(value(batch, p));
      } else if (level.isEmpty() && LogLevels.isLevelField(name)) {
        String known = usual(batch, p);
        level = known.isEmpty() ? LogLevels.normalize(value(batch, p)) : known;
      }
    }
    if (level.isEmpty()) {
      level =
          streamLevel.isEmpty()
              ? LogLevels.detect(batch.bytes, batch.bodyStarts[row], batch.bodyLengths[row])
              : streamLevel;
    }
    byte[] known = LEVELS.get(level);
    byte[] text = known == null ? level.getBytes(StandardCharsets.UTF_8) : known;
    batch.metadata(batch.name(LogLevels.LABEL), text, 0, text.length);
  }

  /** Returns the level a value already spells in the usual form; empty otherwise. */
  private static String usual(LogBatch batch, int pair) {
    int from = batch.valueStarts[pair];
    int to = from + batch.valueLengths[pair];
    for (int i = 0; i < USUAL.size(); i++) {
      byte[] b = USUAL_BYTES[i];
      if (Arrays.equals(batch.bytes, from, to, b, 0, b.length)) {
        return USUAL.get(i);
      }
    }
    return "";
  }

  private static String value(LogBatch batch, int pair) {
    return new String(
        batch.bytes, batch.valueStarts[pair], batch.valueLengths[pair], StandardCharsets.UTF_8);
  }
}
