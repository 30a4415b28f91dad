package dev.tethys.bench;

import dev.tethys.codec.opamp.ComponentHealth;
import dev.tethys.codec.otlp.wire.OtlpWriter;
import dev.tethys.config.Section;
import dev.tethys.config.TlsConfig;
import dev.tethys.config.Type;
import dev.tethys.config.YamlDocument;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.file.RealFiles;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.LogsData;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.collector.BuiltIn;
import dev.tethys.pipeline.component.Components;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Receiver;
import dev.tethys.pipeline.component.ReceiverFactory;
import dev.tethys.pipeline.config.GraphConfig;
import dev.tethys.pipeline.delivery.Outboxes;
import dev.tethys.pipeline.extension.opamp.ControlClock;
import dev.tethys.pipeline.extension.opamp.ControlledAgent;
import dev.tethys.pipeline.graph.Graph;
import dev.tethys.pipeline.graph.GraphServices;
import dev.tethys.pipeline.ledger.AccountingRegistry;
import dev.tethys.pipeline.opamp.PipelineAccounts;
import dev.tethys.pipeline.processor.control.LiveControls;
import dev.tethys.web.client.HttpClientFactory;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Collector in this process with the client of a control plane: a receiver of generated logs, the
 * batch processor, and an exporter that takes all.
 */
final class ControlledGraph implements ControlledAgent.Process, AutoCloseable {
  private static final String CONFIG =
      """
      receivers: {generated: {}}
      processors: {batch: {timeout: 20ms}}
      exporters: {nop: {}}
      service: {pipelines: {logs: {receivers: [generated], processors: [batch], exporters: [nop]}}}
      """;

  /** Lives as long as the process. */
  private static final HttpClientFactory CLIENTS = new HttpClientFactory("Tethys/bench");

  private final AccountingRegistry ledger = new AccountingRegistry();
  private final ControlClock clock = new ControlClock(Scheduler.system());
  private final LiveControls controls = new LiveControls(ledger, clock);
  private final Generated generated = new Generated();
  private final Graph graph;
  private final ControlledAgent agent;

  /** Configurations that were applied. */
  final AtomicLong applied = new AtomicLong();

  /** Number of items the source must keep and retry. */
  final AtomicLong returned = new AtomicLong();

  ControlledGraph(int port, Path folder, Map<String, String> labels) throws IOException {
    Components components = BuiltIn.components(generated);
    graph =
        new Graph(
            new GraphServices(
                components,
                clock,
                new Outboxes(new RealFiles(), clock, new Random(1)),
                ledger,
                new Registry(),
                controls));
    graph.apply(GraphConfig.read(YamlDocument.parse("c", null, CONFIG), components, false));
    agent =
        new ControlledAgent(
            new ControlledAgent.Settings(
                URI.create("ws://127.0.0.1:" + port + "/v1/opamp"),
                TlsConfig.DEFAULT,
                "",
                folder,
                labels),
            CLIENTS,
            Map.of("service.name", "edge"),
            clock,
            this);
    agent.start();
  }

  /** Receiver whose items the benchmark passes in. */
  private static final class Generated implements ReceiverFactory<String> {
    private volatile @Nullable Consumer output;

    @Override
    public String type() {
      return "generated";
    }

    @Override
    public String about() {
      return "Generated logs.";
    }

    @Override
    public Type<String> settings() {
      return new Section("generated", "Nothing.").type(o -> "");
    }

    @Override
    public Set<Signal> signals() {
      return Set.of(Signal.LOGS);
    }

    @Override
    public Receiver create(String s, Map<Signal, Consumer> outputs, Context context) {
      output = outputs.get(Signal.LOGS);
      return new Receiver() {};
    }
  }

  /** Returns an OTLP request with log records of a service. */
  static byte[] request(String service, int n) {
    LogsData d = new LogsData();
    ResourceGroup<LogRecord> r = new ResourceGroup<>();
    r.resource().attributes().put("service.name", service);
    ScopeGroup<LogRecord> s = new ScopeGroup<>();
    for (int i = 0; i < n; i++) {
      LogRecord l = new LogRecord();
      l.setSeverityNumber(9);
      l.setBody("GET /cart took " + i + " ms");
      s.items().add(l);
    }
    r.scopes().add(s);
    d.resources().add(r);
    return new OtlpWriter().write(d);
  }

  /** Passes a request in, as a receiver does. */
  void send(byte[] request, int items) {
    Consumer c = generated.output;
    if (c != null) {
      c.consume(
          new Batch(Signal.LOGS, Encoding.OTLP, request, items, 0),
          o -> returned.addAndGet(o.equals(Outcome.ACCEPTED) ? 0 : items));
    }
  }

  /** Returns the number of items matched by a control; -1 while it does not apply. */
  long matched(String control) {
    LiveControls.Applied a = controls.applied().get(control);
    return a == null || !a.active() ? -1 : a.matched();
  }

  @Override
  public void control(String document) {
    controls.set(document);
  }

  @Override
  public void apply(List<Path> files, Map<String, String> variables, Runnable runs) {
    applied.incrementAndGet();
  }

  @Override
  public boolean hasOwnConfiguration() {
    return true;
  }

  @Override
  public String effective() {
    return CONFIG;
  }

  @Override
  public ComponentHealth health() {
    return new ComponentHealth(true, 0, "", "StatusOK", 0, Map.of());
  }

  @Override
  public PipelineAccounts accounts() {
    Map<String, PipelineAccounts.Control> all = new TreeMap<>();
    controls
        .applied()
        .forEach(
            (id, c) ->
                all.put(
                    id,
                    new PipelineAccounts.Control(
                        c.active(),
                        c.startMillis(),
                        c.matched(),
                        c.dropped(),
                        c.changed(),
                        c.removedBytes(),
                        c.targetMissing(),
                        List.of())));
    return PipelineAccounts.of(ledger).with(all);
  }

  /** Ends after the queues are empty. */
  @Override
  public void close() {
    agent.close();
    graph.stop(Duration.ofSeconds(5));
  }
}
