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
import dev.tethys.collect.observe.process.NodeMetrics;
import dev.tethys.collect.observe.process.ProcessConnector;
import dev.tethys.collect.observe.process.ProcessEvents;
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
import dev.tethys.model.guard.LimitedLog;
import dev.tethys.model.libc.LibraryException;
import dev.tethys.model.log.JulLogger;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * Sources of a machine's events and the tables that they fill. Opens the sources that the kernel
 * permits and falls back if it rejects them; {@link #signals} has the result of each with its
 * reason.
 */
final class ObserverSources implements AutoCloseable {
  private static final System.Logger LOG = JulLogger.of(NodeObserver.class.getName());
  private static final String DELAYS = "task delays";

  private final @Nullable TaskStatistics statistics;
  final ContainerRegistry containers;
  final NodeMetrics machine;
  final ConnectionTracker tracker;
  final RequestMetrics requests;
  final DnsMetrics dns;
  final ProtocolCounters counters = new ProtocolCounters();
  private final List<SignalState> signals = new ArrayList<>();
  final @Nullable TcpSource connections;
  final @Nullable AddressTranslation translation;
  final @Nullable PayloadCapture payloads;
  final @Nullable ProcessEvents tracepoints;
  final @Nullable TlsProbes probes;
  final @Nullable JavaTls java;
  final @Nullable CpuProfiler profiler;
  final @Nullable RequestSpans spans;
  private SignalState delaySignal = new SignalState(DELAYS, SignalState.Level.OFF, "none", "");
  private String connectorRefusal = "";
  private String tlsRefusal = "";
  final ProcessLife processes;
  final @Nullable ProcessConnector connector;
  private final LimitedLog failures = new LimitedLog(LOG);

  ObserverSources(ObserverOptions o, ObserverSinks sinks) {
    statistics = openStatistics(o);
    containers = new ContainerRegistry(o.containers(), System::nanoTime, delays());
    processes = new ProcessLife(containers);
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
    processes.watch(probes, java);
    profiler = openProfiler(o, sinks.profiles());
    spans = openSpans(o, sinks);
    signals.add(delaySignal);
  }

  /** States of the signals, in the order of a table. */
  List<SignalState> signals() {
    return signals;
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
            e.getMessage()
                + "; CAP_NET_ADMIN is needed to find the servers of the addresses of services";
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

  /** Stops the sources that no thread of the observer reads. */
  void stop() {
    if (statistics != null) {
      statistics.close();
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
  }

  /** Closes the others, after {@link #stop}. */
  @Override
  public void close() {
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
