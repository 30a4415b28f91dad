package dev.tethys.store.remote.influx;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.influx.InfluxResponse;
import dev.tethys.codec.influx.InfluxSeries;
import dev.tethys.codec.text.NonFiniteText;
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
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Reads points as {@link InfluxSeries} writes them. Times, names, labels that are one of some
 * values, and expressions that mean the same over escaped text are the database's to find; other
 * matchers are met here, and so are those that an absent label meets.
 */
final class InfluxStore implements ForeignStore {
  /** Maximum number of measurements in a request: URLs stay below the limits of servers. */
  private static final int MEASUREMENTS_EACH = 50;

  private static final int MAX_STATEMENT = 6000;

  /**
   * Maximum number of values in a condition, because each value adds a level to the expression
   * tree.
   */
  private static final int VALUES_EACH = 200;

  private final StoreConfig config;
  private final String database;
  private final String policy;
  private final HttpQueries http;
  private final StoreLimits limits;

  InfluxStore(
      StoreConfig config, String database, String policy, WebClient client, StoreLimits limits) {
    this.config = config;
    this.database = database;
    this.policy = policy;
    this.http = new HttpQueries(config, client, limits);
    this.limits = limits;
  }

  @Override
  public Collection<Capability> capabilities() {
    return EnumSet.of(Capability.TIME_RANGE, Capability.EQUAL, Capability.REGEX, Capability.LABELS);
  }

  @Override
  public List<StoredSeries> select(SelectHints hints, List<Matcher> matchers)
      throws IOException, InterruptedException {
    SeriesCollector out = new SeriesCollector(config.name(), limits, hints, matchers);
    ask(
        "SELECT \"" + InfluxSeries.VALUE + "\",\"" + InfluxSeries.TEXT + "\" FROM ",
        hints,
        matchers,
        out);
    return out.finish();
  }

  @Override
  public List<Labels> series(SelectHints range, List<Matcher> matchers)
      throws IOException, InterruptedException {
    SeriesCollector out = new SeriesCollector(config.name(), limits, range, matchers);
    ask(
        "SELECT LAST(\"" + InfluxSeries.VALUE + "\"),LAST(\"" + InfluxSeries.TEXT + "\") FROM ",
        range,
        matchers,
        out);
    return out.finish().stream().map(StoredSeries::labels).toList();
  }

  @Override
  public Collection<String> labelValues(
      String name, SelectHints range, List<Matcher> matchers, int limit)
      throws IOException, InterruptedException {
    if (name.equals(Labels.METRIC_NAME) && matchers.isEmpty()) {
      return new TreeSet<>(metrics(limit));
    }
    return ForeignStore.super.labelValues(name, range, matchers, limit);
  }

  private void ask(String select, SelectHints hints, List<Matcher> matchers, SeriesCollector out)
      throws IOException, InterruptedException {
    StringBuilder where = new StringBuilder();
    where.append(" WHERE time >= ").append(Math.max(hints.minTime(), MIN)).append("ms");
    where.append(" AND time <= ").append(Math.min(hints.maxTime(), MAX)).append("ms");
    matchers.forEach(m -> condition(m, where));
    where.append(" GROUP BY *");
    List<String> from = new ArrayList<>();
    int length = 0;
    for (String metric : matchedMetrics(matchers)) {
      String m = identifier(InfluxSeries.measurement(metric));
      if (!from.isEmpty()
          && (from.size() == MEASUREMENTS_EACH || length + m.length() > MAX_STATEMENT)) {
        query(select + String.join(",", from) + where, new Points(out));
        from.clear();
        length = 0;
      }
      from.add(m);
      length += m.length();
    }
    if (!from.isEmpty()) {
      query(select + String.join(",", from) + where, new Points(out));
    }
  }

  /**
   * Adds the condition that InfluxDB evaluates. The condition must not concern series without the
   * tag: for version 3, an absent tag is neither equal to a value nor different from it.
   */
  private static void condition(Matcher m, StringBuilder where) {
    if (m.name().equals(Labels.METRIC_NAME) || m.matchesEmpty()) {
      return;
    }
    String tag = identifier(InfluxSeries.tag(m.name()));
    NamedValues named = NamedValues.of(m);
    if (named != null && named.values().size() <= VALUES_EACH) {
      String separator = "";
      where.append(" AND (");
      for (String v : named.values()) {
        if (!v.isEmpty() || !named.among()) {
          where.append(separator).append(tag).append(named.among() ? " = " : " != ");
          where.append(string(InfluxSeries.tagValue(v)));
          separator = named.among() ? " OR " : " AND ";
        }
      }
      where.append(')');
    } else if (m.type() == Matcher.Type.REGEX && Expressions.isCommon(m.value())) {
      // Only dots of such an expression match characters that are stored escaped: it still matches.
      String expression = "^(?:" + m.value() + ")$";
      where.append(" AND ").append(tag).append(" =~ /");
      where.append(expression.replace("/", "\\/")).append('/');
    }
  }

  /** Times that InfluxDB can compare, which counts in nanoseconds of 64 bits. */
  private static final long MIN = Long.MIN_VALUE / 1_000_000 + 1;

  private static final long MAX = Long.MAX_VALUE / 1_000_000 - 1;

  /** Returns the metrics selected by matchers. */
  private List<String> matchedMetrics(List<Matcher> matchers)
      throws IOException, InterruptedException {
    Set<String> named = MetricNames.named(matchers);
    return named == null
        ? metrics(0).stream().filter(m -> MetricNames.match(matchers, m)).toList()
        : List.copyOf(named);
  }

  private List<String> metrics(int limit) throws IOException, InterruptedException {
    List<String> out = new ArrayList<>();
    query(
        "SHOW MEASUREMENTS" + (limit > 0 ? " LIMIT " + limit : ""),
        new InfluxResponse.Rows() {
          private int column;

          @Override
          public void series(String name, Map<String, String> tags, List<String> columns) {
            column = Math.max(0, columns.indexOf("name"));
          }

          @Override
          public void row(@Nullable String[] values) {
            String m = values[column];
            if (m != null) {
              out.add(InfluxSeries.metric(m));
            }
          }
        });
    return out;
  }

  /** Rows of (time, value, text). */
  private static final class Points implements InfluxResponse.Rows {
    private final SeriesCollector out;
    private Labels labels = Labels.EMPTY;
    private boolean complete;

    Points(SeriesCollector out) {
      this.out = out;
    }

    @Override
    public void series(String name, Map<String, String> tags, List<String> columns) {
      LabelsBuilder b = new LabelsBuilder();
      tags.forEach(
          (k, v) -> {
            if (!v.isEmpty()) {
              b.set(InfluxSeries.label(k), InfluxSeries.label(v));
            }
          });
      String metric = InfluxSeries.metric(name);
      if (!metric.isEmpty()) {
        b.set(Labels.METRIC_NAME, metric);
      }
      labels = b.build();
      complete = columns.size() == 3;
    }

    @Override
    public void row(@Nullable String[] row) {
      if (!complete) {
        throw new CodecException("InfluxDB returned columns that were not requested");
      }
      long time = Long.parseLong(Objects.requireNonNull(row[0]));
      String value = row[1];
      String text = row[2];
      if (value != null) {
        out.sample(labels, time, Double.parseDouble(value));
      } else if (text != null) {
        Double d = NonFiniteText.parse(text);
        if (d != null) {
          out.sample(labels, time, d);
        }
      }
    }
  }

  private void query(String influxQl, InfluxResponse.Rows to)
      throws IOException, InterruptedException {
    URI url =
        http.at(
            "/query?epoch=ms&chunked=true&db="
                + encoded(database)
                + (policy.isEmpty() ? "" : "&rp=" + encoded(policy)));
    http.ask(
        ClientRequest.post(
                url,
                "application/x-www-form-urlencoded",
                ("q=" + encoded(influxQl)).getBytes(StandardCharsets.US_ASCII))
            .withHeader("Accept", "application/json"),
        in -> InfluxResponse.read(in, to));
  }

  private static String encoded(String s) {
    return URLEncoder.encode(s, StandardCharsets.UTF_8);
  }

  private static String identifier(String s) {
    return '"' + s.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }

  private static String string(String s) {
    return "'" + s.replace("\\", "\\\\").replace("'", "\\'") + "'";
  }
}
