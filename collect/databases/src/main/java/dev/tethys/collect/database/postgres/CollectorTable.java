package dev.tethys.collect.database.postgres;

import dev.tethys.collect.database.MetricSet;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;

/** The collectors that are queries: the table {@code collectors.txt}, which says its own form. */
final class CollectorTable {
  /**
   * A column of a query.
   *
   * @param type a letter of the table
   * @param nulls {@code ?}, {@code !} or a space
   */
  private record Column(char type, char nulls, String name, String help) {}

  private record Query(int from, int before, String sql, List<Column> columns) {}

  private record Collector(boolean on, List<Query> queries) {}

  private static final Pattern COLUMN = Pattern.compile("[lescgu][?!]? \\^?[a-z].*");
  private static final TreeMap<String, Collector> COLLECTORS = read();

  private CollectorTable() {}

  private static TreeMap<String, Collector> read() {
    TreeMap<String, Collector> out = new TreeMap<>();
    try (InputStream in = CollectorTable.class.getResourceAsStream("collectors.txt");
        BufferedReader r =
            new BufferedReader(
                new InputStreamReader(Objects.requireNonNull(in), StandardCharsets.UTF_8))) {
      List<Query> queries = new ArrayList<>();
      List<Column> columns = new ArrayList<>();
      StringBuilder sql = new StringBuilder();
      int from = 0;
      int before = 0;
      for (String line = r.readLine(); line != null; line = r.readLine()) {
        String[] f = line.split(" ", 3);
        if (line.startsWith("==")) {
          queries = new ArrayList<>();
          out.put(f[1], new Collector(f[2].equals("on"), queries));
        } else if (line.startsWith("@")) {
          from = Integer.parseInt(f[1]);
          before = Integer.parseInt(f[2]);
          sql = new StringBuilder();
          columns = new ArrayList<>();
        } else if (COLUMN.matcher(line).matches()) {
          if (columns.isEmpty()) {
            queries.add(new Query(from, before, sql.toString(), columns));
          }
          columns.add(
              new Column(
                  line.charAt(0),
                  f[0].length() > 1 ? f[0].charAt(1) : ' ',
                  f[1],
                  f.length > 2 ? f[2] : ""));
        } else if (!line.startsWith("#")) {
          sql.append(line).append('\n');
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out;
  }

  /** The names of all, sorted. */
  static Set<String> names() {
    return COLLECTORS.keySet();
  }

  /** Whether one runs unless it is turned off. */
  static boolean isOn(String name) {
    return Objects.requireNonNull(COLLECTORS.get(name), name).on;
  }

  /**
   * Asks for all that a collector shows.
   *
   * @param version as {@code server_version_num} counts
   * @param exclude databases whose rows are left out
   */
  static void collect(
      String name, PostgresConnection c, int version, Set<String> exclude, MetricSet out)
      throws SQLException {
    for (Query q : Objects.requireNonNull(COLLECTORS.get(name), name).queries) {
      if (version >= q.from && (q.before == 0 || version < q.before)) {
        c.query(
            q.sql,
            rows -> {
              while (PostgresConnection.next(rows)) {
                row(name, q.columns, rows, exclude, out);
              }
            });
      }
    }
  }

  private static void row(
      String name, List<Column> columns, ResultSet rows, Set<String> exclude, MetricSet out)
      throws SQLException {
    List<String> labels = new ArrayList<>();
    for (int i = 0; i < columns.size(); i++) {
      Column column = columns.get(i);
      Object v = rows.getObject(i + 1);
      boolean label = "les".indexOf(column.type) >= 0;
      if (v == null && (column.type == 's' || column.nulls == '!')) {
        return;
      }
      if (label) {
        String text = v == null ? column.type == 'l' ? "unknown" : "" : ColumnValues.text(v);
        if (name.equals("database") && exclude.contains(text)) {
          return;
        }
        labels.add(column.name);
        labels.add(text);
      }
    }
    String[] l = labels.toArray(String[]::new);
    for (int i = l.length / 2; i < columns.size(); i++) {
      Column column = columns.get(i);
      Object v = rows.getObject(i + 1);
      if (v == null && column.nulls == '?') {
        continue;
      }
      Double number = v == null ? Double.valueOf(0) : ColumnValues.number(v);
      if (number == null) {
        throw new SQLException(name + ": " + column.name + " is no number: " + v);
      }
      String metric =
          column.name.startsWith("^") ? column.name.substring(1) : "pg_" + name + "_" + column.name;
      switch (column.type) {
        case 'c' -> out.counter(metric, column.help, number, l);
        case 'u' -> out.untyped(metric, column.help, number, l);
        default -> out.gauge(metric, column.help, number, l);
      }
    }
  }
}
