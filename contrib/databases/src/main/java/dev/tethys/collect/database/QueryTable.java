package dev.tethys.collect.database;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Collectors defined by queries: a table in a resource, whose header documents its format. */
public final class QueryTable {
  /**
   * A column of a query.
   *
   * @param type a letter of the table: l, e, s are labels, c, g, u are metrics
   * @param nulls {@code ?}, {@code !} or a space
   * @param name label or metric name; a name that starts with {@code ^} gets no prefix
   */
  public record Column(char type, char nulls, String name, String help) {}

  /**
   * A query and its columns in their order, labels first.
   *
   * @param from the first version that it is for
   * @param before the first that it is not for, 0 if none
   */
  public record Query(int from, int before, String sql, List<Column> columns) {
    /** Whether the query applies to a server of that version. */
    public boolean isFor(int version) {
      return version >= from && (before == 0 || version < before);
    }
  }

  private record Collector(boolean on, List<Query> queries) {}

  private static final Pattern COLUMN = Pattern.compile("[lescgu][?!]? \\^?[a-z].*");

  private final TreeMap<String, Collector> collectors = new TreeMap<>();

  private QueryTable() {}

  /**
   * Reads a table.
   *
   * @param owner class whose folder contains the resource
   */
  public static QueryTable read(Class<?> owner, String resource) {
    QueryTable out = new QueryTable();
    try (InputStream in = owner.getResourceAsStream(resource);
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
          out.collectors.put(f[1], new Collector(f[2].equals("on"), queries));
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

  /** Returns all names, sorted. */
  public Set<String> names() {
    return collectors.keySet();
  }

  /** Whether one runs unless it is turned off. */
  public boolean isOn(String name) {
    return of(name).on;
  }

  /** Returns the queries of a collector. */
  public List<Query> queries(String name) {
    return of(name).queries;
  }

  /** Writes each query of a collector and its columns under a heading, for a person. */
  public void list(String heading, String name, StringBuilder out) {
    for (Query q : queries(name)) {
      out.append(heading);
      if (q.from > 0 || q.before > 0) {
        out.append(" from ").append(q.from);
        out.append(q.before > 0 ? " before " + q.before : "");
      }
      out.append('\n').append(q.sql.strip().indent(4));
      for (Column c : q.columns) {
        String kind =
            switch (c.type) {
              case 'c' -> "counter";
              case 'g' -> "gauge";
              case 'u' -> "untyped";
              default -> "label";
            };
        listColumn(c.name, kind, c.help, out);
      }
      out.append('\n');
    }
  }

  /** Writes a column under its query. */
  public static void listColumn(String name, String kind, String help, StringBuilder out) {
    out.append("  ").append(name).append(" ".repeat(Math.max(1, 41 - name.length())));
    out.append((kind + " " + help).strip()).append('\n');
  }

  private Collector of(String name) {
    return Objects.requireNonNull(collectors.get(name), name);
  }

  /**
   * Adds the metrics of a row.
   *
   * @param prefix prefix added to names that do not start with {@code ^}
   * @param values values of all columns
   * @throws IllegalArgumentException if the value of a metric is not a number
   */
  public static void add(String prefix, Query q, List<@Nullable Object> values, MetricSet out) {
    List<String> labels = new ArrayList<>();
    for (int i = 0; i < q.columns.size(); i++) {
      Column column = q.columns.get(i);
      Object v = values.get(i);
      if (v == null && (column.type == 's' || column.nulls == '!')) {
        return;
      }
      if ("les".indexOf(column.type) >= 0) {
        labels.add(column.name);
        labels.add(v == null ? column.type == 'l' ? "unknown" : "" : ColumnValues.text(v));
      }
    }
    String[] l = labels.toArray(String[]::new);
    for (int i = l.length / 2; i < q.columns.size(); i++) {
      Column column = q.columns.get(i);
      Object v = values.get(i);
      if (v == null && column.nulls == '?') {
        continue;
      }
      Double number = v == null ? Double.valueOf(0) : ColumnValues.number(v);
      if (number == null) {
        throw new IllegalArgumentException(prefix + column.name + " is not a number: " + v);
      }
      String metric = column.name.startsWith("^") ? column.name.substring(1) : prefix + column.name;
      switch (column.type) {
        case 'c' -> out.counter(metric, column.help, number, l);
        case 'u' -> out.untyped(metric, column.help, number, l);
        default -> out.gauge(metric, column.help, number, l);
      }
    }
  }
}
