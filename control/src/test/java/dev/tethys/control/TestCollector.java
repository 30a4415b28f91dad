package dev.tethys.control;

import dev.tethys.codec.opamp.ComponentHealth;
import dev.tethys.codec.otlp.wire.OtlpWriter;
import dev.tethys.config.TlsConfig;
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
import dev.tethys.pipeline.collector.ConfigSources;
import dev.tethys.pipeline.component.Components;
import dev.tethys.pipeline.config.GraphConfig;
import dev.tethys.pipeline.delivery.Outboxes;
import dev.tethys.pipeline.extension.opamp.ControlClock;
import dev.tethys.pipeline.extension.opamp.ControlledAgent;
import dev.tethys.pipeline.graph.Graph;
import dev.tethys.pipeline.graph.GraphServices;
import dev.tethys.pipeline.ledger.AccountingRegistry;
import dev.tethys.pipeline.opamp.PipelineAccounts;
import dev.tethys.pipeline.processor.control.LiveControls;
import dev.tethys.pipeline.web.NodeRecords;
import dev.tethys.pipeline.web.RecentVolumes;
import dev.tethys.pipeline.web.TapAccess;
import dev.tethys.pipeline.web.VolumesJson;
import dev.tethys.web.client.HttpClientFactory;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.PublicKey;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** Collector in this process: a real graph and the real client. */
public final class TestCollector implements ControlledAgent.Process, AutoCloseable {
  private static final HttpClientFactory CLIENTS = new HttpClientFactory("Tethys/test");

  private final HandReceiver hand = new HandReceiver();
  private final Components components = BuiltIn.components(hand);
  private final AccountingRegistry ledger = new AccountingRegistry();
  private final LiveControls controls;
  private final Graph graph;
  private final ControlledAgent agent;
  private final Path own;
  private final boolean hasOwn;
  private final long start;
  private final RecentVolumes recent;
  private volatile String text = "";

  /** Resident bytes that it reports; 0 if none. */
  public volatile long memory;

  /** Variables with which the configuration was applied last. */
  public volatile Map<String, String> variables = Map.of();

  /** Live controls that were set since the start, "" for none. */
  public final List<String> documents = new CopyOnWriteArrayList<>();

  /** Configurations that were offered, well or not. */
  public final AtomicInteger offers = new AtomicInteger();

  /** Opens when components that a configuration does not have any more have ended. */
  public volatile CountDownLatch ends = new CountDownLatch(0);

  /** Live taps that run. */
  public final AtomicInteger taps = new AtomicInteger();

  /**
   * A collector.
   *
   * @param own its configuration without a control plane; "" for none
   */
  public TestCollector(
      Scheduler clock, int port, Path folder, String own, Map<String, String> labels)
      throws IOException {
    this(clock, port, folder, own, labels, "");
  }

  public TestCollector(
      Scheduler clock, int port, Path folder, String own, Map<String, String> labels, String token)
      throws IOException {
    this(clock, port, folder, own, labels, token, null);
  }

  public TestCollector(
      Scheduler clock,
      int port,
      Path folder,
      String own,
      Map<String, String> labels,
      String token,
      @Nullable PublicKey key)
      throws IOException {
    this(clock, port, folder, own, labels, token, key, 0);
  }

  /**
   * The same with a start of its process.
   *
   * @param start in Unix nanoseconds; 0 if it reports none
   */
  public TestCollector(
      Scheduler clock,
      int port,
      Path folder,
      String own,
      Map<String, String> labels,
      String token,
      @Nullable PublicKey key,
      long start)
      throws IOException {
    this.start = start;
    recent = new RecentVolumes(clock::nanos);
    ControlClock controlClock = new ControlClock(clock);
    controls = new LiveControls(ledger, controlClock);
    graph =
        new Graph(
            new GraphServices(
                components,
                clock,
                new Outboxes(new RealFiles(), clock, new Random(1)),
                ledger,
                new Registry(),
                controls));
    Files.createDirectories(folder);
    this.own = folder.resolve("own.yaml");
    hasOwn = !own.isEmpty();
    Files.writeString(this.own, own);
    agent =
        new ControlledAgent(
            new ControlledAgent.Settings(
                URI.create("ws://127.0.0.1:" + port + "/v1/opamp"),
                TlsConfig.DEFAULT,
                token,
                folder.resolve("data"),
                labels,
                key),
            CLIENTS,
            Map.of("service.name", "edge"),
            controlClock,
            this);
    agent.restoreControls();
    try {
      agent.verify();
      use(agent.files(), agent.variables());
    } catch (IOException e) {
      agent.failed(String.valueOf(e.getMessage()));
      use(List.of(), agent.variables());
    }
    agent.start();
  }

  private void use(List<Path> files, Map<String, String> variables) throws IOException {
    if (files.isEmpty() && !hasOwnConfiguration()) {
      graph.stop(Duration.ZERO);
      text = "";
      return;
    }
    List<Path> all = files.isEmpty() ? List.of(own) : files;
    ConfigSources source =
        new ConfigSources(all.stream().map(Path::toString).toList(), List.of(), variables::get);
    graph.apply(GraphConfig.read(source.read(), components, false));
    text = Files.readString(all.getFirst());
    this.variables = variables;
  }

  @Override
  public void apply(List<Path> files, Map<String, String> variables, Runnable runs)
      throws IOException {
    offers.incrementAndGet();
    use(files, variables);
    runs.run();
    boolean over = false;
    while (!over) {
      try {
        ends.await();
        over = true;
      } catch (InterruptedException e) { // as a graph, whose change is never left half done
        Thread.yield();
      }
    }
  }

  @Override
  public void control(String document) {
    documents.add(document);
    controls.set(document);
  }

  @Override
  public boolean hasOwnConfiguration() {
    return hasOwn;
  }

  @Override
  public void shareQuotas(String json) {
    controls.share(json);
  }

  @Override
  public boolean takeQuotaDue() {
    return controls.takeQuotaDue();
  }

  @Override
  public String effective() {
    return text;
  }

  @Override
  public ComponentHealth health() {
    return new ComponentHealth(true, start, "", "StatusOK", 0, Map.of());
  }

  @Override
  public PipelineAccounts accounts() {
    Map<String, PipelineAccounts.Control> applied = new TreeMap<>();
    controls
        .applied()
        .forEach(
            (id, c) ->
                applied.put(
                    id,
                    new PipelineAccounts.Control(
                        c.active(),
                        c.startMillis(),
                        c.matched(),
                        c.dropped(),
                        c.changed(),
                        c.removedBytes(),
                        c.targetMissing(),
                        c.quotas().stream()
                            .map(
                                q ->
                                    new PipelineAccounts.QuotaUse(
                                        q.value(), q.used(), q.limit(), q.step(), q.period()))
                            .toList())));
    return PipelineAccounts.of(ledger).with(applied).with(memory, graph.exporters());
  }

  @Override
  public String tap(NodeRecords.Request request) throws IOException, InterruptedException {
    taps.incrementAndGet();
    try {
      return NodeRecords.read(graph, TapAccess.MASKED, request);
    } finally {
      taps.decrementAndGet();
    }
  }

  @Override
  public String volumes() {
    return VolumesJson.report(graph.volumes(), graph.balance(), recent, 30);
  }

  /** Text of the configuration that runs. */
  public String text() {
    return text;
  }

  public String uid() {
    return agent.instanceUid();
  }

  /** Passes a log record in. */
  public void send() {
    send(record(), 1);
  }

  /** Passes log records of a service in; the number that the source was asked to keep. */
  public long send(String service, int severity, int n) {
    LogsData d = new LogsData();
    ResourceGroup<LogRecord> r = new ResourceGroup<>();
    r.resource().attributes().put("service.name", service);
    ScopeGroup<LogRecord> s = new ScopeGroup<>();
    for (int i = 0; i < n; i++) {
      LogRecord l = new LogRecord();
      l.setSeverityNumber(severity);
      l.setBody("line " + i);
      s.items().add(l);
    }
    r.scopes().add(s);
    d.resources().add(r);
    return send(new OtlpWriter().write(d), n);
  }

  private long send(byte[] body, int items) {
    Consumer c = hand.input();
    if (c == null) {
      return items;
    }
    AtomicLong returned = new AtomicLong();
    c.consume(
        new Batch(Signal.LOGS, Encoding.OTLP, body, items, 0),
        o -> returned.set(o.equals(Outcome.ACCEPTED) ? 0 : items));
    return returned.get();
  }

  /** Counts of a live control; null if the collector does not have it. */
  public LiveControls.@Nullable Applied control(String id, boolean activeOnly) {
    LiveControls.Applied a = controls.applied().get(id);
    return a == null || activeOnly && !a.active() ? null : a;
  }

  /** A request of OTLP with one record without anything. */
  private static byte[] record() {
    return new dev.tethys.codec.protobuf.ProtoWriter()
        .bytes(1, new byte[] {0x12, 2, 0x12, 0})
        .toByteArray();
  }

  @Override
  public void close() {
    agent.close();
    graph.stop(Duration.ZERO);
    agent.keepLastCounts();
  }
}
