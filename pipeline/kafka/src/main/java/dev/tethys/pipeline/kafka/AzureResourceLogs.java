package dev.tethys.pipeline.kafka;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.json.JsonValues;
import dev.tethys.model.telemetry.ArrayValue;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.LogsData;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import java.time.DateTimeException;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Converts Azure Monitor resource logs of an event hub to log records with the Collector's
 * attributes. The input is an object whose {@code records} have Azure Monitor's common schema. Each
 * {@code resourceId} becomes a resource; fields of the schema become attributes {@code azure.…},
 * fields of the category stay together in {@code azure.properties}. Names are matched
 * case-insensitively, because services write them differently.
 */
final class AzureResourceLogs {
  /** Text schema keys, in lower case: the attributes that they become. */
  private static final Map<String, String> TEXTS =
      Map.of(
          "correlationid", "azure.correlation.id",
          "operationversion", "azure.operation.version",
          "resultdescription", "azure.result.description",
          "resultsignature", "azure.result.signature",
          "resulttype", "azure.result.type",
          "tenantid", "azure.tenant.id",
          "location", "cloud.region",
          "calleripaddress", "net.sock.peer.addr");

  private AzureResourceLogs() {}

  /**
   * Reads a message.
   *
   * @param nanos time of the message, used as the observed time
   * @throws CodecException if it is not such an object
   */
  static LogsData read(byte[] value, long nanos) {
    if (!(JsonValues.read(value, 0, value.length) instanceof Attributes message)
        || !(message.get("records") instanceof ArrayValue records)) {
      throw new CodecException("no logs of Azure: an object with the list records expected");
    }
    LogsData logs = new LogsData();
    Map<String, ScopeGroup<LogRecord>> resources = new LinkedHashMap<>();
    for (int i = 0; i < records.size(); i++) {
      if (!(records.get(i) instanceof Attributes record)) {
        throw new CodecException("not Azure logs: record " + (i + 1) + " is not an object");
      }
      Map<String, Object> fields = new HashMap<>();
      for (int f = 0; f < record.size(); f++) {
        Object v = record.value(f);
        if (v != null) {
          fields.put(record.key(f).toLowerCase(Locale.ROOT), v);
        }
      }
      resources
          .computeIfAbsent(text(fields, "resourceid"), id -> resource(logs, id))
          .items()
          .add(log(fields, nanos));
    }
    return logs;
  }

  private static ScopeGroup<LogRecord> resource(LogsData logs, String id) {
    ResourceGroup<LogRecord> group = new ResourceGroup<>();
    group.resource().attributes().put("azure.resource.id", id);
    ScopeGroup<LogRecord> scope = new ScopeGroup<>();
    group.scopes().add(scope);
    logs.resources().add(group);
    return scope;
  }

  private static String text(Map<String, Object> fields, String name) {
    Object v = fields.get(name);
    return v == null ? "" : v.toString();
  }

  private static LogRecord log(Map<String, Object> fields, long nanos) {
    LogRecord l = new LogRecord();
    l.setObservedTimeUnixNano(nanos);
    String time = text(fields, "time");
    l.setTimeUnixNano(time(time.isEmpty() ? text(fields, "timestamp") : time));
    Object level = fields.get("level");
    if (level != null) {
      l.setSeverityText(level.toString());
      l.setSeverityNumber(severity(level.toString()));
    }
    Attributes a = l.attributes();
    a.put("azure.category", text(fields, "category"));
    a.put("azure.operation.name", text(fields, "operationname"));
    a.put("cloud.provider", "azure");
    TEXTS.forEach(
        (field, name) -> {
          String v = text(fields, field);
          if (!v.isEmpty()) {
            a.put(name, v);
          }
        });
    Long duration = duration(fields.get("durationms"));
    if (duration != null) {
      a.put("azure.duration", duration);
    }
    for (String whole : new String[] {"identity", "properties"}) {
      Object v = fields.get(whole);
      if (v != null) {
        a.put("azure." + whole, v);
      }
    }
    return l;
  }

  /**
   * Parses to Unix nanoseconds; 0, meaning unknown, for an invalid time, so that the log is kept.
   */
  private static long time(String text) {
    try {
      return AzureRecords.nanos(text);
    } catch (DateTimeException | ArithmeticException e) {
      return 0;
    }
  }

  private static int severity(String level) {
    return switch (level) {
      case "Informational" -> 9;
      case "Warning" -> 13;
      case "Error" -> 17;
      case "Critical" -> 21;
      default -> level.matches("[1-9]|1[0-9]|2[0-4]") ? Integer.parseInt(level) : 0;
    };
  }

  private static @Nullable Long duration(@Nullable Object v) {
    return switch (v) {
      case Long n -> n;
      case String s when s.matches("-?[0-9]{1,18}") -> Long.parseLong(s);
      case null, default -> null;
    };
  }
}
