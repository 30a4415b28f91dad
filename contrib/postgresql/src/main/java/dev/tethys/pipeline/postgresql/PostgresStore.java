package dev.tethys.pipeline.postgresql;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.series.SeriesText;
import dev.tethys.model.Exemplar;
import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.storage.MetricSource.SeriesExemplars;
import dev.tethys.model.storage.SelectHints;
import dev.tethys.model.storage.StepWindows;
import dev.tethys.store.remote.Expressions;
import dev.tethys.store.remote.ForeignStore;
import dev.tethys.store.remote.KeyedSeries;
import dev.tethys.store.remote.NamedValues;
import dev.tethys.store.remote.StoreConfig;
import dev.tethys.store.remote.StoreLimits;
import dev.tethys.store.remote.StoredSeries;
import java.io.IOException;
import java.io.InputStream;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.TreeSet;
import java.util.UUID;
import org.postgresql.PGConnection;
import org.postgresql.copy.PGCopyInputStream;

/**
 * Reads metric tables with binary COPY, which returns exact numbers and rows as they are found.
 * PostgreSQL evaluates equality (with the index over labels) and those regular expressions that
 * mean the same in its dialect and in RE2. The rest is evaluated here.
 */
final class PostgresStore implements ForeignStore {
  /**
   * Maximum number of keys listed in a query; beyond it, the series query is repeated as a
   * subquery.
   */
  private static final int NAMED_KEYS = 20_000;

  private static final String ORDER = " ORDER BY series, ts";

  private final StoreConfig config;
  private final PostgresPool pool;
  private final StoreLimits limits;
  private final PostgresTables tables;

  PostgresStore(StoreConfig config, PostgresPool pool, StoreLimits limits, PostgresTables tables) {
    this.config = config;
    this.pool = pool;
    this.limits = limits;
    this.tables = tables;
  }

  @Override
  public Collection<Capability> capabilities() {
    return EnumSet.allOf(Capability.class);
  }

  /** Receives the rows of a response. */
  @FunctionalInterface
  private interface Rows {
    void row(CopyReader in) throws IOException;
  }

  private static void copy(StoreLimits limits, String store, Connection c, String sql, Rows rows)
      throws SQLException, IOException {
    String copy = "COPY (" + sql + ") TO STDOUT (FORMAT binary)";
    try (InputStream in =
        limits.bounded(
            new PGCopyInputStream(c.unwrap(PGConnection.class), copy), "store " + store)) {
      CopyReader reader = new CopyReader(in);
      while (reader.next()) {
        rows.row(reader);
      }
    }
  }

  private <T> T in(PostgresPool.TransactionBody<T> work) throws IOException, InterruptedException {
    try {
      return pool.in(work);
    } catch (SQLException | CodecException e) {
      throw new IOException("PostgreSQL: " + e.getMessage(), e);
    }
  }

  private static String literal(Connection c, String s) throws SQLException {
    return "'" + c.unwrap(PGConnection.class).escapeLiteral(s) + "'";
  }

  private static String text(Connection c, String s) throws SQLException {
    return literal(c, PostgresText.escape(s));
  }

  /** Returns the value of a label; "" if it is missing. */
  private static String column(Connection c, String label) throws SQLException {
    return label.equals(Labels.METRIC_NAME)
        ? "metric"
        : "COALESCE(labels ->> " + text(c, label) + ", '')";
  }

  /** Returns a condition on required labels, which uses the label index. */
  private static String named(Connection c, NamedValues v) throws SQLException {
    boolean indexed = v.among() && !v.isMetric() && !v.takesAbsent();
    List<String> values = new ArrayList<>();
    for (String value : v.values()) {
      values.add(
          indexed
              ? literal(c, PostgresText.json(SeriesText.of(Labels.of(v.label(), value))))
              : text(c, value));
    }
    String type = indexed ? "::jsonb" : "";
    String one = values.getFirst() + type;
    String all = "(ARRAY[" + String.join(",", values) + "]" + (indexed ? type : "::text") + "[])";
    if (indexed) {
      return "labels @> " + (values.size() == 1 ? one : "ANY " + all);
    }
    if (v.among()) {
      return column(c, v.label()) + " = " + (values.size() == 1 ? one : "ANY " + all);
    }
    return column(c, v.label()) + " <> " + (values.size() == 1 ? one : "ALL " + all);
  }

  private static String where(Connection c, List<Matcher> matchers) throws SQLException {
    StringBuilder sb = new StringBuilder(" WHERE TRUE");
    for (Matcher m : matchers) {
      NamedValues v = NamedValues.of(m);
      if (v != null) {
        sb.append(" AND ").append(named(c, v));
      } else if (m.type() == Matcher.Type.REGEX
          ? Expressions.isCommon(m.value())
          : isSupported(m)) {
        sb.append(" AND ")
            .append(column(c, m.name()))
            .append(m.type() == Matcher.Type.REGEX ? " ~ " : " !~ ")
            .append(text(c, "^(?:" + m.value() + ")$"));
      }
    }
    return sb.toString();
  }

  private KeyedSeries find(Connection c, SelectHints hints, List<Matcher> matchers)
      throws SQLException, IOException {
    return find(c, hints, matchers, ""); // the samples' own query has the matchers
  }

  private KeyedSeries find(Connection c, SelectHints hints, List<Matcher> matchers, String within)
      throws SQLException, IOException {
    KeyedSeries found = new KeyedSeries(config.name(), limits, hints, matchers);
    copy(
        limits,
        config.name(),
        c,
        "SELECT series, labels::text FROM "
            + tables.metrics("series")
            + " AS s"
            + where(c, matchers)
            + within,
        in -> found.found(in.uuid(), PostgresText.unescape(SeriesText.labels(in.text()))));
    return found;
  }

  @Override
  public List<StoredSeries> select(SelectHints hints, List<Matcher> matchers)
      throws IOException, InterruptedException {
    return in(
        c -> {
          KeyedSeries all = find(c, hints, matchers);
          if (all.opened()) {
            samples(c, condition(c, hints, matchers, all.keys()), windows(hints), all);
          }
          return all.samples();
        });
  }

  private void samples(Connection c, String condition, String windows, KeyedSeries all)
      throws SQLException, IOException {
    copy(
        limits,
        config.name(),
        c,
        "SELECT series, ts, value FROM " + tables.metrics("samples") + condition + windows + ORDER,
        in -> all.sample(in.uuid(), in.time(), in.float8()));
    copy(
        limits,
        config.name(),
        c,
        "SELECT series, ts, is_integer, reset_hint, schema, zero_threshold, zero_count, count, sum,"
            + " positive_spans, positive, negative_spans, negative, COALESCE(custom_bounds, '{}')"
            + " FROM "
            + tables.metrics("histograms")
            + condition
            + ORDER,
        in -> all.histogram(in.uuid(), in.time(), histogram(in)));
  }

  @Override
  public List<SeriesExemplars> exemplars(SelectHints range, List<Matcher> matchers)
      throws IOException, InterruptedException {
    return in(
        c -> {
          KeyedSeries all = find(c, range, matchers);
          if (!all.keys().isEmpty()) {
            copy(
                limits,
                config.name(),
                c,
                "SELECT series, ts, value, labels::text FROM "
                    + tables.metrics("exemplars")
                    + condition(c, range, matchers, all.keys())
                    + ORDER,
                in -> {
                  UUID key = in.uuid();
                  long time = in.time();
                  double value = in.float8();
                  Labels labels = PostgresText.unescape(SeriesText.labels(in.text()));
                  all.exemplar(key, new Exemplar(labels, value, time));
                });
          }
          return all.exemplars();
        });
  }

  private static Histogram histogram(CopyReader in) throws IOException {
    boolean integer = in.bool();
    Histogram.ResetHint[] hints = Histogram.ResetHint.values();
    int hint = in.int2();
    if (hint < 0 || hint >= hints.length) {
      throw new IOException("PostgreSQL: a histogram with reset hint " + hint);
    }
    int schema = in.int4();
    double zeroThreshold = in.float8();
    double zeroCount = in.float8();
    double count = in.float8();
    double sum = in.float8();
    int[] positiveSpans = in.int4s();
    double[] positive = in.float8s();
    int[] negativeSpans = in.int4s();
    double[] negative = in.float8s();
    double[] custom = in.float8s();
    return new Histogram(
        integer,
        hints[hint],
        schema,
        zeroThreshold,
        zeroCount,
        count,
        sum,
        positiveSpans,
        positive,
        negativeSpans,
        negative,
        schema == Histogram.CUSTOM_BUCKETS ? custom : null);
  }

  private String condition(
      Connection c, SelectHints hints, List<Matcher> matchers, Collection<UUID> keys)
      throws SQLException {
    StringBuilder sb = new StringBuilder(" WHERE ");
    if (keys.size() <= NAMED_KEYS) {
      sb.append("series = ANY('{");
      String comma = "";
      for (UUID key : keys) {
        sb.append(comma).append(key);
        comma = ",";
      }
      sb.append("}'::uuid[])");
    } else {
      sb.append("series IN (SELECT series FROM ")
          .append(tables.metrics("series"))
          .append(where(c, matchers))
          .append(')');
    }
    return sb.append(between(hints, "ts")).toString();
  }

  /**
   * Returns a condition that selects, for floats, only samples read by steps if steps are far
   * apart.
   */
  private static String windows(SelectHints hints) {
    StepWindows w = hints.windows();
    return w == null
        ? ""
        : " AND mod((extract(epoch FROM ts) * 1000)::bigint - ("
            + (w.first() - w.before())
            + "), "
            + w.interval()
            + ") <= "
            + (w.before() + w.after());
  }

  /** Returns a timestamp literal for comparisons; times out of range become infinities. */
  private static String moment(long millis) {
    if (millis <= CopyRows.MIN_MILLIS) {
      return "'-infinity'::timestamptz";
    }
    if (millis >= CopyRows.MAX_MILLIS) {
      return "'infinity'::timestamptz";
    }
    return "(TIMESTAMPTZ 'epoch' + "
        + Math.floorDiv(millis, 1000L)
        + " * INTERVAL '1 second' + "
        + Math.floorMod(millis, 1000L)
        + " * INTERVAL '1 millisecond')";
  }

  @Override
  public List<Labels> series(SelectHints range, List<Matcher> matchers)
      throws IOException, InterruptedException {
    return in(c -> find(c, range, matchers, within(range)).series());
  }

  /**
   * Returns a condition for the series with data in a range: each is looked up once by the table
   * keys, so the cost depends on series, not on samples. "" if the range contains everything.
   */
  private String within(SelectHints range) {
    if (range.minTime() <= CopyRows.MIN_MILLIS && range.maxTime() >= CopyRows.MAX_MILLIS) {
      return "";
    }
    List<String> tablesWithTimes = new ArrayList<>();
    for (String kind : List.of("samples", "histograms")) {
      tablesWithTimes.add(
          "EXISTS (SELECT FROM "
              + tables.metrics(kind)
              + " AS x WHERE x.series = s.series"
              + between(range, "x.ts")
              + ")");
    }
    return " AND (" + String.join(" OR ", tablesWithTimes) + ")";
  }

  private static String between(SelectHints range, String column) {
    return " AND "
        + column
        + " >= "
        + moment(range.minTime())
        + " AND "
        + column
        + " <= "
        + moment(range.maxTime());
  }

  /**
   * Whether PostgreSQL evaluates a matcher exactly. A character 0 is stored as two, the second
   * being 0 or E, so {@code .*0} matches more; {@code !~} would then omit results.
   */
  private static boolean isSupported(Matcher m) {
    return NamedValues.of(m) != null
        || Expressions.isCommon(m.value())
            && m.value().indexOf('0') < 0
            && m.value().indexOf('E') < 0;
  }

  @Override
  public Collection<String> labelNames(SelectHints range, List<Matcher> matchers, int limit)
      throws IOException, InterruptedException {
    if (!matchers.stream().allMatch(PostgresStore::isSupported)) {
      return ForeignStore.super.labelNames(range, matchers, limit);
    }
    return distinct("jsonb_object_keys(labels)", range, matchers, limit);
  }

  @Override
  public Collection<String> labelValues(
      String name, SelectHints range, List<Matcher> matchers, int limit)
      throws IOException, InterruptedException {
    if (!matchers.stream().allMatch(PostgresStore::isSupported)) {
      return ForeignStore.super.labelValues(name, range, matchers, limit);
    }
    List<Matcher> having = new ArrayList<>(matchers);
    having.add(Matcher.of(Matcher.Type.NOT_EQUAL, name, ""));
    String column =
        name.equals(Labels.METRIC_NAME)
            ? "metric"
            : "labels ->> '" + PostgresText.escape(name).replace("'", "''") + "'";
    return distinct(column, range, having, limit);
  }

  private Collection<String> distinct(
      String what, SelectHints range, List<Matcher> matchers, int limit)
      throws IOException, InterruptedException {
    return in(
        c -> {
          TreeSet<String> out = new TreeSet<>();
          copy(
              limits,
              config.name(),
              c,
              "SELECT DISTINCT "
                  + what
                  + " COLLATE \"C\" FROM "
                  + tables.metrics("series")
                  + " AS s"
                  + where(c, matchers)
                  + within(range)
                  + (limit > 0 ? " ORDER BY 1 LIMIT " + limit : ""),
              in -> out.add(PostgresText.unescape(in.text())));
          return out;
        });
  }

  @Override
  public void close() {
    pool.close();
  }
}
