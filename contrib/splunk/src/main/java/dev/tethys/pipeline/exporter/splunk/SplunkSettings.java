package dev.tethys.pipeline.exporter.splunk;

import dev.tethys.config.Key;
import dev.tethys.config.Secret;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.client.HttpClientSettings;
import dev.tethys.pipeline.delivery.DeliverySettings;
import dev.tethys.pipeline.exporter.rows.HistogramRule;
import dev.tethys.pipeline.exporter.rows.RowSettings;
import dev.tethys.pipeline.naming.BoundedNames;
import dev.tethys.pipeline.naming.NameRule;
import dev.tethys.pipeline.naming.NameTemplate;
import java.net.URI;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;

/**
 * Settings of the {@code splunk_hec} exporter, named as in the Collector.
 *
 * @param url URL including its path
 * @param source source of every event, or "" for the token's default; the same applies to {@code
 *     sourceType} and {@code index}
 * @param maxNames maximum number of indices built from labels
 * @param acks polling of acknowledgements
 * @param contrib further keys of the Collector's exporter
 * @param multiMetric whether metric events have several measurements
 * @param raw whether only bodies of log records are sent
 */
record SplunkSettings(
    HttpClientSettings client,
    URI url,
    Secret token,
    String source,
    String sourceType,
    NameTemplate index,
    int maxNames,
    IndexedAcks.Rules acks,
    ContribKeys contrib,
    boolean multiMetric,
    boolean raw,
    RowSettings rows,
    DeliverySettings delivery) {
  /** docs.splunk.com, "Create custom indexes". */
  private static final NameRule INDICES =
      new NameRule(
          "lower case letters, digits and any of _ - around its {labels}",
          "[a-z0-9][a-z0-9_-]*",
          true,
          NameRule.keepLower("a-z0-9_-"),
          80,
          List.of("kvstore"));

  private static final String COLLECTOR = "/services/collector";

  /**
   * Default number of requests that wait for indexing concurrently, unless {@code num_consumers} is
   * set.
   */
  private static final int WAITING = 64;

  private static final Section SECTION =
      new Section("splunk_hec", "Writes metrics, logs and traces to Splunk's HTTP Event Collector.")
          .include(DeliverySettings.SECTION);
  private static final HttpClientSettings.Keys CLIENT = new HttpClientSettings.Keys(SECTION);
  private static final RowSettings.Keys ROWS =
      new RowSettings.Keys(
          SECTION,
          HistogramRule.CLASSIC,
          EnumSet.of(HistogramRule.CLASSIC, HistogramRule.DROP),
          2000,
          800_000);
  private static final Key<Secret> TOKEN =
      SECTION.required("token", Type.SECRET, "Token of the HTTP Event Collector.");
  private static final Key<String> SOURCE =
      SECTION.key("source", Type.STRING, "", "Source of every event.");
  private static final Key<String> SOURCETYPE =
      SECTION.key("sourcetype", Type.STRING, "", "Source type of every event.");
  private static final Key<String> INDEX =
      SECTION.key(
          "index",
          Type.STRING,
          "",
          "Index of every event; metrics require a metrics index. {label} is "
              + "replaced by the value of a label or a resource attribute.");
  private static final Key<Long> MAX_NAMES = BoundedNames.key(SECTION, 100);

  private static final Key<IndexedAcks.Rules> ACKS =
      SECTION.key(
          "acknowledgement",
          IndexedAcks.Rules.TYPE,
          new IndexedAcks.Rules(Duration.ZERO, Duration.ZERO),
          "Indexer acknowledgement; without it requests count as delivered when "
              + "they are accepted.");
  private static final Key<Boolean> MULTI_METRIC =
      SECTION.key(
          "use_multi_metric_format",
          Type.BOOL,
          false,
          "If true, samples of one time that differ only in the metric name become one event.");
  private static final ContribKeys.Keys CONTRIB = new ContribKeys.Keys(SECTION);

  private static final Key<Boolean> EXPORT_RAW =
      SECTION.key(
          "export_raw",
          Type.BOOL,
          false,
          "If true, only bodies of log records are sent, for a raw endpoint.");

  static {
    SECTION
        .removed("max_connections", "write max_idle_conns or max_conns_per_host")
        .removed("insecure_skip_verify", "write tls: {insecure_skip_verify: …}")
        .removed("ca_file", "write tls: {ca_file: …}");
    for (String k :
        new String[] {
          "heartbeat", "health_check_enabled", "telemetry", "batcher", "deprecated_batcher"
        }) {
      SECTION.notBuilt(k, "Key of the Collector's exporter.");
    }
  }

  static final Type<SplunkSettings> TYPE = SECTION.type(SplunkSettings::read);

  private static NameTemplate index(YamlObject o) {
    try {
      return NameTemplate.labelled(o.get(INDEX), INDICES);
    } catch (IllegalArgumentException e) {
      throw o.error(INDEX, "index: " + e.getMessage());
    }
  }

  private static SplunkSettings read(YamlObject o) {
    HttpClientSettings client = CLIENT.read(o);
    if (client.endpoint() == null) {
      throw o.error("\"endpoint\" must name the collector, as https://host:8088");
    }
    String path = client.endpoint().getPath();
    URI url =
        path == null || path.isEmpty() || path.equals("/")
            ? client.endpoint().resolve(COLLECTOR)
            : client.endpoint();
    IndexedAcks.Rules acks = o.get(ACKS);
    DeliverySettings delivery = DeliverySettings.read(o, Duration.ofSeconds(10));
    return new SplunkSettings(
        CONTRIB.compressed(o, client),
        url,
        o.get(TOKEN),
        o.get(SOURCE),
        o.get(SOURCETYPE),
        index(o),
        BoundedNames.read(o, MAX_NAMES),
        acks,
        CONTRIB.read(o),
        o.get(MULTI_METRIC),
        o.get(EXPORT_RAW),
        ROWS.read(o),
        acks.isOn() ? delivery.gathering(o, WAITING) : delivery);
  }

  /**
   * Returns the request URL for a signal; without a path, the raw event URL is used for raw log
   * records.
   */
  URI url(Signal signal) {
    return raw && signal == Signal.LOGS && url.getPath().equals(COLLECTOR)
        ? siblingPath("/raw")
        : url;
  }

  /** Returns another path of the same server, which may have a proxy's prefix. */
  URI siblingPath(String path) {
    String own = url.getRawPath();
    int at = own.indexOf(COLLECTOR);
    return url.resolve((at < 0 ? "" : own.substring(0, at)) + COLLECTOR + path);
  }

  /**
   * Returns the maximum number of bytes of a metric event with several measurements; 0 for one
   * measurement each.
   */
  long joined() {
    return multiMetric ? contrib.maxEvent() : 0;
  }

  /** Returns the row settings of a signal with its configured request size. */
  RowSettings rows(Signal signal) {
    Integer most = contrib.maxBytes().get(signal);
    return most == null
        ? rows
        : new RowSettings(rows.otlp(), rows.histograms(), rows.maxItems(), most);
  }
}
