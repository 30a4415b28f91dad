package dev.tethys.collect.database.mysql;

import dev.tethys.collect.exporter.Exporter;
import dev.tethys.collect.exporter.ExporterDependencies;
import dev.tethys.collect.exporter.ExporterFlag;
import dev.tethys.collect.exporter.ExporterFlag.Kind;
import dev.tethys.collect.exporter.ExporterKind;
import dev.tethys.collect.exporter.ExporterSettings;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** {@code tethys exporter mysqld}: compatible with mysqld_exporter and its flags. */
public final class MysqldExporterKind implements ExporterKind {
  private static final String FILES = "collect.perf_schema.file_instances.";
  private static final String QUERY_TIMEOUT = "exporter.query_timeout";
  private static final String MAX_CONNECTIONS = "exporter.max_open_connections";
  private static final String MEMORY_PREFIX = "collect.perf_schema.memory_events.remove_prefix";

  @Override
  public String name() {
    return "mysqld";
  }

  @Override
  public String title() {
    return "MySQLd Exporter";
  }

  @Override
  public String program() {
    return "mysqld_exporter";
  }

  @Override
  public String address() {
    return ":9104";
  }

  @Override
  public String about() {
    return "Reports metrics of MySQL and MariaDB servers as mysqld_exporter does.";
  }

  private static Map<String, Boolean> collectors() {
    Map<String, Boolean> out = new TreeMap<>(MysqlServer.SPECIAL);
    MysqlServer.TABLE.names().forEach(n -> out.put(n, MysqlServer.TABLE.isOn(n)));
    return out;
  }

  @Override
  public List<ExporterFlag> flags() {
    List<ExporterFlag> f = new ArrayList<>();
    f.add(
        ExporterFlag.of(
            "timeout-offset",
            Kind.FLOAT,
            "0.25",
            "Offset in seconds to subtract from the scrape timeout."));
    f.add(
        ExporterFlag.of(
            "config.my-cnf",
            Kind.PATH,
            ".my.cnf",
            "Path of the .my.cnf file with the credentials."));
    f.add(
        ExporterFlag.of(
            "mysqld.address",
            Kind.STRING,
            "localhost:3306",
            "Address of the server, or unix:// and the path of its socket."));
    f.add(ExporterFlag.of("mysqld.username", Kind.STRING, "", "Username for the server."));
    f.add(on("tls.insecure-skip-verify", "false", "Use TLS without certificate verification."));
    f.add(
        number(
            "exporter.lock_wait_timeout", "2", "Lock wait timeout of the connection, in seconds."));
    f.add(
        on(
            "exporter.enable_lock_wait_timeout",
            "true",
            "Set a lock wait timeout on the connection."));
    f.add(
        on(
            "exporter.log_slow_filter",
            "false",
            "Disable the slow query log for scrapes (not on MySQL)."));
    f.add(number(QUERY_TIMEOUT, "0", "Timeout of a query in seconds; 0 for the whole scrape."));
    f.add(
        number(
            MAX_CONNECTIONS,
            "2",
            "Maximum number of connections of a scrape, 0 for no limit; a scrape uses only one."));
    collectors()
        .forEach(
            (name, isOn) ->
                f.add(
                    on("collect." + name, isOn.toString(), "Enable the collector " + name + ".")));
    f.add(text("collect.heartbeat.database", "heartbeat", "Database of pt-heartbeat."));
    f.add(text("collect.heartbeat.table", "heartbeat", "Table of pt-heartbeat."));
    f.add(on("collect.heartbeat.utc", "false", "Use UTC for the timestamps of pt-heartbeat."));
    f.add(
        number(
            "collect.info_schema.processlist.min_time",
            "0",
            "Minimum time in seconds that a thread must be in its state to be counted."));
    f.add(
        on(
            "collect.info_schema.processlist.processes_by_user",
            "true",
            "Count processes by user."));
    f.add(
        on(
            "collect.info_schema.processlist.processes_by_host",
            "true",
            "Count processes by host."));
    f.add(
        text(
            "collect.info_schema.tables.databases",
            "*",
            "Databases whose tables are reported, separated by commas."));
    f.add(on("collect.mysql.user.privileges", "false", "Report the privileges of users."));
    f.add(
        number(
            "collect.perf_schema.eventsstatements.limit", "250", "Maximum number of statements."));
    f.add(
        number(
            "collect.perf_schema.eventsstatements.timelimit",
            "86400",
            "Maximum age in seconds of the last occurrence of a statement."));
    f.add(
        number(
            "collect.perf_schema.eventsstatements.digest_text_limit",
            "120",
            "Maximum length of statement texts."));
    f.add(
        ExporterFlag.of(
            "collect.perf_schema.eventsstatements.exclude_schemas",
            Kind.LIST,
            "",
            "Excluded schemas. Can be repeated."));
    f.add(text(FILES + "filter", ".*", "Regular expression that file names must match."));
    f.add(text(FILES + "remove_prefix", "/var/lib/mysql/", "Prefix to remove from file names."));
    f.add(text(MEMORY_PREFIX, "memory/", "Prefix to remove from the names of memory instruments."));
    return List.copyOf(f);
  }

  private static ExporterFlag on(String name, String otherwise, String help) {
    return ExporterFlag.of(name, Kind.BOOLEAN, otherwise, help);
  }

  private static ExporterFlag text(String name, String otherwise, String help) {
    return ExporterFlag.of(name, Kind.STRING, otherwise, help);
  }

  private static ExporterFlag number(String name, String otherwise, String help) {
    return ExporterFlag.of(name, Kind.INTEGER, otherwise, help);
  }

  private static long between(ExporterSettings s, String flag, long least, long most) {
    long v = s.integer(flag);
    if (v < least || v > most) {
      throw new IllegalArgumentException("--" + flag + " must be " + least + " to " + most);
    }
    return v;
  }

  @Override
  public Exporter open(ExporterSettings s, ExporterDependencies dependencies) throws IOException {
    LinkedHashSet<String> collectors = new LinkedHashSet<>();
    for (String name : collectors().keySet()) {
      if (s.bool("collect." + name)) {
        collectors.add(name);
      }
    }
    List<String> session = new ArrayList<>();
    if (s.bool("exporter.enable_lock_wait_timeout")) {
      session.add(
          "SET SESSION lock_wait_timeout="
              + between(s, "exporter.lock_wait_timeout", 0, 31_536_000));
    }
    if (s.bool("exporter.log_slow_filter")) {
      session.add("SET SESSION log_slow_filter='tmp_table_on_disk,filesort_on_disk'");
    }
    between(s, MAX_CONNECTIONS, 0, 1 << 20);
    double offset = s.number("timeout-offset");
    if (!(offset >= 0 && offset < 3600)) {
      throw new IllegalArgumentException("--timeout-offset must be 0 to 3600 seconds");
    }
    String statements = "collect.perf_schema.eventsstatements.";
    MysqlServer.Options options =
        new MysqlServer.Options(
            session,
            between(s, QUERY_TIMEOUT, 0, 86_400),
            s.get("collect.heartbeat.database"),
            s.get("collect.heartbeat.table"),
            s.bool("collect.heartbeat.utc"),
            between(s, "collect.info_schema.processlist.min_time", 0, 1L << 31),
            s.bool("collect.info_schema.processlist.processes_by_user"),
            s.bool("collect.info_schema.processlist.processes_by_host"),
            s.get("collect.info_schema.tables.databases"),
            s.bool("collect.mysql.user.privileges"),
            new SchemaCollectors.Statements(
                between(s, statements + "limit", 1, 100_000),
                between(s, statements + "timelimit", 1, 1L << 31),
                between(s, statements + "digest_text_limit", 0, 1 << 20),
                s.list(statements + "exclude_schemas")),
            new PerformanceCollectors.Names(
                s.get(FILES + "filter"), s.get(FILES + "remove_prefix"), s.get(MEMORY_PREFIX)));
    return new MysqldExporter(
        new MysqldExporter.Source(
            Path.of(s.get("config.my-cnf")),
            s.get("mysqld.address"),
            s.get("mysqld.username"),
            s.bool("tls.insecure-skip-verify"),
            dependencies.environment()),
        collectors,
        options,
        Duration.ofMillis((long) (offset * 1000)));
  }
}
