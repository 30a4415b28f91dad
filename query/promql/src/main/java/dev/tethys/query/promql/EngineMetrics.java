package dev.tethys.query.promql;

import dev.tethys.model.exposition.Collector;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.NativeHistogram;
import dev.tethys.model.exposition.Registry;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Engine metrics, named as in Prometheus. */
public final class EngineMetrics implements Collector {
  private final Registry registry = new Registry();
  private final Registry.Counter samples;
  private final Registry.Counter samplesRead;
  private final Registry.Vector<Registry.Summary> durations;
  private final Registry.Vector<NativeHistogram> histograms;
  private final Registry.Counter logFailures;
  private final Map<CacheReuse.Outcome, Registry.Counter> lookups =
      new EnumMap<>(CacheReuse.Outcome.class);
  private final Registry.Counter reusedSteps;

  EngineMetrics(
      EngineOptions options,
      RunningQueries running,
      BooleanSupplier logging,
      @Nullable ResultCache cache) {
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
        options::maxConcurrent);
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
    histograms =
        registry.nativeHistograms(
            "prometheus_engine_query_duration_histogram_seconds",
            "The duration of various parts of PromQL query execution.",
            new double[] {0.01, 0.1, 1, 10},
            "slice");
    Registry.Vector<Registry.Counter> requests =
        registry.counters(
            "tethys_query_cache_requests_total",
            "Queries by outcome of the result cache; bypass for queries that it does not serve.",
            "outcome");
    for (CacheReuse.Outcome o : CacheReuse.Outcome.values()) {
      lookups.put(o, requests.with(o.name().toLowerCase(Locale.ROOT)));
    }
    reusedSteps =
        registry.counter(
            "tethys_query_cache_reused_steps_total",
            "Steps of range queries that were not computed because they were known.");
    cache(cache);
  }

  private void cache(@Nullable ResultCache cache) {
    registry.gauge(
        "tethys_query_cache_bytes",
        "Memory of cached results of range queries.",
        () -> cache == null ? 0 : cache.bytes());
    registry.gauge(
        "tethys_query_cache_max_bytes",
        "Maximum memory of cached results of range queries; 0 without a cache.",
        () -> cache == null ? 0 : cache.maxBytes());
    registry.gauge(
        "tethys_query_cache_entries",
        "Cached results of range queries.",
        () -> cache == null ? 0 : cache.size());
    registry.counter(
        "tethys_query_cache_evictions_total",
        "Cached results evicted for space, of the cache or of running queries.",
        () -> cache == null ? 0 : cache.evictions());
  }

  void finished(QueryStatistics s) {
    Objects.requireNonNull(lookups.get(s.reuse().outcome())).inc();
    reusedSteps.add(s.reuse().steps());
    samples.add((double) s.totalSamples());
    samplesRead.add((double) s.samplesRead());
    slice("queue_time", s.queueTime());
    slice("prepare_time", s.preparationTime());
    slice("inner_eval", s.innerEvaluationTime());
    slice("result_sort", s.resultSortTime());
  }

  private void slice(String name, double seconds) {
    durations.with(name).observe(seconds);
    histograms.with(name).observe(seconds);
  }

  void logFailed() {
    logFailures.inc();
  }

  @Override
  public void collect(Consumer<MetricFamily> to) {
    registry.collect(to);
  }
}
