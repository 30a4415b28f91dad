package dev.tethys.pipeline.receiver.creator;

import static dev.tethys.testkit.Waiting.await;

import dev.tethys.config.GoDurations;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlDocument;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.file.RealFiles;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.LogsData;
import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.MetricData;
import dev.tethys.model.telemetry.MetricsData;
import dev.tethys.model.telemetry.NumberDataPoint;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.model.telemetry.Telemetry;
import dev.tethys.pipeline.AckCallback;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Metadata;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.ComponentFactory;
import dev.tethys.pipeline.component.ComponentId;
import dev.tethys.pipeline.component.ComponentKind;
import dev.tethys.pipeline.component.Components;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.DynamicReceivers;
import dev.tethys.pipeline.component.Exporter;
import dev.tethys.pipeline.component.ExporterFactory;
import dev.tethys.pipeline.component.Extension;
import dev.tethys.pipeline.component.ExtensionFactory;
import dev.tethys.pipeline.component.Receiver;
import dev.tethys.pipeline.component.ReceiverFactory;
import dev.tethys.pipeline.config.GraphConfig;
import dev.tethys.pipeline.delivery.Outboxes;
import dev.tethys.pipeline.graph.Graph;
import dev.tethys.pipeline.graph.GraphServices;
import dev.tethys.pipeline.ledger.AccountingRegistry;
import dev.tethys.pipeline.receiver.endpoint.EndpointObserver;
import dev.tethys.pipeline.receiver.endpoint.KnownEndpoints;
import dev.tethys.pipeline.receiver.log.FileLogReceiverFactory;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * A graph with a receiver_creator, an observer that a test speaks for, and a receiver that it sees.
 */
final class CreatorGraph implements AutoCloseable {
  /** Actions of receivers, such as {@code probe/x 1.2.3.4:1 starts}. */
  final List<String> log = new CopyOnWriteArrayList<>();

  /** Endpoints whose receivers cannot start. */
  final Set<String> broken = ConcurrentHashMap.newKeySet();

  final Map<String, Probe> probes = new ConcurrentHashMap<>();
  final KnownEndpoints known = new KnownEndpoints();
  final List<Batch> taken = new CopyOnWriteArrayList<>();
  final Registry metrics = new Registry();
  private final GraphServices services;
  private final Graph graph;

  CreatorGraph() {
    List<ComponentFactory<?>> all = new ArrayList<>();
    all.add(new ReceiverCreatorFactory());
    all.add(new FileLogReceiverFactory());
    all.add(new ProbeFactory());
    all.add(new Told());
    all.add(new Out());
    services =
        new GraphServices(
            new Components(all),
            Scheduler.system(),
            new Outboxes(new RealFiles(), Scheduler.system(), new Random(1)),
            new AccountingRegistry(),
            metrics);
    graph = new Graph(services);
  }

  GraphConfig read(String creator, String signals) {
    StringBuilder yaml =
        new StringBuilder(
            "extensions: {told: {x: "
                + told
                + "}, told/other: {x: "
                + other
                + "}}\nreceivers:\n  receiver_creator:\n");
    creator.strip().lines().forEach(l -> yaml.append("    ").append(l).append('\n'));
    yaml.append("exporters: {out: }\nservice:\n  extensions: [told, told/other]\n  pipelines:\n");
    for (String s : signals.split(" ")) {
      yaml.append("    ").append(s).append(": {receivers: [receiver_creator], exporters: [out]}\n");
    }
    return GraphConfig.read(
        YamlDocument.parse("collector.yaml", null, yaml.toString()), services.components(), false);
  }

  void check(String creator) {
    Graph.check(read(creator, "metrics logs"), services);
  }

  void apply(String creator, String signals) throws IOException {
    graph.apply(read(creator, signals));
  }

  /** Of templates without a graph. */
  Template.Scope scope() {
    return new Template.Scope(
        new ComponentId("receiver_creator", ""),
        new DynamicReceivers() {
          @Override
          public ComponentId canonical(ComponentId id) {
            return services.components().canonical(ComponentKind.RECEIVER, id);
          }

          @Override
          public Optional<ReceiverFactory<?>> factory(String type) {
            return services
                .components()
                .find(ComponentKind.RECEIVER, type)
                .map(f -> (ReceiverFactory<?>) f);
          }

          @Override
          public String unknown(String type) {
            return type;
          }

          @Override
          public void mayAsk(Collection<String> names) {}

          @Override
          public void mayAskAny() {}

          @Override
          public Receiver make(
              ReceiverFactory<?> factory,
              ComponentId id,
              String called,
              Object settings,
              Map<Signal, Consumer> outputs) {
            return new Receiver() {};
          }
        },
        EnumSet.of(Signal.LOGS),
        Map.of());
  }

  void awaitLog(String line) throws InterruptedException {
    await(() -> log.contains(line));
  }

  @Override
  public void close() {
    graph.stop(Duration.ofSeconds(5));
  }

  record Settings(String endpoint, String path, long port, boolean flag, Duration every) {}

  /** Receiver that emits data from the test. */
  final class Probe implements Receiver {
    final String name;
    final Settings settings;
    private final Map<Signal, Consumer> outputs;
    private final Context context;

    Probe(Settings settings, Map<Signal, Consumer> outputs, Context context) {
      this.name = context.id().type() + " " + settings.endpoint;
      this.settings = settings;
      this.outputs = outputs;
      this.context = context;
    }

    Context context() {
      return context;
    }

    Set<Signal> signals() {
      return outputs.keySet();
    }

    @Override
    public void start() throws IOException {
      if (broken.contains(settings.endpoint)) {
        log.add(name + " fails");
        throw new IOException("connection refused");
      }
      context.metrics().counter("probe_total", "A metric of its own.").add(1);
      probes.put(settings.endpoint, this);
      log.add(name + " starts");
    }

    @Override
    public void stop(Duration timeLimit) {
      probes.remove(settings.endpoint);
      log.add(name + " stops");
    }

    /** Passes an item on, and waits for its outcome. */
    Outcome give(Signal signal, String attribute, String value) throws InterruptedException {
      Telemetry<?> data;
      if (signal == Signal.LOGS) {
        LogsData d = new LogsData();
        ResourceGroup<LogRecord> g = new ResourceGroup<>();
        g.resource().attributes().put(attribute, value);
        ScopeGroup<LogRecord> s = new ScopeGroup<>();
        s.items().add(new LogRecord());
        g.scopes().add(s);
        d.resources().add(g);
        data = d;
      } else {
        MetricsData d = new MetricsData();
        ResourceGroup<Metric> g = new ResourceGroup<>();
        g.resource().attributes().put(attribute, value);
        ScopeGroup<Metric> s = new ScopeGroup<>();
        Metric m = new Metric();
        m.setName("up");
        MetricData.Gauge gauge = new MetricData.Gauge();
        gauge.points().add(new NumberDataPoint());
        m.setData(gauge);
        s.items().add(m);
        g.scopes().add(s);
        d.resources().add(g);
        data = d;
      }
      java.util.concurrent.CompletableFuture<Outcome> said =
          new java.util.concurrent.CompletableFuture<>();
      java.util.Objects.requireNonNull(outputs.get(signal))
          .consume(Batch.of(signal, data, 0, Metadata.NONE), said::complete);
      return said.join();
    }
  }

  private final class ProbeFactory implements ReceiverFactory<Settings> {
    private static final Section SECTION = new Section("probe", "Of a test.");
    private static final Key<String> ENDPOINT = SECTION.required("endpoint", Type.STRING, "Where.");
    private static final Key<String> PATH = SECTION.key("path", Type.STRING, "/", "What.");
    private static final Key<Long> PORT = SECTION.key("port", Type.INT, 0L, "A number.");
    private static final Key<Boolean> FLAG = SECTION.key("flag", Type.BOOL, false, "A bool.");
    private static final Key<Duration> EVERY =
        SECTION.key("every", GoDurations.TYPE, Duration.ofSeconds(10), "A duration.");

    @Override
    public String type() {
      return "probe";
    }

    @Override
    public List<String> aliases() {
      return List.of("prober");
    }

    @Override
    public String about() {
      return "Of a test.";
    }

    @Override
    public Type<Settings> settings() {
      return SECTION.type(
          o -> {
            if (o.get(PATH).equals("/throws")) {
              throw new IllegalStateException("as no settings should");
            }
            return new Settings(
                o.get(ENDPOINT), o.get(PATH), o.get(PORT), o.get(FLAG), o.get(EVERY));
          });
    }

    @Override
    public Set<Signal> signals() {
      return EnumSet.of(Signal.METRICS, Signal.LOGS);
    }

    @Override
    public Receiver create(Settings s, Map<Signal, Consumer> outputs, Context context) {
      return new Probe(s, outputs, context);
    }
  }

  private record Nothing() {}

  /** Version of extensions: a new one replaces the extension. */
  int told;

  int other;

  private final class Told implements ExtensionFactory<Nothing> {
    @Override
    public String type() {
      return "told";
    }

    @Override
    public String about() {
      return "Of a test.";
    }

    @Override
    public Type<Nothing> settings() {
      Section s = new Section("told", "");
      s.key("x", Type.INT, 0L, "");
      return s.type(o -> new Nothing());
    }

    @Override
    public Extension create(Nothing s, Context context) {
      return new Speaking();
    }
  }

  private final class Speaking implements Extension, EndpointObserver {
    @Override
    public void follow(Follower follower) {
      known.follow(follower);
    }

    @Override
    public void leave(Follower follower) {
      known.leave(follower);
    }
  }

  private final class Out implements ExporterFactory<Nothing> {
    @Override
    public String type() {
      return "out";
    }

    @Override
    public String about() {
      return "Of a test.";
    }

    @Override
    public Type<Nothing> settings() {
      return new Section("out", "").type(o -> new Nothing());
    }

    @Override
    public Set<Signal> signals() {
      return EnumSet.allOf(Signal.class);
    }

    @Override
    public Exporter create(Nothing s, Signal signal, Context context) {
      return new Exporter() {
        @Override
        public void consume(Batch batch, AckCallback ack) {
          context.account(signal).through(batch.items());
          taken.add(batch);
          ack.complete(Outcome.ACCEPTED);
        }
      };
    }
  }
}
