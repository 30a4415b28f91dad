package dev.tethys.insight.graph.stored;

import dev.tethys.model.exposition.Registry;
import dev.tethys.model.guard.LimitedLog;
import dev.tethys.model.guard.SupervisedLoop;
import dev.tethys.model.log.JulLogger;
import dev.tethys.model.storage.Appender;
import dev.tethys.model.storage.SampleSink;
import dev.tethys.model.storage.StorageException;
import dev.tethys.model.traces.SpanAppendResult;
import dev.tethys.model.traces.SpanBatch;
import dev.tethys.model.traces.TraceIngester;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/** Span metrics and service graph of all stored spans, written into the metric store. */
public final class GeneratedMetrics implements TraceIngester.Listener, AutoCloseable {
  private static final LimitedLog FAILURES =
      new LimitedLog(JulLogger.of(GeneratedMetrics.class.getName()));

  private static final Duration STALE = Duration.ofMinutes(15);
  private static final Duration WAIT = Duration.ofSeconds(10);
  private static final int MAX_WAITING = 100_000;

  /**
   * Distance of a span's end from the clock, both ways, beyond which the span is not counted: its
   * samples have the present time.
   */
  static final Duration MAX_DISTANCE = Duration.ofMinutes(5);

  /**
   * Limits and times.
   *
   * @param interval time between two samples of a series
   * @param maxSeries most combinations of service, span name, kind and status; each is 19 series
   * @param maxNames most span names of a service
   * @param maxEdges most edges of the service graph
   */
  public record Settings(Duration interval, int maxSeries, int maxNames, int maxEdges) {
    /** Settings without a configuration. */
    public static final Settings DEFAULT = new Settings(Duration.ofSeconds(15), 5000, 1000, 5000);
  }

  private final Settings settings;
  private final SampleSink store;
  private final InstantSource clock;
  private final SpanMetrics spans;
  private final ServiceGraph graph;
  private final Object pause = new Object();
  private final Thread thread;
  private volatile boolean enabled = true;
  private boolean stopped; // guarded by pause
  private final LongAdder distant = new LongAdder();
  private long written;

  /**
   * @param store gets the samples
   */
  public GeneratedMetrics(
      Settings settings, SampleSink store, InstantSource clock, Registry registry) {
    this.settings = settings;
    this.store = store;
    this.clock = clock;
    this.spans = new SpanMetrics(settings.maxSeries, settings.maxNames);
    this.graph = new ServiceGraph(settings.maxEdges, MAX_WAITING, WAIT.toMillis());
    this.written = clock.millis();
    this.thread =
        Thread.ofPlatform()
            .name("span-metrics")
            .daemon()
            .unstarted(SupervisedLoop.of("span metrics", this::run));
    registry.gauge(
        "tethys_traces_span_metrics_keys",
        "Combinations of service, span name, kind and status with span metrics.",
        spans::size);
    registry.gauge("tethys_traces_service_graph_edges", "Edges of the service graph.", graph::size);
    registry.counter(
        "tethys_traces_span_metrics_cut_spans_total",
        "Spans counted as other because of the limits on services and span names.",
        spans::cut);
    registry.counter(
        "tethys_traces_span_metrics_distant_spans_total",
        "Spans that were not counted because they ended more than five minutes ago, or end more"
            + " than five minutes ahead of the clock.",
        distant::sum);
    registry.counter(
        "traces_service_graph_unpaired_spans_total",
        "Spans of requests whose other side was not received.",
        graph::unpaired);
    registry.counter(
        "traces_service_graph_dropped_spans_total",
        "Spans of requests that were not counted because of a limit.",
        graph::dropped);
  }

  /** Starts to write. */
  public void start() {
    thread.start();
  }

  /** Switches the generation on or off. */
  public void enable(boolean on) {
    enabled = on;
  }

  @Override
  public void appended(String tenant, SpanBatch batch, long encoded, SpanAppendResult result) {
    if (enabled && result.stored() > 0) {
      long now = clock.millis();
      long earliest = TimeUnit.MILLISECONDS.toNanos(now) - MAX_DISTANCE.toNanos();
      long latest = TimeUnit.MILLISECONDS.toNanos(now) + MAX_DISTANCE.toNanos();
      IntPredicate counted = i -> batch.end[i] >= earliest && batch.end[i] <= latest;
      distant.add(batch.spans - IntStream.range(0, batch.spans).filter(counted).count());
      spans.add(tenant, batch, encoded, now, counted);
      graph.add(tenant, batch, now, counted);
    }
  }

  private void run() {
    try {
      synchronized (pause) {
        while (!stopped) {
          pause.wait(settings.interval.toMillis());
          if (!stopped) {
            write();
          }
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Writes a sample of each series. */
  void write() {
    long now = clock.millis();
    try (Appender a = store.appender()) {
      spans.write(a, now, now - written, STALE.toMillis());
      graph.write(a, now, now - written, STALE.toMillis());
      a.commit();
      written = now;
    } catch (StorageException e) {
      FAILURES.log(Level.WARNING, "Span metrics not written, retrying error={0}", e.getMessage());
    }
  }

  /** Writes the counts since the last write. */
  @Override
  public void close() {
    synchronized (pause) {
      if (stopped) {
        return;
      }
      stopped = true;
      pause.notifyAll();
    }
    try {
      thread.join(Duration.ofSeconds(5));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    write();
  }
}
