package dev.tethys.codec.datadog;

import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.LogsData;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import java.util.HashMap;
import java.util.Map;

/** Records grouped by sender. */
final class GroupedLogs {
  private final LogsData data = new LogsData();
  private final Map<Attributes, ScopeGroup<LogRecord>> groups = new HashMap<>();

  void add(Attributes resource, LogRecord record) {
    groups.computeIfAbsent(resource, this::group).items().add(record);
  }

  private ScopeGroup<LogRecord> group(Attributes resource) {
    ResourceGroup<LogRecord> g = new ResourceGroup<>();
    g.resource().attributes().putAll(resource);
    ScopeGroup<LogRecord> s = new ScopeGroup<>();
    g.scopes().add(s);
    data.resources().add(g);
    return s;
  }

  LogsData data() {
    return data;
  }
}
