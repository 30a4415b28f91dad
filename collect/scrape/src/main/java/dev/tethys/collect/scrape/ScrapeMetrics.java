package dev.tethys.collect.scrape;

import dev.tethys.model.Labels;
import dev.tethys.model.MetricType;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.exposition.Registry.BucketHistogram;
import dev.tethys.model.exposition.Registry.Counter;
import dev.tethys.model.exposition.Registry.Gauge;
import dev.tethys.model.exposition.Registry.Summary;
import dev.tethys.model.exposition.Registry.Vector;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** Scrape metrics, with the names that dashboards and alerts use. */
public final class ScrapeMetrics {
  private static final double[] QUANTILES = {0.01, 0.05, 0.5, 0.9, 0.99};
  private static final double[] BOUNDS = {0.01, 0.1, 1, 10};

  final Counter pools;
  final Counter poolsFailed;
  final Counter poolReloads;
  final Counter poolReloadsFailed;
  final Vector<Summary> reloadLength;
  final Vector<Counter> poolSyncs;
  final Counter exceededTargetLimit;
  final Vector<Gauge> poolTargetLimit;
  final Vector<Gauge> poolTargets;
  final Vector<Summary> syncLength;
  final Vector<BucketHistogram> syncLengthHistogram;
  final Vector<Counter> syncFailed;
  final Counter exceededBodySizeLimit;
  final Counter cacheFlushForced;
  final Vector<Summary> intervalLength;
  final Vector<BucketHistogram> intervalLengthHistogram;
  final Counter exceededSampleLimit;
  final Counter exceededBucketLimit;
  final Counter exceededLabelLimits;
  final Counter duplicates;
  final Counter outOfOrder;
  final Counter outOfBounds;
  final Counter limited;
  final Counter exemplarsOutOfOrder;
  final Vector<BucketHistogram> duration;
  private final Registry registry;

  public ScrapeMetrics(Registry r) {
    registry = r;
    pools =
        r.counter(
            "prometheus_target_scrape_pools_total",
            "Total number of scrape pool creation attempts.");
    poolsFailed =
        r.counter(
            "prometheus_target_scrape_pools_failed_total",
            "Total number of scrape pool creations that failed.");
    poolReloads =
        r.counter(
            "prometheus_target_scrape_pool_reloads_total", "Total number of scrape pool reloads.");
    poolReloadsFailed =
        r.counter(
            "prometheus_target_scrape_pool_reloads_failed_total",
            "Total number of failed scrape pool reloads.");
    reloadLength =
        r.summaries(
            "prometheus_target_reload_length_seconds",
            "Actual interval to reload the scrape pool with a given configuration.",
            QUANTILES,
            "interval");
    poolSyncs =
        r.counters(
            "prometheus_target_scrape_pool_sync_total",
            "Total number of syncs that were executed on a scrape pool.",
            "scrape_job");
    exceededTargetLimit =
        r.counter(
            "prometheus_target_scrape_pool_exceeded_target_limit_total",
            "Total number of times scrape pools hit the target limit, during sync or config"
                + " reload.");
    poolTargetLimit =
        r.gauges(
            "prometheus_target_scrape_pool_target_limit",
            "Maximum number of targets allowed in this scrape pool.",
            "scrape_job");
    poolTargets =
        r.gauges(
            "prometheus_target_scrape_pool_targets",
            "Current number of targets in this scrape pool.",
            "scrape_job");
    syncLength =
        r.summaries(
            "prometheus_target_sync_length_seconds",
            "Actual interval to sync the scrape pool.",
            QUANTILES,
            "scrape_job");
    syncLengthHistogram =
        r.histograms(
            "prometheus_target_sync_length_histogram_seconds",
            "Actual interval to sync the scrape pool.",
            BOUNDS,
            "scrape_job");
    syncFailed =
        r.counters(
            "prometheus_target_sync_failed_total",
            "Total number of target sync failures.",
            "scrape_job");
    exceededBodySizeLimit =
        r.counter(
            "prometheus_target_scrapes_exceeded_body_size_limit_total",
            "Total number of scrapes that hit the body size limit");
    cacheFlushForced =
        r.counter(
            "prometheus_target_scrapes_cache_flush_forced_total",
            "How many times a scrape cache was flushed due to getting big while scrapes are"
                + " failing.");
    intervalLength =
        r.summaries(
            "prometheus_target_interval_length_seconds",
            "Actual intervals between scrapes.",
            QUANTILES,
            "interval");
    intervalLengthHistogram =
        r.histograms(
            "prometheus_target_interval_length_histogram_seconds",
            "Actual intervals between scrapes.",
            BOUNDS,
            "interval");
    exceededSampleLimit =
        r.counter(
            "prometheus_target_scrapes_exceeded_sample_limit_total",
            "Total number of scrapes that hit the sample limit and were rejected.");
    exceededBucketLimit =
        r.counter(
            "prometheus_target_scrapes_exceeded_native_histogram_bucket_limit_total",
            "Total number of scrapes that hit the native histogram bucket limit and were"
                + " rejected.");
    exceededLabelLimits =
        r.counter(
            "prometheus_target_scrape_pool_exceeded_label_limits_total",
            "Total number of times scrape pools hit the label limits, during sync or config"
                + " reload.");
    duplicates =
        r.counter(
            "prometheus_target_scrapes_sample_duplicate_timestamp_total",
            "Total number of samples rejected due to duplicate timestamps but different values.");
    outOfOrder =
        r.counter(
            "prometheus_target_scrapes_sample_out_of_order_total",
            "Total number of samples rejected due to not being out of the expected order.");
    limited =
        r.counter(
            "tethys_target_scrapes_series_refused_total",
            "Total number of samples whose series was new and was refused because of a limit of the"
                + " store.");
    outOfBounds =
        r.counter(
            "prometheus_target_scrapes_sample_out_of_bounds_total",
            "Total number of samples rejected due to timestamp falling outside of the time"
                + " bounds.");
    exemplarsOutOfOrder =
        r.counter(
            "prometheus_target_scrapes_exemplar_out_of_order_total",
            "Total number of exemplar rejected due to not being out of the expected order.");
    duration =
        r.histograms(
            "prometheus_target_scrape_duration_seconds",
            "Total duration of the scrape from start to commit completion in seconds.",
            new double[] {0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10});
  }

  /** Exports the size of the metadata caches, read on request. */
  void showMetadataCaches(Supplier<Map<String, Collection<Target>>> targetsByJob) {
    registry.register(
        to -> {
          List<MetricFamily.Metric> entries = new ArrayList<>();
          List<MetricFamily.Metric> bytes = new ArrayList<>();
          targetsByJob
              .get()
              .forEach(
                  (job, targets) -> {
                    Labels l = Labels.of("scrape_job", job);
                    long n = targets.stream().mapToLong(Target::metadataEntries).sum();
                    long b = targets.stream().mapToLong(Target::metadataBytes).sum();
                    entries.add(new MetricFamily.Metric(l, n));
                    bytes.add(new MetricFamily.Metric(l, b));
                  });
          if (!entries.isEmpty()) {
            to.accept(
                new MetricFamily(
                    "prometheus_target_metadata_cache_entries",
                    MetricType.GAUGE,
                    "Total number of metric metadata entries in the cache",
                    "",
                    entries));
            to.accept(
                new MetricFamily(
                    "prometheus_target_metadata_cache_bytes",
                    MetricType.GAUGE,
                    "The number of bytes that are currently used for storing metric metadata in"
                        + " the cache",
                    "",
                    bytes));
          }
        });
  }

  /** Removes the metrics of a removed job. */
  void forget(String job) {
    poolSyncs.remove(job);
    poolTargetLimit.remove(job);
    poolTargets.remove(job);
    syncLength.remove(job);
    syncLengthHistogram.remove(job);
    syncFailed.remove(job);
  }
}
