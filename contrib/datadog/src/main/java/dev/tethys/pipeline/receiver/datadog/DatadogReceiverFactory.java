package dev.tethys.pipeline.receiver.datadog;

import dev.tethys.codec.datadog.TraceIdUpperHalves;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.model.exposition.Registry;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Receiver;
import dev.tethys.pipeline.component.ReceiverFactory;
import dev.tethys.pipeline.component.ServerAuth;
import dev.tethys.pipeline.receiver.points.PointTally;
import dev.tethys.pipeline.server.Authenticators;
import dev.tethys.pipeline.server.HttpServerEndpoint;
import dev.tethys.pipeline.server.HttpServerSettings;
import dev.tethys.pipeline.server.PushReceiver;
import dev.tethys.pipeline.server.ReceiverAdmission;
import dev.tethys.web.client.HttpClientFactory;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Creates {@code datadog} receivers. */
public final class DatadogReceiverFactory
    implements ReceiverFactory<DatadogReceiverFactory.Settings> {
  /**
   * Receiver settings.
   *
   * @param traceIds number of traces whose upper id half is remembered
   * @param intake proxy of {@code /intake}
   */
  record Settings(HttpServerSettings http, int traceIds, IntakeProxy.Settings intake) {}

  private final HttpClientFactory clients;

  /**
   * @param clients the process's; not closed here
   */
  public DatadogReceiverFactory(HttpClientFactory clients) {
    this.clients = clients;
  }

  private static final Duration READ_TIMEOUT = Duration.ofSeconds(60);

  private static final Section SECTION =
      new Section("datadog", "Receives telemetry over Datadog's API.");
  private static final HttpServerSettings.Keys HTTP =
      new HttpServerSettings.Keys(SECTION, "localhost:8126");

  private static final int MAX_TRACE_IDS = 10_000_000;
  private static final Key<Long> TRACE_IDS =
      SECTION.key(
          "trace_id_cache_size",
          Type.INT,
          100L,
          "Number of traces for which the upper half of the trace ID is cached, "
              + "for spans that lack it.");

  private static final Key<IntakeProxy.Settings> INTAKE =
      SECTION.key(
          "intake",
          IntakeProxy.TYPE,
          IntakeProxy.Settings.DISABLED,
          "Handling of requests for /intake, which agents send.");

  @Override
  public String type() {
    return "datadog";
  }

  @Override
  public String about() {
    return "Receives metrics, logs and traces of Datadog's agents, tracers and clients.";
  }

  @Override
  public Type<Settings> settings() {
    return SECTION.type(
        o -> {
          HttpServerSettings http = HTTP.read(o);
          long ids = o.get(TRACE_IDS);
          if (ids < 0 || ids > MAX_TRACE_IDS) {
            throw o.error(TRACE_IDS, "trace_id_cache_size must be 0 to " + MAX_TRACE_IDS);
          }
          return new Settings(
              http.readTimeout().isPositive() ? http : http.withReadTimeout(READ_TIMEOUT),
              (int) ids,
              o.get(INTAKE));
        });
  }

  @Override
  public Set<Signal> signals() {
    return Set.of(Signal.METRICS, Signal.LOGS, Signal.TRACES);
  }

  @Override
  public Receiver create(Settings s, Map<Signal, Consumer> outputs, Context context) {
    Registry.Vector<Registry.Counter> passedOver =
        context
            .metrics()
            .counters(
                "tethys_datadog_receiver_passed_over_requests_total",
                "Requests that were answered and discarded, because no pipeline supports their "
                    + "data.",
                "receiver",
                "path");
    String id = context.id().toString();
    IntakeProxy.Settings to = s.intake();
    IntakeProxy proxy = to.enabled() ? new IntakeProxy(to, clients) : null;
    PushReceiver receiver =
        receiver(
                s,
                outputs,
                Authenticators.find(s.http.auth(), context),
                context.clock(),
                path -> passedOver.with(id, path).inc(),
                proxy)
            .countRefused(PointTally.of(context));
    return proxy == null ? receiver : new Checked(receiver, proxy, context.logger());
  }

  /** Receiver that checks the API key of its proxy before it starts. */
  private record Checked(PushReceiver receiver, IntakeProxy proxy, System.Logger logger)
      implements Receiver {
    @Override
    public void start() throws IOException {
      proxy.check(logger);
      receiver.start();
    }

    @Override
    public boolean passesPorts() {
      return receiver.passesPorts();
    }

    @Override
    public List<Object> sockets() {
      return receiver.sockets();
    }

    @Override
    public void stop(Duration timeLimit) {
      receiver.stop(timeLimit);
    }
  }

  static PushReceiver receiver(
      Settings s,
      Map<Signal, Consumer> outputs,
      @Nullable ServerAuth auth,
      Scheduler clock,
      java.util.function.Consumer<String> passedOver,
      @Nullable IntakeProxy intake) {
    HttpServerEndpoint endpoint =
        new HttpServerEndpoint(
            new ReceiverAdmission(ReceiverAdmission.DEFAULT_MAX_BYTES), s.http, auth);
    DatadogProtocol p = new DatadogProtocol(clock, passedOver, intake);
    p.addQuestions(endpoint);
    Consumer metrics = outputs.get(Signal.METRICS);
    if (metrics != null) {
      p.addMetrics(endpoint, metrics);
    }
    Consumer logs = outputs.get(Signal.LOGS);
    if (logs != null) {
      p.addLogs(endpoint, logs);
    }
    Consumer traces = outputs.get(Signal.TRACES);
    if (traces != null) {
      new TraceProtocol(endpoint, traces, new TraceIdUpperHalves(s.traceIds)).add();
    }
    p.addRest(endpoint, metrics != null, logs != null, traces != null);
    return new PushReceiver(null, endpoint, clock::nanos);
  }
}
