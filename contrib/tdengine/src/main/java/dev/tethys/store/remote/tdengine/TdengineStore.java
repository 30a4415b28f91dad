package dev.tethys.store.remote.tdengine;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.tdengine.TdJson;
import dev.tethys.codec.tdengine.TdLines;
import dev.tethys.codec.tdengine.TdResponse;
import dev.tethys.codec.text.NonFiniteText;
import dev.tethys.config.Secret;
import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import dev.tethys.model.Matcher;
import dev.tethys.model.storage.SelectHints;
import dev.tethys.store.remote.Expressions;
import dev.tethys.store.remote.ForeignStore;
import dev.tethys.store.remote.HttpQueries;
import dev.tethys.store.remote.MetricNames;
import dev.tethys.store.remote.NamedValues;
import dev.tethys.store.remote.SeriesCollector;
import dev.tethys.store.remote.StoreConfig;
import dev.tethys.store.remote.StoreLimits;
import dev.tethys.store.remote.StoredSeries;
import dev.tethys.web.client.ClientRequest;
import dev.tethys.web.client.WebClient;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Reads rows as {@link TdLines} or {@link TdJson} has them. Times, names, labels that are one of
 * some values and beginnings of expressions are TDengine's to find; other matchers are met here,
 * and so are those that an absent label meets.
 */
final class TdengineStore implements ForeignStore {
  /** Status codes of SQL errors; the body holds the details. */
  private static final Set<Integer> ERRORS_OF_SQL = Set.of(400);

  /** Error codes of a missing table, tag or database, which mean an empty result. */
  private static final Set<Integer> ABSENT = Set.of(0x2603, 0x0362, 0x2602, 0x0388, 0x2616);

  /** More values than these are not a condition: a statement has at most 1 MB. */
  private static final int VALUES_EACH = 500;

  /** TDengine's patterns have at most 100 bytes. */
  private static final int MAX_PREFIX = 90;

  /** Times that TDengine can compare in nanoseconds, regardless of its precision. */
  private static final long MIN = Long.MIN_VALUE / 1_000_000 + 1;

  private static final long MAX = Long.MAX_VALUE / 1_000_000 - 1;

  private final StoreConfig config;
  private final String database;
  private final String table;
  private final Secret cloudToken;
  private final HttpQueries http;
  private final StoreLimits limits;

  /**
   * @param table the single super table with labels in JSON; "" if there is one table per metric
   * @param cloudToken TDengine Cloud token; empty for other servers
   */
  TdengineStore(
      StoreConfig config,
      String database,
      String table,
      Secret cloudToken,
      WebClient client,
      StoreLimits limits) {
    this.config = config;
    this.database = database;
    this.table = table;
    this.cloudToken = cloudToken;
    this.http = new HttpQueries(config, client, limits);
    this.limits = limits;
  }

  @Override
  public Collection<Capability> capabilities() {
    return EnumSet.of(Capability.TIME_RANGE, Capability.EQUAL, Capability.REGEX);
  }

  @Override
  public List<StoredSeries> select(SelectHints hints, List<Matcher> matchers)
      throws IOException, InterruptedException {
    SeriesCollector out = new SeriesCollector(config.name(), limits, hints, matchers);
    if (table.isEmpty()) {
      for (String metric : matchedMetrics(matchers)) {
        query(
            "SELECT * FROM `" + TdLines.table(metric) + "`" + where(TdLines.TIME, hints, matchers),
            new Lines(metric, out));
      }
    } else {
      query(
          "SELECT ts,value,mark,labels FROM `" + table + "`" + where("ts", hints, matchers),
          new Json(out));
    }
    return out.finish();
  }

  @Override
  public Collection<String> labelValues(
      String name, SelectHints range, List<Matcher> matchers, int limit)
      throws IOException, InterruptedException {
    if (table.isEmpty() && name.equals(Labels.METRIC_NAME) && matchers.isEmpty()) {
      TreeSet<String> out = new TreeSet<>(metrics());
      out.remove("");
      return out;
    }
    return ForeignStore.super.labelValues(name, range, matchers, limit);
  }

  private String where(String time, SelectHints hints, List<Matcher> matchers) {
    StringBuilder sb = new StringBuilder();
    sb.append(" WHERE ").append(time).append(" >= ").append(Math.max(hints.minTime(), MIN));
    sb.append(" AND ").append(time).append(" <= ").append(Math.min(hints.maxTime(), MAX));
    for (Matcher m : matchers) {
      boolean isMetric = m.name().equals(Labels.METRIC_NAME);
      // Querying a tag that no series of the metric has is an error, so absent tags are not
      // queried.
      if (m.matchesEmpty() || isMetric && table.isEmpty()) {
        continue;
      }
      NamedValues named = NamedValues.of(m);
      String column =
          table.isEmpty()
              ? "`" + TdLines.tag(m.name()) + "`"
              : "labels->" + text(TdJson.key(m.name()));
      if (named != null && named.values().size() <= VALUES_EACH) {
        named(column, named, sb);
      } else if (m.type() == Matcher.Type.REGEX) {
        prefix(column, Expressions.prefix(m.value()), sb);
      }
    }
    return sb.toString();
  }

  /** Adds a condition on a tag that must have any of the given values. */
  private void named(String column, NamedValues named, StringBuilder sb) {
    List<String> values =
        named.present().stream()
            .map(v -> text(table.isEmpty() ? TdLines.tagValue(v) : TdJson.value(v)))
            .toList();
    if (values.isEmpty()) {
      sb.append(" AND ").append(column).append(" IS NOT NULL");
    } else if (values.size() == 1) {
      sb.append(" AND ").append(column).append(named.among() ? " = " : " <> ");
      sb.append(values.getFirst());
    } else if (table.isEmpty()) {
      sb.append(" AND ").append(column).append(named.among() ? " IN (" : " NOT IN (");
      sb.append(String.join(",", values)).append(')');
    } else { // JSON knows no IN
      String equal = column + (named.among() ? " = " : " <> ");
      sb.append(" AND (").append(equal);
      sb.append(String.join((named.among() ? " OR " : " AND ") + equal, values)).append(')');
    }
  }

  /** Adds a condition on a tag prefix; the following part is tested here. */
  private static void prefix(String column, String prefix, StringBuilder sb) {
    if (!prefix.isEmpty() && prefix.length() <= MAX_PREFIX) {
      sb.append(" AND ").append(column).append(" LIKE ").append(text(prefix + "%"));
    }
  }

  /** Quotes an escaped text, which contains neither quotes nor backslashes. */
  private static String text(String escaped) {
    return "'" + escaped + "'";
  }

  /** Returns the metrics selected by matchers. */
  private List<String> matchedMetrics(List<Matcher> matchers)
      throws IOException, InterruptedException {
    Set<String> named = MetricNames.named(matchers);
    return named == null
        ? metrics().stream().filter(m -> MetricNames.match(matchers, m)).toList()
        : List.copyOf(named);
  }

  private List<String> metrics() throws IOException, InterruptedException {
    List<String> out = new ArrayList<>();
    query(
        "SELECT stable_name FROM information_schema.ins_stables WHERE db_name = '" + database + "'",
        new TdResponse.Rows() {
          @Override
          public void columns(List<String> names) {
            // one is requested
          }

          @Override
          public void row(@Nullable String[] values) {
            String t = values[0];
            if (t != null) {
              out.add(TdLines.metric(t));
            }
          }
        });
    return out;
  }

  private static long millis(@Nullable String time) {
    try {
      return OffsetDateTime.parse(Objects.requireNonNull(time)).toInstant().toEpochMilli();
    } catch (DateTimeException e) {
      throw new CodecException("TDengine answers with the time \"" + time + "\"", e);
    }
  }

  private static void put(
      SeriesCollector out,
      Labels labels,
      @Nullable String time,
      @Nullable String value,
      @Nullable String text) {
    Double v =
        value != null ? Double.valueOf(value) : text != null ? NonFiniteText.parse(text) : null;
    if (v != null) {
      out.sample(labels, millis(time), v);
    }
  }

  /** Rows of a super table of one metric: all columns, followed by the tags. */
  private static final class Lines implements TdResponse.Rows {
    private final String metric;
    private final SeriesCollector out;
    private List<String> names = List.of();

    Lines(String metric, SeriesCollector out) {
      this.metric = metric;
      this.out = out;
    }

    @Override
    public void columns(List<String> given) {
      names = List.copyOf(given);
    }

    @Override
    public void row(@Nullable String[] row) {
      LabelsBuilder b = new LabelsBuilder();
      if (!metric.isEmpty()) {
        b.set(Labels.METRIC_NAME, metric);
      }
      String time = null;
      String value = null;
      String text = null;
      for (int i = 0; i < row.length; i++) {
        String v = row[i];
        switch (names.get(i)) {
          case TdLines.TIME -> time = v;
          case TdLines.VALUE -> value = v;
          case TdLines.TEXT -> text = v;
          default -> {
            if (v != null && !v.isEmpty()) {
              TdLines.label(names.get(i), v, b);
            }
          }
        }
      }
      put(out, b.build(), time, value, text);
    }
  }

  /** Rows of (ts, value, mark, labels). */
  private static final class Json implements TdResponse.Rows {
    private final SeriesCollector out;
    private String text = "{}";
    private Labels labels = Labels.EMPTY;

    Json(SeriesCollector out) {
      this.out = out;
    }

    @Override
    public void columns(List<String> names) {
      if (names.size() != 4) {
        throw new CodecException("TDengine answers with other columns than were requested");
      }
    }

    @Override
    public void row(@Nullable String[] row) {
      String given = row[3] == null ? "{}" : row[3];
      if (!given.equals(text)) {
        labels = TdJson.labels(given);
        text = given;
      }
      put(out, labels, row[0], row[1], row[2]);
    }
  }

  private void query(String sql, TdResponse.Rows to) throws IOException, InterruptedException {
    URI url =
        http.at(
            "/rest/sql/"
                + database
                + "?tz=UTC"
                + (cloudToken.isEmpty()
                    ? ""
                    : "&token=" + URLEncoder.encode(cloudToken.value(), StandardCharsets.UTF_8)));
    http.ask(
        ClientRequest.post(url, "text/plain; charset=utf-8", sql.getBytes(StandardCharsets.UTF_8)),
        ERRORS_OF_SQL,
        in -> {
          try {
            TdResponse.read(in, to);
          } catch (TdResponse.Refused e) {
            if (!ABSENT.contains(e.code())) {
              throw e;
            }
          }
        });
  }
}
