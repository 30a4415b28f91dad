package dev.tethys.collect.scrape;

import dev.tethys.codec.exposition.ScrapeProtocol;
import dev.tethys.collect.discovery.DiscoveryConfig;
import dev.tethys.collect.discovery.config.Discoveries;
import dev.tethys.config.HttpClientConfig;
import dev.tethys.config.Key;
import dev.tethys.config.RelabelConfig;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import dev.tethys.model.relabel.Relabeling;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One job: the sources of its targets, the scrape settings, and the processing of its samples.
 *
 * @param common keys that the {@code global} section may have too, with the values of this job
 * @param fallbackProtocol format of responses without a known one; null if such responses fail
 * @param params parameters of the URL
 * @param nativeBucketLimit maximum number of buckets of a native histogram, 0 for no limit
 * @param nativeMinBucketFactor minimum growth from one bucket to the next, 0 for any
 * @param profiling null for a job of metrics
 */
public record ScrapeConfig(
    String jobName,
    ScrapeDefaults common,
    @Nullable ScrapeProtocol fallbackProtocol,
    String scheme,
    String metricsPath,
    Map<String, List<String>> params,
    boolean honorLabels,
    boolean honorTimestamps,
    boolean trackTimestampsStaleness,
    boolean enableCompression,
    long nativeBucketLimit,
    double nativeMinBucketFactor,
    HttpClientConfig client,
    List<DiscoveryConfig> discoveries,
    Relabeling relabeling,
    Relabeling metricRelabeling,
    @Nullable ProfilingConfig profiling) {
  /** Variant with all that is known of each scrape. */
  public ScrapeConfig withExtraMetrics() {
    return new ScrapeConfig(
        jobName,
        common.withExtraMetrics(),
        fallbackProtocol,
        scheme,
        metricsPath,
        params,
        honorLabels,
        honorTimestamps,
        trackTimestampsStaleness,
        enableCompression,
        nativeBucketLimit,
        nativeMinBucketFactor,
        client,
        discoveries,
        relabeling,
        metricRelabeling,
        profiling);
  }

  /** The same by another client. */
  public ScrapeConfig withClient(HttpClientConfig other) {
    return new ScrapeConfig(
        jobName,
        common,
        fallbackProtocol,
        scheme,
        metricsPath,
        params,
        honorLabels,
        honorTimestamps,
        trackTimestampsStaleness,
        enableCompression,
        nativeBucketLimit,
        nativeMinBucketFactor,
        other,
        discoveries,
        relabeling,
        metricRelabeling,
        profiling);
  }

  /** Keys of a scrape job. */
  public static final Section SECTION =
      new Section(
          "scrape_config", "Scrape configuration: a job whose targets share their settings.");

  private static final Key<String> JOB_NAME =
      SECTION.key("job_name", Type.STRING, "", "Job name, unique; the default of the label job.");
  private static final Key<ScrapeProtocol> FALLBACK =
      SECTION.optional(
          "fallback_scrape_protocol",
          Type.of("scrape protocol", null, ScrapeDefaults::protocol),
          "Format of responses whose Content-Type is missing or unknown.");
  private static final Key<String> METRICS_PATH =
      SECTION.key("metrics_path", Type.STRING, "/metrics", "HTTP path of the metrics.");
  private static final Key<String> SCHEME =
      SECTION.key("scheme", Type.STRING, "http", "http or https.");
  private static final Key<Map<String, List<String>>> PARAMS =
      SECTION.key("params", Type.map(Type.list(Type.STRING)), Map.of(), "URL parameters.");
  private static final Key<Boolean> HONOR_LABELS =
      SECTION.key(
          "honor_labels",
          Type.BOOL,
          false,
          "If true, scraped labels win conflicts; otherwise they are renamed to exported_<name>.");
  private static final Key<Boolean> HONOR_TIMESTAMPS =
      SECTION.key(
          "honor_timestamps", Type.BOOL, true, "If true, timestamps of the target are kept.");
  private static final Key<Boolean> TRACK_STALENESS =
      SECTION.key(
          "track_timestamps_staleness",
          Type.BOOL,
          false,
          "If true, staleness markers are also written for series with explicit timestamps.");
  private static final Key<Boolean> COMPRESSION =
      SECTION.key("enable_compression", Type.BOOL, true, "If true, requests gzip compression.");
  private static final Key<Long> BUCKET_LIMIT =
      SECTION.key(
          "native_histogram_bucket_limit",
          Type.UINT,
          0L,
          "Maximum number of buckets of a native histogram; above it the resolution is reduced.");
  private static final Key<Double> MIN_BUCKET_FACTOR =
      SECTION.key(
          "native_histogram_min_bucket_factor",
          Type.FLOAT,
          0.0,
          "Minimum growth factor between buckets; finer native histograms are merged.");
  private static final Key<YamlNode> RELABEL =
      SECTION.optional("relabel_configs", RelabelConfig.LIST, "Relabelling rules of targets.");
  private static final Key<YamlNode> METRIC_RELABEL =
      SECTION.optional(
          "metric_relabel_configs", RelabelConfig.LIST, "Relabelling rules of samples.");
  private static final Key<ProfilingConfig> PROFILING =
      SECTION.optional(
          "profiling_config",
          ProfilingConfig.TYPE,
          "Makes this a profiling job: targets are scraped for pprof profiles instead of metrics.");

  static {
    SECTION
        .include(ScrapeDefaults.SECTION)
        .include(HttpClientConfig.SECTION)
        .include(Discoveries.SECTION);
  }

  /**
   * Reads a job.
   *
   * @param inherited values of the global section
   * @throws dev.tethys.config.ConfigException if its content is invalid
   */
  public static ScrapeConfig read(YamlNode node, ScrapeDefaults inherited) {
    YamlObject o = node.object(SECTION);
    String job = o.get(JOB_NAME);
    ScrapeDefaults common =
        ScrapeDefaults.readOver(
            o,
            inherited,
            "scrape timeout greater than scrape interval for scrape config with job name \""
                + job
                + "\"");
    Relabeling relabeling = RelabelConfig.read(o.at(RELABEL), common.names());
    ScrapeConfig config =
        new ScrapeConfig(
            job,
            common,
            o.find(FALLBACK),
            o.get(SCHEME),
            o.get(METRICS_PATH),
            o.get(PARAMS),
            o.get(HONOR_LABELS),
            o.get(HONOR_TIMESTAMPS),
            o.get(TRACK_STALENESS),
            o.get(COMPRESSION),
            o.get(BUCKET_LIMIT),
            o.get(MIN_BUCKET_FACTOR),
            HttpClientConfig.read(o),
            Discoveries.read(o, relabeling.isEmpty()),
            relabeling,
            RelabelConfig.read(o.at(METRIC_RELABEL), common.names()),
            o.find(PROFILING));
    if (config.profiling != null && !config.metricRelabeling.isEmpty()) {
      throw o.error(
          METRIC_RELABEL,
          "metric_relabel_configs has no effect on a job with profiling_config; use relabel_configs");
    }
    if (job.isEmpty()) {
      throw o.error(JOB_NAME, "job_name is empty");
    }
    return config;
  }

  /**
   * The same job with other targets.
   *
   * @param otherwise format of responses without a known one, if the job does not set it
   */
  public ScrapeConfig with(
      List<DiscoveryConfig> targets, HttpClientConfig scraping, ScrapeProtocol otherwise) {
    return new ScrapeConfig(
        jobName,
        common,
        fallbackProtocol == null ? otherwise : fallbackProtocol,
        scheme,
        metricsPath,
        params,
        honorLabels,
        honorTimestamps,
        trackTimestampsStaleness,
        enableCompression,
        nativeBucketLimit,
        nativeMinBucketFactor,
        scraping,
        targets,
        relabeling,
        metricRelabeling,
        profiling);
  }

  /**
   * Variant with another path and parameters.
   *
   * @param more URL parameters that replace the parameters of the job
   */
  ScrapeConfig withPath(String path, Map<String, List<String>> more) {
    Map<String, List<String>> all = new LinkedHashMap<>(params);
    all.putAll(more);
    return new ScrapeConfig(
        jobName,
        common,
        fallbackProtocol,
        scheme,
        path,
        all,
        honorLabels,
        honorTimestamps,
        trackTimestampsStaleness,
        enableCompression,
        nativeBucketLimit,
        nativeMinBucketFactor,
        client,
        discoveries,
        relabeling,
        metricRelabeling,
        profiling);
  }

  /** The job as a tree to be written, defaults filled in, secrets to be masked. */
  public Map<String, @Nullable Object> tree() {
    Map<String, @Nullable Object> m = new LinkedHashMap<>();
    m.put("job_name", jobName);
    m.put("honor_labels", honorLabels ? true : null);
    m.put("honor_timestamps", honorTimestamps);
    m.put("track_timestamps_staleness", trackTimestampsStaleness);
    m.put("params", params.isEmpty() ? null : params);
    common.addTo(m);
    m.put("fallback_scrape_protocol", fallbackProtocol == null ? null : fallbackProtocol.text());
    m.put("metrics_path", metricsPath);
    m.put("scheme", scheme);
    m.put("enable_compression", enableCompression);
    m.put("native_histogram_bucket_limit", nativeBucketLimit == 0 ? null : nativeBucketLimit);
    m.put(
        "native_histogram_min_bucket_factor",
        nativeMinBucketFactor == 0 ? null : nativeMinBucketFactor);
    m.put("profiling_config", profiling == null ? null : profiling.tree());
    client.addTo(m);
    m.put("relabel_configs", RelabelConfig.tree(relabeling));
    m.put("metric_relabel_configs", RelabelConfig.tree(metricRelabeling));
    Discoveries.addTo(m, discoveries);
    return m;
  }
}
