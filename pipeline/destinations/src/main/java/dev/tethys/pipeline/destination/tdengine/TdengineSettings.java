package dev.tethys.pipeline.destination.tdengine;

import dev.tethys.config.Key;
import dev.tethys.config.Secret;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.pipeline.delivery.DeliverySettings;
import dev.tethys.pipeline.destination.client.HttpClientSettings;
import dev.tethys.pipeline.destination.rows.HistogramRule;
import dev.tethys.pipeline.destination.rows.RowSettings;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;

/**
 * What the {@code tdengine} exporter is told.
 *
 * @param base taosAdapter
 * @param sql whether rows go by SQL into one super table, else by lines into one for each metric
 * @param table the super table, of SQL
 * @param createSchema whether the database, and the super table of SQL, are made
 * @param databaseOptions behind the statement that makes the database
 */
record TdengineSettings(
    HttpClientSettings client,
    URI base,
    String username,
    Secret password,
    String database,
    boolean sql,
    String table,
    boolean createSchema,
    String databaseOptions,
    RowSettings rows,
    DeliverySettings delivery) {
  private static final Section SECTION =
      new Section("tdengine", "Writes metrics to TDengine 3.").include(DeliverySettings.SECTION);
  private static final HttpClientSettings.Keys CLIENT = new HttpClientSettings.Keys(SECTION);
  private static final RowSettings.Keys ROWS =
      new RowSettings.Keys(
          SECTION,
          HistogramRule.CLASSIC,
          EnumSet.of(HistogramRule.CLASSIC, HistogramRule.DROP),
          5000,
          900_000);
  private static final Key<String> USERNAME =
      SECTION.key("username", Type.STRING, "root", "The user.");
  private static final Key<Secret> PASSWORD =
      SECTION.key("password", Type.SECRET, new Secret("taosdata"), "Its password.");
  private static final Key<String> DATABASE =
      SECTION.key("database", Type.STRING, "tethys", "Where super tables are.");
  private static final Key<Boolean> PROTOCOL =
      SECTION.key(
          "protocol",
          Type.oneOf("protocol", "lines", false, "sql", true),
          false,
          "lines: a super table for each metric; sql: one, with labels in a tag of type JSON.");
  private static final Key<String> TABLE =
      SECTION.key("table", Type.STRING, "metrics", "The super table, of protocol sql.");
  private static final Key<Boolean> CREATE_SCHEMA =
      SECTION.key(
          "create_schema", Type.BOOL, true, "Make the database and super table that are missing.");
  private static final Key<String> OPTIONS =
      SECTION.key(
          "database_options",
          Type.STRING,
          "PRECISION 'ms' KEEP 3650d",
          "Behind CREATE DATABASE; the precision has to be ms, us or ns.");

  static final Type<TdengineSettings> TYPE = SECTION.type(TdengineSettings::read);

  private static TdengineSettings read(YamlObject o) {
    HttpClientSettings client = CLIENT.read(o);
    URI base = client.endpoint();
    if (base == null || !Set.of("http", "https").contains(base.getScheme())) {
      throw o.error("\"endpoint\" must name taosAdapter, as http://host:6041");
    }
    if (!o.get(DATABASE).matches("[a-zA-Z_][a-zA-Z0-9_]{0,63}")) {
      throw o.error(DATABASE, "\"database\" wants up to 64 letters, digits and underscores");
    }
    if (!o.get(TABLE).matches("[a-zA-Z_][a-zA-Z0-9_]{0,191}")) {
      throw o.error(TABLE, "\"table\" wants letters, digits and underscores");
    }
    return new TdengineSettings(
        client,
        base,
        o.get(USERNAME),
        o.get(PASSWORD),
        o.get(DATABASE),
        o.get(PROTOCOL),
        o.get(TABLE),
        o.get(CREATE_SCHEMA),
        o.get(OPTIONS),
        ROWS.read(o),
        DeliverySettings.read(o, Duration.ofSeconds(30)));
  }

  /** A path of the server. */
  URI at(String path) {
    String b = base.toString();
    return URI.create((b.endsWith("/") ? b.substring(0, b.length() - 1) : b) + path);
  }

  /** Where lines are written. */
  URI linesUrl() {
    return at(
        "/influxdb/v1/write?db="
            + URLEncoder.encode(database, StandardCharsets.UTF_8)
            + "&precision=ms");
  }

  /** The statement that makes the database. */
  String createDatabase() {
    return "CREATE DATABASE IF NOT EXISTS `" + database + "` " + databaseOptions;
  }

  /** What says who writes. */
  Map<String, String> credentials() {
    if (username.isEmpty()) {
      return Map.of();
    }
    String both = username + ":" + password.value();
    return Map.of(
        "authorization",
        "Basic " + Base64.getEncoder().encodeToString(both.getBytes(StandardCharsets.UTF_8)));
  }
}
