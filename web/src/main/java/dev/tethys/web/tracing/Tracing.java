package dev.tethys.web.tracing;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.model.Labels;
import dev.tethys.model.MetricType;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.log.JulLogger;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.Resource;
import dev.tethys.model.tracing.SpanRecorder;
import dev.tethys.web.client.HttpClientFactory;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * The traces of one role: spans of {@link #recorder} are sent to the configured destination.
 *
 * <p>Invariant: spans recorded = sent + waiting + dropped (the queue was full, or the process
 * ended) + failed (the receiver rejected them, or was unreachable for too long); each is counted in
 * {@code tethys_tracing_spans_total}.
 */
public final class Tracing implements AutoCloseable {
  /** Time for sending spans after recording has stopped. */
  static final Duration FAREWELL = Duration.ofSeconds(5);

  private static final System.Logger LOG = JulLogger.of(Tracing.class.getName());

  /** Counters of spans by outcome. */
  static final class Counts {
    final LongAdder sent = new LongAdder();
    final LongAdder dropped = new LongAdder();
    final LongAdder failed = new LongAdder();
  }

  private final String service;
  private final String version;
  private final HttpClientFactory clients;
  private final SpanRecorder recorder = new SpanRecorder();
  private final Counts counts = new Counts();

  @GuardedBy("this")
  private @Nullable TracingConfig config;

  private volatile @Nullable SpanExporter exporter; // changed by who holds this

  /**
   * Starts without traces.
   *
   * @param service name of the program in traces: {@code prometheus} or {@code alertmanager}
   * @param clients the process's; not closed here
   */
  public Tracing(String service, String version, HttpClientFactory clients, Registry registry) {
    this.service = service;
    this.version = version;
    this.clients = clients;
    registry.register(
        to -> {
          to.accept(family());
          to.accept(waiting());
        });
  }

  private MetricFamily family() {
    return new MetricFamily(
        "tethys_tracing_spans_total",
        MetricType.COUNTER,
        "Spans of this program's own traces, by outcome.",
        "",
        List.of(
            point("dropped", counts.dropped),
            point("failed", counts.failed),
            point("sent", counts.sent)));
  }

  private MetricFamily waiting() {
    SpanExporter e = exporter;
    return new MetricFamily(
        "tethys_tracing_queue_length",
        MetricType.GAUGE,
        "Spans of this program's own traces that wait to be sent.",
        "",
        List.of(
            new MetricFamily.Metric(Labels.of("service", service), e == null ? 0 : e.waiting())));
  }

  private MetricFamily.Metric point(String outcome, LongAdder n) {
    return new MetricFamily.Metric(
        Labels.of("outcome", outcome, "service", service), n.doubleValue());
  }

  /** Recorder that starts spans. */
  public SpanRecorder recorder() {
    return recorder;
  }

  /**
   * Applies a configuration from now on. Queued spans are still sent to the previous destination,
   * for at most five seconds.
   *
   * @param next null for no traces
   * @throws IOException if a file that it names cannot be read; nothing has changed then
   */
  public synchronized void apply(@Nullable TracingConfig next) throws IOException {
    if (java.util.Objects.equals(next, config)) {
      return;
    }
    SpanExporter before = exporter;
    if (next == null) {
      recorder.off();
      exporter = null;
    } else {
      SpanExporter e = new SpanExporter(next.sender(clients), resource(), counts);
      recorder.recordTo(next.samplingFraction(), e::add);
      exporter = e;
      LOG.log(Level.INFO, "traces are sent to {0}", next.endpoint());
    }
    config = next;
    if (before != null) {
      before.close();
    }
  }

  private Resource resource() {
    Resource r = new Resource();
    Attributes a = r.attributes();
    a.put("service.name", service);
    a.put("service.version", version);
    a.put(
        "process.runtime.description",
        System.getProperty("java.vm.vendor")
            + " "
            + System.getProperty("java.vm.name")
            + " "
            + System.getProperty("java.vm.version"));
    a.put("telemetry.sdk.name", "tethys");
    a.put("telemetry.sdk.language", "java");
    a.put("telemetry.sdk.version", version);
    return r;
  }

  /** Stops recording, and sends waiting spans for at most five seconds. */
  @Override
  public synchronized void close() {
    recorder.off();
    SpanExporter e = exporter;
    exporter = null;
    config = null;
    if (e != null) {
      e.close();
    }
  }
}
