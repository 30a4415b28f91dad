package dev.tethys.pipeline.exporter.tdengine;

import dev.tethys.config.Key;
import dev.tethys.config.Secret;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
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
import java.util.Map;
import java.util.Set;

/**
 * Settings of the {@code tdengine} exporter.
 *
 * @param base taosAdapter
 * @param token TDengine Enterprise token, used instead of user and password; empty if none
 * @param cloudToken TDengine Cloud token, used instead of user and password; empty if none
 * @param sql whether rows go by SQL into one super table, otherwise by lines into one per metric
 * @param table super table for SQL
 * @param maxNames maximum number of super tables, or databases, built from labels
 * @param createSchema whether the database, and the super table of SQL, are created
 * @param databaseOptions appended to the statement that creates the database
 */
record TdengineSettings(
    HttpClientSettings client,
    URI base,
    String username,
    Secret password,
    Secret token,
    Secret cloudToken,
    NameTemplate database,
    boolean sql,
    NameTemplate table,
    int maxNames,
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
      SECTION.key("username", Type.STRING, "root", "User name.");
  private static final Key<Secret> PASSWORD =
      SECTION.key("password", Type.SECRET, new Secret("taosdata"), "Password of the user.");
  private static final Key<Secret> TOKEN =
      SECTION.key(
          "token",
          Type.SECRET,
          Secret.NONE,
          "Token made by CREATE TOKEN, instead of user name and password.");
  private static final Key<Secret> CLOUD_TOKEN =
      SECTION.key("cloud_token", Type.SECRET, Secret.NONE, "Token of TDengine Cloud.");
  private static final Key<String> DATABASE =
      SECTION.key(
          "database",
          Type.STRING,
          "tethys",
          "Database of super tables. With protocol lines, {label} is replaced by the value of a label.");
  private static final Key<Boolean> PROTOCOL =
      SECTION.key(
          "protocol",
          Type.oneOf("protocol", "lines", false, "sql", true),
          false,
          "Protocol of samples: lines uses a super table for each metric, sql a "
              + "single one with labels in a tag of type JSON.");
  private static final Key<String> TABLE =
      SECTION.key(
          "table",
          Type.STRING,
          "metrics",
          "Super table of samples; with protocol sql only. {label} is replaced "
              + "by the value of a label.");
  private static final Key<Long> MAX_NAMES = BoundedNames.key(SECTION, 100);
  private static final Key<Boolean> CREATE_SCHEMA =
      SECTION.key(
          "create_schema",
          Type.BOOL,
          true,
          "If true, missing databases and super tables are created.");
  private static final Key<String> OPTIONS =
      SECTION.key(
          "database_options",
          Type.STRING,
          "PRECISION 'ms' KEEP 3650d",
          "Options of CREATE DATABASE; the precision must be ms, us or ns.");

  static {
    SECTION.notBuilt(
        "totp_code",
        "taosAdapter accepts TOTP codes only over its WebSocket, not for lines "
            + "and SQL over HTTP; use a token.");
  }

  static final Type<TdengineSettings> TYPE = SECTION.type(TdengineSettings::read);

  private static NameTemplate name(YamlObject o, Key<String> key, int max) {
    try {
      NameTemplate t = NameTemplate.parse(o.get(key), NameRule.words("", max));
      if (t.pattern().length() <= max) {
        return t;
      }
    } catch (IllegalArgumentException e) {
      throw o.error(key, key.name() + ": " + e.getMessage());
    }
    throw o.error(key, key.name() + " must have at most " + max + " characters");
  }

  /** Returns the template with labels: super tables for SQL, databases for lines. */
  NameTemplate names() {
    return sql ? table : database;
  }

  /** Returns the database for a resolved name. */
  String databaseOf(String name) {
    return sql ? database.ofNothing() : name;
  }

  private static TdengineSettings read(YamlObject o) {
    HttpClientSettings client = CLIENT.read(o);
    URI base = client.endpoint();
    if (base == null || !Set.of("http", "https").contains(base.getScheme())) {
      throw o.error("\"endpoint\" must name taosAdapter, as http://host:6041");
    }
    NameTemplate database = name(o, DATABASE, 64);
    if (o.get(PROTOCOL) && !database.isFixed()) {
      throw o.error(
          DATABASE,
          "with protocol sql, \"table\" contains the {labels}; \"database\" has them of lines");
    }
    Secret token = o.get(TOKEN);
    Secret cloud = o.get(CLOUD_TOKEN);
    boolean named = o.has(USERNAME) && !o.get(USERNAME).isEmpty() || o.has(PASSWORD);
    if ((token.isEmpty() ? 0 : 1) + (cloud.isEmpty() ? 0 : 1) + (named ? 1 : 0) > 1) {
      throw o.error("at most one of username with password, token and cloud_token is allowed");
    }
    return new TdengineSettings(
        client,
        base,
        token.isEmpty() && cloud.isEmpty() ? o.get(USERNAME) : "",
        o.get(PASSWORD),
        token,
        cloud,
        database,
        o.get(PROTOCOL),
        name(o, TABLE, 192),
        BoundedNames.read(o, MAX_NAMES),
        o.get(CREATE_SCHEMA),
        o.get(OPTIONS),
        ROWS.read(o),
        DeliverySettings.read(o, Duration.ofSeconds(30)));
  }

  /** Returns the URL for a path of the server. */
  URI at(String path) {
    String b = base.toString();
    return URI.create(
        (b.endsWith("/") ? b.substring(0, b.length() - 1) : b)
            + path
            + (cloudToken.isEmpty()
                ? ""
                : (path.indexOf('?') < 0 ? "?token=" : "&token=")
                    + URLEncoder.encode(cloudToken.value(), StandardCharsets.UTF_8)));
  }

  /** Returns the URL for lines. */
  URI linesUrl(String name) {
    return at(
        "/influxdb/v1/write?db="
            + URLEncoder.encode(name, StandardCharsets.UTF_8)
            + "&precision=ms");
  }

  /** Returns the statement that creates the database. */
  String createDatabase(String name) {
    return "CREATE DATABASE IF NOT EXISTS `" + databaseOf(name) + "` " + databaseOptions;
  }

  /** Headers with the credentials. */
  Map<String, String> credentials() {
    if (!token.isEmpty()) {
      return Map.of("authorization", "Bearer " + token.value());
    }
    if (username.isEmpty()) {
      return Map.of();
    }
    return Map.of("authorization", BasicCredentials.header(username, password.value()));
  }
}
