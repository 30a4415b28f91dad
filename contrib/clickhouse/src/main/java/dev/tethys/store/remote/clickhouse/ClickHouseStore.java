package dev.tethys.store.remote.clickhouse;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.clickhouse.ClickHouseTables;
import dev.tethys.codec.clickhouse.RowBinaryReader;
import dev.tethys.model.Exemplar;
import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import dev.tethys.model.Matcher;
import dev.tethys.model.storage.MetricSource.SeriesExemplars;
import dev.tethys.model.storage.SelectHints;
import dev.tethys.model.storage.StepWindows;
import dev.tethys.store.remote.ForeignStore;
import dev.tethys.store.remote.HttpQueries;
import dev.tethys.store.remote.KeyedSeries;
import dev.tethys.store.remote.NamedValues;
import dev.tethys.store.remote.StoreConfig;
import dev.tethys.store.remote.StoreLimits;
import dev.tethys.store.remote.StoredSeries;
import dev.tethys.web.client.ClientRequest;
import dev.tethys.web.client.WebClient;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.TreeSet;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Reads the tables of metrics. All matchers are ClickHouse's own work: its {@code match} is RE2, as
 * Prometheus's expressions are, and a map gives "" for a label that is absent. Expressions are
 * anchored at both ends; alternations of values become lists.
 */
final class ClickHouseStore implements ForeignStore {
  /**
   * Maximum number of series keys listed in a query; above it, the query repeats the series query.
   */
  private static final int NAMED_KEYS = 2000;

  /**
   * Query parameters that turn a truncated response into an error, regardless of the limits of the
   * user's profile. They are the default values, which read-only users may send too.
   */
  private static final String WHOLE =
      Stream.of("read", "result", "timeout", "set", "distinct", "sort")
          .map(limit -> "&" + limit + "_overflow_mode=throw")
          .collect(
              Collectors.joining(
                  "",
                  "wait_end_of_query=1&limit=0&offset=0",
                  "&read_overflow_mode_leaf=throw&timeout_overflow_mode_leaf=throw"));

  private static final String COMPRESSION = "enable_http_compression";

  /** Errors for settings that the user must not change: any setting, or one setting. */
  private static final List<String> MAY_NOT_CHANGE = List.of("Code: 164.", "Code: 452.");

  private static final String ORDER = " ORDER BY metric, series, ts";

  private final StoreConfig config;
  private final HttpQueries http;
  private final StoreLimits limits;
  private final ClickHouseTables tables;
  private volatile boolean compresses = true;

  ClickHouseStore(
      StoreConfig config, WebClient client, StoreLimits limits, ClickHouseTables tables) {
    this.config = config;
    this.http = new HttpQueries(config, client, limits);
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
    void row(RowBinaryReader in) throws IOException;
  }

  private void query(String sql, Rows rows) throws IOException, InterruptedException {
    boolean compressed = compresses;
    try {
      query(sql, compressed, rows);
    } catch (HttpQueries.RefusedException e) {
      if (!compressed
          || !e.body().contains(COMPRESSION)
          || MAY_NOT_CHANGE.stream().noneMatch(e.body()::contains)) {
        throw e;
      }
      compresses = false; // a user without permission to change settings cannot request this
      query(sql, false, rows);
    }
  }

  private void query(String sql, boolean compressed, Rows rows)
      throws IOException, InterruptedException {
    String separator = config.url().getRawQuery() == null ? "?" : "&";
    String path = config.url().getPath().isEmpty() ? "/" : "";
    URI url =
        URI.create(
            config.url() + path + separator + WHOLE + (compressed ? "&" + COMPRESSION + "=1" : ""));
    http.ask(
        ClientRequest.post(
            url,
            "text/plain; charset=UTF-8",
            (sql + " FORMAT RowBinary").getBytes(StandardCharsets.UTF_8)),
        in -> {
          RowBinaryReader reader = new RowBinaryReader(in);
          while (reader.next()) {
            rows.row(reader);
          }
        });
  }

  private static String column(String label) {
    return label.equals(Labels.METRIC_NAME)
        ? "metric"
        : "labels[" + ClickHouseTables.text(label) + "]";
  }

  private static String where(List<Matcher> matchers) {
    StringBuilder sb = new StringBuilder();
    String and = " WHERE ";
    for (Matcher m : matchers) {
      if (isSupported(m)) {
        sb.append(and).append(condition(m));
        and = " AND ";
      }
    }
    return sb.toString();
  }

  /**
   * Whether the database can evaluate a matcher: RE2's wrapper ends a pattern at a zero byte or an
   * unclosed quotation.
   */
  private static boolean isSupported(Matcher m) {
    return NamedValues.of(m) != null || m.value().indexOf('\0') < 0 && !m.value().contains("\\Q");
  }

  private static String condition(Matcher m) {
    String c = column(m.name());
    NamedValues v = NamedValues.of(m);
    if (v == null) {
      String anchored = ClickHouseTables.text("^(?s:" + m.value() + ")$");
      return (m.type() == Matcher.Type.REGEX ? "" : "NOT ") + "match(" + c + ", " + anchored + ")";
    }
    if (v.values().size() == 1) {
      String only = ClickHouseTables.text(v.values().iterator().next());
      return c + (v.among() ? " = " : " != ") + only;
    }
    return c
        + (v.among() ? " IN (" : " NOT IN (")
        + v.values().stream().map(ClickHouseTables::text).collect(Collectors.joining(", "))
        + ')';
  }

  private static Labels labels(RowBinaryReader in) throws IOException {
    LabelsBuilder b = new LabelsBuilder();
    int n = in.length();
    for (int i = 0; i < n; i++) {
      b.set(in.string(), in.string());
    }
    return b.build();
  }

  private KeyedSeries find(SelectHints hints, List<Matcher> matchers)
      throws IOException, InterruptedException {
    return find(hints, matchers, where(matchers)); // whose samples are asked for, and say it
  }

  private KeyedSeries find(SelectHints hints, List<Matcher> matchers, String where)
      throws IOException, InterruptedException {
    KeyedSeries found = new KeyedSeries(config.name(), limits, hints, matchers);
    query(
        "SELECT series, labels FROM " + tables.metrics("series") + where,
        in -> found.found(in.uuid(), labels(in)));
    return found;
  }

  @Override
  public List<StoredSeries> select(SelectHints hints, List<Matcher> matchers)
      throws IOException, InterruptedException {
    KeyedSeries all = find(hints, matchers);
    if (!all.opened()) {
      return List.of();
    }
    String condition = condition(hints, matchers, all);
    query(
        "SELECT series, toUnixTimestamp64Milli(ts), value FROM "
            + tables.metrics("samples")
            + condition
            + windows(hints)
            + ORDER,
        in -> all.sample(in.uuid(), in.int64(), in.float64()));
    query(
        "SELECT series, toUnixTimestamp64Milli(ts), integer, reset_hint, schema, zero_threshold,"
            + " zero_count, count, sum, positive_spans, positive, negative_spans, negative,"
            + " custom_bounds FROM "
            + tables.metrics("histograms")
            + condition
            + ORDER,
        in -> all.histogram(in.uuid(), in.int64(), histogram(in)));
    return all.samples();
  }

  @Override
  public List<SeriesExemplars> exemplars(SelectHints range, List<Matcher> matchers)
      throws IOException, InterruptedException {
    KeyedSeries all = find(range, matchers);
    if (all.keys().isEmpty()) {
      return List.of();
    }
    query(
        "SELECT series, toUnixTimestamp64Milli(ts), value, labels FROM "
            + tables.metrics("exemplars")
            + " FINAL"
            + condition(range, matchers, all)
            + ORDER,
        in -> {
          UUID key = in.uuid();
          long time = in.int64();
          double value = in.float64();
          all.exemplar(key, new Exemplar(labels(in), value, time));
        });
    return all.exemplars();
  }

  private String condition(SelectHints hints, List<Matcher> matchers, KeyedSeries all) {
    Collection<UUID> keys = all.keys();
    Collection<String> names = all.names();
    StringBuilder sb = new StringBuilder(" WHERE ");
    if (names.size() <= NAMED_KEYS) {
      sb.append("metric IN (");
      String comma = "";
      for (String n : names) {
        sb.append(comma).append(ClickHouseTables.text(n));
        comma = ", ";
      }
      sb.append(") AND ");
    }
    if (keys.size() <= NAMED_KEYS) {
      sb.append("series IN (");
      String comma = "";
      for (UUID key : keys) {
        sb.append(comma).append('\'').append(key).append('\'');
        comma = ", ";
      }
      sb.append(')');
    } else {
      sb.append("series IN (SELECT series FROM ")
          .append(tables.metrics("series"))
          .append(where(matchers))
          .append(')');
    }
    return sb.append(" AND ").append(between(hints)).toString();
  }

  private static String between(SelectHints range) {
    return "ts >= fromUnixTimestamp64Milli("
        + Math.clamp(range.minTime(), ClickHouseTables.FIRST_TIME, ClickHouseTables.LAST_TIME)
        + ") AND ts <= fromUnixTimestamp64Milli("
        + Math.clamp(range.maxTime(), ClickHouseTables.FIRST_TIME, ClickHouseTables.LAST_TIME)
        + ")";
  }

  /**
   * Series with data in a range: only their keys are read from the range, in the order of the
   * tables. Nothing is queried if the range contains everything.
   */
  private String where(SelectHints range, List<Matcher> matchers) {
    String where = where(matchers);
    if (range.minTime() <= ClickHouseTables.FIRST_TIME
        && range.maxTime() >= ClickHouseTables.LAST_TIME) {
      return where;
    }
    String matching =
        where.isEmpty()
            ? ""
            : " WHERE (metric, series) IN (SELECT metric, series FROM "
                + tables.metrics("series")
                + where
                + ")";
    String keys =
        Stream.of("samples", "histograms")
            .map(
                kind ->
                    "SELECT series FROM "
                        + tables.metrics(kind)
                        + (matching.isEmpty() ? " WHERE " : matching + " AND ")
                        + between(range))
            .collect(Collectors.joining(" UNION ALL "));
    return (where.isEmpty() ? " WHERE " : where + " AND ") + "series IN (" + keys + ")";
  }

  /** Builds a query for distinct values; the first ones in byte order may be enough. */
  private String distinct(String what, SelectHints range, List<Matcher> matchers, int limit) {
    return "SELECT DISTINCT "
        + what
        + " AS found FROM "
        + tables.metrics("series")
        + where(range, matchers)
        + (limit > 0 ? " ORDER BY found LIMIT " + limit : "");
  }

  /** Selects only the floats that steps read, where steps are far apart. */
  private static String windows(SelectHints hints) {
    StepWindows w = hints.windows();
    return w == null
        ? ""
        : " AND modulo(toUnixTimestamp64Milli(ts) - ("
            + (w.first() - w.before())
            + "), "
            + w.interval()
            + ") <= "
            + (w.before() + w.after());
  }

  private static Histogram histogram(RowBinaryReader in) throws IOException {
    boolean integer = in.uint8() != 0;
    Histogram.ResetHint[] hints = Histogram.ResetHint.values();
    int hint = in.uint8();
    int schema = in.int32();
    double zeroThreshold = in.float64();
    double zeroCount = in.float64();
    double count = in.float64();
    double sum = in.float64();
    int[] positiveSpans = in.int32s();
    double[] positive = in.float64s();
    int[] negativeSpans = in.int32s();
    double[] negative = in.float64s();
    double[] custom = in.float64s();
    if (hint >= hints.length) {
      throw new CodecException("a histogram with reset hint " + hint);
    }
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

  @Override
  public List<Labels> series(SelectHints range, List<Matcher> matchers)
      throws IOException, InterruptedException {
    return find(range, matchers, where(range, matchers)).series();
  }

  @Override
  public Collection<String> labelNames(SelectHints range, List<Matcher> matchers, int limit)
      throws IOException, InterruptedException {
    TreeSet<String> out = new TreeSet<>();
    if (!matchers.stream().allMatch(ClickHouseStore::isSupported)) {
      return ForeignStore.super.labelNames(range, matchers, limit);
    }
    query(
        distinct("arrayJoin(mapKeys(labels))", range, matchers, limit), in -> out.add(in.string()));
    return out;
  }

  @Override
  public Collection<String> labelValues(
      String name, SelectHints range, List<Matcher> matchers, int limit)
      throws IOException, InterruptedException {
    if (!matchers.stream().allMatch(ClickHouseStore::isSupported)) {
      return ForeignStore.super.labelValues(name, range, matchers, limit);
    }
    List<Matcher> having = new ArrayList<>(matchers);
    having.add(Matcher.of(Matcher.Type.NOT_EQUAL, name, ""));
    TreeSet<String> out = new TreeSet<>();
    query(distinct(column(name), range, having, limit), in -> out.add(in.string()));
    return out;
  }
}
