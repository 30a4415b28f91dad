package dev.tethys.pipeline.exporter.clickhouse;

import dev.tethys.codec.clickhouse.ClickHouseTables;
import dev.tethys.codec.compression.Compression;
import dev.tethys.config.GoDurations;
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
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Settings of the {@code clickhouse} exporter, named as in the Collector if it has them.
 *
 * @param url URL of ClickHouse's HTTP interface
 * @param names table names by signal; for metrics, the name prefix
 * @param maxNames maximum number of names built from labels
 * @param createSchema whether databases and tables are created
 * @param asyncInsert whether the server batches small inserts; acknowledged either way
 * @param settings ClickHouse settings sent with every insert
 */
record ClickHouseSettings(
    HttpClientSettings client,
    URI url,
    String user,
    Secret password,
    ClickHouseTables tables,
    Map<Signal, NameTemplate> names,
    int maxNames,
    boolean createSchema,
    boolean asyncInsert,
    Map<String, String> settings,
    RowSettings rows,
    DeliverySettings delivery) {
  /** Tables are files; the table of traces by id is stored next to the span table. */
  private static final NameRule TABLES = NameRule.words("-", 120, "_trace_id_ts");

  private static final Section SECTION =
      new Section("clickhouse", "Writes to ClickHouse.").include(DeliverySettings.SECTION);
  private static final HttpClientSettings.Keys KEYS = new HttpClientSettings.Keys(SECTION);
  private static final RowSettings.Keys ROWS =
      new RowSettings.Keys(
          SECTION, HistogramRule.NATIVE, Set.of(HistogramRule.NATIVE), 200_000, 32 << 20);
  private static final Key<String> USERNAME =
      SECTION.key(
          "username",
          Type.STRING,
          "",
          "User name; by default the user default, unless headers or auth " + "authenticate.");
  private static final Key<Secret> PASSWORD =
      SECTION.key("password", Type.SECRET, Secret.NONE, "Password of the user.");
  private static final Key<String> DATABASE =
      SECTION.key("database", Type.STRING, "default", "Database of the tables.");
  private static final Key<String> METRICS_PREFIX =
      SECTION.key(
          "metrics_table_prefix",
          Type.STRING,
          "metrics",
          "Prefix of _samples, _series, _histograms, _exemplars and _metadata; {label} is replaced"
              + " by the value of a label.");
  private static final Key<String> LOGS =
      SECTION.key(
          "logs_table_name",
          Type.STRING,
          "otel_logs",
          "Table of logs; {attribute} is replaced by a resource attribute.");
  private static final Key<String> TRACES =
      SECTION.key(
          "traces_table_name",
          Type.STRING,
          "otel_traces",
          "Table of spans; {attribute} is replaced by a resource attribute.");
  private static final Key<Long> MAX_NAMES = BoundedNames.key(SECTION, 100);
  private static final Key<Boolean> CREATE_SCHEMA =
      SECTION.key(
          "create_schema", Type.BOOL, true, "If true, missing databases and tables are created.");
  private static final Key<String> CLUSTER =
      SECTION.key(
          "cluster_name", Type.STRING, "", "Cluster on whose nodes the tables are created.");
  private static final Key<Boolean> REPLICATED =
      SECTION.key(
          "replicated", Type.BOOL, false, "If true, tables are created as replicated tables.");
  private static final Key<Duration> TTL =
      SECTION.key(
          "ttl",
          GoDurations.TYPE,
          Duration.ZERO,
          "Time to live of rows; 0s keeps them without limit.");
  private static final Key<Boolean> ASYNC_INSERT =
      SECTION.key(
          "async_insert",
          Type.BOOL,
          false,
          "If true, the server combines small inserts of several clients; the "
              + "exporter waits for the result in either case.");
  private static final Key<Map<String, String>> PARAMS =
      SECTION.key(
          "connection_params",
          Type.map(Type.of("string", "", n -> n.asString())),
          Map.of(),
          "ClickHouse settings that are sent with every insert.");

  private static final Key<String> COMPRESS =
      SECTION.optional(
          "compress",
          Type.of("string", "", n -> n.asString()),
          "Compression of inserts under the Collector's name: none, lz4, zstd, gzip or deflate; true"
              + " for lz4, false for none. Replaces compression.");
  private static final Key<Boolean> JSON =
      SECTION.key(
          "json",
          Type.BOOL,
          false,
          "If true, attributes of logs and spans are columns of type JSON, and their keys"
              + " are further columns; requires ClickHouse 25.3.");

  static {
    SECTION
        .notBuilt("table_engine", "Table engine by name; see replicated.")
        .notBuilt("metrics_tables", "Names of the Collector's metric tables.")
        .notBuilt("metrics_table_name", "Former name of metrics_table_prefix in the Collector.");
  }

  static final Type<ClickHouseSettings> TYPE = SECTION.type(ClickHouseSettings::read);

  private static NameTemplate name(YamlObject o, Key<String> key) {
    try {
      return NameTemplate.labelled(o.get(key), TABLES);
    } catch (IllegalArgumentException e) {
      throw o.error(key, key.name() + ": " + e.getMessage());
    }
  }

  /**
   * Applies the compression named by the Collector's keys.
   *
   * @param param value from {@code connection_params}, which takes precedence over the exporter's
   *     key; may be null
   */
  private static HttpClientSettings compressed(
      YamlObject o, @Nullable String param, HttpClientSettings client) {
    Key<?> key = param == null ? COMPRESS : PARAMS;
    String name = param == null ? o.find(COMPRESS) : param;
    if (name == null) {
      return client;
    }
    if (o.has(KEYS.compressionKey())) {
      throw o.error(key, "compress and compression are the same setting; remove one of them");
    }
    Compression c =
        switch (name) {
          case "", "none", "false" -> Compression.NONE;
          case "true", "lz4" -> Compression.LZ4;
          case "zstd" -> Compression.ZSTD;
          case "gzip" -> Compression.GZIP;
          case "deflate" -> Compression.DEFLATE;
          default ->
              throw o.error(
                  key,
                  "compress is \""
                      + name
                      + "\"; it must be none, lz4, zstd, gzip, deflate, true or false");
        };
    if (client.level() != Compression.DEFAULT_LEVEL) {
      throw o.error(key, "compression_params require compression instead of compress");
    }
    return client.withCompression(c);
  }

  /** Returns the names of a signal's tables. */
  NameTemplate names(Signal signal) {
    return Objects.requireNonNull(names.get(signal));
  }

  private static ClickHouseSettings read(YamlObject o) {
    Map<String, String> params = new LinkedHashMap<>(o.get(PARAMS));
    HttpClientSettings client = compressed(o, params.remove("compress"), KEYS.read(o));
    URI url = client.endpoint();
    if (url == null || !Set.of("http", "https").contains(url.getScheme())) {
      throw o.error(
          "\"endpoint\" must be ClickHouse's HTTP interface, such as http://host:8123; the native"
              + " protocol (tcp, 9000) is not supported");
    }
    return new ClickHouseSettings(
        client,
        url,
        o.get(USERNAME),
        o.get(PASSWORD),
        new ClickHouseTables(
            o.get(DATABASE),
            "",
            "",
            "",
            o.get(CLUSTER),
            o.get(REPLICATED),
            o.get(TTL).toSeconds(),
            o.get(JSON)),
        Map.of(
            Signal.METRICS,
            name(o, METRICS_PREFIX),
            Signal.LOGS,
            name(o, LOGS),
            Signal.TRACES,
            name(o, TRACES)),
        BoundedNames.read(o, MAX_NAMES),
        o.get(CREATE_SCHEMA),
        o.get(ASYNC_INSERT),
        params,
        ROWS.read(o),
        DeliverySettings.read(o, Duration.ofSeconds(60)));
  }
}
