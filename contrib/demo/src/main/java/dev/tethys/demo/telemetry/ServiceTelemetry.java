package dev.tethys.demo.telemetry;

import dev.tethys.codec.otlp.FamiliesToOtlp;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.telemetry.Item;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.LogsData;
import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.MetricsData;
import dev.tethys.model.telemetry.Resource;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.Scope;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.Telemetry;
import dev.tethys.model.telemetry.TracesData;
import dev.tethys.model.tracing.ActiveSpan;
import dev.tethys.model.tracing.SpanRecorder;
import dev.tethys.model.tracing.TraceContext;
import java.util.List;
import java.util.function.Supplier;

/** Spans, logs and metrics of one service. Thread-safe; recording never blocks. */
public final class ServiceTelemetry implements AutoCloseable {
  private static final String SCOPE = "dev.tethys.demo";

  private final Supplier<Resource> resource;
  private final OtlpQueue queue;
  private final SpanRecorder recorder = new SpanRecorder();
  private final Registry registry = new Registry();
  private final long startMillis = System.currentTimeMillis();

  /**
   * @param resource resource of new telemetry; its version changes with a deployment
   * @param queue shared by all services
   */
  public ServiceTelemetry(Supplier<Resource> resource, OtlpQueue queue) {
    this.resource = resource;
    this.queue = queue;
    if (queue.isUsed()) {
      recorder.recordTo(1, s -> queue.add(traces(s)));
    }
    queue.metrics(this::metrics);
  }

  public SpanRecorder spans() {
    return recorder;
  }

  /** Metrics of the service; sent every few seconds. */
  public Registry metrics() {
    return registry;
  }

  /** Severity of a log record, with OTLP's number. */
  public enum Severity {
    INFO(9),
    WARN(13),
    ERROR(17);

    private final int number;

    Severity(int number) {
      this.number = number;
    }
  }

  /** Records a log line of the span that the thread is in. */
  public void log(Severity severity, String text) {
    LogRecord r = new LogRecord();
    long now = System.currentTimeMillis() * 1_000_000;
    r.setTimeUnixNano(now);
    r.setObservedTimeUnixNano(now);
    r.setSeverityNumber(severity.number);
    r.setSeverityText(severity.name());
    r.setBody(text);
    TraceContext c = ActiveSpan.current().context();
    if (c != null) {
      r.setTraceId(c.traceIdHigh(), c.traceIdLow());
      r.setSpanId(c.spanId());
      r.setFlags(1);
    }
    queue.add(tree(new LogsData(), resource.get(), List.of(r)));
  }

  private TracesData traces(Span span) {
    return tree(new TracesData(), resource.get(), List.of(span));
  }

  private MetricsData metrics(long nowMillis) {
    List<Metric> metrics = FamiliesToOtlp.convert(registry.gather(), startMillis, nowMillis);
    return tree(new MetricsData(), resource.get(), metrics);
  }

  private static <T extends Item<T>, D extends Telemetry<T>> D tree(
      D data, Resource resource, List<T> items) {
    ScopeGroup<T> scopes = new ScopeGroup<>();
    Scope scope = new Scope();
    scope.setName(SCOPE);
    scopes.setScope(scope);
    scopes.items().addAll(items);
    ResourceGroup<T> group = new ResourceGroup<>();
    group.setResource(resource);
    group.scopes().add(scopes);
    data.resources().add(group);
    return data;
  }

  @Override
  public void close() {
    recorder.off();
  }
}
