package dev.tethys.collect.database.postgres;

import dev.tethys.collect.database.FlagsAndEnvironment;
import dev.tethys.collect.exporter.Exporter;
import dev.tethys.collect.exporter.ExporterDependencies;
import dev.tethys.collect.exporter.ExporterFlag;
import dev.tethys.collect.exporter.ExporterFlag.Kind;
import dev.tethys.collect.exporter.ExporterKind;
import dev.tethys.collect.exporter.ExporterSettings;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * {@code tethys exporter postgres}: compatible with postgres_exporter, its flags and environment
 * variables.
 */
public final class PostgresExporterKind implements ExporterKind {
  private static final String TELEMETRY_PATH = "web.telemetry-path";
  private static final String NO_SETTINGS = "disable-settings-metrics";
  private static final String SLOT = "collector.replication_slot";
  private static final Set<String> SPECIAL_ON = Set.of("settings");
  private static final Set<String> SPECIAL_OFF = Set.of("process_idle", "stat_statements");

  @Override
  public String name() {
    return "postgres";
  }

  @Override
  public String title() {
    return "Postgres Exporter";
  }

  @Override
  public String program() {
    return "postgres_exporter";
  }

  @Override
  public String address() {
    return ":9187";
  }

  @Override
  public String about() {
    return "Reports metrics of PostgreSQL servers as postgres_exporter does.";
  }

  /** Returns all collectors, and whether each runs by default. */
  private static Map<String, Boolean> collectors() {
    Map<String, Boolean> out = new TreeMap<>();
    CollectorTable.TABLE.names().forEach(n -> out.put(n, CollectorTable.TABLE.isOn(n)));
    SPECIAL_ON.forEach(n -> out.put(n, true));
    SPECIAL_OFF.forEach(n -> out.put(n, false));
    return out;
  }

  @Override
  public List<ExporterFlag> flags() {
    List<ExporterFlag> f = new ArrayList<>();
    f.add(
        ExporterFlag.of(
            "config.file",
            Kind.PATH,
            "postgres_exporter.yml",
            "Configuration file with auth_modules."));
    f.add(on("disable-default-metrics", "Exclude the version and conflicts."));
    f.add(on("auto-discover-databases", "Run queries in all databases of a server."));
    f.add(ExporterFlag.of("extend.query-path", Kind.PATH, "", "File with custom queries."));
    f.add(on("dumpmaps", "Print the metrics of collectors and custom queries, and exit."));
    f.add(
        on(
            NO_SETTINGS,
            "Deprecated since 0.20: exclude the settings; use --no-collector.settings."));
    f.add(
        ExporterFlag.of(
            SLOT,
            Kind.BOOLEAN,
            "true",
            "Deprecated since 0.20: use --collector.replication_slots."));
    f.add(
        text(
            "constantLabels", "", "Labels added to all metrics: name=value, separated by commas."));
    f.add(text("exclude-databases", "", "Databases to exclude, separated by commas."));
    f.add(
        text(
            "include-databases",
            "",
            "Databases to include in discovery, separated by commas; others are excluded."));
    f.add(text("metric-prefix", "pg", "Prefix of the metric names of queries."));
    f.add(ExporterFlag.of("collection-timeout", Kind.DURATION, "1m", "Timeout of a whole scrape."));
    collectors()
        .forEach(
            (name, isOn) ->
                f.add(
                    ExporterFlag.of(
                        "collector." + name,
                        Kind.BOOLEAN,
                        isOn.toString(),
                        "Enable the collector " + name + ".")));
    f.add(on("collector.stat_statements.include_query", "Report the texts of statements."));
    f.add(
        number(
            "collector.stat_statements.query_length", "120", "Maximum length of statement texts."));
    f.add(number("collector.stat_statements.limit", "100", "Maximum number of statements."));
    f.add(text("collector.stat_statements.exclude_databases", "", "Databases to exclude."));
    f.add(text("collector.stat_statements.exclude_users", "", "Users to exclude."));
    return List.copyOf(f);
  }

  private static ExporterFlag on(String name, String help) {
    return ExporterFlag.of(name, Kind.BOOLEAN, "false", help);
  }

  private static ExporterFlag text(String name, String otherwise, String help) {
    return ExporterFlag.of(name, Kind.STRING, otherwise, help);
  }

  private static ExporterFlag number(String name, String otherwise, String help) {
    return ExporterFlag.of(name, Kind.INTEGER, otherwise, help);
  }

  /** Returns the environment variable used if a flag is not set. */
  static String variable(String flag) {
    return switch (flag) {
      case "constantLabels" -> "PG_EXPORTER_CONSTANT_LABELS";
      default -> "PG_EXPORTER_" + flag.replace('-', '_').replace('.', '_').toUpperCase(Locale.ROOT);
    };
  }

  /** Adds the argument for the one flag of its own pages that has a variable. */
  @Override
  public List<String> arguments(List<String> args, Function<String, @Nullable String> environment) {
    String path = environment.apply(variable(TELEMETRY_PATH));
    boolean isGiven = args.stream().anyMatch(a -> a.matches("--?" + TELEMETRY_PATH + "(=.*)?"));
    if (path == null || path.isEmpty() || isGiven) {
      return args;
    }
    List<String> out = new ArrayList<>(args);
    out.add("--" + TELEMETRY_PATH + "=" + path);
    return out;
  }

  @Override
  public @Nullable String printed(ExporterSettings settings) throws IOException {
    if (!settings.bool("dumpmaps")) {
      return null;
    }
    StringBuilder out = new StringBuilder();
    for (String name : CollectorTable.TABLE.names()) {
      CollectorTable.TABLE.list("pg_" + name, name, out);
    }
    String own = settings.get("extend.query-path");
    if (!own.isEmpty()) {
      UserQueries.parse(own, Files.readString(Path.of(own))).list(out);
    }
    return out.toString();
  }

  @Override
  public Exporter open(ExporterSettings settings, ExporterDependencies dependencies)
      throws IOException {
    FlagsAndEnvironment f =
        new FlagsAndEnvironment(
            settings, dependencies.environment(), PostgresExporterKind::variable);
    LinkedHashSet<String> collectors = new LinkedHashSet<>();
    for (String name : collectors().keySet()) {
      boolean isOn =
          settings.bool("collector." + name)
              && switch (name) {
                case "settings" -> !f.on(NO_SETTINGS);
                case "replication_slots" -> settings.bool(SLOT);
                default -> true;
              };
      if (isOn) {
        collectors.add(name);
      }
    }
    long length = settings.integer("collector.stat_statements.query_length");
    long limit = settings.integer("collector.stat_statements.limit");
    if (length < 1 || length > 1_000_000 || limit < 1 || limit > 100_000) {
      throw new IllegalArgumentException(
          "--collector.stat_statements.query_length must be 1 to 1000000, .limit 1 to 100000");
    }
    if (f.text("metric-prefix").isEmpty()) {
      throw new IllegalArgumentException("--metric-prefix must not be empty");
    }
    String queries = f.text("extend.query-path");
    PostgresOptions options =
        new PostgresOptions(
            f.duration("collection-timeout"),
            collectors,
            !f.on("disable-default-metrics"),
            f.on("auto-discover-databases"),
            new TreeSet<>(list(f.text("exclude-databases"))),
            new TreeSet<>(list(f.text("include-databases"))),
            queries.isEmpty() ? null : Path.of(queries),
            constantLabels(f.text("constantLabels")),
            f.text("metric-prefix"),
            new SpecialCollectors.Statements(
                settings.bool("collector.stat_statements.include_query"),
                (int) length,
                (int) limit,
                list(settings.get("collector.stat_statements.exclude_databases")),
                list(settings.get("collector.stat_statements.exclude_users"))));
    if (options.timeout().isZero() || options.timeout().isNegative()) {
      throw new IllegalArgumentException("--collection-timeout must be greater than zero");
    }
    Path config = Path.of(settings.get("config.file"));
    return new PostgresExporter(
        sources(dependencies.environment()),
        options,
        settings.isGiven("config.file") || Files.exists(config) ? config : null);
  }

  private static List<String> list(String text) {
    List<String> out = new ArrayList<>();
    for (String s : text.split(",")) {
      if (!s.isBlank()) {
        out.add(s.trim());
      }
    }
    return out;
  }

  private static Map<String, String> constantLabels(String text) {
    Map<String, String> out = new LinkedHashMap<>();
    for (String pair : list(text)) {
      String[] kv = pair.split("=", -1);
      if (kv.length != 2 || !kv[0].trim().matches("[a-zA-Z_][a-zA-Z0-9_]*")) {
        throw new IllegalArgumentException("--constantLabels: " + pair + " must be name=value");
      }
      out.put(kv[0].trim(), kv[1].trim());
    }
    return out;
  }

  /** Reads {@code DATA_SOURCE_NAME}, or its parts, each also from a file. */
  private static List<PostgresDsn> sources(Function<String, @Nullable String> environment)
      throws IOException {
    List<PostgresDsn> out = new ArrayList<>();
    String whole = environment.apply("DATA_SOURCE_NAME");
    try {
      if (whole != null && !whole.isEmpty()) {
        for (String dsn : whole.split(",")) {
          out.add(PostgresDsn.parse(dsn));
        }
        return out;
      }
      String uri = part(environment, "DATA_SOURCE_URI");
      if (!uri.isEmpty()) {
        out.add(
            PostgresDsn.parse(
                "postgresql://"
                    + encoded(part(environment, "DATA_SOURCE_USER"))
                    + ":"
                    + encoded(part(environment, "DATA_SOURCE_PASS"))
                    + "@"
                    + uri));
      }
      return out;
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("the DATA_SOURCE_* variables: " + e.getMessage(), e);
    }
  }

  private static String part(Function<String, @Nullable String> environment, String name)
      throws IOException {
    String file = environment.apply(name + "_FILE");
    if (file != null && !file.isEmpty()) {
      return Files.readString(Path.of(file)).trim();
    }
    String v = environment.apply(name);
    return v == null ? "" : v;
  }

  private static String encoded(String s) {
    return URLEncoder.encode(s, StandardCharsets.UTF_8).replace("+", "%20");
  }
}
