package dev.tethys.pipeline.receiver.observe;

import dev.tethys.codec.otlp.wire.ProfilesWriter;
import dev.tethys.collect.observe.MachineIdentity;
import dev.tethys.collect.observe.NodeObserver;
import dev.tethys.collect.observe.ObserverParts;
import dev.tethys.collect.observe.ObserverSinks;
import dev.tethys.collect.observe.connection.Owner;
import dev.tethys.collect.observe.export.ObservedLogs;
import dev.tethys.collect.observe.export.ObservedMetrics;
import dev.tethys.collect.observe.export.ObservedProfiles;
import dev.tethys.collect.observe.logs.ObservedLog;
import dev.tethys.collect.observe.profile.ProfileSink.OwnerProfile;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.exposition.Registry.Counter;
import dev.tethys.model.exposition.Registry.Vector;
import dev.tethys.model.log.JulLogger;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.TracesData;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Metadata;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Receiver;
import dev.tethys.pipeline.receiver.scraping.IntervalCollector;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Observes this machine and sends metrics, spans, logs and profiles to the pipelines that list it;
 * other signals are not produced. Services have the names of the service map.
 *
 * <p>Kernel events cannot wait: while a pipeline accepts nothing, the oldest spans and profiles
 * beyond a bound are dropped and counted. Logs wait in their files.
 */
final class NodeAgentReceiver implements Receiver {
  private static final System.Logger LOG = JulLogger.of(NodeAgentReceiver.class.getName());
  private static final String SCOPE = "tethys-node-agent";
  private static final String SERVICE = "service.name";

  private final NodeAgentReceiverFactory.Settings settings;
  private final String version;
  private final String name;
  private final Map<String, String> host;
  private final MachineIdentity machine = MachineIdentity.read(Path.of("/"));
  private final @Nullable Consumer metrics;
  private final @Nullable BatchBuffer spans;
  private final @Nullable BatchBuffer profiles;
  private final @Nullable LogBuffer logs;
  private @Nullable NodeObserver observer;
  private @Nullable IntervalCollector rounds;

  NodeAgentReceiver(
      NodeAgentReceiverFactory.Settings settings,
      String version,
      Map<Signal, Consumer> outputs,
      String name,
      Registry registry) {
    this.settings = settings;
    this.version = version;
    this.name = name;
    this.host = machine.resource(Path.of("/proc"));
    this.metrics = outputs.get(Signal.METRICS);
    Vector<Counter> dropped =
        registry.counters(
            "tethys_observe_buffer_dropped_items_total",
            "Spans and profile samples dropped because the pipeline did not accept them.",
            "receiver",
            "signal");
    this.spans = buffer(outputs.get(Signal.TRACES), "traces", dropped);
    this.profiles = buffer(outputs.get(Signal.PROFILES), "profiles", dropped);
    Consumer to = outputs.get(Signal.LOGS);
    this.logs = to == null ? null : new LogBuffer(name, to, this::batch);
  }

  private @Nullable BatchBuffer buffer(
      @Nullable Consumer to, String signal, Vector<Counter> dropped) {
    return to == null ? null : new BatchBuffer(name, signal, to, dropped.with(name, signal));
  }

  @Override
  public void start() {
    BatchBuffer s = spans;
    BatchBuffer p = profiles;
    LogBuffer l = logs;
    ObservedLog.Sink sink = l == null ? ObservedLog.Sink.NONE : l;
    NodeObserver o =
        NodeObserver.start(
            settings.options(),
            new ObserverSinks(
                p == null ? null : batch -> p.add(batch(batch)),
                s == null ? null : (batch, _) -> s.add(batch(batch)),
                settings.shareOfTraces()),
            settings.readsLogs() ? new NodeObserver.Logs(null, sink) : null);
    observer = o;
    ObserverParts.logSignals(LOG, o.signals());
    if (s != null) {
      s.start();
    }
    if (p != null) {
      p.start();
    }
    if (l != null) {
      l.start();
    }
    Consumer to = metrics;
    if (to != null) {
      ObservedMetrics source =
          new ObservedMetrics(ObserverParts.registry(o, version), machine, host, SCOPE);
      rounds =
          new IntervalCollector(
              name, settings.pace(), source::gather, to, Thread.ofPlatform().daemon());
      rounds.start();
    }
  }

  private Map<String, String> resource(Owner owner) {
    Map<String, String> out = ObservedProfiles.resource(owner, host);
    out.put(SERVICE, owner.shortName());
    return out;
  }

  private Batch batch(List<OwnerProfile> round) {
    ProfilesWriter w = ObservedProfiles.otlp(round, this::resource);
    return new Batch(Signal.PROFILES, Encoding.OTLP, w.toByteArray(), w.samples(), 0);
  }

  private Batch batch(TracesData data) {
    for (ResourceGroup<Span> g : data.resources()) {
      Attributes a = g.resource().attributes();
      a.put(SERVICE, Owner.shortName(String.valueOf(a.get(SERVICE))));
      host.forEach(a::put);
    }
    return Batch.of(Signal.TRACES, data, 0, Metadata.NONE);
  }

  private Batch batch(ArrayList<ObservedLog> messages) {
    return Batch.of(
        Signal.LOGS, ObservedLogs.otlp(messages, this::resource, SCOPE), 0, Metadata.NONE);
  }

  @Override
  public void stop(Duration timeLimit) {
    long until = System.nanoTime() + timeLimit.toNanos();
    List<Thread> threads = new ArrayList<>();
    if (rounds != null) {
      threads.add(rounds.thread());
    }
    LogBuffer l = logs;
    if (l != null) {
      l.end(); // the log reader may wait for it
    }
    if (observer != null) {
      observer.close();
    }
    if (l != null) {
      threads.add(l.thread());
    }
    if (spans != null) {
      threads.add(spans.end());
    }
    if (profiles != null) {
      threads.add(profiles.end());
    }
    IntervalCollector.stop(threads, name, Duration.ofNanos(Math.max(0, until - System.nanoTime())));
  }
}
