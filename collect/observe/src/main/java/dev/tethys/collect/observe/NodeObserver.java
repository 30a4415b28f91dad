package dev.tethys.collect.observe;

import dev.tethys.collect.observe.connection.AddressTranslation;
import dev.tethys.collect.observe.connection.ConnectionFilter;
import dev.tethys.collect.observe.connection.ConnectionTracker;
import dev.tethys.collect.observe.connection.KernelConnections;
import dev.tethys.collect.observe.connection.LocalAddresses;
import dev.tethys.collect.observe.connection.PolledConnections;
import dev.tethys.collect.observe.connection.TcpSource;
import dev.tethys.collect.observe.container.ContainerNames;
import dev.tethys.collect.observe.container.ContainerRegistry;
import dev.tethys.collect.observe.kernel.ProgramLoadException;
import dev.tethys.collect.observe.kernel.ThreadScheduling;
import dev.tethys.collect.observe.logs.ContainerLogs;
import dev.tethys.collect.observe.logs.LogLevel;
import dev.tethys.collect.observe.logs.ObservedLog;
import dev.tethys.collect.observe.process.NodeMetrics;
import dev.tethys.collect.observe.process.ProcessConnector;
import dev.tethys.collect.observe.process.ProcessEvents;
import dev.tethys.collect.observe.process.ProcessHandler;
import dev.tethys.collect.observe.process.StoppedThread;
import dev.tethys.collect.observe.process.TaskStatistics;
import dev.tethys.collect.observe.profile.CpuProfiler;
import dev.tethys.collect.observe.profile.ProfileSink;
import dev.tethys.collect.observe.protocol.ProtocolCounters;
import dev.tethys.collect.observe.request.DnsMetrics;
import dev.tethys.collect.observe.request.PayloadCapture;
import dev.tethys.collect.observe.request.RequestMetrics;
import dev.tethys.collect.observe.tls.JavaTls;
import dev.tethys.collect.observe.tls.TlsProbes;
import dev.tethys.collect.observe.trace.GoProcesses;
import dev.tethys.collect.observe.trace.RequestSpans;
import dev.tethys.collect.observe.trace.SpanSink;
import dev.tethys.model.exposition.Collector;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.guard.LimitedLog;
import dev.tethys.model.guard.SupervisedLoop;
import dev.tethys.model.libc.LibraryException;
import dev.tethys.model.log.JulLogger;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Observation of a machine: loads programs that the kernel allows, falls back where it refuses
 * them, and reads events in one thread. A signal with restrictions has the reason in {@link
 * #signals}.
 */
public final class NodeObserver implements Collector, AutoCloseable {
  private static final System.Logger LOG = JulLogger.of(NodeObserver.class.getName());
  private static final long MILLIS = 1_000_000L;
  private static final String DELAYS = "task delays";

  /** Longest pause between reads of events; a ring that fills up ends it. */
  private static final long PAUSE_NANOS = 100 * MILLIS;

  private static final long PASS_NANOS = 5_000 * MILLIS;

  /** Passes over very many sockets take at most a fifth of the time. */
  private static final int PASS_SHARE = 5;

  private static final long FIRST_SCAN_NANOS = 3_000 * MILLIS;
  private static final long FLUSH_NANOS = 1_000 * MILLIS;

  private final @Nullable TaskStatistics statistics;
  private final ContainerRegistry containers;
  private final NodeMetrics machine;
  private final ConnectionTracker tracker;
  private final RequestMetrics requests;
  private final DnsMetrics dns;
  private final ProtocolCounters counters = new ProtocolCounters();
  private final List<SignalState> signals = new ArrayList<>();
  private final @Nullable TcpSource connections;
  private final @Nullable AddressTranslation translation;
  private final @Nullable PayloadCapture payloads;
  private final @Nullable ProcessEvents tracepoints;
  private final @Nullable TlsProbes probes;
  private final @Nullable JavaTls java;
  private final @Nullable CpuProfiler profiler;
  private final @Nullable RequestSpans spans;
  private SignalState delaySignal = new SignalState(DELAYS, SignalState.Level.OFF, "none", "");
  private String connectorRefusal = "";
  private String tlsRefusal = "";
  private final ProcessLife processes = new ProcessLife();
  private final CountDownLatch stop = new CountDownLatch(1);
  private final LimitedLog failures = new LimitedLog(LOG);
  private final Thread thread;
  private final Thread scanner;
  private final CountDownLatch scanned = new CountDownLatch(1);
  private final @Nullable ProcessConnector connector;
  private final @Nullable ContainerLogs logs;
  private long flushed = System.nanoTime(); // of the thread
  private volatile long lostConnectionEvents;
  private volatile long lostPayloads;
  private volatile long payloadEvents;

  private NodeObserver(ObserverOptions o, ObserverSinks sinks, @Nullable Logs reading) {
    statistics = openStatistics(o);
    containers = new ContainerRegistry(o.containers(), System::nanoTime, delays());
    machine = new NodeMetrics(o.proc(), ContainerNames::isReportedDevice);
    LocalAddresses addresses = new LocalAddresses(o.proc());
    ConnectionFilter filter = new ConnectionFilter(o.publicNetworks(), o.ephemeral());
    tracker = new ConnectionTracker(containers, filter, addresses);
    requests = new RequestMetrics(tracker.lock());
    dns = new DnsMetrics(tracker.lock(), o.maxDomains());
    connector = openConnector();
    tracepoints = openTracepoints(o);
    connections = openConnections(o, addresses);
    translation = openTranslation(o, addresses);
    payloads = openPayloads(o);
    probes = openProbes(o);
    java = openJava(o);
    profiler = openProfiler(o, sinks.profiles());
    spans = openSpans(o, sinks);
    signals.add(delaySignal);
    logs =
        reading == null
            ? null
            : new ContainerLogs(
                containers, o.proc(), o.containers().root(), reading.positions(), reading.sink());
    signals.add(
        logs == null
            ? new SignalState(
                "logs", SignalState.Level.OFF, "none", "switched off by --disable-log-parsing")
            : new SignalState("logs", SignalState.Level.FULL, "files", ""));
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
   * Reading of logs.
   *
   * @param positions file in which positions are kept; null to begin at the ends of the logs
   * @param sink takes the messages
   */
  public record Logs(@Nullable Path positions, ObservedLog.Sink sink) {
    /** Messages are counted, and go nowhere. */
    public static final Logs COUNTED = new Logs(null, ObservedLog.Sink.NONE);
  }

  /**
   * Starts to observe.
   *
   * @param logs null for none
   */
  public static NodeObserver start(
      ObserverOptions options, ObserverSinks sinks, @Nullable Logs logs) {
    NodeObserver o = new NodeObserver(options, sinks, logs);
    if (o.connector != null) {
      o.connector.start();
    }
    o.scanner.start();
    o.thread.start();
    if (o.logs != null) {
      o.logs.start();
    }
    return o;
  }

  private @Nullable TaskStatistics openStatistics(ObserverOptions o) {
    try {
      TaskStatistics t = new TaskStatistics(o.proc());
      delaySignal =
          t.measuresDisks()
              ? new SignalState(DELAYS, SignalState.Level.FULL, "taskstats", "")
              : new SignalState(
                  DELAYS,
                  SignalState.Level.REDUCED,
                  "taskstats",
                  "kernel.task_delayacct is 0: delays of disks are not measured;"
                      + " 'sysctl kernel.task_delayacct=1' measures them for new processes");
      return t;
    } catch (LibraryException e) {
      delaySignal =
          new SignalState(
              DELAYS, SignalState.Level.OFF, "none", e.getMessage() + "; CAP_NET_ADMIN is needed");
      return null;
    }
  }

  private ContainerRegistry.DelaySource delays() {
    TaskStatistics t = statistics;
    return t == null
        ? ContainerRegistry.DelaySource.NONE
        : new ContainerRegistry.DelaySource() {
          @Override
          public TaskStatistics.@Nullable Delays of(int process) {
            try {
              return t.of(process);
            } catch (LibraryException e) {
              failures.failure(Level.WARNING, "Delays could not be read", "taskstats", e);
              return null;
            }
          }

          @Override
          public boolean measuresDisks() {
            return t.measuresDisks();
          }
        };
  }

  private @Nullable ProcessConnector openConnector() {
    try {
      ProcessConnector c = ProcessConnector.open(processes);
      signals.add(new SignalState("processes", SignalState.Level.FULL, "connector", ""));
      return c;
    } catch (LibraryException e) {
      connectorRefusal = String.valueOf(e.getMessage());
      return null;
    }
  }

  /** Events of processes by tracepoints, where the kernel has no connector for this process. */
  private @Nullable ProcessEvents openTracepoints(ObserverOptions o) {
    if (connector != null) {
      return null;
    }
    String refusal = "eBPF is switched off by --disable-ebpf";
    if (o.programs()) {
      try {
        ProcessEvents events = ProcessEvents.open();
        signals.add(
            new SignalState(
                "processes",
                SignalState.Level.REDUCED,
                "eBPF",
                connectorRefusal + "; processes that never run a program are found every 5s"));
        return events;
      } catch (ProgramLoadException e) {
        refusal = String.valueOf(e.getMessage());
      }
    }
    signals.add(
        new SignalState(
            "processes",
            SignalState.Level.REDUCED,
            "/proc",
            connectorRefusal
                + "; "
                + refusal
                + "; processes are looked for every 5s and at their first event: the client's"
                + " side of short processes is missing"));
    return null;
  }

  private @Nullable TcpSource openConnections(ObserverOptions o, LocalAddresses addresses) {
    String refusal = "eBPF is switched off by --disable-ebpf";
    if (o.programs()) {
      try {
        TcpSource source = KernelConnections.open(tracker);
        signals.add(new SignalState("connections", SignalState.Level.FULL, "eBPF", ""));
        return source;
      } catch (ProgramLoadException e) {
        refusal = String.valueOf(e.getMessage());
      }
    }
    try {
      TcpSource source = new PolledConnections(tracker, o.proc(), addresses);
      signals.add(
          new SignalState(
              "connections",
              SignalState.Level.REDUCED,
              "sock_diag",
              refusal
                  + "; sockets are polled every 5s: failed and short connections and connection"
                  + " times are missing"));
      return source;
    } catch (LibraryException e) {
      signals.add(
          new SignalState(
              "connections",
              SignalState.Level.OFF,
              "none",
              refusal + "; sock_diag: " + e.getMessage()));
      return null;
    }
  }

  private @Nullable AddressTranslation openTranslation(
      ObserverOptions o, LocalAddresses addresses) {
    String reason = "connections are off";
    if (connections != null) {
      int first = addresses.namespaceOf(1) != 0 ? 1 : (int) ProcessHandle.current().pid();
      try {
        AddressTranslation t = AddressTranslation.start(tracker, o.proc(), addresses, first);
        signals.add(
            new SignalState("address translation", SignalState.Level.FULL, "conntrack", ""));
        return t;
      } catch (LibraryException e) {
        reason =
            e.getMessage() + "; CAP_NET_ADMIN is required to see the servers of service addresses";
      }
    }
    signals.add(new SignalState("address translation", SignalState.Level.OFF, "none", reason));
    return null;
  }

  private @Nullable PayloadCapture openPayloads(ObserverOptions o) {
    String refusal =
        o.requests()
            ? "eBPF is switched off by --disable-ebpf"
            : "switched off by --disable-l7-tracing";
    if (o.programs() && o.requests()) {
      try {
        PayloadCapture p = open(o);
        signals.add(new SignalState("requests", SignalState.Level.FULL, "eBPF", ""));
        return p;
      } catch (ProgramLoadException e) {
        refusal = String.valueOf(e.getMessage());
      }
    }
    signals.add(new SignalState("requests", SignalState.Level.OFF, "none", refusal));
    return null;
  }

  /** Payloads with the probes of TLS libraries, or without when the kernel refuses those. */
  private PayloadCapture open(ObserverOptions o) throws ProgramLoadException {
    long own = ProcessHandle.current().pid();
    if (!o.tls()) {
      tlsRefusal = "switched off by --disable-tls-tracing";
    } else {
      try {
        return PayloadCapture.open(tracker, requests, dns, counters, own, true);
      } catch (ProgramLoadException e) {
        tlsRefusal = String.valueOf(e.getMessage());
      }
    }
    return PayloadCapture.open(tracker, requests, dns, counters, own, false);
  }

  private @Nullable TlsProbes openProbes(ObserverOptions o) {
    PayloadCapture p = payloads;
    if (p == null || !tlsRefusal.isEmpty() || connector == null && tracepoints == null) {
      String reason =
          p == null
              ? "requests are off"
              : tlsRefusal.isEmpty() ? "crashes of processes cannot be seen" : tlsRefusal;
      signals.add(new SignalState("TLS requests", SignalState.Level.OFF, "none", reason));
      return null;
    }
    TlsProbes t =
        TlsProbes.start(
            o.proc(),
            (program, file, offset) -> p.attach(program, file, offset)::close,
            (int) ProcessHandle.current().pid());
    p.onTls(t::suspect);
    signals.add(new SignalState("TLS requests", SignalState.Level.FULL, "uprobes", ""));
    return t;
  }

  private @Nullable JavaTls openJava(ObserverOptions o) {
    if (!o.javaTls()) {
      return null;
    }
    PayloadCapture p = payloads;
    TlsProbes t = probes;
    if (p == null || t == null) {
      signals.add(
          new SignalState("Java TLS", SignalState.Level.OFF, "none", "TLS requests are off"));
      return null;
    }
    JavaTls j =
        JavaTls.start(
            o.proc(),
            new JavaTls.Registry() {
              @Override
              public void add(int pid) throws IOException {
                p.addJava(pid);
              }

              @Override
              public void remove(int pid) throws IOException {
                p.removeJava(pid);
              }
            },
            (int) ProcessHandle.current().pid());
    p.onTls(
        pid -> {
          t.suspect(pid);
          j.suspect(pid);
        });
    signals.add(new SignalState("Java TLS", SignalState.Level.FULL, "attached agent", ""));
    return j;
  }

  private @Nullable CpuProfiler openProfiler(ObserverOptions o, @Nullable ProfileSink sink) {
    String refusal =
        o.programs() ? "no destination of profiles" : "eBPF is switched off by --disable-ebpf";
    if (o.programs() && sink != null) {
      try {
        CpuProfiler p = CpuProfiler.start(o.proc(), containers, sink);
        signals.add(new SignalState("profiles", SignalState.Level.FULL, "perf events", ""));
        return p;
      } catch (ProgramLoadException e) {
        refusal = String.valueOf(e.getMessage());
      }
    }
    signals.add(new SignalState("profiles", SignalState.Level.OFF, "none", refusal));
    return null;
  }

  private @Nullable RequestSpans openSpans(ObserverOptions o, ObserverSinks sinks) {
    PayloadCapture p = payloads;
    SpanSink sink = sinks.spans();
    if (p == null || sink == null) {
      signals.add(
          new SignalState(
              "traces",
              SignalState.Level.OFF,
              "none",
              p == null ? "requests are off" : "no destination of traces"));
      return null;
    }
    RequestSpans s =
        new RequestSpans(
            sink,
            sinks.shareOfTraces(),
            new GoProcesses(o.proc()),
            () -> ThreadLocalRandom.current().nextLong());
    p.spans(s);
    signals.add(new SignalState("traces", SignalState.Level.FULL, "eBPF", ""));
    return s;
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
    return List.copyOf(signals);
  }

  /** Passes starts and ends of processes to the registry and the probes. */
  private final class ProcessLife implements ProcessHandler {
    private final AtomicLong forked = new AtomicLong();
    private final AtomicLong executed = new AtomicLong();
    private final AtomicLong ended = new AtomicLong();

    @Override
    public void forked(int parent, int child) {
      forked.incrementAndGet();
      containers.processForked(parent, child);
    }

    @Override
    public void executed(int process) {
      executed.incrementAndGet();
      containers.processStarted(process); // its name is that of the program now
      if (probes != null) {
        probes.suspect(process);
      }
    }

    @Override
    public void ended(int process, int signal) {
      ended.incrementAndGet();
      containers.processExited(process, false);
      if (probes != null && signal != 0) {
        probes.killed(process, signal);
      }
      if (java != null && signal != 0) {
        java.killed(process, signal);
      }
    }
  }

  /** Scans /proc at intervals, and queries runtimes about containers in between. */
  private void scanProcesses() {
    ThreadScheduling.giveWay();
    try {
      while (stop.getCount() > 0) {
        long next = System.nanoTime() + PASS_NANOS;
        try {
          containers.scan();
        } catch (IOException e) {
          failures.failure(Level.WARNING, "Processes could not be read", "processes", e);
        }
        scanned.countDown();
        long remaining;
        while (stop.getCount() > 0 && (remaining = next - System.nanoTime()) > 0) {
          containers.identify(Math.min(remaining, PAUSE_NANOS));
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Sockets that exist have owners from the start; a runtime that hangs delays that briefly. */
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
        if (spans != null && now - flushed > FLUSH_NANOS) {
          flushed = now;
          flush(now, spans);
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
    TcpSource source = connections;
    PayloadCapture p = payloads;
    long end = p == null ? 0 : p.end();
    long now = System.nanoTime();
    if (connector != null) {
      connector.readUntil(now);
    }
    if (tracepoints != null) {
      tracepoints.read(processes);
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
    tracker.lock().lock();
    try {
      s.flush(now);
    } finally {
      tracker.lock().unlock();
    }
  }

  private void readSockets(long now) {
    TcpSource source = connections;
    if (source != null) {
      try {
        source.readSockets(this::readEvents);
      } catch (IOException e) {
        failures.failure(Level.WARNING, "Sockets could not be read", "sockets", e);
      }
      lostConnectionEvents = source.lostEvents();
    }
    PayloadCapture p = payloads;
    if (p != null) {
      p.checkLoss();
      lostPayloads = p.lostEvents();
      tracker.flushIdle(now);
      p.flushIdle(now);
      requests.forgetIdle(now);
      dns.forgetIdle(now);
    }
  }

  /** Waits for the next reading; returns true at the end. */
  private boolean pause() throws InterruptedException {
    PayloadCapture p = payloads;
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
    machine.collect(to);
    containers.collect(to);
    tracker.collect(to);
    requests.collect(to);
    dns.collect(to);
    if (logs != null) {
      logs.collect(to);
    }
    ObserverMetrics.collect(
        signals,
        new ObserverMetrics.Counts(
            payloadEvents,
            lostConnectionEvents,
            lostPayloads,
            connector == null ? 0 : connector.lost(),
            tracker.openConnections(),
            tracker.shedConnections(),
            tracker.shedPeers() + requests.shed() + dns.shed(),
            tracker.shedTranslations(),
            containers.shed(),
            logs == null ? 0 : logs.shed()),
        counters,
        to);
    ObserverMetrics.collectProcesses(
        processes.forked.get(), processes.executed.get(), processes.ended.get(), to);
    if (translation != null) {
      ObserverMetrics.collectTranslations(translation, to);
    }
    if (probes != null && payloads != null) {
      ObserverMetrics.collectProbes(probes.counts(), payloads.unattributed(), to);
    }
    if (java != null) {
      ObserverMetrics.collectJava(java.attached(), java.failures(), to);
    }
    if (spans != null) {
      ObserverMetrics.collectSpans(spans.counts(), to);
    }
    if (profiler != null) {
      ObserverMetrics.collectProfiles(profiler.counts(), profiler.lost(), to);
    }
  }

  /** Detaches every program; counts so far can still be collected. */
  @Override
  public void close() {
    stop.countDown();
    scanner.interrupt();
    boolean ended = StoppedThread.await(thread) & StoppedThread.await(scanner);
    if (statistics != null) {
      statistics.close();
    }
    if (logs != null) {
      logs.close();
    }
    if (connector != null) {
      connector.close();
    }
    if (profiler != null) {
      profiler.close();
    }
    if (java != null) {
      java.close();
    }
    if (probes != null) {
      probes.close();
    }
    if (!ended) {
      return; // a thread still uses what is left, and the end of the process closes it
    }
    if (tracepoints != null) {
      tracepoints.close();
    }
    if (payloads != null) {
      payloads.close();
    }
    if (translation != null) {
      translation.close();
    }
    if (connections != null) {
      connections.close();
    }
  }
}
