package dev.tethys.pipeline.receiver.scraping;

import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.LogsData;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;

/** Entity events in their form as logs, which is the Collector's. */
public final class EntityLogs {
  private final long at = IntervalCollector.nanos();
  private final ScopeGroup<LogRecord> scope = new ScopeGroup<>();

  /** Creates an empty instance whose events have the current time. */
  public EntityLogs() {
    scope.scope().attributes().add("otel.entity.event_as_log", true);
  }

  /**
   * Reports an entity.
   *
   * @param id its identity; empty to use the resource
   * @param interval interval at which the report is repeated; zero for never
   */
  public void state(
      String type, Map<String, String> id, Duration interval, Map<String, String> description) {
    LogRecord r = event("entity_state", type, id);
    if (interval.isPositive()) {
      r.attributes().add("otel.entity.interval", interval.toMillis());
    }
    if (!description.isEmpty()) {
      r.attributes().add("otel.entity.attributes", texts(description));
    }
  }

  /** Reports the deletion of an entity. */
  public void delete(String type, Map<String, String> id) {
    event("entity_delete", type, id);
  }

  private LogRecord event(String event, String type, Map<String, String> id) {
    LogRecord r = new LogRecord();
    r.setTimeUnixNano(at);
    r.attributes().add("otel.entity.event.type", event);
    if (!id.isEmpty()) {
      r.attributes().add("otel.entity.id", texts(id));
    }
    r.attributes().add("otel.entity.type", type);
    scope.items().add(r);
    return r;
  }

  private static Attributes texts(Map<String, String> of) {
    Attributes a = new Attributes();
    new TreeMap<>(of).forEach(a::add);
    return a;
  }

  /** Returns all events. */
  public LogsData data() {
    LogsData data = new LogsData();
    if (!scope.items().isEmpty()) {
      ResourceGroup<LogRecord> resource = new ResourceGroup<>();
      resource.scopes().add(scope);
      data.resources().add(resource);
    }
    return data;
  }
}
