package dev.tethys.query.promql;

import dev.tethys.model.exposition.Collector;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.Registry;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/** What an engine tells about itself, under Prometheus's names. */
public final class EngineMetrics implements Collector {
  private final Registry registry = new Registry();
  private final Registry.Counter samples;
  private final Registry.Counter samplesRead;
  private final Registry.Vector<Registry.Summary> durations;
  private final Registry.Counter logFailures;

  EngineMetrics(RunningQueries running, BooleanSupplier logging) {
    registry.gauge(
        "prometheus_engine_queries",
        "The current number of queries being executed or waiting.",
        running::size);
    registry.gauge(
        "prometheus_engine_query_log_enabled",
        "State of the query log.",
        () -> logging.getAsBoolean() ? 1 : 0);
    logFailures =
        registry.counter(
            "prometheus_engine_query_log_failures_total", "The number of query log failures.");
    registry.gauge(
        "prometheus_engine_queries_concurrent_max",
        "The max number of concurrent queries.",
        running::maxConcurrent);
    samples =
        registry.counter(
            "prometheus_engine_query_samples_total",
            "The total number of samples loaded by all queries (full window per step for"
                + " range-vector).");
    samplesRead =
        registry.counter(
            "prometheus_engine_query_samples_read_total",
            "The total number of samples read by all queries (only new points per step for"
                + " range-vector).");
    durations =
        registry.summaries(
            "prometheus_engine_query_duration_seconds",
            "Query timings",
            new double[] {0.5, 0.9, 0.99},
            "slice");
  }

  void finished(QueryStatistics s) {
    samples.add((double) s.totalSamples());
    samplesRead.add((double) s.samplesRead());
    durations.with("queue_time").observe(s.queueTime());
    durations.with("prepare_time").observe(s.preparationTime());
    durations.with("inner_eval").observe(s.innerEvaluationTime());
    durations.with("result_sort").observe(s.resultSortTime());
  }

  void logFailed() {
    logFailures.inc();
  }

  @Override
  public void collect(Consumer<MetricFamily> to) {
    registry.collect(to);
  }
}
