package dev.tethys.collect.database.mysql;

import dev.tethys.collect.database.GoNumbers;
import dev.tethys.collect.database.MetricSet;
import dev.tethys.collect.database.reader.DatabaseChange;
import dev.tethys.collect.database.reader.DefinitionHistory;
import dev.tethys.collect.database.reader.ReaderTarget;
import dev.tethys.collect.database.reader.SettingsText;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** Sizes of databases and tables and their I/O. Not thread-safe. */
final class MysqlTables {
  private static final int TOP = 20;
  private static final int MAX_TABLES = 50_000;
  private static final double PICOSECONDS = 1e12;

  /** Variables that the server changes itself. */
  private static final Set<String> MOVING =
      Set.of("gtid_binlog_state", "gtid_slave_pos", "gtid_executed", "gtid_purged", "timestamp");

  private record Table(String database, String name, double bytes, double growth) {}

  private record TableIo(String schema, String table, double read, double write) {
    double total() {
      return read + write;
    }
  }

  private final ReaderTarget.Limits limits;
  private final DefinitionHistory history = new DefinitionHistory();
  private Map<List<String>, double[]> ioBefore = Map.of();
  private long ioAt;
  private Map<List<String>, Double> bytesBefore = Map.of();
  private List<Table> tables = List.of();
  private Map<String, Double> databases = Map.of();
  private Set<String> compared = Set.of();
  private boolean sized;
  private long sizedAt;

  MysqlTables(ReaderTarget.Limits limits) {
    this.limits = limits;
  }

  /** Reads what is due and adds the metrics. */
  void read(MysqlSession s, Map<String, String> variables, long nanos) throws IOException {
    if ("ON".equalsIgnoreCase(variables.getOrDefault("performance_schema", "OFF"))) {
      s.part("I/O of tables", "SELECT ON performance_schema.*", () -> io(s, nanos));
    }
    if ((limits.sizes() || limits.changes())
        && (!sized || nanos - sizedAt >= limits.tables().toNanos())) {
      s.part("sizes of tables", "SELECT ON *.*", () -> sizes(s, nanos));
      if (limits.changes()) {
        s.part("definitions of tables", "SELECT ON *.*", () -> definitions(s));
        s.part("names of settings", "SELECT ON *.*", () -> settings(s, variables));
      }
    }
    if (!limits.sizes()) {
      return;
    }
    MetricSet out = s.out();
    databases.forEach(
        (db, bytes) -> out.gauge("database_size_bytes", "Size of the database.", bytes, "db", db));
    for (Table t : top(tables, Table::bytes)) {
      out.gauge(
          "table_size_bytes", "Size of the table.", t.bytes, "db", t.database, "table", t.name);
    }
    for (Table t : top(tables, Table::growth)) {
      out.gauge(
          "table_size_growth_bytes_per_second",
          "Growth of the table.",
          t.growth,
          "db",
          t.database,
          "table",
          t.name);
    }
  }

  private static <T> List<T> top(List<T> all, ToDoubleFunction<T> value) {
    return all.stream()
        .filter(t -> value.applyAsDouble(t) > 0)
        .sorted(Comparator.comparingDouble(value).reversed())
        .limit(TOP)
        .toList();
  }

  private static double number(@Nullable String s) {
    Double v = GoNumbers.parse(s);
    return v == null ? 0 : v;
  }

  private static String text(@Nullable String s) {
    return s == null ? "" : s;
  }

  private void io(MysqlSession s, long nanos) throws IOException {
    Map<List<String>, double[]> now = new HashMap<>();
    for (List<@Nullable String> r :
        s.query(
                "SELECT OBJECT_SCHEMA, OBJECT_NAME, SUM_TIMER_READ, SUM_TIMER_WRITE FROM"
                    + " performance_schema.table_io_waits_summary_by_table WHERE OBJECT_SCHEMA IS"
                    + " NOT NULL AND OBJECT_NAME IS NOT NULL AND SUM_TIMER_WAIT > 0 LIMIT "
                    + MAX_TABLES)
            .rows()) {
      now.put(
          List.of(text(r.get(0)), text(r.get(1))),
          new double[] {number(r.get(2)) / PICOSECONDS, number(r.get(3)) / PICOSECONDS});
    }
    Map<List<String>, double[]> old = ioBefore;
    double seconds = (nanos - ioAt) / 1e9;
    if (ioAt != 0) {
      List<TableIo> all = new ArrayList<>();
      now.forEach(
          (k, v) -> {
            double[] o = old.getOrDefault(k, new double[2]);
            all.add(
                new TableIo(
                    k.get(0),
                    k.get(1),
                    Math.max(0, v[0] - o[0]) / seconds,
                    Math.max(0, v[1] - o[1]) / seconds));
          });
      for (TableIo t : top(all, TableIo::total)) {
        show(s.out(), t, "read", t.read);
        show(s.out(), t, "write", t.write);
      }
    }
    ioBefore = now;
    ioAt = nanos;
  }

  private static void show(MetricSet out, TableIo t, String operation, double seconds) {
    out.gauge(
        "top_table_io_wait_time_per_second",
        "Time of reads or writes of the table per second.",
        seconds,
        "schema",
        t.schema,
        "table",
        t.table,
        "operation",
        operation);
  }

  /** Changes since the last call. */
  List<DatabaseChange> changes() {
    return history.take();
  }

  private void definitions(MysqlSession s) throws IOException {
    history.retain(List.copyOf(compared));
    for (Map.Entry<String, Map<String, String>> e : MysqlDefinitions.read(s, compared).entrySet()) {
      if (!history.tables(e.getKey(), e.getValue())) {
        s.parts()
            .failed(
                "definitions of tables of " + e.getKey(),
                "definitions of more than " + DefinitionHistory.MAX_CHARACTERS + " characters",
                "");
      }
    }
  }

  /** Settings that can be changed while the server runs; others change with state. */
  private void settings(MysqlSession s, Map<String, String> variables) throws IOException {
    List<SettingsText.Setting> settings = new ArrayList<>();
    String sql =
        s.isMariadb()
            ? "SELECT LOWER(VARIABLE_NAME) FROM information_schema.SYSTEM_VARIABLES WHERE READ_ONLY"
                + " = 'NO' ORDER BY 1"
            : "SELECT LOWER(VARIABLE_NAME) FROM performance_schema.variables_info WHERE"
                + " VARIABLE_SOURCE <> 'COMPILED' ORDER BY 1";
    for (List<@Nullable String> r : s.query(sql).rows()) {
      String name = text(r.getFirst());
      String value = variables.get(name);
      if (value != null && !MOVING.contains(name)) {
        settings.add(new SettingsText.Setting(name, value, ""));
      }
    }
    history.settings("global_variables", SettingsText.of(settings));
  }

  private void sizes(MysqlSession s, long nanos) throws IOException {
    double seconds = (nanos - sizedAt) / 1e9;
    boolean first = !sized;
    sized = true;
    sizedAt = nanos; // also after a failure: the statement is not repeated at once
    Map<List<String>, Double> now = new HashMap<>();
    Map<String, Double> sums = new LinkedHashMap<>();
    Map<String, Integer> counts = new HashMap<>();
    for (List<@Nullable String> r :
        s.query(
                "SELECT TABLE_SCHEMA, TABLE_NAME, COALESCE(DATA_LENGTH + INDEX_LENGTH, 0) FROM"
                    + " information_schema.TABLES WHERE TABLE_TYPE = 'BASE TABLE' LIMIT "
                    + MAX_TABLES)
            .rows()) {
      String db = text(r.get(0));
      if (!limits.excluded().contains(db)) {
        now.put(List.of(db, text(r.get(1))), number(r.get(2)));
        sums.merge(db, number(r.get(2)), Double::sum);
        counts.merge(db, 1, Integer::sum);
      }
    }
    List<Table> all = new ArrayList<>();
    now.forEach(
        (k, bytes) -> {
          int n = counts.getOrDefault(k.getFirst(), 0);
          if (limits.maxTables() == 0 || n <= limits.maxTables()) {
            Double old = first ? null : bytesBefore.get(k);
            all.add(
                new Table(k.get(0), k.get(1), bytes, old == null ? 0 : (bytes - old) / seconds));
          }
        });
    bytesBefore = now;
    List<Table> kept = new ArrayList<>(top(all, Table::bytes));
    for (Table t : top(all, Table::growth)) {
      if (!kept.contains(t)) {
        kept.add(t);
      }
    }
    tables = kept;
    databases = sums;
    counts.entrySet().removeIf(e -> limits.maxTables() > 0 && e.getValue() > limits.maxTables());
    compared = Set.copyOf(counts.keySet());
  }
}
