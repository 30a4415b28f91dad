package dev.tethys.pipeline.receiver.events;

import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Kubernetes event.
 *
 * @param uid its identity
 * @param version resource version, which changes when the event recurs
 * @param nanos time of occurrence since 1970; 0 if unknown
 * @param group its record with the resource concerned; null for an event too old to be reported
 */
record Event(String uid, String version, long nanos, @Nullable ResourceGroup<LogRecord> group) {
  private static final String SCOPE =
      "github.com/open-telemetry/opentelemetry-collector-contrib/receiver/k8seventsreceiver";

  /** Numbers of OTLP's severities. */
  private static final Map<String, Integer> SEVERITIES =
      Map.of("normal", 9, "warning", 13, "error", 17, "critical", 21);

  /** Go's time format, used by the Collector in its attribute. */
  private static final DateTimeFormatter GO =
      DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss '+0000 UTC'").withZone(ZoneOffset.UTC);

  /**
   * Reads an event from an object.
   *
   * @param since events that happened before are not reported
   * @param version version of this program
   */
  static Event of(JsonNode o, long since, String version) {
    JsonNode m = o.path("metadata");
    long nanos = happened(o);
    return new Event(
        m.path("uid").asString(""),
        m.path("resourceVersion").asString(""),
        nanos,
        nanos < since ? null : group(o, nanos, version));
  }

  /** Returns the event without its record, which was reported and is no longer needed. */
  Event withoutRecord() {
    return new Event(uid, version, nanos, null);
  }

  private static ResourceGroup<LogRecord> group(JsonNode o, long nanos, String version) {
    JsonNode about = o.path("involvedObject");
    JsonNode m = o.path("metadata");
    ResourceGroup<LogRecord> group = new ResourceGroup<>();
    var resource = group.resource().attributes();
    resource.add("k8s.node.name", o.path("source").path("host").asString(""));
    resource.add("k8s.object.kind", about.path("kind").asString(""));
    resource.add("k8s.object.name", about.path("name").asString(""));
    resource.add("k8s.object.uid", about.path("uid").asString(""));
    resource.add("k8s.object.fieldpath", about.path("fieldPath").asString(""));
    resource.add("k8s.object.api_version", about.path("apiVersion").asString(""));
    resource.add("k8s.object.resource_version", about.path("resourceVersion").asString(""));
    LogRecord r = new LogRecord();
    r.setTimeUnixNano(nanos);
    r.setBody(o.path("message").asString(""));
    String type = o.path("type").asString("");
    Integer severity = SEVERITIES.get(type.toLowerCase(Locale.ROOT));
    if (severity != null) {
      r.setSeverityNumber(severity);
      r.setSeverityText(type);
    }
    var attributes = r.attributes();
    attributes.add("k8s.event.reason", o.path("reason").asString(""));
    attributes.add("k8s.event.action", o.path("action").asString(""));
    Instant made = instant(m.path("creationTimestamp"));
    attributes.add("k8s.event.start_time", made == null ? "" : GO.format(made));
    attributes.add("k8s.event.name", m.path("name").asString(""));
    attributes.add("k8s.event.uid", m.path("uid").asString(""));
    attributes.add("k8s.namespace.name", about.path("namespace").asString(""));
    long count = o.path("count").asLong(0);
    if (count != 0) {
      attributes.add("k8s.event.count", count);
    }
    ScopeGroup<LogRecord> scope = new ScopeGroup<>();
    scope.scope().setName(SCOPE);
    scope.scope().setVersion(version);
    scope.items().add(r);
    group.scopes().add(scope);
    return group;
  }

  /**
   * Returns the time of occurrence as in the Collector: the first of event time, last and first
   * timestamp that is set. A reporter that sets an event time and counts in a series keeps that
   * time.
   */
  private static long happened(JsonNode o) {
    for (String key : new String[] {"eventTime", "lastTimestamp", "firstTimestamp"}) {
      Instant t = instant(o.path(key));
      if (t != null && t.getEpochSecond() > 0) {
        return t.getEpochSecond() * 1_000_000_000 + t.getNano();
      }
    }
    return 0;
  }

  private static @Nullable Instant instant(JsonNode text) {
    try {
      return text.isString() ? OffsetDateTime.parse(text.stringValue()).toInstant() : null;
    } catch (DateTimeException e) {
      return null;
    }
  }
}
