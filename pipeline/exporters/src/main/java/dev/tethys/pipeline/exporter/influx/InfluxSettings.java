package dev.tethys.pipeline.exporter.influx;

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
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Settings of the {@code influxdb} exporter, named as in the Collector if it has them.
 *
 * @param base the server, without a path of the API
 * @param database database (versions 1 and 3) or bucket (version 2)
 * @param maxNames maximum number of databases built from labels
 * @param retentionPolicy retention policy in version 1, or "" for the default
 * @param consistency write consistency of a version 1 cluster, or "" for the default
 * @param clymene whether points have Clymene's form: the name is a tag too
 * @param defaultTags tags of every point that does not have them
 * @param spanDimensions attributes of spans that are tags
 * @param logDimensions attributes of log records that are tags
 * @param noSync whether version 3 responds before its write-ahead log is on disk
 * @param createSchema whether missing databases and buckets are created
 */
record InfluxSettings(
    HttpClientSettings client,
    URI base,
    Version version,
    String org,
    NameTemplate database,
    int maxNames,
    String retentionPolicy,
    String consistency,
    String username,
    @Nullable Secret password,
    @Nullable Secret token,
    boolean clymene,
    Map<String, String> defaultTags,
    List<String> spanDimensions,
    List<String> logDimensions,
    boolean noSync,
    boolean createSchema,
    RowSettings rows,
    DeliverySettings delivery) {
  /** Version of the server's API. */
  enum Version {
    V1,
    V2,
    V3
  }

  private static final NameRule DATABASES = NameRule.words("-", 64);

  private static final Section V1_SECTION = new Section("v1_compatibility", "API of InfluxDB 1.");
  private static final Key<Boolean> V1_ENABLED =
      V1_SECTION.key("enabled", Type.BOOL, false, "Enables the API of InfluxDB 1.");
  private static final Key<String> V1_DB =
      V1_SECTION.key(
          "db",
          Type.STRING,
          "",
          "Database, which must exist unless create_schema creates it; {label} "
              + "is replaced by the value of a label or a resource attribute.");
  private static final Key<String> V1_USERNAME =
      V1_SECTION.key("username", Type.STRING, "", "User name for basic authentication.");
  private static final Key<Secret> V1_PASSWORD =
      V1_SECTION.optional("password", Type.SECRET, "Password for basic authentication.");
  private static final Key<String> V1_RP =
      V1_SECTION.key(
          "retention_policy",
          Type.STRING,
          "",
          "Retention policy that receives the points; by default that of the database.");
  private static final Key<String> V1_CONSISTENCY =
      V1_SECTION.key(
          "consistency",
          Type.STRING,
          "",
          "Write consistency of InfluxDB Enterprise 1: any, one, quorum or all.");

  private record V1(
      String db,
      String username,
      @Nullable Secret password,
      String retentionPolicy,
      String consistency) {}

  private static final Section V3_SECTION =
      new Section("v3", "API of InfluxDB 3, Core or Enterprise.");
  private static final Key<Boolean> V3_ENABLED =
      V3_SECTION.key("enabled", Type.BOOL, true, "Enables the API of InfluxDB 3.");
  private static final Key<String> V3_DATABASE =
      V3_SECTION.required(
          "database",
          Type.STRING,
          "Database, created by the first write; {label} is replaced as in "
              + "v1_compatibility.db.");
  private static final Key<Boolean> V3_NO_SYNC =
      V3_SECTION.key(
          "no_sync",
          Type.BOOL,
          false,
          "If true, writes are confirmed before the write-ahead log is on disk.");

  private record V3(boolean enabled, String database, boolean noSync) {}

  private static final Section SECTION =
      new Section("influxdb", "Writes metrics, logs and traces to InfluxDB 1, 2 or 3.")
          .include(DeliverySettings.SECTION);
  private static final HttpClientSettings.Keys CLIENT = new HttpClientSettings.Keys(SECTION);
  private static final RowSettings.Keys ROWS =
      new RowSettings.Keys(
          SECTION,
          HistogramRule.CLASSIC,
          EnumSet.of(HistogramRule.CLASSIC, HistogramRule.DROP),
          5000,
          5 << 20);
  private static final Key<String> ORG =
      SECTION.key("org", Type.STRING, "", "Organisation; version 2 only.");
  private static final Key<String> BUCKET =
      SECTION.key(
          "bucket",
          Type.STRING,
          "",
          "Bucket of version 2, which must exist unless create_schema creates "
              + "it; {label} is replaced as in v1_compatibility.db.");
  private static final Key<Long> MAX_NAMES = BoundedNames.key(SECTION, 100);
  private static final Key<Secret> TOKEN =
      SECTION.optional(
          "token", Type.SECRET, "Token, sent with the scheme Token, or Bearer to version 3.");
  private static final V1 OFF = new V1("", "", null, "", "");
  private static final Key<V1> V1_KEY =
      SECTION.key(
          "v1_compatibility",
          V1_SECTION.type(
              o ->
                  o.get(V1_ENABLED)
                      ? new V1(
                          o.get(V1_DB),
                          o.get(V1_USERNAME),
                          o.find(V1_PASSWORD),
                          o.get(V1_RP),
                          o.get(V1_CONSISTENCY))
                      : off(o)),
          OFF,
          "API of InfluxDB 1.");
  private static final Key<V3> V3_KEY =
      SECTION.key(
          "v3",
          V3_SECTION.type(o -> new V3(o.get(V3_ENABLED), o.get(V3_DATABASE), o.get(V3_NO_SYNC))),
          new V3(false, "", false),
          "API of InfluxDB 3.");
  private static final Key<Boolean> SCHEMA =
      SECTION.key(
          "metrics_schema",
          Type.oneOf("schema of metrics", "series", false, "clymene", true),
          false,
          "Schema of samples: series uses the metric name as measurement and one "
              + "field \"value\"; clymene adds the tag __name__.");
  private static final Key<Boolean> CREATE_SCHEMA =
      SECTION.key(
          "create_schema",
          Type.BOOL,
          false,
          "If true, missing databases of version 1 and buckets of version 2 are "
              + "created; version 3 creates databases on the first write.");
  private static final Key<Map<String, String>> DEFAULT_TAGS =
      SECTION.key(
          "default_tags",
          Type.map(Type.STRING),
          Map.of(),
          "Tags added to every point that does not have them.");

  private static final Key<List<String>> SPAN_DIMENSIONS =
      SECTION.key(
          "span_dimensions",
          Type.list(Type.STRING),
          List.of("service.name", InfluxRecords.SPAN_NAME),
          "Attributes of spans and their resources that become tags, in addition "
              + "to trace_id and span_id.");
  private static final Key<List<String>> LOG_DIMENSIONS =
      SECTION.key(
          "log_record_dimensions",
          Type.list(Type.STRING),
          List.of("service.name"),
          "Attributes of log records and their resources that become tags, in "
              + "addition to trace_id and span_id.");

  static {
    SECTION
        .notBuilt("payload_max_lines", "Use max_samples_per_send.")
        .notBuilt("payload_max_bytes", "Use max_request_bytes.")
        .notBuilt(
            "span_fields", "Attributes that are not tags are written to the field attributes.")
        .notBuilt("trace_id_fields", "trace_id and span_id are always tags.")
        .notBuilt(
            "precision",
            "Timestamps of samples are in milliseconds, those of logs and spans in "
                + "nanoseconds.");
  }

  static final Type<InfluxSettings> TYPE = SECTION.type(InfluxSettings::read);

  private static V1 off(YamlObject o) {
    o.readAll();
    return OFF;
  }

  private static InfluxSettings read(YamlObject o) {
    HttpClientSettings client = CLIENT.read(o);
    if (client.endpoint() == null) {
      throw o.error("\"endpoint\" must name InfluxDB, as http://host:8086");
    }
    V1 v1 = o.get(V1_KEY);
    V3 v3 = o.get(V3_KEY);
    boolean first = v1 != OFF;
    boolean third = v3.enabled();
    if (first && third) {
      throw o.error("v1_compatibility and v3 are both enabled: only one API is used");
    }
    Version version = first ? Version.V1 : third ? Version.V3 : Version.V2;
    String org = o.get(ORG);
    String database =
        switch (version) {
          case V1 -> v1.db();
          case V2 -> o.get(BUCKET);
          case V3 -> v3.database();
        };
    if (database.isEmpty()) {
      throw o.error(
          version == Version.V1
              ? "v1_compatibility.db must name the database"
              : version == Version.V2 ? "\"bucket\" must name the bucket" : "v3.database is empty");
    }
    if (version == Version.V2 && org.isEmpty()) {
      throw o.error("\"org\" must name the organisation");
    }
    NameTemplate template;
    try {
      template = NameTemplate.labelled(database, DATABASES);
    } catch (IllegalArgumentException e) {
      throw o.error("the name of the database or bucket: " + e.getMessage());
    }
    return new InfluxSettings(
        client,
        client.endpoint(),
        version,
        org,
        template,
        BoundedNames.read(o, MAX_NAMES),
        v1.retentionPolicy(),
        v1.consistency(),
        v1.username(),
        v1.password(),
        o.find(TOKEN),
        o.get(SCHEMA),
        o.get(DEFAULT_TAGS),
        o.get(SPAN_DIMENSIONS),
        o.get(LOG_DIMENSIONS),
        third && v3.noSync(),
        o.get(CREATE_SCHEMA),
        ROWS.read(o),
        DeliverySettings.read(o, Duration.ofSeconds(10)));
  }

  private static String query(String... namesAndValues) {
    StringBuilder sb = new StringBuilder();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      if (!namesAndValues[i + 1].isEmpty()) {
        sb.append(sb.isEmpty() ? "?" : "&").append(namesAndValues[i]).append('=');
        sb.append(URLEncoder.encode(namesAndValues[i + 1], StandardCharsets.UTF_8));
      }
    }
    return sb.toString();
  }

  /** Returns the URL for a path of the server. */
  URI at(String path) {
    String b = base.toString();
    return URI.create((b.endsWith("/") ? b.substring(0, b.length() - 1) : b) + path);
  }

  /** Returns the URL for writes: samples with milliseconds, everything else with nanoseconds. */
  URI writeUrl(Signal signal, String name) {
    boolean samples = signal == Signal.METRICS;
    String precision = samples ? "ms" : "ns";
    return at(
        switch (version) {
          case V1 ->
              "/write"
                  + query(
                      "db",
                      name,
                      "rp",
                      retentionPolicy,
                      "precision",
                      precision,
                      "consistency",
                      consistency);
          case V2 -> "/api/v2/write" + query("org", org, "bucket", name, "precision", precision);
          case V3 ->
              "/api/v3/write_lp"
                  + query(
                      "db",
                      name,
                      "precision",
                      samples ? "millisecond" : "nanosecond",
                      "accept_partial",
                      "true",
                      "no_sync",
                      Boolean.toString(noSync));
        });
  }

  /** Returns the URL for InfluxQL queries, supported by all three versions. */
  URI queryUrl(String name, String influxQl) {
    return at("/query" + query("db", name, "epoch", "ms", "q", influxQl));
  }

  /** Headers of the authentication; empty if the settings name no user. */
  Map<String, String> credentials() {
    if (version == Version.V1 && !username.isEmpty()) {
      return Map.of(
          "authorization",
          BasicCredentials.header(username, password == null ? "" : password.value()));
    }
    return token == null
        ? Map.of()
        : Map.of("authorization", (version == Version.V3 ? "Bearer " : "Token ") + token.value());
  }
}
