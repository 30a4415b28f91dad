package dev.tethys.app.collector;

import dev.tethys.model.telemetry.Item;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.LogsData;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.TracesData;
import dev.tethys.runtime.BuildInfo;
import dev.tethys.runtime.log.LogSetup;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Requests of OTLP with log records and spans of the process.
 *
 * @param resource attributes of the process
 */
record OwnRequests(Map<String, String> resource) {
  /** Converts log records to an OTLP request. */
  LogsData logs(List<LogSetup.Entry> entries) {
    Map<String, ScopeGroup<LogRecord>> scopes = new LinkedHashMap<>();
    for (LogSetup.Entry e : entries) {
      ScopeGroup<LogRecord> scope = scopes.computeIfAbsent(e.logger(), OwnRequests::scope);
      LogRecord r = new LogRecord();
      long nanos = e.time().getEpochSecond() * 1_000_000_000L + e.time().getNano();
      r.setTimeUnixNano(nanos);
      r.setObservedTimeUnixNano(nanos);
      r.setSeverityText(e.level());
      r.setSeverityNumber(
          switch (e.level()) {
            case "ERROR" -> 17;
            case "WARN" -> 13;
            case "INFO" -> 9;
            default -> 5;
          });
      r.setBody(e.message());
      if (!e.thrown().isEmpty()) {
        r.attributes().put("exception.stacktrace", e.thrown());
      }
      scope.items().add(r);
    }
    LogsData data = new LogsData();
    data.resources().add(grouped(scopes.values()));
    return data;
  }

  /** Converts spans to an OTLP request. */
  TracesData traces(List<Span> spans) {
    ScopeGroup<Span> scope = scope("dev.tethys.pipeline");
    scope.items().addAll(spans);
    TracesData data = new TracesData();
    data.resources().add(grouped(List.of(scope)));
    return data;
  }

  private static <T extends Item<T>> ScopeGroup<T> scope(String name) {
    ScopeGroup<T> scope = new ScopeGroup<>();
    scope.scope().setName(name);
    scope.scope().setVersion(BuildInfo.current().version());
    return scope;
  }

  private <T extends Item<T>> ResourceGroup<T> grouped(Collection<ScopeGroup<T>> scopes) {
    ResourceGroup<T> group = new ResourceGroup<>();
    resource.forEach((k, v) -> group.resource().attributes().put(k, v));
    group.scopes().addAll(scopes);
    return group;
  }
}
