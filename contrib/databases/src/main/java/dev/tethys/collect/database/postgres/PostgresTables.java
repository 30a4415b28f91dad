package dev.tethys.collect.database.postgres;

import static dev.tethys.collect.database.postgres.PostgresSession.number;
import static dev.tethys.collect.database.postgres.PostgresSession.text;

import dev.tethys.collect.database.MetricSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * Tables of one database: sizes, growth, unused space, dead rows, vacuum. Read at longer intervals
 * than the rest, and shown until the next reading. Not thread-safe.
 */
final class PostgresTables {
  /** Most tables or indexes of one kind of metric. */
  static final int TOP = 20;

  private static final String OF_USERS = "n.nspname not in ('pg_catalog', 'information_schema')";
  private static final String SIZE = "pg_table_size_bytes";

  /** Size of a table and its growth. */
  record TableSize(
      String database, String schema, String table, double bytes, @Nullable Double growth) {
    String[] labels() {
      return new String[] {"db", database, "schema", schema, "table", table};
    }
  }

  private record Unused(String schema, String table, String index, double bytes) {}

  private record Rows(
      String schema,
      String table,
      double dead,
      double live,
      double deadBytes,
      @Nullable Double vacuumed,
      double changed,
      double estimate,
      @Nullable Double analyzed,
      String options) {
    double pressure() {
      return changed / (50 + 0.1 * Math.max(0, estimate));
    }
  }

  private record Vacuum(String schema, String table, boolean throttled) {}

  private final String database;
  private Map<String, Double> bytesBefore = Map.of();
  private long sizedAt;
  private List<TableSize> sizes = List.of();
  private @Nullable List<Unused> tables;
  private @Nullable List<Unused> indexes;
  private List<Rows> rows = List.of();
  private List<Vacuum> vacuums = List.of();
  private boolean read;

  PostgresTables(String database) {
    this.database = database;
  }

  /**
   * Reads the tables over a connection to the database.
   *
   * @param maxTables with more tables only vacuums are read
   * @param bloat whether unused space is estimated in this reading
   */
  void read(PostgresSession s, boolean withSizes, boolean bloat, int maxTables, long nanos)
      throws SQLException {
    long[] count = new long[1];
    s.part(
        "vacuums of " + database,
        () -> {
          List<Vacuum> found = new ArrayList<>();
          s.rows(
              "select n.nspname, c.relname, coalesce(a.wait_event = 'VacuumDelay', false) from"
                  + " pg_catalog.pg_stat_progress_vacuum p join pg_catalog.pg_class c on c.oid ="
                  + " p.relid join pg_catalog.pg_namespace n on n.oid = c.relnamespace left join"
                  + " pg_catalog.pg_stat_activity a on a.pid = p.pid where p.datname ="
                  + " current_database()",
              r -> found.add(new Vacuum(text(r, 1), text(r, 2), r.getBoolean(3))));
          vacuums = found;
          s.rows(
              "select count(*) from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid ="
                  + " c.relnamespace where c.relkind = 'r' and "
                  + OF_USERS,
              r -> count[0] = r.getLong(1));
        });
    if (maxTables > 0 && count[0] > maxTables) {
      s.parts()
          .failed(
              "tables of " + database,
              count[0] + " tables, more than " + maxTables,
              "raise max_tables_per_database");
      sizes = List.of();
      rows = List.of();
      read = false;
      return;
    }
    read = true;
    if (withSizes) {
      s.part("sizes of tables of " + database, () -> sizes(s, nanos));
      s.part("rows of tables of " + database, () -> rows = topRows(s));
    }
    if (bloat) {
      s.part("unused space of " + database, () -> unused(s));
    }
  }

  private void sizes(PostgresSession s, long nanos) throws SQLException {
    Map<String, Double> now = new HashMap<>();
    List<TableSize> all = new ArrayList<>();
    double seconds = (nanos - sizedAt) / 1e9;
    s.rows(
        "select n.nspname, c.relname, coalesce(pg_total_relation_size(c.oid), 0) from"
            + " pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace"
            + " where c.relkind = 'r' and "
            + OF_USERS,
        r -> {
          String schema = text(r, 1);
          String table = text(r, 2);
          double bytes = r.getDouble(3);
          String key = schema + '\0' + table;
          now.put(key, bytes);
          Double old = bytesBefore.get(key);
          all.add(
              new TableSize(
                  database, schema, table, bytes, old == null ? null : (bytes - old) / seconds));
        });
    bytesBefore = now;
    sizedAt = nanos;
    List<TableSize> kept = new ArrayList<>(top(all, TableSize::bytes));
    for (TableSize t : top(all, PostgresTables::growth)) {
      if (!kept.contains(t)) {
        kept.add(t);
      }
    }
    sizes = kept;
  }

  /** Growth of a table; the lowest number if unknown. */
  static double growth(TableSize t) {
    return t.growth() == null ? Double.NEGATIVE_INFINITY : t.growth();
  }

  /** The entries with the highest positive values. */
  static <T> List<T> top(List<T> all, ToDoubleFunction<T> value) {
    return all.stream()
        .filter(t -> value.applyAsDouble(t) > 0)
        .sorted(Comparator.comparingDouble(value).reversed())
        .limit(TOP)
        .toList();
  }

  private List<Rows> topRows(PostgresSession s) throws SQLException {
    List<Rows> all = new ArrayList<>();
    s.rows(
        "select s.schemaname, s.relname, s.n_dead_tup, s.n_live_tup,"
            + " coalesce(s.n_dead_tup::float8 / nullif(s.n_live_tup + s.n_dead_tup, 0) *"
            + " pg_relation_size(s.relid), 0), extract(epoch from now() - s.last_autovacuum),"
            + " s.n_mod_since_analyze, c.reltuples, extract(epoch from now() -"
            + " greatest(s.last_analyze, s.last_autoanalyze)), array_to_string(c.reloptions, ',')"
            + " from pg_catalog.pg_stat_user_tables s join pg_catalog.pg_class c on c.oid ="
            + " s.relid where s.n_dead_tup > 0 or s.n_mod_since_analyze > 0",
        r ->
            all.add(
                new Rows(
                    text(r, 1),
                    text(r, 2),
                    r.getDouble(3),
                    r.getDouble(4),
                    r.getDouble(5),
                    number(r, 6),
                    r.getDouble(7),
                    r.getDouble(8),
                    number(r, 9),
                    text(r, 10))));
    List<Rows> kept = new ArrayList<>(top(all, Rows::deadBytes));
    for (Rows t : top(all, Rows::pressure)) {
      if (!kept.contains(t)) {
        kept.add(t);
      }
    }
    return kept;
  }

  /**
   * Size minus live rows times their width: 24 bytes and the average width of the columns, 12 bytes
   * and that of the key for an index. Statistics without widths give nothing.
   */
  private void unused(PostgresSession s) throws SQLException {
    String width = "sum((1 - coalesce(null_frac, 0)) * coalesce(avg_width, 0))";
    List<Unused> foundTables = new ArrayList<>();
    s.rows(
        "select n.nspname, c.relname, greatest(0, pg_relation_size(c.oid) - (c.reltuples * (24 +"
            + " coalesce(w.width, 0)))::bigint) from pg_catalog.pg_class c join"
            + " pg_catalog.pg_namespace n on n.oid = c.relnamespace left join (select schemaname,"
            + " tablename, "
            + width
            + " as width from pg_catalog.pg_stats group by 1, 2) w on w.schemaname = n.nspname and"
            + " w.tablename = c.relname where c.relkind = 'r' and c.reltuples > 0 and "
            + OF_USERS,
        r -> foundTables.add(new Unused(text(r, 1), text(r, 2), "", r.getDouble(3))));
    List<Unused> foundIndexes = new ArrayList<>();
    s.rows(
        "select n.nspname, ct.relname, ci.relname, greatest(0, pg_relation_size(ci.oid) -"
            + " (ci.reltuples * (12 + coalesce(k.width, 0)))::bigint) from pg_catalog.pg_index i"
            + " join pg_catalog.pg_class ci on ci.oid = i.indexrelid join pg_catalog.pg_class ct"
            + " on ct.oid = i.indrelid join pg_catalog.pg_namespace n on n.oid = ct.relnamespace"
            + " join pg_catalog.pg_am am on am.oid = ci.relam and am.amname = 'btree' left join"
            + " lateral (select "
            + width
            + " as width from unnest(i.indkey) as col(attnum) join pg_catalog.pg_attribute a on"
            + " a.attrelid = i.indrelid and a.attnum = col.attnum left join pg_catalog.pg_stats s"
            + " on s.schemaname = n.nspname and s.tablename = ct.relname and s.attname ="
            + " a.attname) k on true where ci.reltuples > 0 and "
            + OF_USERS,
        r -> foundIndexes.add(new Unused(text(r, 1), text(r, 2), text(r, 3), r.getDouble(4))));
    tables = foundTables;
    indexes = foundIndexes;
  }

  /** Whether the last reading had no more tables than permitted. */
  boolean isRead() {
    return read;
  }

  /** Tables that may be among the largest or fastest growing of the server. */
  List<TableSize> sizes() {
    return sizes;
  }

  /** Adds sizes and growth of the tables that are highest over all databases. */
  static void addSizes(List<TableSize> all, MetricSet out) {
    for (TableSize t : top(all, TableSize::bytes)) {
      out.gauge(SIZE, "Size of the table with indexes and TOAST.", t.bytes(), t.labels());
    }
    for (TableSize t : top(all, PostgresTables::growth)) {
      out.gauge(
          "pg_table_size_growth_bytes_per_second", "Growth of the table.", growth(t), t.labels());
    }
  }

  /** Adds all other metrics of the database. */
  void addTo(MetricSet out) {
    List<Unused> ofTables = tables;
    List<Unused> ofIndexes = indexes;
    if (ofTables != null && ofIndexes != null) {
      addUnused(ofTables, ofIndexes, out);
    }
    for (Rows t : rows) {
      addRows(t, out);
    }
    for (Vacuum v : vacuums) {
      String[] labels = {"db", database, "schema", v.schema, "table", v.table};
      out.gauge("pg_table_vacuum_in_progress", "1 while a vacuum runs.", 1, labels);
      out.gauge(
          "pg_table_vacuum_throttled",
          "1 if the running vacuum waits for its cost delay, 0 otherwise.",
          v.throttled ? 1 : 0,
          labels);
    }
  }

  private void addUnused(List<Unused> ofTables, List<Unused> ofIndexes, MetricSet out) {
    out.gauge(
        "pg_db_table_bloat_bytes",
        "Estimated unused space of all tables of the database.",
        ofTables.stream().mapToDouble(Unused::bytes).sum(),
        "db",
        database);
    out.gauge(
        "pg_db_index_bloat_bytes",
        "Estimated unused space of all indexes of the database.",
        ofIndexes.stream().mapToDouble(Unused::bytes).sum(),
        "db",
        database);
    for (Unused u : top(ofTables, Unused::bytes)) {
      out.gauge(
          "pg_table_bloat_bytes",
          "Estimated unused space of the table.",
          u.bytes,
          "db",
          database,
          "schema",
          u.schema,
          "table",
          u.table);
    }
    for (Unused u : top(ofIndexes, Unused::bytes)) {
      out.gauge(
          "pg_index_bloat_bytes",
          "Estimated unused space of the index.",
          u.bytes,
          "db",
          database,
          "schema",
          u.schema,
          "table",
          u.table,
          "index",
          u.index);
    }
  }

  private void addRows(Rows t, MetricSet out) {
    String[] labels = {"db", database, "schema", t.schema, "table", t.table};
    out.gauge(
        "pg_table_reltuples", "Number of rows as the planner estimates it.", t.estimate, labels);
    if (t.deadBytes > 0) {
      out.gauge("pg_table_dead_tuple_bytes", "Estimated size of dead rows.", t.deadBytes, labels);
      out.gauge("pg_table_dead_tuples", "Number of dead rows.", t.dead, labels);
      out.gauge("pg_table_live_tuples", "Estimated number of live rows.", t.live, labels);
    }
    if (t.vacuumed != null) {
      out.gauge(
          "pg_table_seconds_since_last_autovacuum",
          "Time since the last autovacuum.",
          t.vacuumed,
          labels);
    }
    if (t.changed > 0) {
      out.gauge(
          "pg_table_mods_since_analyze", "Changed rows since the last analyze.", t.changed, labels);
    }
    if (t.analyzed != null) {
      out.gauge(
          "pg_table_seconds_since_last_analyze",
          "Time since the last analyze.",
          t.analyzed,
          labels);
    }
    Map<String, String> options = options(t.options);
    if (options.values().stream().anyMatch(v -> !v.isEmpty())) {
      List<String> all = new ArrayList<>(List.of(labels));
      options.forEach(
          (k, v) -> {
            all.add(k);
            all.add(v);
          });
      out.gauge(
          "pg_table_setting",
          "Settings of autovacuum that the table has; always 1.",
          1,
          all.toArray(String[]::new));
    }
  }

  /** Settings of autovacuum in {@code reloptions}, in the order of the labels; empty if not set. */
  static Map<String, String> options(String text) {
    Map<String, String> out = new LinkedHashMap<>();
    out.put("autovacuum_disabled", "");
    for (String name :
        List.of(
            "autovacuum_vacuum_scale_factor",
            "autovacuum_vacuum_threshold",
            "autovacuum_vacuum_cost_delay",
            "autovacuum_vacuum_cost_limit",
            "autovacuum_analyze_scale_factor",
            "autovacuum_analyze_threshold")) {
      out.put(name, "");
    }
    for (String option : text.split(",")) {
      String[] kv = option.split("=", 2);
      if (kv.length == 2 && kv[0].equals("autovacuum_enabled")) {
        if (kv[1].equals("false") || kv[1].equals("off")) {
          out.put("autovacuum_disabled", "1");
        }
      } else if (kv.length == 2) {
        out.computeIfPresent(kv[0], (_, _) -> kv[1]);
      }
    }
    return out;
  }
}
