package dev.tethys.collect.observe;

import dev.tethys.collect.observe.connection.TcpSource;
import dev.tethys.collect.observe.kernel.ThreadScheduling;
import dev.tethys.collect.observe.logs.ContainerLogs;
import dev.tethys.collect.observe.logs.LogLevel;
import dev.tethys.collect.observe.logs.ObservedLog;
import dev.tethys.collect.observe.process.StoppedThread;
import dev.tethys.collect.observe.request.PayloadCapture;
import dev.tethys.collect.observe.trace.RequestSpans;
import dev.tethys.model.exposition.Collector;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.guard.LimitedLog;
import dev.tethys.model.guard.SupervisedLoop;
import dev.tethys.model.log.JulLogger;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Observation of a machine: loads programs that the kernel permits, falls back if it rejects them,
 * and reads events in one thread. A signal with restrictions has the reason in {@link #signals}.
 */
public final class NodeObserver implements Collector, AutoCloseable {
  private static final System.Logger LOG = JulLogger.of(NodeObserver.class.getName());
  private static final long MILLIS = 1_000_000L;

  /** Longest pause between reads of events; a ring that fills up ends it. */
  private static final long PAUSE_NANOS = 100 * MILLIS;

  private static final long PASS_NANOS = 5_000 * MILLIS;

  /** Passes over very many sockets take at most a fifth of the time. */
  private static final int PASS_SHARE = 5;

  private static final long FIRST_SCAN_NANOS = 3_000 * MILLIS;
  private static final long FLUSH_NANOS = 1_000 * MILLIS;

  private final ObserverSources sources;
  private final CountDownLatch stop = new CountDownLatch(1);
  private final LimitedLog failures = new LimitedLog(LOG);
  private final Thread thread;
  private final Thread scanner;
  private final CountDownLatch scanned = new CountDownLatch(1);
  private final List<SignalState> signals;
  private final @Nullable ContainerLogs logs;
  private long flushed = System.nanoTime(); // of the thread
  private volatile long lostConnectionEvents;
  private volatile long lostPayloads;
  private volatile long payloadEvents;

  private NodeObserver(ObserverOptions o, ObserverSinks sinks, @Nullable Logs reading) {
    sources = new ObserverSources(o, sinks);
    List<SignalState> all = new ArrayList<>(sources.signals());
    logs =
        reading == null
            ? null
            : new ContainerLogs(
                sources.containers,
                o.proc(),
                o.containers().root(),
                reading.positions(),
                reading.sink());
    all.add(
        logs == null
            ? new SignalState(
                "logs", SignalState.Level.OFF, "none", "switched off by --disable-log-parsing")
            : new SignalState("logs", SignalState.Level.FULL, "files", ""));
    signals = List.copyOf(all);
    thread =
        Thread.ofPlatform()
            .name("observe-kernel")
            .daemon()
            .unstarted(SupervisedLoop.of("observe-kernel", this::run));
    scanner =
        Thread.ofPlatform()
            .name("observe-processes")
            .daemon()
            .unstarted(SupervisedLoop.of("observe-processes", this::scanProcesses));
  }

  /**
   * Log observation settings.
   *
   * @param positions file in which positions are kept; null to begin at the ends of the logs
   * @param sink receives the messages
   */
  public record Logs(@Nullable Path positions, ObservedLog.Sink sink) {
    /** Messages are counted, and go nowhere. */
    public static final Logs COUNTED = new Logs(null, ObservedLog.Sink.NONE);
  }

  /**
   * Starts to observe.
   *
   * @param logs null if none
   */
  public static NodeObserver start(
      ObserverOptions options, ObserverSinks sinks, @Nullable Logs logs) {
    NodeObserver o = new NodeObserver(options, sinks, logs);
    if (o.sources.connector != null) {
      o.sources.connector.start();
    }
    o.scanner.start();
    o.thread.start();
    if (o.logs != null) {
      o.logs.start();
    }
    return o;
  }

  /**
   * Counts a message of the journal, which the caller stores.
   *
   * @param level keyword of its priority
   */
  public void journal(String unit, String level, String message) {
    if (logs != null) {
      logs.journal(unit, LogLevel.guess(level), message);
    }
  }

  /** States of all signals, in the order of a table. */
  public List<SignalState> signals() {
    return signals;
  }

  /** Scans /proc at intervals, and queries runtimes about containers in between. */
  private void scanProcesses() {
    ThreadScheduling.giveWay();
    try {
      while (stop.getCount() > 0) {
        long next = System.nanoTime() + PASS_NANOS;
        try {
          sources.containers.scan();
        } catch (IOException e) {
          failures.failure(Level.WARNING, "Processes could not be read", "processes", e);
        }
        scanned.countDown();
        long remaining;
        while (stop.getCount() > 0 && (remaining = next - System.nanoTime()) > 0) {
          sources.containers.identify(Math.min(remaining, PAUSE_NANOS));
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Waits briefly so that existing sockets have owners from the start, even if a runtime hangs. */
  private void awaitFirstScan() {
    try {
      scanned.await(FIRST_SCAN_NANOS, TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void run() {
    ThreadScheduling.giveWay();
    awaitFirstScan();
    long nextPass = System.nanoTime();
    try {
      do {
        long now = System.nanoTime();
        readEvents();
        if (sources.spans != null && now - flushed > FLUSH_NANOS) {
          flushed = now;
          flush(now, sources.spans);
        }
        if (now - nextPass >= 0) {
          readSockets(now);
          long took = System.nanoTime() - now;
          nextPass = now + Math.max(PASS_NANOS, PASS_SHARE * took);
        }
      } while (!pause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Processes changes of connections and payloads so far, in order. The starts of processes before
   * them are known first: a short process has ended by now.
   */
  private void readEvents() {
    TcpSource source = sources.connections;
    PayloadCapture p = sources.payloads;
    long end = p == null ? 0 : p.end();
    long now = System.nanoTime();
    if (sources.connector != null) {
      sources.connector.readUntil(now);
    }
    if (sources.tracepoints != null) {
      sources.tracepoints.read(sources.processes);
    }
    if (p != null) {
      p.read(end, source == null ? _ -> {} : source::readEvents);
      payloadEvents = p.events();
    }
    if (source != null) {
      source.readEvents(now);
    }
  }

  private void flush(long now, RequestSpans s) {
    sources.tracker.lock().lock();
    try {
      s.flush(now);
    } finally {
      sources.tracker.lock().unlock();
    }
  }

  private void readSockets(long now) {
    TcpSource source = sources.connections;
    if (source != null) {
      try {
        source.readSockets(this::readEvents);
      } catch (IOException e) {
        failures.failure(Level.WARNING, "Sockets could not be read", "sockets", e);
      }
      lostConnectionEvents = source.lostEvents();
    }
    PayloadCapture p = sources.payloads;
    if (p != null) {
      p.checkLoss();
      lostPayloads = p.lostEvents();
      sources.tracker.flushIdle(now);
      p.flushIdle(now);
      sources.requests.forgetIdle(now);
      sources.dns.forgetIdle(now);
    }
  }

  /** Waits for the next reading; returns true at the end. */
  private boolean pause() throws InterruptedException {
    PayloadCapture p = sources.payloads;
    if (p == null) {
      return stop.await(PAUSE_NANOS, TimeUnit.NANOSECONDS);
    }
    try {
      p.await(PAUSE_NANOS);
    } catch (IOException e) {
      failures.failure(Level.WARNING, "Payloads could not be awaited", "payloads", e);
      return stop.await(PAUSE_NANOS, TimeUnit.NANOSECONDS);
    }
    return stop.getCount() == 0;
  }

  @Override
  public void collect(Consumer<MetricFamily> to) {
    sources.machine.collect(to);
    sources.containers.collect(to);
    sources.tracker.collect(to);
    sources.requests.collect(to);
    sources.dns.collect(to);
    if (logs != null) {
      logs.collect(to);
    }
    ObserverMetrics.collect(
        signals,
        new ObserverMetrics.Counts(
            payloadEvents,
            lostConnectionEvents,
            lostPayloads,
            sources.connector == null ? 0 : sources.connector.lost(),
            sources.tracker.openConnections(),
            sources.tracker.shedConnections(),
            sources.tracker.shedPeers() + sources.requests.shed() + sources.dns.shed(),
            sources.tracker.shedTranslations(),
            sources.containers.shed(),
            logs == null ? 0 : logs.shed()),
        sources.counters,
        to);
    ObserverMetrics.collectProcesses(
        sources.processes.forks(), sources.processes.executions(), sources.processes.ends(), to);
    if (sources.translation != null) {
      ObserverMetrics.collectTranslations(sources.translation, to);
    }
    if (sources.probes != null && sources.payloads != null) {
      ObserverMetrics.collectProbes(sources.probes.counts(), sources.payloads.unattributed(), to);
    }
    if (sources.java != null) {
      ObserverMetrics.collectJava(sources.java.attached(), sources.java.failures(), to);
    }
    if (sources.spans != null) {
      ObserverMetrics.collectSpans(sources.spans.counts(), to);
    }
    if (sources.profiler != null) {
      ObserverMetrics.collectProfiles(sources.profiler.counts(), sources.profiler.lost(), to);
    }
  }

  /** Detaches every program; counts so far can still be collected. */
  @Override
  public void close() {
    stop.countDown();
    scanner.interrupt();
    boolean ended = StoppedThread.await(thread) & StoppedThread.await(scanner);
    sources.stop();
    if (logs != null) {
      logs.close();
    }
    if (ended) { // else a thread still uses what is left, and the end of the process closes it
      sources.close();
    }
  }
}
