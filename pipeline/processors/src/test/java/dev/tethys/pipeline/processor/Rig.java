package dev.tethys.pipeline.processor;

import dev.tethys.codec.otlp.wire.OtlpReader;
import dev.tethys.codec.otlp.wire.OtlpSignal;
import dev.tethys.codec.otlp.wire.OtlpWriter;
import dev.tethys.config.YamlDocument;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.LogsData;
import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.MetricData;
import dev.tethys.model.telemetry.MetricsData;
import dev.tethys.model.telemetry.NumberDataPoint;
import dev.tethys.model.telemetry.ProfilesData;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.Telemetry;
import dev.tethys.model.telemetry.TracesData;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Metadata;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.ComponentId;
import dev.tethys.pipeline.component.Connector;
import dev.tethys.pipeline.component.ConnectorFactory;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Exporter;
import dev.tethys.pipeline.component.Outputs;
import dev.tethys.pipeline.component.PipelineId;
import dev.tethys.pipeline.component.Processor;
import dev.tethys.pipeline.component.ProcessorFactory;
import dev.tethys.pipeline.component.Reference;
import dev.tethys.pipeline.delivery.DeliverySettings;
import dev.tethys.pipeline.delivery.EncodedRequest;
import dev.tethys.pipeline.delivery.Encoder;
import dev.tethys.pipeline.delivery.Sender;
import dev.tethys.pipeline.ledger.ItemAccounting;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** A component between a test and its output, with the test's clock. */
final class Rig implements Context {
  final List<Batch> out = new ArrayList<>();
  final List<Outcome> outcomes = new ArrayList<>();
  final Map<PipelineId, List<Batch>> routed = new LinkedHashMap<>();
  final Map<PipelineId, Outcome> answers = new LinkedHashMap<>();
  final Map<Signal, ItemAccounting> accounts = new LinkedHashMap<>();
  final Registry registry = new Registry();
  final Clock clock = new Clock();

  /** Clock of components: the fixed clock unless a test replaces it. */
  Scheduler time = clock;

  /** The content of the queue that a component asked for, and its consumer. */
  final List<EncodedRequest> queued = new ArrayList<>();

  @Nullable Sender queueTo;

  /** Fixed clock that the test advances; due timers run then. */
  static final class Clock implements Scheduler {
    private record Due(long at, Runnable task) {}

    long millis = 1_700_000_000_000L;
    private final List<Due> due = new ArrayList<>();

    @Override
    public long millis() {
      return millis;
    }

    @Override
    public long nanos() {
      return millis * 1_000_000;
    }

    @Override
    public void execute(String name, Runnable task) {
      task.run();
    }

    @Override
    public Timer schedule(Duration after, Runnable task) {
      Due d = new Due(millis + after.toMillis(), task);
      due.add(d);
      return () -> due.remove(d);
    }

    void pass(Duration time) {
      long until = millis + time.toMillis();
      while (true) {
        Due next = null;
        for (Due d : due) {
          if (d.at() <= until && (next == null || d.at() < next.at())) {
            next = d;
          }
        }
        if (next == null) {
          break;
        }
        due.remove(next);
        millis = next.at();
        next.task().run();
      }
      millis = until;
    }
  }

  <S> Processor processor(ProcessorFactory<S> factory, Signal signal, String yaml) {
    S settings = factory.settings().read(YamlDocument.parse("c.yaml", null, yaml).root());
    return factory.create(
        settings,
        signal,
        (batch, ack) -> {
          out.add(batch);
          ack.complete(Outcome.ACCEPTED);
        },
        this);
  }

  <S> Connector connector(
      ConnectorFactory<S> factory, Signal from, Signal to, String yaml, String... pipelines) {
    S settings = factory.settings().read(YamlDocument.parse("c.yaml", null, yaml).root());
    Set<PipelineId> ids = new TreeSet<>();
    for (String p : pipelines) {
      ids.add(PipelineId.parse(p));
    }
    return factory.create(
        settings,
        from,
        to,
        new Outputs() {
          @Override
          public Consumer all() {
            return (batch, ack) -> {
              out.add(batch);
              ack.complete(Outcome.ACCEPTED);
            };
          }

          @Override
          public Set<PipelineId> pipelines() {
            return ids;
          }

          @Override
          public Consumer to(PipelineId pipeline) {
            if (!ids.contains(pipeline)) {
              throw new IllegalArgumentException(pipeline.toString());
            }
            return (batch, ack) -> {
              routed.computeIfAbsent(pipeline, _ -> new ArrayList<>()).add(batch);
              ack.complete(answers.getOrDefault(pipeline, Outcome.ACCEPTED));
            };
          }
        },
        this);
  }

  static Batch batch(Telemetry<?> data) {
    return batch(data, Metadata.NONE);
  }

  static Batch batch(Telemetry<?> data, Metadata metadata) {
    Signal s =
        switch (data) {
          case LogsData _ -> Signal.LOGS;
          case TracesData _ -> Signal.TRACES;
          case MetricsData _ -> Signal.METRICS;
          case ProfilesData _ -> Signal.PROFILES;
          default -> throw new AssertionError();
        };
    return new Batch(s, Encoding.OTLP, new OtlpWriter().write(data), data.itemCount(), 0, metadata);
  }

  void send(Consumer to, Telemetry<?> data) {
    to.consume(batch(data), outcomes::add);
  }

  static LogsData logs(Batch b) {
    return new OtlpReader().logs(b.body(), 0, b.body().length);
  }

  static TracesData traces(Batch b) {
    return new OtlpReader().traces(b.body(), 0, b.body().length);
  }

  static MetricsData metrics(Batch b) {
    return (MetricsData) new OtlpReader().read(OtlpSignal.METRICS, b.body(), 0, b.body().length);
  }

  LogsData logs() {
    return logs(out.getLast());
  }

  TracesData traces() {
    return traces(out.getLast());
  }

  MetricsData lastMetrics() {
    return metrics(out.getLast());
  }

  static List<LogRecord> all(LogsData d) {
    return d.resources().stream()
        .flatMap(r -> r.scopes().stream())
        .flatMap(s -> s.items().stream())
        .toList();
  }

  static List<Span> all(TracesData d) {
    return d.resources().stream()
        .flatMap(r -> r.scopes().stream())
        .flatMap(s -> s.items().stream())
        .toList();
  }

  static List<Metric> all(MetricsData d) {
    return d.resources().stream()
        .flatMap(r -> r.scopes().stream())
        .flatMap(s -> s.items().stream())
        .toList();
  }

  static LogsData logs(String service, LogRecord... records) {
    LogsData d = new LogsData();
    d.resources().add(group(service, records));
    return d;
  }

  static TracesData traces(String service, Span... spans) {
    TracesData d = new TracesData();
    d.resources().add(group(service, spans));
    return d;
  }

  static MetricsData metrics(String service, Metric... metrics) {
    MetricsData d = new MetricsData();
    d.resources().add(group(service, metrics));
    return d;
  }

  @SafeVarargs
  private static <T extends dev.tethys.model.telemetry.Item<T>> ResourceGroup<T> group(
      String service, T... items) {
    ResourceGroup<T> r = new ResourceGroup<>();
    r.resource().attributes().put("service.name", service);
    ScopeGroup<T> s = new ScopeGroup<>();
    s.scope().setName("lib");
    s.items().addAll(List.of(items));
    r.scopes().add(s);
    return r;
  }

  static LogRecord log(int severity, String body, Object... attributes) {
    LogRecord l = new LogRecord();
    l.setSeverityNumber(severity);
    l.setBody(body);
    for (int i = 0; i < attributes.length; i += 2) {
      l.attributes().put((String) attributes[i], attributes[i + 1]);
    }
    return l;
  }

  static Span span(String name, Object... attributes) {
    Span s = new Span();
    s.setName(name);
    s.setTraceId(1, name.hashCode());
    s.setSpanId(2);
    for (int i = 0; i < attributes.length; i += 2) {
      s.attributes().put((String) attributes[i], attributes[i + 1]);
    }
    return s;
  }

  static Metric gauge(String name, NumberDataPoint... points) {
    Metric m = new Metric();
    m.setName(name);
    MetricData.Gauge g = new MetricData.Gauge();
    g.points().addAll(List.of(points));
    m.setData(g);
    return m;
  }

  static Metric sum(String name, int temporality, NumberDataPoint... points) {
    Metric m = new Metric();
    m.setName(name);
    MetricData.Sum s = new MetricData.Sum();
    s.setMonotonic(true);
    s.setTemporality(temporality);
    s.points().addAll(List.of(points));
    m.setData(s);
    return m;
  }

  static NumberDataPoint point(double value, long seconds, String... attributes) {
    NumberDataPoint p = new NumberDataPoint();
    if (value == Math.rint(value)) {
      p.setLong((long) value);
    } else {
      p.setDouble(value);
    }
    p.setStartTimeUnixNano(1_000_000_000L);
    p.setTimeUnixNano(seconds * 1_000_000_000L);
    for (int i = 0; i < attributes.length; i += 2) {
      p.attributes().put(attributes[i], attributes[i + 1]);
    }
    return p;
  }

  boolean balanced() {
    return accounts.values().stream().allMatch(a -> a.balance().isBalanced());
  }

  @Override
  public ComponentId id() {
    return ComponentId.parse("tested/1");
  }

  @Override
  public String name() {
    return "processor tested/1";
  }

  @Override
  public ItemAccounting account(Signal signal) {
    return accounts.computeIfAbsent(signal, s -> new ItemAccounting("processor", "tested/1", s));
  }

  @Override
  public Scheduler clock() {
    return time;
  }

  @Override
  public System.Logger logger() {
    return System.getLogger("test");
  }

  @Override
  public Registry metrics() {
    return registry;
  }

  @Override
  public <T> T extension(Reference reference, Class<T> capability) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Exporter exporter(
      DeliverySettings settings, Signal signal, Encoder encoder, Sender sender) {
    queueTo = sender;
    return (batch, ack) -> {
      queued.addAll(encoder.encode(batch).requests());
      ack.complete(Outcome.ACCEPTED);
    };
  }
}
