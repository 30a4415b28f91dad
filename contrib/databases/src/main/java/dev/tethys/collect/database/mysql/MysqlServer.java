package dev.tethys.collect.database.mysql;

import dev.tethys.collect.database.DatabaseScrape;
import dev.tethys.collect.database.MetricSet;
import dev.tethys.collect.database.QueryTable;
import dev.tethys.collect.database.ScrapeLimitException;
import dev.tethys.collect.database.wire.Deadline;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.log.JulLogger;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.SequencedSet;
import java.util.Set;

/** One MySQL or MariaDB, shown as mysqld_exporter does, over one connection. */
final class MysqlServer implements DatabaseScrape {
  /** The collectors that are more than a query, and whether each runs by default. */
  static final java.util.Map<String, Boolean> SPECIAL =
      java.util.Map.ofEntries(
          java.util.Map.entry("global_status", true),
          java.util.Map.entry("global_variables", true),
          java.util.Map.entry("slave_status", true),
          java.util.Map.entry("info_schema.query_response_time", true),
          java.util.Map.entry("binlog_size", false),
          java.util.Map.entry("slave_hosts", false),
          java.util.Map.entry("heartbeat", false),
          java.util.Map.entry("engine_innodb_status", false),
          java.util.Map.entry("info_schema.processlist", false),
          java.util.Map.entry("info_schema.tables", false),
          java.util.Map.entry("info_schema.clientstats", false),
          java.util.Map.entry("info_schema.userstats", false),
          java.util.Map.entry("mysql.user", false),
          java.util.Map.entry("perf_schema.eventsstatements", false),
          java.util.Map.entry("engine_tokudb_status", false),
          java.util.Map.entry("info_schema.innodb_metrics", false),
          java.util.Map.entry("info_schema.innodb_tablespaces", false),
          java.util.Map.entry("info_schema.rocksdb_perf_context", false),
          java.util.Map.entry("perf_schema.file_instances", false),
          java.util.Map.entry("perf_schema.memory_events", false),
          java.util.Map.entry("perf_schema.replication_applier_status_by_worker", false),
          java.util.Map.entry("perf_schema.replication_group_member_stats", false),
          java.util.Map.entry("perf_schema.replication_group_members", false),
          java.util.Map.entry("perf_schema.tablelocks", false));

  static final QueryTable TABLE = QueryTable.read(MysqlServer.class, "collectors.txt");

  private static final System.Logger LOG = JulLogger.of(MysqlServer.class.getName());
  private static final int UNKNOWN_TABLE = 1109;
  private static final Set<String> COUNTS_USERS =
      Set.of(
          "info_schema.clientstats",
          "info_schema.userstats",
          "info_schema.tablestats",
          "info_schema.schemastats");

  /**
   * Options for reading a server.
   *
   * @param session statements at the start of a connection
   * @param querySeconds maximum duration of a statement, 0 for the scrape timeout
   * @param heartbeatDatabase database of the pt-heartbeat table
   * @param minSeconds minimum time of a process in its state
   * @param databases databases whose tables are shown
   */
  record Options(
      List<String> session,
      long querySeconds,
      String heartbeatDatabase,
      String heartbeatTable,
      boolean heartbeatUtc,
      long minSeconds,
      boolean byUser,
      boolean byHost,
      String databases,
      boolean privileges,
      SchemaCollectors.Statements statements,
      PerformanceCollectors.Names names) {}

  private final MysqlAddress address;
  private final SequencedSet<String> collectors;
  private final Options options;

  MysqlServer(MysqlAddress address, SequencedSet<String> collectors, Options options) {
    this.address = address;
    this.collectors = collectors;
    this.options = options;
  }

  @Override
  public List<MetricFamily> scrape(Deadline deadline) {
    MetricSet out = new MetricSet("mysql");
    boolean up = false;
    long start = System.nanoTime();
    try (MysqlConnection c = MysqlConnection.open(address, deadline)) {
      for (String s : options.session()) {
        c.query(s);
      }
      limitQueries(c);
      up = true;
      duration(out, "connection", start);
      for (String name : collectors) {
        collect(name, c, out);
      }
    } catch (IOException | ScrapeLimitException e) {
      LOG.log(Level.ERROR, "mysql at {0}: {1}", address, e.getMessage());
    }
    out.gauge("up", "1 if the server is up, 0 otherwise.", up ? 1 : 0);
    return out.families();
  }

  /** Makes the server cancel longer queries, so that the connection stays usable. */
  private void limitQueries(MysqlConnection c) throws IOException {
    long seconds = options.querySeconds();
    if (seconds > 0) {
      try {
        c.query(
            c.isMariadb()
                ? "SET SESSION max_statement_time=" + seconds
                : "SET SESSION max_execution_time=" + seconds * 1000);
      } catch (MysqlException e) {
        LOG.log(
            Level.WARNING,
            "mysql at {0}: --exporter.query_timeout: the server does not limit queries: {1}",
            address,
            e.getMessage());
      }
    }
  }

  private static void duration(MetricSet out, String what, long start) {
    out.gauge(
        "exporter_collector_duration_seconds",
        "Duration of a collector.",
        (System.nanoTime() - start) / 1e9,
        "collector",
        what);
  }

  /** Runs a collector: one rejected by the server has failed; a lost connection ends the scrape. */
  private void collect(String name, MysqlConnection c, MetricSet out) throws IOException {
    long start = System.nanoTime();
    boolean success = false;
    try {
      run(name, c, out);
      success = true;
    } catch (MysqlException e) {
      // Only Aurora has that table; other servers have nothing to show.
      success = name.equals("info_schema.replica_host") && e.code() == UNKNOWN_TABLE;
      if (!success) {
        LOG.log(Level.ERROR, "mysql at {0}: collector {1}: {2}", address, name, e.getMessage());
      }
    } catch (IllegalArgumentException e) {
      LOG.log(Level.ERROR, "mysql at {0}: collector {1}: {2}", address, name, e.getMessage());
    } finally {
      out.gauge(
          "exporter_collector_success",
          "1 if the collector succeeded, 0 otherwise.",
          success ? 1 : 0,
          "collector",
          "collect." + name);
      duration(out, "collect." + name, start);
    }
  }

  private void run(String name, MysqlConnection c, MetricSet out) throws IOException {
    ServerCollectors server = new ServerCollectors(c, out);
    SchemaCollectors schema = new SchemaCollectors(c, out);
    EngineCollectors engine = new EngineCollectors(c, out);
    PerformanceCollectors performance = new PerformanceCollectors(c, out);
    if (COUNTS_USERS.contains(name) && !schema.countsUsers()) {
      return;
    }
    switch (name) {
      case "global_status" -> server.status();
      case "global_variables" -> server.variables();
      case "slave_status" -> server.replication();
      case "info_schema.query_response_time" -> server.responseTimes();
      case "binlog_size" -> server.binlogs();
      case "slave_hosts" -> server.replicas();
      case "heartbeat" ->
          server.heartbeat(
              options.heartbeatDatabase(), options.heartbeatTable(), options.heartbeatUtc());
      case "engine_innodb_status" -> server.innodb();
      case "info_schema.processlist" ->
          schema.processes(options.minSeconds(), options.byUser(), options.byHost());
      case "info_schema.tables" -> schema.tables(options.databases());
      case "info_schema.clientstats" -> schema.statistics("client");
      case "info_schema.userstats" -> schema.statistics("user");
      case "mysql.user" -> schema.users(options.privileges());
      case "perf_schema.eventsstatements" -> schema.statements(options.statements());
      case "engine_tokudb_status" -> engine.tokudb();
      case "info_schema.innodb_metrics" -> engine.innodbMetrics();
      case "info_schema.innodb_tablespaces" -> engine.innodbTablespaces();
      case "info_schema.rocksdb_perf_context" -> engine.rocksdb();
      case "perf_schema.file_instances" -> performance.files(options.names());
      case "perf_schema.memory_events" -> performance.memory(options.names());
      case "perf_schema.tablelocks" -> performance.tableLocks();
      case "perf_schema.replication_applier_status_by_worker" -> performance.appliers();
      case "perf_schema.replication_group_member_stats" -> performance.groupMember();
      case "perf_schema.replication_group_members" -> performance.groupMembers();
      default -> {
        for (QueryTable.Query q : TABLE.queries(name)) {
          for (var row : c.query(q.sql()).rows()) {
            QueryTable.add("", q, new ArrayList<>(row), out);
          }
        }
      }
    }
  }
}
