package dev.tethys.pipeline.exporter.elastic;

import dev.tethys.config.CloudAuth;
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
import dev.tethys.web.client.BasicCredentials;
import java.net.URI;
import java.time.Duration;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Settings of the exporters to Elasticsearch and to OpenSearch.
 *
 * @param bases server URLs, used in turn
 * @param openSearch whether it is OpenSearch
 * @param metricsIndex index for samples; {@code {label}} is replaced by the value of a label
 * @param logsIndex index for log records
 * @param tracesIndex index for spans
 * @param maxNames maximum number of indices built from labels
 * @param dataStream whether indices are data streams
 * @param template whether an index template is installed first
 * @param retention retention of Elasticsearch data streams, or "" for unlimited
 * @param policy rollover and deletion of indices; null if none
 * @param timeSeries settings of time series data streams; null for plain ones
 * @param clymene whether documents of samples have Clymene's form
 * @param clymeneLogs whether documents of log records have Clymene's form
 * @param collector settings of the Collector's mapping modes; null for Tethys's own documents
 * @param schema settings of OpenSearch's observability schema; null for other documents; see {@link
 *     #schema(Signal)}
 * @param again retryable statuses of requests; null for the defaults
 * @param againDocuments the same for documents
 * @param bulk settings of bulk requests
 * @param isUnsaid whether the settings leave open which of the two servers it is
 */
record ElasticSettings(
    HttpClientSettings client,
    List<URI> bases,
    boolean openSearch,
    NameTemplate metricsIndex,
    NameTemplate logsIndex,
    NameTemplate tracesIndex,
    int maxNames,
    boolean dataStream,
    boolean template,
    String retention,
    @Nullable IndexPolicy policy,
    String pipeline,
    String user,
    @Nullable Secret password,
    @Nullable Secret apiKey,
    @Nullable TimeSeriesMode timeSeries,
    boolean clymene,
    boolean clymeneLogs,
    @Nullable CollectorMode collector,
    @Nullable Observability schema,
    @Nullable Set<Integer> again,
    @Nullable Set<Integer> againDocuments,
    BulkRules bulk,
    boolean isUnsaid,
    RowSettings rows,
    DeliverySettings delivery) {
  /** Reference of both, "Create index": lower case, no spaces or signs of URLs, a letter first. */
  static final NameRule INDEX =
      new NameRule(
          "a lower case letter or digit, then lower case letters, digits and any of _ . + - around"
              + " its {labels}",
          "[a-z0-9][a-z0-9_.+-]*",
          true,
          NameRule.keepLower("a-z0-9_."),
          200,
          List.of());

  /** Keys of one of the two exporters. */
  static final class Keys {
    private final boolean openSearch;
    private final HttpClientSettings.Keys client;
    private final RowSettings.Keys rows;
    private final Key<String> metricsIndex;
    private final Key<String> logsIndex;
    private final Key<String> tracesIndex;
    private final Key<Long> maxNames;
    private final Key<Boolean> dataStream;
    private final Key<Boolean> template;
    private final Key<String> retention;
    private final Key<IndexPolicy> policy;
    private final Key<String> pipeline;
    private final Key<String> user;
    private final Key<Secret> password;
    private final @Nullable Key<Secret> apiKey;
    private final @Nullable Key<CloudAuth> sigv4;
    private final @Nullable Key<TimeSeriesMode> timeSeries;
    private final Key<Boolean> schema;
    private final Key<Boolean> logsSchema;
    private final VendorKeys vendor;
    private final BulkRules.Keys bulk;
    private final @Nullable OpenSearchKeys contrib;
    final Type<ElasticSettings> type;

    Keys(String name, boolean openSearch) {
      this.openSearch = openSearch;
      Section s =
          new Section(name, "Writes metrics, logs and traces through the bulk API.")
              .include(DeliverySettings.SECTION);
      Set<Key<?>> others = Set.copyOf(s.keys());
      client = new HttpClientSettings.Keys(s);
      List<Key<?>> ofClient = s.keys().stream().filter(k -> !others.contains(k)).toList();
      rows =
          new RowSettings.Keys(
              s,
              HistogramRule.CLASSIC,
              EnumSet.of(HistogramRule.CLASSIC, HistogramRule.DROP),
              5000,
              5 << 20);
      metricsIndex =
          s.key(
              "metrics_index",
              Type.STRING,
              "metrics-tethys-default",
              "Index or data stream of samples; {label} is replaced by the value of a label.");
      logsIndex =
          s.key(
              "logs_index",
              Type.STRING,
              "logs-tethys-default",
              "Index or data stream of log records; {attribute} is replaced by a resource"
                  + " attribute.");
      tracesIndex =
          s.key(
              "traces_index",
              Type.STRING,
              "traces-tethys-default",
              "Index or data stream of spans; {attribute} is replaced by a resource attribute.");
      maxNames = BoundedNames.key(s, 1000);
      dataStream = s.key("data_stream", Type.BOOL, true, "If true, indices are data streams.");
      template =
          s.key("create_template", Type.BOOL, true, "If true, an index template is created first.");
      retention =
          s.key(
              "retention",
              Type.STRING,
              "",
              "Retention of data streams, such as 30d; Elasticsearch only.");
      policy =
          s.optional(
              "policy",
              IndexPolicy.TYPE,
              "Lifecycle policy (ILM or ISM) that is created together with the " + "template.");
      pipeline = s.key("pipeline", Type.STRING, "", "Ingest pipeline of the documents.");
      user = s.key("user", Type.STRING, "", "User name for basic authentication.");
      password = s.optional("password", Type.SECRET, "Password for basic authentication.");
      apiKey =
          openSearch
              ? null
              : s.optional("api_key", Type.SECRET, "API key: id:key in Base64, sent as ApiKey.");
      sigv4 =
          openSearch
              ? s.optional(
                  "sigv4",
                  CloudAuth.SigV4.of("es", "Requests are signed for AWS's managed OpenSearch."),
                  "AWS request signing; service: aoss for serverless collections.")
              : null;
      timeSeries =
          openSearch
              ? null
              : s.optional(
                  "time_series", TimeSeriesMode.TYPE, "Time series data streams for samples.");
      SequencedMap<String, Boolean> schemas = new LinkedHashMap<>();
      schemas.put("samples", false);
      schemas.put("clymene", true);
      schema =
          s.key(
              "metrics_schema",
              Type.oneOf("schema of metrics", schemas),
              false,
              "Schema of samples: samples stores all labels in one field, clymene "
                  + "each label in its own.");
      SequencedMap<String, Boolean> logSchemas = new LinkedHashMap<>();
      logSchemas.put("records", false);
      logSchemas.put("clymene", true);
      logsSchema =
          s.key(
              "logs_schema",
              Type.oneOf("schema of logs", logSchemas),
              false,
              "Schema of log records: records stores attributes in two fields, "
                  + "clymene each label in its own.");
      vendor = new VendorKeys(s, openSearch);
      contrib = openSearch ? new OpenSearchKeys(s, ofClient) : null;
      bulk = new BulkRules.Keys(s, openSearch);
      s.notBuilt(
          "batcher", "Former batching of the Collector's exporter; use sending_queue.batch.");
      type = s.type(this::read);
    }

    private ElasticSettings read(YamlObject o) {
      OpenSearchKeys.Http block = contrib == null ? null : contrib.http(o);
      HttpClientSettings c = block == null ? client.read(o) : block.client();
      Duration timeout = block == null ? null : block.timeout();
      List<Key<?>> own = List.of(dataStream, template, retention, policy, logsSchema, schema);
      Observability observability =
          contrib == null ? null : contrib.read(o, logsIndex, tracesIndex, own);
      List<URI> bases = vendor.endpoints(o, c.endpoint());
      CollectorMode mode = observability == null ? collector(o) : null;
      String keep = o.get(retention);
      if (!keep.isEmpty() && !keep.matches("[1-9]\\d{0,5}[dhms]")) {
        throw o.error(retention, "retention must be a number with d, h, m or s, such as 30d");
      }
      if (!keep.isEmpty() && (openSearch || !o.get(dataStream))) {
        throw o.error(
            retention,
            openSearch
                ? "OpenSearch keeps retention in policies of its ISM plugin, not in templates:"
                    + " policy with delete_after makes one"
                : "retention requires data streams, and data_stream is false");
      }
      IndexPolicy rules = o.find(policy);
      if (rules != null && (!o.get(template) || !keep.isEmpty())) {
        throw o.error(
            policy,
            keep.isEmpty()
                ? "policy requires create_template: true, because it is installed with the template"
                : "policy and retention are mutually exclusive; remove one of them");
      }
      if (rules != null && rules.rollsOver() && !o.get(dataStream)) {
        throw o.error(policy, "only data streams roll over: data_stream is false");
      }
      for (Key<?> k :
          List.of(metricsIndex, dataStream, template, retention, policy, logsSchema, schema)) {
        if (observability != null && observability.isConfigured() && o.has(k)) {
          throw o.error(
              k, k.name() + " applies to Tethys's own documents, but mapping.mode is ss4o");
        }
      }
      NameTemplate metrics = index(o, metricsIndex);
      TimeSeriesMode series = mode(o, metrics);
      CloudAuth cloud = cloud(o, c);
      return new ElasticSettings(
          cloud == null ? c : c.with(cloud, o),
          bases,
          openSearch,
          metrics,
          observability == null ? index(o, logsIndex) : observability.logs().name(),
          observability == null ? index(o, tracesIndex) : observability.traces().name(),
          BoundedNames.read(o, maxNames),
          o.get(dataStream),
          o.get(template),
          keep,
          rules,
          o.get(pipeline),
          o.get(user),
          o.find(password),
          apiKey == null ? null : o.find(apiKey),
          series,
          o.get(schema),
          o.get(logsSchema),
          mode,
          observability,
          vendor.repeated(o),
          vendor.repeatedDocuments(o),
          bulk.read(o),
          !openSearch && vendor.isUnsaid(o),
          vendor.flushed(o, rows.read(o)),
          vendor.delivered(
              o, DeliverySettings.read(o, timeout == null ? Duration.ofSeconds(30) : timeout)));
    }

    /** Reads the mapping mode; keys of our own documents and templates contradict it. */
    private @Nullable CollectorMode collector(YamlObject o) {
      vendor.checkRouting(o, List.of(metricsIndex, logsIndex, tracesIndex));
      CollectorMode mode =
          vendor.mode(
              o,
              o.has(logsIndex) ? index(o, logsIndex) : null,
              o.has(tracesIndex) ? index(o, tracesIndex) : null,
              o.has(metricsIndex) ? index(o, metricsIndex) : null);
      if (mode == null) {
        return null;
      }
      for (Key<?> k : List.of(dataStream, template, retention, policy, logsSchema, schema)) {
        if (o.has(k)) {
          throw o.error(
              k,
              k.name()
                  + " applies to Tethys's own documents, but mapping.mode is "
                  + mode.mapping()
                  + ": its data streams have the templates that Elasticsearch brings");
        }
      }
      if (timeSeries != null && o.has(timeSeries)) {
        throw o.error(timeSeries, "time_series applies to Tethys's own documents");
      }
      return mode;
    }

    private @Nullable TimeSeriesMode mode(YamlObject o, NameTemplate metrics) {
      TimeSeriesMode mode = timeSeries == null ? null : o.find(timeSeries);
      if (timeSeries != null && mode != null && (o.get(schema) || !mode.fits(metrics))) {
        throw o.error(
            timeSeries,
            o.get(schema)
                ? "time_series requires metrics_schema: samples"
                : "late_index must not be a data stream of metrics_index, "
                    + metrics.pattern()
                    + ": late samples require an ordinary index");
      }
      return mode;
    }

    private @Nullable CloudAuth cloud(YamlObject o, HttpClientSettings c) {
      CloudAuth cloud = sigv4 == null ? null : o.find(sigv4);
      if (sigv4 != null && cloud != null && (c.auth() != null || !o.get(user).isEmpty())) {
        throw o.error(sigv4, "only one of sigv4, auth and user is allowed");
      }
      return cloud;
    }

    private static NameTemplate index(YamlObject o, Key<String> key) {
      try {
        return NameTemplate.parse(o.get(key), INDEX);
      } catch (IllegalArgumentException e) {
        throw o.error(key, String.valueOf(e.getMessage()));
      }
    }
  }

  /** Returns the index for a signal. */
  NameTemplate index(Signal signal) {
    return switch (signal) {
      case LOGS -> logsIndex;
      case TRACES -> tracesIndex;
      default -> metricsIndex;
    };
  }

  /** Returns the observability schema of a signal, or null if its documents have another form. */
  @Nullable Observability schema(Signal signal) {
    return schema != null && (signal != Signal.METRICS || schema.isConfigured()) ? schema : null;
  }

  /** Returns the URL of a path on one of the {@link #bases}. */
  URI at(int server, String path) {
    return at(bases.get(server), path);
  }

  /** Returns the URL of a path on a server. */
  static URI at(URI base, String path) {
    String b = base.toString();
    return URI.create((b.endsWith("/") ? b.substring(0, b.length() - 1) : b) + path);
  }

  /** Headers of the authentication; empty if the settings name no user. */
  Map<String, String> credentials() {
    if (apiKey != null) {
      return Map.of("authorization", "ApiKey " + apiKey.value());
    }
    if (user.isEmpty()) {
      return Map.of();
    }
    return Map.of(
        "authorization", BasicCredentials.header(user, password == null ? "" : password.value()));
  }
}
