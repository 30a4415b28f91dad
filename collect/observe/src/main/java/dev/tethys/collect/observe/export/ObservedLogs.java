package dev.tethys.collect.observe.export;

import dev.tethys.collect.observe.connection.Owner;
import dev.tethys.collect.observe.logs.LogLevel;
import dev.tethys.collect.observe.logs.LogTraceIds;
import dev.tethys.collect.observe.logs.ObservedLog;
import dev.tethys.model.UnixNanos;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.LogsData;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** Log messages as OTLP records, with the attributes of Coroot's node agent. */
public final class ObservedLogs {
  private ObservedLogs() {}

  /**
   * Converts observed messages to log records.
   *
   * @param resource returns an owner's resource attributes
   */
  public static LogsData otlp(
      List<ObservedLog> logs, Function<Owner, Map<String, String>> resource, String scope) {
    Map<Owner, ScopeGroup<LogRecord>> byOwner = new LinkedHashMap<>();
    LogsData data = new LogsData();
    long now = UnixNanos.now();
    for (ObservedLog l : logs) {
      byOwner
          .computeIfAbsent(
              l.owner(),
              owner -> {
                ResourceGroup<LogRecord> r = new ResourceGroup<>();
                resource.apply(owner).forEach((k, v) -> r.resource().attributes().put(k, v));
                ScopeGroup<LogRecord> s = new ScopeGroup<>();
                s.scope().setName(scope);
                r.scopes().add(s);
                data.resources().add(r);
                return s;
              })
          .items()
          .add(record(l, now));
    }
    return data;
  }

  private static LogRecord record(ObservedLog l, long now) {
    LogRecord r = new LogRecord();
    r.setTimeUnixNano(l.timeNanos());
    r.setObservedTimeUnixNano(now);
    if (l.level() != LogLevel.UNKNOWN) {
      r.setSeverityNumber(severity(l.level()));
      r.setSeverityText(l.level().label());
    }
    r.setBody(l.message());
    r.attributes().put("pattern.hash", l.patternHash());
    r.attributes().put("log.source", l.source());
    LogTraceIds ids = LogTraceIds.of(l.message());
    r.setTraceId(ids.traceHigh(), ids.traceLow());
    r.setSpanId(ids.spanId());
    return r;
  }

  /** Number of OpenTelemetry's data model. */
  private static int severity(LogLevel level) {
    return switch (level) {
      case UNKNOWN -> 0;
      case DEBUG -> 5;
      case INFO -> 9;
      case WARNING -> 13;
      case ERROR -> 17;
      case CRITICAL -> 21;
    };
  }
}
