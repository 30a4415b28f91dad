package dev.tethys.collect.observe;

import dev.tethys.collect.observe.connection.AddressTranslation;
import dev.tethys.collect.observe.profile.CpuProfiler;
import dev.tethys.collect.observe.protocol.ProtocolCounters;
import dev.tethys.collect.observe.tls.TlsProbes;
import dev.tethys.collect.observe.trace.RequestSpans;
import dev.tethys.model.Labels;
import dev.tethys.model.MetricType;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.MetricFamily.Metric;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** Metrics of the observation itself: signals, and lost or omitted data. */
final class ObserverMetrics {
  private ObserverMetrics() {}

  /** Observation counters. */
  record Counts(
      long payloads,
      long lostConnectionEvents,
      long lostPayloads,
      long lostProcesses,
      long openConnections,
      long shedConnections,
      long shedDestinations,
      long shedTranslations,
      long shedContainers,
      long shedLogs) {}

  static void collect(
      List<SignalState> signals, Counts n, ProtocolCounters p, Consumer<MetricFamily> to) {
    List<Metric> states = new ArrayList<>();
    for (SignalState s : signals) {
      states.add(
          new Metric(
              Labels.of("signal", s.signal(), "state", s.level().text(), "source", s.source()), 1));
    }
    to.accept(
        new MetricFamily(
            "tethys_observe_signal_info",
            MetricType.GAUGE,
            "Signals of the node agent, full, reduced or off.",
            "",
            states));
    number(
        to,
        "tethys_observe_payloads_total",
        MetricType.COUNTER,
        "Payloads read from the kernel.",
        n.payloads());
    to.accept(
        new MetricFamily(
            "tethys_observe_lost_events_total",
            MetricType.COUNTER,
            "Events lost because a ring buffer of the kernel was full.",
            "",
            List.of(
                new Metric(Labels.of("ring", "connections"), n.lostConnectionEvents()),
                new Metric(Labels.of("ring", "payloads"), n.lostPayloads()),
                new Metric(Labels.of("ring", "processes"), n.lostProcesses()))));
    number(
        to,
        "tethys_observe_open_connections",
        MetricType.GAUGE,
        "TCP connections of observed and other processes.",
        n.openConnections());
    to.accept(
        new MetricFamily(
            "tethys_observe_shed_total",
            MetricType.COUNTER,
            "Objects omitted because a table was full.",
            "",
            List.of(
                new Metric(Labels.of("table", "connections"), n.shedConnections()),
                new Metric(Labels.of("table", "containers"), n.shedContainers()),
                new Metric(Labels.of("table", "destinations"), n.shedDestinations()),
                new Metric(Labels.of("table", "logs"), n.shedLogs()),
                new Metric(Labels.of("table", "requests"), p.shed()),
                new Metric(Labels.of("table", "translations"), n.shedTranslations()))));
    to.accept(
        new MetricFamily(
            "tethys_observe_unmeasured_total",
            MetricType.COUNTER,
            "Connections, messages and requests that could not be measured, by reason.",
            "",
            List.of(
                new Metric(Labels.of("reason", "protocol_not_recognised"), p.unrecognised()),
                new Metric(Labels.of("reason", "malformed_message"), p.malformed()),
                new Metric(Labels.of("reason", "beyond_captured_bytes"), p.lost()),
                new Metric(Labels.of("reason", "connection_ended"), p.unanswered()),
                new Metric(Labels.of("reason", "parser_failed"), p.faults()))));
  }

  static void collectProcesses(long forked, long executed, long ended, Consumer<MetricFamily> to) {
    to.accept(
        new MetricFamily(
            "tethys_observe_processes_total",
            MetricType.COUNTER,
            "Processes that the kernel reported as forked, as running a program, as ended.",
            "",
            List.of(
                new Metric(Labels.of("event", "forked"), forked),
                new Metric(Labels.of("event", "executed"), executed),
                new Metric(Labels.of("event", "ended"), ended))));
  }

  static void collectTranslations(AddressTranslation t, Consumer<MetricFamily> to) {
    to.accept(
        new MetricFamily(
            "tethys_observe_translations_total",
            MetricType.COUNTER,
            "Connections by whether their address was translated, and questions that failed.",
            "",
            List.of(
                new Metric(Labels.of("result", "translated"), t.translated()),
                new Metric(Labels.of("result", "direct"), t.direct()),
                new Metric(Labels.of("result", "failed"), t.failed()))));
  }

  static void collectProbes(TlsProbes.Counts n, long unattributed, Consumer<MetricFamily> to) {
    to.accept(
        new MetricFamily(
            "tethys_observe_tls_files",
            MetricType.GAUGE,
            "Programs and libraries with TLS functions, by the state of their probes.",
            "",
            List.of(
                new Metric(Labels.of("state", "attached"), n.attached()),
                new Metric(Labels.of("state", "backing_off"), n.backingOff()))));
    number(
        to,
        "tethys_observe_tls_attach_failures_total",
        MetricType.COUNTER,
        "Programs and libraries whose TLS functions could not be probed.",
        n.failures());
    number(
        to,
        "tethys_observe_tls_back_offs_total",
        MetricType.COUNTER,
        "Probe detachments because a probed process crashed.",
        n.backOffs());
    number(
        to,
        "tethys_observe_tls_shed_total",
        MetricType.COUNTER,
        "Files and processes without probes because there were too many.",
        n.shed());
    number(
        to,
        "tethys_observe_tls_unattributed_total",
        MetricType.COUNTER,
        "Reads and writes of TLS libraries whose socket was not known.",
        unattributed);
  }

  static void collectJava(int attached, long failures, Consumer<MetricFamily> to) {
    number(
        to,
        "tethys_observe_java_tls_processes",
        MetricType.GAUGE,
        "Java programs with an agent that shows decrypted TLS data.",
        attached);
    number(
        to,
        "tethys_observe_java_tls_attach_failures_total",
        MetricType.COUNTER,
        "Java programs in which the agent could not be loaded.",
        failures);
  }

  static void collectProfiles(CpuProfiler.Counts n, long lost, Consumer<MetricFamily> to) {
    number(
        to,
        "tethys_observe_profile_samples_total",
        MetricType.COUNTER,
        "CPU samples of all processes.",
        n.samples());
    number(
        to,
        "tethys_observe_profile_samples_dropped_total",
        MetricType.COUNTER,
        "CPU samples of processes that had ended before they were read, or are not observed.",
        n.ended());
    number(
        to,
        "tethys_observe_profile_samples_lost_total",
        MetricType.COUNTER,
        "CPU samples and stacks lost because a table of the kernel was full.",
        lost);
    number(
        to,
        "tethys_observe_profile_tables_shed_total",
        MetricType.COUNTER,
        "Tables of callers of files and processes for which there was no room.",
        n.shed());
    to.accept(
        new MetricFamily(
            "tethys_observe_profile_frames_total",
            MetricType.COUNTER,
            "Frames of stacks, by whether the name of their function was found.",
            "",
            List.of(
                new Metric(Labels.of("named", "true"), n.frames() - n.unnamed()),
                new Metric(Labels.of("named", "false"), n.unnamed()))));
  }

  static void collectSpans(RequestSpans.Counts n, Consumer<MetricFamily> to) {
    number(
        to,
        "tethys_observe_spans_total",
        MetricType.COUNTER,
        "Spans created from requests.",
        n.sent());
    number(
        to,
        "tethys_observe_spans_suppressed_total",
        MetricType.COUNTER,
        "Requests without a span because their process makes spans itself.",
        n.suppressed());
    number(
        to,
        "tethys_observe_spans_shed_total",
        MetricType.COUNTER,
        "Spans dropped because the queue was full.",
        n.shed());
  }

  private static void number(
      Consumer<MetricFamily> to, String name, MetricType type, String help, double value) {
    to.accept(new MetricFamily(name, type, help, "", List.of(new Metric(Labels.EMPTY, value))));
  }
}
