package dev.tethys.app.server;

import static dev.tethys.runtime.cli.Flag.Kind.BOOLEAN;
import static dev.tethys.runtime.cli.Flag.Kind.INTEGER;
import static dev.tethys.runtime.cli.Flag.Kind.STRING;
import static dev.tethys.runtime.cli.Flag.of;

import dev.tethys.alert.rule.RuleSource;
import dev.tethys.alert.rule.TraceRuleQueries;
import dev.tethys.api.traces.MetricQueries;
import dev.tethys.api.traces.TracesApi;
import dev.tethys.api.traces.TracesSettings;
import dev.tethys.insight.deployments.ComparedList;
import dev.tethys.insight.deployments.SignalJudgement;
import dev.tethys.insight.deployments.TimeWindow;
import dev.tethys.insight.graph.stored.GeneratedMetrics;
import dev.tethys.model.UnixNanos;
import dev.tethys.model.access.Scope;
import dev.tethys.model.file.RealFiles;
import dev.tethys.model.guard.ComputeThreads;
import dev.tethys.model.guard.HeapRoom;
import dev.tethys.model.guard.MemoryUse;
import dev.tethys.model.log.JulLogger;
import dev.tethys.model.traces.TraceIngester;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Receiver;
import dev.tethys.pipeline.exporter.tethys.EmbeddedStore;
import dev.tethys.pipeline.exporter.tethys.EmbeddedTraceStore;
import dev.tethys.pipeline.receiver.jaeger.JaegerProtocol;
import dev.tethys.pipeline.receiver.jaeger.JaegerReceiverFactory;
import dev.tethys.pipeline.receiver.points.PointTally;
import dev.tethys.pipeline.receiver.zipkin.ZipkinProtocol;
import dev.tethys.prometheus.PrometheusConfig;
import dev.tethys.prometheus.TracesConfig;
import dev.tethys.query.traceql.SelectionDifference;
import dev.tethys.query.traceql.TraceLimits;
import dev.tethys.query.traceql.TraceQuery;
import dev.tethys.query.traceql.exec.TraceQueries;
import dev.tethys.runtime.BuildInfo;
import dev.tethys.runtime.cli.Flag;
import dev.tethys.runtime.cli.ListenFlags;
import dev.tethys.store.traces.TraceDatabase;
import dev.tethys.store.traces.TraceOptions;
import dev.tethys.web.Routes;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Traces of the server: trace store with the APIs of Tempo, Jaeger and Zipkin, and receivers. */
final class StoredTraces extends StoredEvents<TraceDatabase> {
  private static final String QUERY_MAX_TRACES = "traces.query-max-traces";
  private static final String SPAN_METRICS = "traces.span-metrics";
  static final String SHARED_SPAN_METRICS = "traces.shared-span-metrics";
  private static final String JAEGER_COMPACT = "traces.jaeger-compact-listen-address";
  private static final String JAEGER_BINARY = "traces.jaeger-binary-listen-address";

  /** Trace storage flags. */
  static final List<Flag> FLAGS =
      Stream.of(
              flags(
                  Signal.TRACES,
                  "spans",
                  "Store traces; serve the APIs of Tempo, Jaeger and Zipkin. (Tethys)"),
              List.of(
                  of(
                      QUERY_MAX_TRACES,
                      INTEGER,
                      "10000",
                      "Largest limit of a search for traces by TraceQL; a search with a larger one"
                          + " is refused. (Tethys)"),
                  of(
                      SPAN_METRICS,
                      BOOLEAN,
                      "true",
                      "Write span metrics and the service graph of stored spans. (Tethys)"),
                  of(
                      SHARED_SPAN_METRICS,
                      BOOLEAN,
                      "false",
                      "Show span metrics and service graphs of all tenants to every reader of"
                          + " metrics. (Tethys)"),
                  of(
                      JAEGER_COMPACT,
                      STRING,
                      "",
                      "UDP address for spans of Jaeger's clients in Thrift's compact protocol, such"
                          + " as :6831. (Tethys)"),
                  of(
                      JAEGER_BINARY,
                      STRING,
                      "",
                      "UDP address for spans of Jaeger's clients in Thrift's binary protocol, such"
                          + " as :6832. (Tethys)")))
          .flatMap(List::stream)
          .toList();

  private static final Duration AGENT_STOP = Duration.ofSeconds(5);

  /** Spans in parts use a quarter of the disk space of spans in the log, and are found faster. */
  private static final Duration HEAD_AGE = Duration.ofMinutes(5);

  private static final System.Logger LOG = JulLogger.of(StoredTraces.class.getName());

  /** Attributes that are compared, and those that differ between any two versions. */
  private static final int MAX_ATTRIBUTES = 100;

  private static final Set<String> DIFFERENT_BY_DEFINITION =
      Set.of(
          "resource.service.version",
          "resource.service.instance.id",
          "resource.container.id",
          "resource.container.image.name",
          "resource.container.image.tag",
          "resource.host.name",
          "resource.k8s.pod.name",
          "resource.k8s.pod.uid",
          "resource.k8s.pod.ip",
          "resource.k8s.pod.start_time",
          "resource.k8s.replicaset.name",
          "resource.process.pid");

  private final TraceIngester ingester;
  private final GeneratedMetrics metrics;
  private final MetricQueries spanMetrics;
  private volatile @Nullable Queried queried;
  private @Nullable PointTally refused; // set with the endpoints, before the store opens
  private @Nullable Receiver jaegerAgent;

  private record Queried(TraceQueries queries, ThreadPoolExecutor pool) {}

  /**
   * @param generated receives the metrics generated from spans
   */
  StoredTraces(SignalServices services, StoredMetrics generated) {
    super(Signal.TRACES, "trace store", MemoryUse.TRACE_QUERIES, services);
    this.spanMetrics = new SpanMetricQueries(generated.engine(), generated.reading());
    this.ingester = new TraceIngester(this::database, registry);
    this.metrics =
        new GeneratedMetrics(
            GeneratedMetrics.Settings.DEFAULT,
            generated.writing("traces"),
            InstantSource.system(),
            registry);
    metrics.enable(flags.bool(SPAN_METRICS));
    ingester.add(
        (tenant, _, _, _) -> {
          if (!tenant.equals(Scope.DEFAULT_TENANT)) {
            generated.store().separate();
          }
        });
    ingester.add(metrics);
  }

  @Override
  EmbeddedStore batches() {
    return new EmbeddedTraceStore(ingester);
  }

  @Override
  public void apply(PrometheusConfig next) {
    TracesConfig config = next.traces();
    metrics.enable(flags.bool(SPAN_METRICS) && config.spanMetrics());
    TraceDatabase d = database();
    if (d != null) {
      d.setLimits(config::limits);
    }
  }

  private @Nullable TraceQueries queries() {
    Queried q = queried;
    return q == null ? null : q.queries;
  }

  @Override
  RuleSource rules() {
    return TraceRuleQueries.of(
        () -> {
          TraceQueries q = queries();
          return q == null ? null : q.withMemory(queries.ofRules());
        },
        queryTimeout());
  }

  @Override
  public void addTo(SignalQueries to) {
    to.attributes(this::attributes);
  }

  /** Attributes whose shares of the spans of a query grew between two windows. */
  private List<ComparedList.Item> attributes(String query, TimeWindow before, TimeWindow after) {
    TraceQueries q = queries();
    if (q == null) {
      return List.of();
    }
    TraceQuery spans = TraceQuery.parse(query);
    SelectionDifference found =
        q.withMemory(queries.ofRules())
            .difference(
                Scope.DEFAULT,
                new SelectionDifference.Request(
                    spans,
                    spans,
                    before.from() * 1_000_000,
                    after.to() * 1_000_000,
                    after.from() * 1_000_000,
                    after.to() * 1_000_000,
                    MAX_ATTRIBUTES));
    return found.conditions().stream()
        .filter(c -> c.fields().stream().noneMatch(DIFFERENT_BY_DEFINITION::contains))
        .map(
            c ->
                new ComparedList.Item(
                    c.filter(), c.outsideShare(), c.insideShare(), SignalJudgement.CHANGED))
        .toList();
  }

  @Override
  void addApi(Routes routes) {
    new TracesApi(this::queries, settings(), queries.threads(), UnixNanos::now, spanMetrics)
        .addTo(routes);
  }

  @Override
  void addProtocols(StoreReceivers receivers, Routes routes) {
    JaegerProtocol jaeger = new JaegerProtocol(receivers.storing());
    jaeger.addTo(receivers.grpc());
    for (String path : List.of("/api/traces", "/jaeger/api/traces")) {
      jaeger.addTo(receivers.http(), path);
    }
    ZipkinProtocol zipkin = new ZipkinProtocol(receivers.storing(), receivers.clock(), false);
    zipkin.addTo(receivers.http(), "");
    zipkin.addTo(receivers.http(), "/zipkin");
    refused = receivers.refused();
  }

  private TracesSettings settings() {
    TracesSettings d = TracesSettings.of(BuildInfo.current().version());
    return new TracesSettings(
        queryTimeout(),
        d.lookback(),
        d.maxTraces(),
        d.maxValues(),
        flags.bool("web.enable-admin-api"),
        d.version());
  }

  @Override
  public Optional<SignalWarmUp<?>> warmUp() {
    TraceQueries q = queries();
    return q == null ? Optional.empty() : Optional.of(new TraceWarmUp(q, settings()));
  }

  @Override
  TraceDatabase openStore(PrometheusConfig initial) throws IOException {
    TraceDatabase database =
        TraceDatabase.open(
            new RealFiles(),
            folder,
            new TraceOptions(
                engineOptions().withHeadAge(HEAD_AGE),
                dev.tethys.store.traces.TraceLimits.DEFAULTS));
    database.setLimits(initial.traces()::limits);
    int threads = HeapRoom.scanThreads(Runtime.getRuntime().availableProcessors());
    ThreadPoolExecutor pool =
        new ThreadPoolExecutor(
            threads,
            threads,
            30,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(4 * threads),
            ComputeThreads.factory("traceql-"));
    pool.allowCoreThreadTimeOut(true);
    TraceLimits d = TraceLimits.DEFAULT;
    TraceLimits limits =
        new TraceLimits(
            Math.min(d.maxBytes(), queries.memory().max()),
            d.maxSeries(),
            d.maxSteps(),
            (int) flags.integer(QUERY_MAX_TRACES),
            d.traceNanos());
    queried =
        new Queried(new TraceQueries(database, pool, threads, limits, queries.memory()), pool);
    return database;
  }

  @Override
  void startSources() throws IOException {
    metrics.start();
    listenAsJaegerAgent();
  }

  /** Listens for datagrams on the addresses that flags name. */
  private void listenAsJaegerAgent() throws IOException {
    String compact = flags.get(JAEGER_COMPACT);
    String binary = flags.get(JAEGER_BINARY);
    if (compact.isEmpty() && binary.isEmpty()) {
      return;
    }
    Receiver agent =
        JaegerReceiverFactory.agent(
            compact.isEmpty() ? null : compact,
            binary.isEmpty() ? null : binary,
            new StoringConsumer(batches()),
            Scheduler.system(),
            Objects.requireNonNull(refused));
    try {
      agent.start();
    } catch (IOException e) {
      throw new IOException(
          "--"
              + JAEGER_COMPACT
              + "="
              + compact
              + " --"
              + JAEGER_BINARY
              + "="
              + binary
              + ": "
              + e.getMessage(),
          e);
    }
    jaegerAgent = agent;
    for (String flag : List.of(JAEGER_COMPACT, JAEGER_BINARY)) {
      if (!flags.get(flag).isEmpty()) {
        ListenFlags.warnIfOpen(LOG, flag, flags.get(flag), "writing of spans");
      }
    }
  }

  @Override
  public void close() {
    Receiver agent = jaegerAgent;
    if (agent != null) {
      agent.stop(AGENT_STOP);
    }
    Queried q = queried;
    queried = null;
    if (q != null) {
      metrics.close();
      q.pool.shutdown();
    }
    super.close();
  }
}
