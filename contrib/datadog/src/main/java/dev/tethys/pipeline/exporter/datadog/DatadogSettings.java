package dev.tethys.pipeline.exporter.datadog;

import dev.tethys.codec.compression.Compression;
import dev.tethys.config.CloudAuth;
import dev.tethys.config.Key;
import dev.tethys.config.Secret;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.UrlHost;
import dev.tethys.config.YamlObject;
import dev.tethys.model.regex.Regex;
import dev.tethys.model.regex.RegexSyntaxException;
import dev.tethys.pipeline.client.HttpClientSettings;
import dev.tethys.pipeline.delivery.DeliverySettings;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;

/**
 * Settings of the {@code datadog} exporter, named as in the Collector.
 *
 * @param key "" if {@code delegated} provides it
 * @param delegated source of keys; null for a configured key
 * @param metricsUrl base URL of series and sketches
 * @param logsUrl base URL of logs
 * @param tracesUrl base URL of traces
 * @param failOnInvalidKey whether an unknown key keeps the exporter from starting
 * @param host report of the host; null if none
 * @param hostname host name for data without a host, or "" for none
 * @param format wire format of series; sketches are always protobuf
 * @param orchestrator intake of Kubernetes objects; null to send them as logs
 */
record DatadogSettings(
    HttpClientSettings client,
    Secret key,
    @Nullable Delegated delegated,
    URI metricsUrl,
    URI logsUrl,
    URI tracesUrl,
    boolean failOnInvalidKey,
    @Nullable HostMetadata host,
    String hostname,
    Format format,
    Metrics metrics,
    Traces traces,
    @Nullable Orchestrator orchestrator,
    DeliverySettings delivery) {
  /** Longest time for which a stream is remembered, in seconds: a year. */
  private static final long MAX_TTL = 366 * 86_400;

  /** Request encoding. */
  enum Format {
    PROTO,
    JSON
  }

  /** Conversion of delta histograms. */
  enum Histograms {
    DISTRIBUTIONS,
    COUNTERS,
    NOBUCKETS
  }

  /**
   * Conversion of metrics to series.
   *
   * @param resources whether attributes of resources are tags
   * @param scopes whether name and version of scopes are tags
   * @param aggregations whether histograms as counters have count, sum, minimum and maximum
   * @param quantiles whether summaries have their quantiles
   * @param deltas conversion of cumulative counters and histograms; null for their values as gauges
   */
  record Metrics(
      String endpoint,
      boolean resources,
      boolean scopes,
      Histograms histograms,
      boolean aggregations,
      boolean quantiles,
      @Nullable Deltas deltas) {}

  /**
   * Conversion to deltas.
   *
   * @param ttl time without a point after which a stream expires
   * @param initial handling of first points: auto, drop or keep
   */
  record Deltas(Duration ttl, String initial) {}

  private record HistogramForm(Histograms mode, boolean aggregations) {
    static final HistogramForm USUAL = new HistogramForm(Histograms.DISTRIBUTIONS, true);
  }

  /** Representation of cumulative sums. */
  private record SumForm(boolean toDelta, String initial) {
    static final SumForm USUAL = new SumForm(false, "auto");
  }

  /**
   * Span conversion settings.
   *
   * @param spanNameAsResource whether the span name is always the resource name, regardless of
   *     attributes
   * @param remappings replacements of operation names
   * @param ignored resources whose spans are dropped when they start a trace
   */
  record Traces(
      String endpoint,
      boolean spanNameAsResource,
      Map<String, String> remappings,
      List<Regex> ignored) {}

  /**
   * Key requests to Datadog.
   *
   * @param organisation its UUID
   */
  record Delegated(String organisation, CloudAuth.SigV4 aws) {}

  /**
   * Intake of Kubernetes objects.
   *
   * @param clusterName cluster name for objects without {@code k8s.cluster.name}, or "" for none
   */
  record Orchestrator(URI url, String clusterName) {}

  private record Api(
      Secret key, String site, boolean failOnInvalidKey, @Nullable Delegated delegated) {}

  private static final Section DELEGATED =
      new Section("delegated_auth", "Authentication with an AWS identity, instead of an API key.");
  private static final Key<String> ORGANISATION =
      DELEGATED.required("org_uuid", Type.STRING, "UUID of the organisation at Datadog.");
  private static final Key<String> PROVIDER =
      DELEGATED.key(
          "provider",
          Type.oneOf("provider", List.of("aws")),
          "aws",
          "Cloud of the identity; Datadog supports only aws.");
  private static final Key<CloudAuth> AWS =
      DELEGATED.key(
          "aws",
          CloudAuth.SigV4.keys(
              "delegated_auth_aws",
              "AWS credentials that sign requests; by default taken from the AWS "
                  + "credential chain."),
          CloudAuth.SigV4.FOUND,
          "AWS credentials that sign requests; by default taken from the AWS "
              + "credential chain.");

  private static final Section API = new Section("api", "API key and site of Datadog.");
  private static final Key<Secret> API_KEY =
      API.key("key", Type.SECRET, Secret.NONE, "API key of the organisation.");
  private static final Key<Delegated> DELEGATED_KEYS =
      API.optional(
          "delegated_auth",
          DELEGATED.type(DatadogSettings::delegated),
          "Authentication with an AWS identity, instead of an API key.");
  private static final Key<String> SITE =
      API.key(
          "site",
          Type.STRING,
          "datadoghq.com",
          "Site of Datadog, such as datadoghq.eu or us5.datadoghq.com.");

  private static final Key<Boolean> FAIL_ON_INVALID_KEY =
      API.key(
          "fail_on_invalid_key",
          Type.BOOL,
          false,
          "If true, an API key that Datadog does not know keeps the exporter from starting.");

  private static final Section HISTOGRAMS = new Section("histograms", "Conversion of histograms.");
  private static final Key<Histograms> MODE =
      HISTOGRAMS.key(
          "mode",
          words("mode", Histograms.values()),
          Histograms.DISTRIBUTIONS,
          "Form of histograms: distributions, counters (one per bucket) or " + "nobuckets.");

  private static final Key<Boolean> AGGREGATIONS =
      HISTOGRAMS.optional(
          "send_aggregation_metrics",
          Type.BOOL,
          "If true, counters and nobuckets have .count, .sum, .min and .max, the default.");
  private static final Key<Boolean> COUNT_SUM =
      HISTOGRAMS.optional(
          "send_count_sum_metrics", Type.BOOL, "Former name of send_aggregation_metrics.");

  private static final Section SUMS = new Section("sums", "Conversion of sums.");
  private static final Key<Boolean> TO_DELTA =
      SUMS.key(
          "cumulative_monotonic_mode",
          Type.oneOf("mode", "raw_value", false, "to_delta", true),
          false,
          "Form of cumulative monotonic sums and histograms: raw_value sends gauges of the value,"
              + " to_delta counts since the last point.");
  private static final Key<String> INITIAL =
      SUMS.key(
          "initial_cumulative_monotonic_value",
          Type.oneOf("initial value", List.of("auto", "drop", "keep")),
          "auto",
          "Handling of the first point of a stream with to_delta: auto, drop or keep.");

  private static final Section SUMMARIES = new Section("summaries", "Conversion of summaries.");
  private static final Key<Boolean> SUMMARY_MODE;

  private static final Section METRICS = new Section("metrics", "Conversion of metrics to series.");
  private static final Key<String> METRICS_ENDPOINT =
      METRICS.key(
          "endpoint", Type.STRING, "", "URL of the metrics API; by default https://api.SITE.");
  private static final Key<Boolean> RESOURCES =
      METRICS.key(
          "resource_attributes_as_tags",
          Type.BOOL,
          true,
          "If true, resource attributes become tags; without them several "
              + "instances may be merged into one series.");
  private static final Key<Boolean> SCOPES =
      METRICS.key(
          "instrumentation_scope_metadata_as_tags",
          Type.BOOL,
          true,
          "If true, the name and version of the scope become tags.");
  private static final Key<HistogramForm> HISTOGRAM_KEYS =
      METRICS.key(
          "histograms",
          HISTOGRAMS.type(DatadogSettings::histograms),
          HistogramForm.USUAL,
          "Conversion of histograms.");
  private static final Key<SumForm> SUM_KEYS =
      METRICS.key("sums", SUMS.type(DatadogSettings::sums), SumForm.USUAL, "Conversion of sums.");
  private static final Key<Long> DELTA_TTL =
      METRICS.key(
          "delta_ttl",
          Type.INT,
          3600L,
          "Time in seconds without a point after which to_delta forgets a stream.");
  private static final Key<Boolean> SUMMARY_KEYS;

  private static final Section ORCHESTRATOR =
      new Section("orchestrator_explorer", "Kubernetes objects for Datadog's orchestrator pages.");
  private static final Key<Boolean> ORCHESTRATOR_ENABLED =
      ORCHESTRATOR.key(
          "enabled",
          Type.BOOL,
          false,
          "If true, log records of the receiver k8s_objects are sent as manifests, not as logs.");
  private static final Key<String> ORCHESTRATOR_ENDPOINT =
      ORCHESTRATOR.key(
          "endpoint",
          Type.STRING,
          "",
          "URL of the intake; by default https://orchestrator.SITE/api/v2/orchmanif.");
  private static final Key<String> CLUSTER_NAME =
      ORCHESTRATOR.key(
          "cluster_name", Type.STRING, "", "Cluster of objects without k8s.cluster.name.");

  private static final Section LOGS = new Section("logs", "Settings of logs.");
  private static final Key<String> LOGS_ENDPOINT =
      LOGS.key(
          "endpoint",
          Type.STRING,
          "",
          "URL of the logs API; by default https://http-intake.logs.SITE.");

  private static final Section TRACES =
      new Section("traces", "Conversion of spans to Datadog spans.");
  private static final Key<String> TRACES_ENDPOINT =
      TRACES.key(
          "endpoint",
          Type.STRING,
          "",
          "URL of the traces API; by default https://trace.agent.SITE.");
  private static final Key<Boolean> SPAN_NAME =
      TRACES.key(
          "span_name_as_resource_name",
          Type.BOOL,
          false,
          "If true, the name of a span becomes its resource and, normalized for "
              + "Datadog, its operation.");
  private static final Key<Map<String, String>> REMAPPINGS =
      TRACES.key(
          "span_name_remappings",
          Type.map(Type.STRING),
          Map.of(),
          "Replacements of operation names.");
  private static final Key<List<String>> IGNORED =
      TRACES.key(
          "ignore_resources",
          Type.list(Type.STRING),
          List.of(),
          "Regular expressions; root spans whose resource matches are dropped " + "and counted.");

  private static final Section SECTION =
      new Section("datadog", "Writes metrics, logs and traces to Datadog.")
          .include(DeliverySettings.SECTION);
  private static final HttpClientSettings.Keys CLIENT = new HttpClientSettings.Keys(SECTION);
  private static final Key<Api> API_KEYS =
      SECTION.required("api", API.type(DatadogSettings::api), "API key and site of Datadog.");
  private static final Key<String> HOSTNAME =
      SECTION.key("hostname", Type.STRING, "", "Host name of telemetry that has none.");
  private static final Key<HostMetadata> HOST_METADATA =
      SECTION.optional(
          "host_metadata",
          HostMetadata.TYPE,
          "Report of the host of this process; absent, none is sent.");
  private static final Key<Format> FORMAT =
      SECTION.key(
          "format",
          words("format", Format.values()),
          Format.PROTO,
          "Encoding of metrics: proto or json.");
  private static final Key<YamlObject> ORCHESTRATOR_KEYS =
      SECTION.optional("orchestrator_explorer", ORCHESTRATOR.type(o -> o), ORCHESTRATOR.doc());
  private static final Key<Metrics> METRICS_KEYS;
  private static final Key<Traces> TRACES_KEYS =
      SECTION.key(
          "traces",
          TRACES.type(DatadogSettings::traces),
          new Traces("", false, Map.of(), List.of()),
          "Conversion of spans to Datadog spans.");
  private static final Key<String> LOGS_KEYS =
      SECTION.key("logs", LOGS.type(o -> o.get(LOGS_ENDPOINT)), "", "Settings of logs.");

  static {
    SequencedMap<String, Boolean> modes = new LinkedHashMap<>();
    modes.put("gauges", true);
    modes.put("noquantiles", false);
    SUMMARY_MODE =
        SUMMARIES.key(
            "mode", Type.oneOf("mode", modes), true, "Form of summaries: gauges or noquantiles.");
    SUMMARY_KEYS =
        METRICS.key(
            "summaries",
            SUMMARIES.type(o -> o.get(SUMMARY_MODE)),
            true,
            "Conversion of summaries.");
    METRICS_KEYS =
        SECTION.key(
            "metrics",
            METRICS.type(DatadogSettings::metrics),
            new Metrics("", true, true, Histograms.DISTRIBUTIONS, true, true, null),
            "Conversion of metrics to series.");
    SECTION
        .removed("tags", "write host_metadata: {tags: …}")
        .removed("send_metadata", "write host_metadata: {enabled: …}")
        .removed("use_resource_metadata", "write host_metadata: {hostname_source: …}")
        .removed("resource_attributes_as_tags", "write metrics: {resource_attributes_as_tags: …}");
    METRICS
        .removed("send_monotonic_counter", "write sums: {cumulative_monotonic_mode: …}")
        .removed("report_quantiles", "write summaries: {mode: …}")
        .removed(
            "instrumentation_library_metadata_as_tags",
            "write instrumentation_scope_metadata_as_tags");
    for (String k : new String[] {"use_compression", "compression_level", "batch_wait"}) {
      LOGS.notBuilt(k, "Key of the Collector's exporter; use compression of the HTTP client.");
    }
    for (String k : new String[] {"only_metadata", "hostname_detection_timeout"}) {
      SECTION.notBuilt(k, "Key of the Collector's exporter.");
    }
    for (String k :
        new String[] {
          "compute_stats_by_span_kind",
          "compute_top_level_by_span_kind",
          "peer_tags",
          "peer_tags_aggregation",
          "peer_service_aggregation",
          "trace_buffer"
        }) {
      TRACES.notBuilt(k, "Statistics are not computed.");
    }
  }

  static final Type<DatadogSettings> TYPE = SECTION.type(DatadogSettings::read);

  private static <E extends Enum<E>> Type<E> words(String what, E[] values) {
    SequencedMap<String, E> m = new LinkedHashMap<>();
    for (E e : values) {
      m.put(e.name().toLowerCase(java.util.Locale.ROOT), e);
    }
    return Type.oneOf(what, m);
  }

  private static SumForm sums(YamlObject o) {
    if (o.has(INITIAL) && !o.get(TO_DELTA)) {
      throw o.error(
          INITIAL,
          "initial_cumulative_monotonic_value requires cumulative_monotonic_mode: to_delta");
    }
    return new SumForm(o.get(TO_DELTA), o.get(INITIAL));
  }

  private static HistogramForm histograms(YamlObject o) {
    Histograms mode = o.get(MODE);
    Key<Boolean> key = o.has(AGGREGATIONS) ? AGGREGATIONS : COUNT_SUM;
    Boolean aggregations = o.find(key);
    if (aggregations != null && aggregations && mode == Histograms.DISTRIBUTIONS) {
      throw o.error(
          key,
          key.name()
              + " is not supported with mode: distributions, whose distributions have count, sum,"
              + " minimum and maximum already; remove it");
    }
    if (aggregations != null && !aggregations && mode == Histograms.NOBUCKETS) {
      throw o.error(key, "mode: nobuckets without " + key.name() + " sends no histograms");
    }
    return new HistogramForm(mode, aggregations == null || aggregations);
  }

  private static Delegated delegated(YamlObject o) {
    Objects.requireNonNull(o.get(PROVIDER)); // read for its errors: there is one
    String organisation = o.get(ORGANISATION);
    if (!organisation.matches("[0-9A-Za-z-]+")) {
      throw o.error(ORGANISATION, "org_uuid must be the UUID of an organisation at Datadog");
    }
    return new Delegated(organisation, (CloudAuth.SigV4) o.get(AWS));
  }

  private static Api api(YamlObject o) {
    Delegated delegated = o.find(DELEGATED_KEYS);
    if (o.get(API_KEY).isEmpty() == (delegated == null)) {
      throw o.error(
          API_KEY,
          delegated == null ? "api requires a key, or delegated_auth" : "key or delegated_auth");
    }
    return new Api(o.get(API_KEY), o.get(SITE), o.get(FAIL_ON_INVALID_KEY), delegated);
  }

  private static Metrics metrics(YamlObject o) {
    SumForm sums = o.get(SUM_KEYS);
    long ttl = o.get(DELTA_TTL);
    if (ttl < 1 || ttl > MAX_TTL) {
      throw o.error(DELTA_TTL, "delta_ttl is " + ttl + "; it must be from 1 to " + MAX_TTL);
    }
    HistogramForm histograms = o.get(HISTOGRAM_KEYS);
    return new Metrics(
        o.get(METRICS_ENDPOINT),
        o.get(RESOURCES),
        o.get(SCOPES),
        histograms.mode,
        histograms.aggregations,
        o.get(SUMMARY_KEYS),
        sums.toDelta ? new Deltas(Duration.ofSeconds(ttl), sums.initial) : null);
  }

  private static DatadogSettings read(YamlObject o) {
    HttpClientSettings client = CLIENT.read(o);
    switch (client.compression()) {
      case NONE, GZIP, DEFLATE, ZLIB, ZSTD -> {}
      case SNAPPY, SNAPPY_FRAMED, LZ4 ->
          throw o.error("compression must be gzip, deflate, zstd or none for Datadog");
    }
    Api api = o.get(API_KEYS);
    if (api.delegated != null && client.auth() != null) {
      throw o.error(API_KEYS, "api.delegated_auth and auth are mutually exclusive");
    }
    Metrics metrics = o.get(METRICS_KEYS);
    Traces traces = o.get(TRACES_KEYS);
    URI metricsUrl = url(o, metrics.endpoint, client, "https://api." + api.site);
    if (api.delegated != null
        && (!"https".equalsIgnoreCase(metricsUrl.getScheme())
            || client.client().tls().insecureSkipVerify())) {
      throw o.error(
          API_KEYS,
          "api.delegated_auth must be a URL of metrics with https://, and tls without"
              + " insecure_skip_verify: anyone who reads the signed proof can obtain keys with it");
    }
    return new DatadogSettings(
        client,
        api.key,
        api.delegated,
        metricsUrl,
        url(o, o.get(LOGS_KEYS), client, "https://http-intake.logs." + api.site),
        url(o, traces.endpoint, client, "https://trace.agent." + api.site),
        api.failOnInvalidKey,
        o.find(HOST_METADATA),
        o.get(HOSTNAME),
        o.get(FORMAT),
        metrics,
        traces,
        orchestrator(o, api.site),
        DeliverySettings.read(o, Duration.ofSeconds(15)));
  }

  private static @Nullable Orchestrator orchestrator(YamlObject o, String site) {
    YamlObject keys = o.find(ORCHESTRATOR_KEYS);
    if (keys == null) {
      return null;
    }
    String usual = "https://orchestrator." + site + "/api/v2/orchmanif";
    String url = keys.get(ORCHESTRATOR_ENDPOINT);
    URI to;
    try {
      to = new URI(url.isEmpty() ? usual : url);
    } catch (java.net.URISyntaxException e) {
      throw keys.error(ORCHESTRATOR_ENDPOINT, "\"" + url + "\" is not a URL such as " + usual);
    }
    if (UrlHost.of(to) == null || to.getScheme() == null) {
      throw keys.error(ORCHESTRATOR_ENDPOINT, "\"" + url + "\" is not a URL such as " + usual);
    }
    return keys.get(ORCHESTRATOR_ENABLED) ? new Orchestrator(to, keys.get(CLUSTER_NAME)) : null;
  }

  private static Traces traces(YamlObject o) {
    List<Regex> ignored = new ArrayList<>();
    for (String regex : o.get(IGNORED)) {
      try {
        ignored.add(Regex.compile(regex));
      } catch (RegexSyntaxException e) {
        throw o.error(IGNORED, "no regular expression: " + e.getMessage());
      }
    }
    return new Traces(o.get(TRACES_ENDPOINT), o.get(SPAN_NAME), o.get(REMAPPINGS), ignored);
  }

  private static URI url(YamlObject o, String url, HttpClientSettings client, String usual) {
    if (url.isEmpty()) {
      return client.endpoint() != null ? client.endpoint() : URI.create(usual);
    }
    try {
      URI u = new URI(url);
      if (UrlHost.of(u) != null && u.getScheme() != null) {
        return u;
      }
    } catch (java.net.URISyntaxException e) {
      // said below
    }
    throw o.error("\"" + url + "\" is not a valid URL; it must have the form " + usual);
  }

  /** Compressions of HTTP as Datadog calls them. */
  Compression compression() {
    return client.compression() == Compression.ZLIB ? Compression.DEFLATE : client.compression();
  }
}
