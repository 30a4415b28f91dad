package dev.tethys.logagent;

import dev.tethys.codec.loki.PushReader;
import dev.tethys.codec.loki.PushWriter;
import dev.tethys.codec.otlp.wire.OtlpWriter;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlDocument;
import dev.tethys.model.Labels;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.file.RealFiles;
import dev.tethys.model.guard.LimitedLog;
import dev.tethys.model.log.JulLogger;
import dev.tethys.model.logs.LogEntry;
import dev.tethys.model.telemetry.LogsData;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Metadata;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.collector.BuiltIn;
import dev.tethys.pipeline.component.ComponentFactory;
import dev.tethys.pipeline.component.Components;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Receiver;
import dev.tethys.pipeline.component.ReceiverFactory;
import dev.tethys.pipeline.config.GraphConfig;
import dev.tethys.pipeline.delivery.Outboxes;
import dev.tethys.pipeline.exporter.loki.EntryBatch;
import dev.tethys.pipeline.exporter.loki.EntryStreams;
import dev.tethys.pipeline.graph.Graph;
import dev.tethys.pipeline.graph.GraphServices;
import dev.tethys.pipeline.graph.QueueMetrics;
import dev.tethys.pipeline.ledger.AccountingRegistry;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Sends entries into a graph of the collector, whose receiver {@code promtail} represents this
 * agent, through its processors to all of its exporters. A stream's labels are the attributes of a
 * resource, structured metadata those of a record; the tenant is sent as {@code x-scope-orgid}.
 *
 * <p>Invariants: all fields except the graph and volatile ones are guarded by {@link #lock}, which
 * a thread holds while it waits for space in a queue of the graph; {@link #underWay} is the size of
 * unacknowledged batches in the graph. Beyond {@link #MAX_UNDER_WAY} callers wait.
 */
final class PipelineLogExporter {
  private static final LimitedLog PEER_LOG =
      new LimitedLog(JulLogger.of(PipelineLogExporter.class.getName()));
  private static final long BATCH_BYTES = 1 << 20;
  private static final Duration BATCH_WAIT = Duration.ofMillis(200);
  private static final long MAX_UNDER_WAY = 64L << 20;
  private static final Duration FIRST_PAUSE = Duration.ofMillis(500);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);

  /** The receiver's type in the graph. */
  static final String RECEIVER = "promtail";

  private record Settings() {}

  /**
   * A batch in the graph.
   *
   * @param bytes its entries as a push of Loki, which is kept until they are acknowledged
   */
  @SuppressWarnings("ArrayRecordComponent") // not compared
  private record Push(EntryBatch batch, byte[] bytes, int entries) {}

  private final class Factory implements ReceiverFactory<Settings> {
    private static final Section SECTION = new Section(RECEIVER, "Entries that jobs read.");

    @Override
    public String type() {
      return RECEIVER;
    }

    @Override
    public String about() {
      return "Entries that the jobs of promtail.yml read.";
    }

    @Override
    public Type<Settings> settings() {
      return SECTION.type(o -> new Settings());
    }

    @Override
    public Set<Signal> signals() {
      return Set.of(Signal.LOGS);
    }

    @Override
    public boolean canWait() {
      return true;
    }

    @Override
    public Receiver create(Settings s, Map<Signal, Consumer> outputs, Context context) {
      Consumer c = outputs.get(Signal.LOGS);
      return new Receiver() {
        @Override
        public void start() {
          output = c;
        }
      };
    }
  }

  private final Scheduler clock = Scheduler.system();
  private final GraphServices services;
  private final Graph graph;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition less = lock.newCondition();
  private volatile EntryStreams streams = new EntryStreams(Labels.EMPTY, ""); // used with the lock
  private final Map<String, EntryBatch> batches = new HashMap<>();
  private volatile @Nullable Consumer output;
  private long underWay; // bytes
  private volatile boolean closing;

  /**
   * @param own factories of components that only this process has
   */
  PipelineLogExporter(Registry metrics, List<ComponentFactory<?>> own) {
    AccountingRegistry ledger = new AccountingRegistry();
    services =
        new GraphServices(
            components(own),
            clock,
            new Outboxes(new RealFiles(), clock, new Random()),
            ledger,
            metrics);
    graph = new Graph(services);
    metrics.register(ledger);
    metrics.register(new QueueMetrics(graph));
  }

  private Components components(List<ComponentFactory<?>> own) {
    List<ComponentFactory<?>> all = new ArrayList<>(own);
    all.add(new Factory());
    return BuiltIn.components(all);
  }

  /** Sets the tenant of entries that name none; "" for none. */
  void tenant(String ofOthers) {
    streams = new EntryStreams(Labels.EMPTY, ofOthers);
  }

  /**
   * Applies a configuration; if a component cannot start, nothing changes.
   *
   * @throws dev.tethys.config.ConfigException if it is invalid
   * @throws IOException if a component cannot start
   */
  void apply(YamlDocument d) throws IOException {
    GraphConfig c = GraphConfig.read(d, services.components(), false);
    d.refuseNotBuilt();
    graph.apply(c);
  }

  /**
   * Checks whether a configuration is valid, and opens nothing.
   *
   * @throws dev.tethys.config.ConfigException if it is not
   */
  static void check(YamlDocument d, List<ComponentFactory<?>> own) {
    PipelineLogExporter g = new PipelineLogExporter(new Registry(), own);
    GraphConfig c = GraphConfig.read(d, g.services.components(), false);
    d.refuseNotBuilt();
    Graph.check(c, g.services);
  }

  /** Accepts an entry, and waits while too many are in flight. */
  void accept(LogEntry entry) {
    lock.lock();
    try {
      entry.text((utf8, from, length) -> take(entry, utf8, from, length));
    } finally {
      lock.unlock();
    }
  }

  private void take(LogEntry entry, byte[] utf8, int from, int length) {
    EntryStreams.Stream s = streams.of(entry.labels());
    EntryBatch b = batches.get(s.tenant());
    if (b != null && b.bytes() + length > BATCH_BYTES) {
      send(b);
      b = null;
    }
    if (b == null) {
      EntryBatch fresh = new EntryBatch(s.tenant(), null);
      batches.put(s.tenant(), fresh);
      fresh.timer(
          clock.schedule(BATCH_WAIT, () -> clock.execute("promtail", () -> sendIfWaiting(fresh))));
      b = fresh;
    }
    b.add(entry, s.text(), utf8, from, length);
  }

  private void sendIfWaiting(EntryBatch b) {
    lock.lock();
    try {
      if (batches.get(b.tenant()) == b) {
        send(b);
      }
    } finally {
      lock.unlock();
    }
  }

  /** With the lock, so that batches are passed on in their order. */
  private void send(EntryBatch b) {
    batches.remove(b.tenant(), b);
    b.cancelTimer();
    PushWriter w = b.detachWriter();
    byte[] push = w.toByteArray();
    while (underWay > MAX_UNDER_WAY && !closing) {
      less.awaitUninterruptibly();
    }
    if (closing) {
      return; // its sources bring it again
    }
    underWay += push.length;
    forward(new Push(b, push, w.entries()), FIRST_PAUSE);
  }

  private void forward(Push p, Duration pause) {
    byte[] push = p.bytes;
    LogsData logs = PushReader.protobuf(push, 0, push.length);
    long now = clock.millis() * 1_000_000;
    logs.resources()
        .forEach(
            r -> r.scopes().forEach(s -> s.items().forEach(i -> i.setObservedTimeUnixNano(now))));
    String ofPush = p.batch.tenant();
    byte[] name = ofPush.getBytes(java.nio.charset.StandardCharsets.UTF_8);
    Metadata tenant =
        name.length == 0 ? Metadata.NONE : new Metadata(Map.of("x-scope-orgid", List.of(ofPush)));
    Batch batch =
        new Batch(
            Signal.LOGS,
            Encoding.OTLP,
            new OtlpWriter().write(logs),
            p.entries,
            Labels.hash64(name, 0, name.length) | 1,
            tenant);
    Consumer to = output;
    if (to == null) {
      throw new IllegalStateException("the graph has not started");
    }
    to.consume(batch, outcome -> handleOutcome(p, pause, outcome));
  }

  private void handleOutcome(Push p, Duration pause, Outcome outcome) {
    if (outcome instanceof Outcome.Unavailable u) {
      Duration wait = u.retryAfter(pause);
      Duration doubled = pause.multipliedBy(2);
      Duration next = doubled.compareTo(LONGEST_PAUSE) < 0 ? doubled : LONGEST_PAUSE;
      PEER_LOG.log(Level.WARNING, "Log entries not accepted, retrying err={0}", u.reason());
      clock.schedule(wait, () -> clock.execute("promtail", () -> again(p, next)));
      return;
    }
    if (outcome instanceof Outcome.Rejected r) {
      PEER_LOG.log(Level.WARNING, "Log entries refused entries={0} err={1}", r.items(), r.reason());
    }
    p.batch.settle();
    lock.lock();
    try {
      underWay -= p.bytes.length;
      less.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void again(Push p, Duration pause) {
    if (!closing) {
      forward(p, pause);
    }
  }

  /** Sends the buffered entries without waiting for more. */
  void flush() {
    lock.lock();
    try {
      List.copyOf(batches.values()).forEach(this::send);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Makes callers fail instead of waiting: entries without space are not settled, and their sources
   * retry them.
   */
  void failBlockedProducers() {
    closing = true;
    graph.failBlockedProducers();
    lock.lock();
    try {
      less.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Sends as much as possible within the time, and ends. */
  void close(Duration timeLimit) {
    Thread flushing = Thread.ofVirtual().start(this::flush); // may find everything full
    try {
      if (!flushing.join(timeLimit)) {
        failBlockedProducers(); // or it would keep the lock
      }
      lock.lockInterruptibly();
      try {
        long remaining = timeLimit.toNanos();
        while (underWay > 0 && remaining > 0) {
          remaining = less.awaitNanos(remaining);
        }
        closing = true;
        less.signalAll();
      } finally {
        lock.unlock();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    graph.stop(Duration.ofMillis(TimeUnit.SECONDS.toMillis(1)));
  }
}
