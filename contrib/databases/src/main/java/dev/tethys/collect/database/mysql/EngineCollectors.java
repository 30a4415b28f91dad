package dev.tethys.collect.database.mysql;

import dev.tethys.collect.database.GoNumbers;
import dev.tethys.collect.database.MetricSet;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Metrics of optional storage engines. */
final class EngineCollectors {
  private static final String INNODB = "info_schema_innodb_";
  private static final Pattern PAGES = Pattern.compile("buffer_page_(read|written)_(.*)");
  private static final String POOL = "buffer_pool_pages_";

  /** Rows of MyRocks's table that are shown. */
  private static final Set<String> ROCKSDB =
      Set.of(
          "USER_KEY_COMPARISON_COUNT",
          "BLOCK_CACHE_HIT_COUNT",
          "BLOCK_READ_COUNT",
          "BLOCK_READ_BYTE",
          "GET_READ_BYTES",
          "MULTIGET_READ_BYTES",
          "ITER_READ_BYTES",
          "INTERNAL_KEY_SKIPPED_COUNT",
          "INTERNAL_DELETE_SKIPPED_COUNT",
          "INTERNAL_RECENT_SKIPPED_COUNT",
          "INTERNAL_MERGE_COUNT",
          "GET_FROM_MEMTABLE_COUNT",
          "SEEK_ON_MEMTABLE_COUNT",
          "NEXT_ON_MEMTABLE_COUNT",
          "PREV_ON_MEMTABLE_COUNT",
          "SEEK_CHILD_SEEK_COUNT",
          "BLOOM_MEMTABLE_HIT_COUNT",
          "BLOOM_MEMTABLE_MISS_COUNT",
          "BLOOM_SST_HIT_COUNT",
          "BLOOM_SST_MISS_COUNT",
          "KEY_LOCK_WAIT_COUNT",
          "IO_BYTES_WRITTEN",
          "IO_BYTES_READ");

  private final MysqlConnection c;
  private final MetricSet out;

  EngineCollectors(MysqlConnection c, MetricSet out) {
    this.c = c;
    this.out = out;
  }

  private static String text(@Nullable String s) {
    return s == null ? "" : s;
  }

  private static double number(String column, @Nullable String text) {
    Double v = GoNumbers.parse(text);
    if (v == null) {
      throw new IllegalArgumentException(column + " is not a number: " + text);
    }
    return v;
  }

  /** Returns the first value of the first row; {@code ""} if there is none. */
  private String only(String sql) throws IOException {
    List<List<@Nullable String>> rows = c.query(sql).rows();
    return rows.isEmpty() ? "" : text(rows.getFirst().getFirst());
  }

  /** Collects the enabled InnoDB counters. */
  void innodbMetrics() throws IOException {
    String column =
        only(
            "SELECT column_name FROM information_schema.columns WHERE table_schema ="
                + " 'information_schema' AND table_name = 'INNODB_METRICS' AND column_name IN"
                + " ('status', 'enabled') LIMIT 1");
    String on =
        switch (column.toLowerCase(Locale.ROOT)) {
          case "status" -> "`status` = 'enabled'";
          case "enabled" -> "`enabled` = '1'";
          default ->
              throw new IllegalArgumentException(
                  "innodb_metrics has no column that says which of them are on");
        };
    for (List<@Nullable String> row :
        c.query(
                "SELECT name, subsystem, type, comment, count FROM"
                    + " information_schema.innodb_metrics WHERE "
                    + on)
            .rows()) {
      innodbMetric(
          text(row.get(0)),
          text(row.get(1)),
          text(row.get(2)),
          text(row.get(3)),
          number("count", row.get(4)));
    }
  }

  private void innodbMetric(
      String name, String subsystem, String type, String comment, double value) {
    String p = INNODB + "metrics_";
    Matcher page = PAGES.matcher(name);
    if (subsystem.equals("buffer_page_io")) {
      if (page.matches()) {
        out.counter(
            p + "buffer_page_" + page.group(1) + "_total",
            "Pages of InnoDB's buffers that were " + page.group(1) + ".",
            value,
            "type",
            page.group(2));
      }
      return;
    }
    if (subsystem.equals("buffer") && name.startsWith(POOL)) {
      String state = name.substring(POOL.length());
      switch (state) {
        case "total" -> {} // the sum of the others
        case "dirty" ->
            out.gauge(p + "buffer_pool_dirty_pages", "Dirty pages of InnoDB's buffers.", value);
        default ->
            out.gauge(p + "buffer_pool_pages", "Pages of InnoDB's buffers.", value, "state", state);
      }
      return;
    }
    boolean counts = type.equals("counter") || type.equals("status_counter");
    if (counts && value >= 0) { // some fall below 0 (https://bugs.mysql.com/bug.php?id=75966)
      out.counter(p + subsystem + "_" + name + "_total", comment, value);
    } else {
      out.gauge(p + subsystem + "_" + name, comment, value);
    }
  }

  /** Files of InnoDB's tables. */
  void innodbTablespaces() throws IOException {
    String table =
        only(
            "SELECT table_name FROM information_schema.tables WHERE table_name ="
                + " 'INNODB_SYS_TABLESPACES' OR table_name = 'INNODB_TABLESPACES'");
    if (!Set.of("INNODB_SYS_TABLESPACES", "INNODB_TABLESPACES").contains(table)) {
      throw new IllegalArgumentException("information_schema has no table of InnoDB's tablespaces");
    }
    MysqlConnection.Rows r = c.query("SELECT * FROM information_schema." + table);
    boolean formats = r.columns().stream().anyMatch(n -> n.equalsIgnoreCase("FILE_FORMAT"));
    boolean types = r.columns().stream().anyMatch(n -> n.equalsIgnoreCase("SPACE_TYPE"));
    for (var row : r.maps()) {
      String name = text(row.get("name"));
      out.gauge(
          INNODB + "tablespace_space_info",
          "Number and type of the tablespace.",
          number("space", row.get("space")),
          "tablespace_name",
          name,
          "file_format", // the real one shows the name of the column
          formats ? "FILE_FORMAT" : "NONE",
          "row_format",
          row.get("row_format") == null ? "NONE" : text(row.get("row_format")),
          "space_type", // MariaDB no longer has it
          !types ? "" : row.get("space_type") == null ? "NONE" : text(row.get("space_type")));
      out.gauge(
          INNODB + "tablespace_file_size_bytes",
          "Maximum size of the file, uncompressed.",
          number("file_size", row.get("file_size")),
          "tablespace_name",
          name);
      out.gauge(
          INNODB + "tablespace_allocated_size_bytes",
          "Size of the file on disk in bytes.",
          number("allocated_size", row.get("allocated_size")),
          "tablespace_name",
          name);
    }
  }

  /** Collects MyRocks performance counters by table. */
  void rocksdb() throws IOException {
    for (List<@Nullable String> row :
        c.query(
                "SELECT TABLE_SCHEMA, TABLE_NAME, ifnull(PARTITION_NAME, ''), STAT_TYPE, VALUE"
                    + " FROM information_schema.ROCKSDB_PERF_CONTEXT")
            .rows()) {
      String what = text(row.get(3));
      if (ROCKSDB.contains(what)) {
        out.counter(
            "info_schema_rocksdb_perf_context_" + what.toLowerCase(Locale.ROOT),
            what + " of MyRocks.",
            number("value", row.get(4)),
            "schema",
            text(row.get(0)),
            "table",
            text(row.get(1)),
            "part",
            text(row.get(2)));
      }
    }
  }

  /** Collects the numbers from {@code SHOW ENGINE TOKUDB STATUS}. */
  void tokudb() throws IOException {
    for (List<@Nullable String> row : c.query("SHOW ENGINE TOKUDB STATUS").rows()) {
      Double v = StatusValues.number(row.get(2));
      if (v != null) {
        String name =
            text(row.get(1))
                .toLowerCase(Locale.ROOT)
                .replaceAll("[>,:()]", "")
                .replace("+", "and")
                .replace("/", "and")
                .replaceAll("[ -]", "_");
        out.untyped("engine_tokudb_" + name, "From SHOW ENGINE TOKUDB STATUS.", v);
      }
    }
  }
}
