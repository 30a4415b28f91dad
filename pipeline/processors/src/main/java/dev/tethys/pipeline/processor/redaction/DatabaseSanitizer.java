package dev.tethys.pipeline.processor.redaction;

import dev.tethys.codec.sql.SqlDialect;
import dev.tethys.codec.sql.SqlText;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.model.telemetry.Attributes;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * {@code db_sanitizer}: removes literals from statements in the language given by {@code
 * db.system.name} or {@code db.system}.
 */
final class DatabaseSanitizer {
  /** Properties of a kind of database. */
  private enum Kind {
    SQL(
        "sql",
        "mysql",
        "mariadb",
        "postgresql",
        "sqlite",
        "other_sql",
        "mssql",
        "microsoft.sql_server",
        "oracle",
        "oracle.db",
        "cockroachdb",
        "redshift",
        "aws.redshift"),
    REDIS("redis", "redis"),
    VALKEY("valkey", "valkey"),
    MEMCACHED("memcached", "memcached"),
    MONGO("mongo", "mongodb"),
    OPENSEARCH("opensearch", "opensearch"),
    ES("es", "elasticsearch");

    final String key;
    final Set<String> systems;

    Kind(String key, String... systems) {
      this.key = key;
      this.systems = Set.of(systems);
    }

    String mask(String text, String system) {
      return switch (this) {
        case SQL ->
            switch (system) {
              case "mysql", "mariadb" -> SqlText.masked(text, SqlDialect.MYSQL);
              case "postgresql", "cockroachdb", "redshift", "aws.redshift" ->
                  SqlText.masked(text, SqlDialect.POSTGRESQL);
              case "mssql", "microsoft.sql_server" -> SqlText.masked(text, SqlDialect.SQL_SERVER);
              case "oracle", "oracle.db" -> SqlText.masked(text, SqlDialect.ORACLE);
              case "sqlite" -> SqlText.masked(text, SqlDialect.SQLITE);
              default -> SqlText.masked(text, SqlDialect.UNKNOWN);
            };
        case REDIS, VALKEY -> CommandText.redis(text);
        case MEMCACHED -> CommandText.memcached(text);
        case MONGO, OPENSEARCH, ES -> CommandText.json(text);
      };
    }
  }

  /** Enabled database type, with the attributes that hold its statements. */
  private record Enabled(Kind kind, Set<String> attributes) {}

  private static final Section ONE =
      new Section("database", "Sanitization of statements of one kind of database.");
  private static final Key<Boolean> ENABLED =
      ONE.key("enabled", Type.BOOL, false, "Enables sanitization.");
  private static final Key<List<String>> ATTRIBUTES =
      ONE.key(
          "attributes",
          Type.list(Type.STRING),
          List.of(),
          "Attribute keys whose values are statements.");

  private static final Section SECTION =
      new Section("db_sanitizer", "Removes literals from database statements.");
  private static final Key<Boolean> SPAN_NAME =
      SECTION.key("sanitize_span_name", Type.BOOL, true, "If true, span names are sanitized too.");
  private static final Key<Boolean> FALLBACK =
      SECTION.key(
          "allow_fallback_without_system",
          Type.BOOL,
          false,
          "If true, statements without an attribute that names the database pass through "
              + "all sanitizers.");
  private static final List<Key<YamlObject>> KINDS = new ArrayList<>();

  static {
    for (Kind k : Kind.values()) {
      KINDS.add(SECTION.optional(k.key, ONE.type(o -> o), "Statements for " + k.systems + "."));
    }
  }

  static final Type<DatabaseSanitizer> TYPE = SECTION.type(DatabaseSanitizer::new);

  private final List<Enabled> kinds = new ArrayList<>();
  private final boolean spanNames;
  private final boolean fallback;

  private DatabaseSanitizer(YamlObject o) {
    for (Kind k : Kind.values()) {
      YamlObject one = o.find(KINDS.get(k.ordinal()));
      if (one != null && one.get(ENABLED)) {
        kinds.add(new Enabled(k, new HashSet<>(one.get(ATTRIBUTES))));
      }
    }
    spanNames = o.get(SPAN_NAME);
    fallback = o.get(FALLBACK);
  }

  /** Returns the database named by the attributes, in lower case; "" for none. */
  static String system(Attributes a) {
    String name = a.getString("db.system.name");
    name = name == null ? a.getString("db.system") : name;
    return name == null ? "" : name.toLowerCase(Locale.ROOT);
  }

  /** Returns the sanitized value of an attribute of a database item. */
  String attribute(String key, String value, String system) {
    String out = value;
    for (Enabled e : kinds) {
      if (e.attributes.contains(key)) {
        out = masked(e.kind, out, system);
      }
    }
    return out;
  }

  /** Returns the sanitized name of a database span. */
  String spanName(String name, String system) {
    return spanNames && !system.isEmpty() ? body(name, system) : name;
  }

  /** Returns the sanitized body of a database log record. */
  String body(String text, String system) {
    String out = text;
    for (Enabled e : kinds) {
      out = masked(e.kind, out, system);
    }
    return out;
  }

  private String masked(Kind kind, String text, String system) {
    boolean its = system.isEmpty() ? fallback : kind.systems.contains(system);
    return its ? kind.mask(text, system) : text;
  }
}
