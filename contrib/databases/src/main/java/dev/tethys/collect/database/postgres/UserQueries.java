package dev.tethys.collect.database.postgres;

import dev.tethys.collect.database.ColumnValues;
import dev.tethys.collect.database.GoNumbers;
import dev.tethys.collect.database.MetricSet;
import dev.tethys.collect.database.QueryTable;
import dev.tethys.config.GoDurations;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlDocument;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import dev.tethys.model.MetricType;
import dev.tethys.model.exposition.MetricFamily;
import java.sql.Array;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Queries of the user's own: the file of {@code --extend.query-path}. Each key is a namespace, each
 * of its columns a label or a metric {@code NAMESPACE_COLUMN}; a column that is not named becomes a
 * metric of unknown type.
 *
 * @param byNamespace queries by namespace, in file order
 */
record UserQueries(Map<String, UserQuery> byNamespace) {
  static final UserQueries NONE = new UserQueries(Map.of());

  /** The name shown in {@code usage}. */
  enum Usage {
    DISCARD,
    LABEL,
    COUNTER,
    GAUGE,
    HISTOGRAM,
    MAPPEDMETRIC,
    DURATION
  }

  /**
   * A column.
   *
   * @param mapping values of strings
   */
  record Column(Usage usage, String description, Map<String, Double> mapping) {}

  /**
   * A query.
   *
   * @param sql null for all of the view that is called as the namespace is
   * @param master whether it runs once for a server instead of in each of its databases
   * @param cache cache lifetime of a response
   * @param versions server versions on which the query runs
   */
  record UserQuery(
      @Nullable String sql,
      Map<String, Column> columns,
      boolean master,
      Duration cache,
      VersionRange versions) {}

  private static final Section COLUMN =
      new Section("column", "Mapping of a query column to a metric or label.");
  private static final Key<String> USAGE =
      COLUMN.required(
          "usage",
          Type.oneOf(
              "usage",
              List.of(
                  "DISCARD", "LABEL", "COUNTER", "GAUGE", "HISTOGRAM", "MAPPEDMETRIC", "DURATION")),
          "Usage of the column.");
  private static final Key<String> DESCRIPTION =
      COLUMN.key("description", Type.STRING, "", "Help text of the metric.");
  private static final Key<Map<String, Double>> MAPPING =
      COLUMN.key(
          "metric_mapping", Type.map(Type.FLOAT), Map.of(), "Mapping of text values to numbers.");

  private static final Section QUERY = new Section("query", "Query and its columns.");
  private static final Key<String> SQL = QUERY.optional("query", Type.STRING, "SQL statement.");
  private static final Key<List<YamlNode>> METRICS =
      QUERY.key("metrics", Type.list(Type.ANY), List.of(), "Columns of the query, one per map.");
  private static final Key<Boolean> MASTER =
      QUERY.key(
          "master",
          Type.BOOL,
          false,
          "If true, the query runs once per server, not in each database.");
  private static final Key<Long> CACHE =
      QUERY.key(
          "cache_seconds", Type.UINT, 0L, "Period in seconds during which a result is cached.");
  private static final Key<String> VERSIONS =
      QUERY.key(
          "runonserver", Type.STRING, "", "Supported server versions, such as >=10.0.0 <15.0.0.");

  /**
   * Reads the text of a file.
   *
   * @throws dev.tethys.config.ConfigException with the position, when it is wrong
   */
  static UserQueries parse(String name, String text) {
    YamlDocument document = YamlDocument.parse(name, null, text);
    return document.readWhole(() -> read(document.root()));
  }

  private static UserQueries read(YamlNode root) {
    Map<String, UserQuery> out = new LinkedHashMap<>();
    if (root.isNull()) {
      return NONE;
    }
    for (Map.Entry<String, YamlNode.Entry> e : root.entries().entrySet()) {
      e.getValue().key().attempt(() -> out.put(e.getKey(), query(e.getValue().value())));
    }
    return new UserQueries(out);
  }

  private static UserQuery query(YamlNode node) {
    YamlObject o = node.object(QUERY);
    Map<String, Column> columns = new LinkedHashMap<>();
    for (YamlNode n : o.get(METRICS)) {
      n.entries()
          .forEach(
              (column, entry) -> {
                YamlObject c = entry.value().object(COLUMN);
                columns.put(
                    column,
                    new Column(Usage.valueOf(c.get(USAGE)), c.get(DESCRIPTION), c.get(MAPPING)));
              });
    }
    VersionRange versions;
    try {
      versions = VersionRange.parse(o.get(VERSIONS));
    } catch (IllegalArgumentException x) {
      throw o.error(VERSIONS, String.valueOf(x.getMessage()));
    }
    return new UserQuery(
        o.find(SQL),
        columns,
        o.get(MASTER),
        Duration.ofSeconds(Math.min(o.get(CACHE), 1L << 30)),
        versions);
  }

  /** Writes them with their columns, for a person. */
  void list(StringBuilder out) {
    byNamespace.forEach(
        (namespace, q) -> {
          out.append(namespace).append('\n');
          out.append(q.sql == null ? "" : q.sql.strip().indent(4));
          q.columns.forEach(
              (name, c) ->
                  QueryTable.listColumn(
                      name, c.usage.name().toLowerCase(Locale.ROOT), c.description, out));
          out.append('\n');
        });
  }

  /**
   * Runs one.
   *
   * @param namespace prefix of its metrics
   * @param labels label names used by all of its metrics
   * @throws SQLException if it cannot run; a single unusable value is omitted
   */
  static void run(
      String namespace, UserQuery q, PostgresConnection c, List<String> labels, MetricSet out)
      throws SQLException {
    String sql = q.sql == null ? "select * from " + namespace : q.sql;
    if (sql.isBlank()) {
      return;
    }
    c.query(
        sql,
        r -> {
          ResultSetMetaData m = r.getMetaData();
          Map<String, Integer> at = new LinkedHashMap<>();
          for (int i = 1; i <= m.getColumnCount(); i++) {
            at.put(m.getColumnLabel(i), i);
          }
          while (PostgresConnection.next(r)) {
            row(namespace, q, at, r, labels, out);
          }
        });
  }

  private static void row(
      String namespace,
      UserQuery q,
      Map<String, Integer> at,
      ResultSet r,
      List<String> constant,
      MetricSet out)
      throws SQLException {
    List<String> labels = new ArrayList<>(constant);
    for (var e : q.columns.entrySet()) {
      if (e.getValue().usage == Usage.LABEL) {
        Integer i = at.get(e.getKey());
        labels.add(e.getKey());
        labels.add(i == null ? "" : ColumnValues.text(r.getObject(i)));
      }
    }
    String[] l = labels.toArray(String[]::new);
    for (var e : at.entrySet()) {
      String column = e.getKey();
      String metric = namespace + "_" + column;
      Column c = q.columns.get(column);
      Object v = r.getObject(e.getValue());
      if (c == null) {
        Double number = partOfHistogram(q, column) ? null : ColumnValues.number(v);
        if (number != null) {
          out.untyped(metric, "Column of " + namespace + " that is not described.", number, l);
        }
        continue;
      }
      switch (c.usage) {
        case DISCARD, LABEL -> {}
        case COUNTER, GAUGE -> {
          Double number = ColumnValues.number(v);
          if (number != null && c.usage == Usage.COUNTER) {
            out.counter(metric, c.description, number, l);
          } else if (number != null) {
            out.gauge(metric, c.description, number, l);
          }
        }
        case MAPPEDMETRIC -> {
          Double number = c.mapping.get(ColumnValues.text(v));
          if (number != null) {
            out.gauge(metric, c.description, number, l);
          }
        }
        case DURATION -> {
          Long millis = millis(ColumnValues.text(v));
          if (millis != null) {
            out.gauge(metric + "_milliseconds", c.description, millis, l);
          }
        }
        case HISTOGRAM -> histogram(metric, c, column, at, r, l, out);
      }
    }
  }

  private static boolean partOfHistogram(UserQuery q, String column) {
    for (String end : new String[] {"_bucket", "_sum", "_count"}) {
      Column c =
          column.endsWith(end)
              ? q.columns.get(column.substring(0, column.length() - end.length()))
              : null;
      if (c != null && c.usage == Usage.HISTOGRAM) {
        return true;
      }
    }
    return false;
  }

  private static @Nullable Long millis(String text) {
    try {
      return text.equals("-1") ? null : GoDurations.parse(text).toMillis();
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  /**
   * Bounds in the column itself, cumulative counts in {@code _bucket}, {@code _sum}, {@code
   * _count}.
   */
  private static void histogram(
      String metric,
      Column c,
      String column,
      Map<String, Integer> at,
      ResultSet r,
      String[] labels,
      MetricSet out)
      throws SQLException {
    Integer bucket = at.get(column + "_bucket");
    Integer sum = at.get(column + "_sum");
    Integer count = at.get(column + "_count");
    if (bucket == null || sum == null || count == null) {
      throw new SQLException(
          metric + ": a histogram requires the columns " + column + "_bucket, _sum and _count");
    }
    double[] bounds = numbers(r.getArray(Integer.valueOf(at.getOrDefault(column, 0))));
    double[] counts = numbers(r.getArray(bucket));
    int n = Math.min(bounds.length, counts.length);
    double[] upper = java.util.Arrays.copyOf(bounds, n + 1);
    double[] cumulative = java.util.Arrays.copyOf(counts, n + 1);
    upper[n] = Double.POSITIVE_INFINITY;
    cumulative[n] = r.getDouble(count);
    out.add(
        metric,
        MetricType.HISTOGRAM,
        c.description,
        new MetricFamily.Buckets(
            r.getDouble(count), r.getDouble(sum), upper, cumulative, List.of()),
        labels);
  }

  private static double[] numbers(@Nullable Array a) throws SQLException {
    if (a == null) {
      return new double[0];
    }
    @Nullable Object[] items = (Object[]) a.getArray();
    double[] out = new double[items.length];
    for (int i = 0; i < items.length; i++) {
      Double v = items[i] == null ? null : GoNumbers.parse(String.valueOf(items[i]));
      if (v == null) {
        throw new SQLException("an array element is not a number");
      }
      out[i] = v;
    }
    return out;
  }
}
