package dev.tethys.collect.scrape;

import dev.tethys.model.MetricFamilies;
import dev.tethys.model.MetricMetadata;
import dev.tethys.model.MetricType;
import dev.tethys.model.Samples;
import dev.tethys.model.log.JulLogger;
import dev.tethys.model.storage.Appender;
import dev.tethys.model.storage.Appender.Outcome;
import dev.tethys.model.storage.StorageException;
import java.lang.System.Logger.Level;
import java.util.HashMap;
import java.util.Map;

/** Series that report on the scrape itself: {@code up} and others. */
final class ReportSeries {
  private static final System.Logger LOG = JulLogger.of(ReportSeries.class.getName());

  private record Series(String name, String help, String unit) {}

  private static final Series[] SERIES = {
    new Series(
        "up",
        "Health of the scrape target. 1 means the target is healthy, 0 if the scrape failed.",
        "targets"),
    new Series("scrape_duration_seconds", "Duration of the last scrape in seconds.", "seconds"),
    new Series("scrape_samples_scraped", "Number of samples last scraped.", "samples"),
    new Series(
        "scrape_samples_post_metric_relabeling",
        "Number of samples remaining after metric relabeling was applied.",
        "samples"),
    new Series("scrape_series_added", "Number of series in the last scrape.", "series"),
    new Series("scrape_timeout_seconds", "The configured scrape timeout for a target.", "seconds"),
    new Series(
        "scrape_sample_limit",
        "The configured sample limit for a target. Returns zero if there is no limit configured.",
        "samples"),
    new Series(
        "scrape_body_size_bytes",
        "The uncompressed size of the last scrape response, if successful. Scrapes failing because"
            + " body_size_limit is exceeded report -1, other scrape failures report 0.",
        "bytes")
  };

  /** Metadata for all report series. */
  static final MetricFamilies FAMILIES = families();

  /**
   * Number of report series that are always written; the others require {@code
   * extra_scrape_metrics}.
   */
  private static final int ALWAYS = 5;

  private final SampleLabels labels;
  private final boolean announced;
  private final long[] references;

  /**
   * @param announced whether the sink takes {@link #FAMILIES} with each batch
   */
  ReportSeries(SampleLabels labels, boolean extra, boolean announced) {
    this.labels = labels;
    this.announced = announced;
    this.references = new long[extra ? SERIES.length : ALWAYS];
  }

  private static MetricFamilies families() {
    Map<String, MetricMetadata> all = new HashMap<>();
    for (Series s : SERIES) {
      all.put(s.name, new MetricMetadata(MetricType.GAUGE, s.help, s.unit));
    }
    return MetricFamilies.of(all);
  }

  /** Writes the values, in the order of the series; missing ones at the end are omitted. */
  void append(Appender app, long time, double... values) {
    for (int i = 0; i < references.length; i++) {
      append(app, i, time, values[i]);
    }
  }

  /** Ends all of them. */
  void end(Appender app, long time) {
    for (int i = 0; i < references.length; i++) {
      append(app, i, time, Samples.STALE);
    }
  }

  private void append(Appender app, int i, long time, double value) {
    Series s = SERIES[i];
    try {
      Outcome o =
          references[i] == Appender.NO_SERIES
              ? Outcome.UNKNOWN_SERIES
              : app.append(references[i], 0, time, value);
      if (o == Outcome.UNKNOWN_SERIES) {
        references[i] = app.series(labels.report(s.name));
        if (!announced) {
          app.metadata(s.name, new MetricMetadata(MetricType.GAUGE, s.help, s.unit));
        }
        app.append(references[i], 0, time, value);
      }
      // Rejections are expected when a target returns under another loop.
    } catch (StorageException e) {
      LOG.log(Level.WARNING, "Appending scrape report failed: " + s.name, e);
    }
  }
}
