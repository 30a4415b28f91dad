package dev.tethys.store.remote.opentsdb;

import dev.tethys.codec.opentsdb.TsdbResponse;
import dev.tethys.codec.opentsdb.TsdbSeries;
import dev.tethys.codec.text.NonFiniteText;
import dev.tethys.model.Labels;
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
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Reads points written by {@link TsdbSeries} and by other programs. OpenTSDB finds times, names,
 * and matchers of labels that are tags of every series, expressions by their prefix; other matchers
 * are tested here, because a label may be in the tag that holds those that are too many.
 */
final class OpenTsdbStore implements ForeignStore {
  /** Servers without chunked requests accept 8 KiB including headers. */
  private static final int MAX_QUESTION = 6000;

  /** Number of bytes that a metric adds to a request in addition to its name and filters. */
  private static final int QUERY_BYTES = 50;

  /** Longer lists of values are matched by this process. */
  private static final int MAX_VALUES = 2000;

  /** Maximum number of named metrics that are queried one by one. */
  private static final int MAX_NAMED = 10;

  /** Maximum number of metrics that are scanned. */
  private static final int MAX_METRICS = 1_000_000;

  /** Error text for a name unknown to the server, which means an empty result. */
  private static final String UNKNOWN = "No such name for";

  private static final String UNKNOWN_VALUE = UNKNOWN + " 'tagv'";

  private final StoreConfig config;
  private final List<String> tags;
  private final HttpQueries http;
  private final StoreLimits limits;

  OpenTsdbStore(StoreConfig config, List<String> tags, WebClient client, StoreLimits limits) {
    this.config = config;
    this.tags = tags;
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
    ask("", hints, matchers, new Samples(out));
    return out.finish();
  }

  /** Lists the series, transferring one number for each. */
  @Override
  public List<Labels> series(SelectHints range, List<Matcher> matchers)
      throws IOException, InterruptedException {
    SeriesCollector out = new SeriesCollector(config.name(), limits, range, matchers);
    ask(
        ",\"downsample\":\"0all-count\"",
        range,
        matchers,
        new TsdbResponse.Points() {
          @Override
          public void series(String metric, Map<String, String> tags) {
            out.series(TsdbSeries.labels(metric, tags));
          }

          @Override
          public void point(long time, double value) {
            // their number is not queried
          }
        });
    return out.finish().stream().map(StoredSeries::labels).toList();
  }

  @Override
  public Collection<String> labelValues(
      String name, SelectHints range, List<Matcher> matchers, int limit)
      throws IOException, InterruptedException {
    if (name.equals(Labels.METRIC_NAME) && matchers.isEmpty()) {
      TreeSet<String> out = new TreeSet<>();
      metrics(limit > 0 ? Math.min(2L * limit, MAX_METRICS) : MAX_METRICS)
          .forEach(m -> out.add(TsdbSeries.name(m)));
      out.remove("");
      return out;
    }
    return ForeignStore.super.labelValues(name, range, matchers, limit);
  }

  private static final class Samples implements TsdbResponse.Points {
    private final SeriesCollector out;
    private Labels labels = Labels.EMPTY;
    private boolean marks;

    Samples(SeriesCollector out) {
      this.out = out;
    }

    @Override
    public void series(String metric, Map<String, String> tags) {
      labels = TsdbSeries.labels(metric, tags);
      marks = TsdbSeries.isNotFinite(metric);
    }

    @Override
    public void point(long time, double value) {
      Double v = marks ? NonFiniteText.marked(value) : Double.valueOf(value);
      if (v != null) {
        out.sample(labels, time, v);
      }
    }
  }

  private void ask(String more, SelectHints hints, List<Matcher> matchers, TsdbResponse.Points to)
      throws IOException, InterruptedException {
    if (hints.maxTime() < TsdbSeries.MIN_TIME || hints.minTime() > TsdbSeries.MAX_TIME) {
      return;
    }
    // Smaller numbers would be seconds to it. The end must follow the start.
    long start = Math.max(hints.minTime(), TsdbSeries.MIN_TIME) - 1;
    long end = Math.min(hints.maxTime(), TsdbSeries.MAX_TIME - 1) + 1;
    String head =
        "{\"start\":" + start + ",\"end\":" + end + ",\"msResolution\":true,\"queries\":[";
    Set<String> named = MetricNames.named(matchers);
    if (named != null && named.size() <= MAX_NAMED) {
      // Whether it has samples that are not finite is unknown: a name that does not exist is an
      // error of the whole question.
      for (String name : named) {
        String m = TsdbSeries.metric(name);
        queryMetrics(List.of(m), head, more, matchers, to);
        queryMetrics(
            List.of(new TsdbSeries.Key(m, Map.of()).notFinite()), head, more, matchers, to);
      }
      return;
    }
    int each = filters(matchers, false).length() + more.length() + QUERY_BYTES;
    List<String> asked = new ArrayList<>();
    int bytes = 0;
    for (String metric : metrics(MAX_METRICS)) {
      if (MetricNames.match(matchers, TsdbSeries.name(metric))) {
        if (!asked.isEmpty() && bytes + each + metric.length() > MAX_QUESTION) {
          queryMetrics(asked, head, more, matchers, to);
          asked.clear();
          bytes = 0;
        }
        asked.add(metric);
        bytes += each + metric.length();
      }
    }
    if (!asked.isEmpty()) {
      queryMetrics(asked, head, more, matchers, to);
    }
  }

  /**
   * Requests some metrics. The server looks up each value of a filter first, and rejects the whole
   * query if one of several does not exist; then an expression is used.
   */
  private void queryMetrics(
      List<String> metrics,
      String head,
      String more,
      List<Matcher> matchers,
      TsdbResponse.Points to)
      throws IOException, InterruptedException {
    if (!isAnswered(question(metrics, head, more, filters(matchers, true)), to)
        && matchers.stream().anyMatch(m -> isTag(m) && isChoice(NamedValues.of(m)))) {
      isAnswered(question(metrics, head, more, filters(matchers, false)), to);
    }
  }

  private static String question(List<String> metrics, String head, String more, String filters) {
    return metrics.stream()
        .map(m -> "{\"aggregator\":\"none\",\"metric\":\"" + m + "\"" + more + filters + "}")
        .collect(Collectors.joining(",", head, "]}"));
  }

  private static boolean isChoice(@Nullable NamedValues v) {
    return v != null && v.among() && v.values().size() > 1;
  }

  /**
   * Whether a matcher can be a tag filter: such a filter drops series without the tag, regardless
   * of its kind.
   */
  private boolean isTag(Matcher m) {
    return tags.contains(m.name()) && !m.matchesEmpty();
  }

  /** Builds one filter per tag: the server joins literals of several. */
  private String filters(List<Matcher> matchers, boolean literal) {
    Map<String, Matcher> byTag = new LinkedHashMap<>();
    for (Matcher m : matchers) {
      if (isTag(m)) {
        boolean equal = m.type() == Matcher.Type.EQUAL || m.type() == Matcher.Type.REGEX;
        byTag.compute(m.name(), (tag, before) -> before == null || equal ? m : before);
      }
    }
    StringBuilder sb = new StringBuilder();
    byTag.values().forEach(m -> filter(m, literal, sb));
    return sb.append(sb.isEmpty() ? "" : "]").toString();
  }

  private static void filter(Matcher m, boolean literal, StringBuilder sb) {
    NamedValues v = NamedValues.of(m);
    String values =
        v == null
            ? ""
            : v.present().stream().map(TsdbSeries::tagValue).collect(Collectors.joining("|"));
    if (values.length() > MAX_VALUES) {
      filter("wildcard", m.name(), "*", sb);
    } else if (v != null && v.among() && (literal || !isChoice(v))) {
      filter("literal_or", m.name(), values, sb);
    } else if (v != null && v.among()) {
      // Nothing in values means something in an expression but dots; the question is JSON.
      filter("regexp", m.name(), "^(?:" + values.replace(".", "\\\\.") + ")$", sb);
    } else if (v != null && values.length() > 1) { // less is none to the server
      filter("not_literal_or", m.name(), values, sb);
    } else {
      String prefix = m.type() == Matcher.Type.REGEX ? Expressions.prefix(m.value()) : "";
      filter("wildcard", m.name(), prefix + "*", sb);
    }
  }

  private static void filter(String type, String label, String filter, StringBuilder sb) {
    sb.append(sb.isEmpty() ? ",\"filters\":[" : ",");
    sb.append("{\"type\":\"").append(type).append("\",\"groupBy\":false,\"tagk\":\"");
    sb.append(TsdbSeries.tag(label)).append("\",\"filter\":\"").append(filter).append("\"}");
  }

  /** Metrics in name order, including metrics of non-finite samples. */
  private List<String> metrics(long most) throws IOException, InterruptedException {
    List<String> out = new ArrayList<>();
    isAnswered(
        ClientRequest.get(http.at("/api/suggest?type=metrics&max=" + most)),
        in -> out.addAll(TsdbResponse.names(in)));
    if (out.size() >= MAX_METRICS) {
      throw new IOException("it has more than " + MAX_METRICS + " metrics: name the metric");
    }
    return out;
  }

  /** Runs a query; returns false if a tag value does not exist. */
  private boolean isAnswered(String question, TsdbResponse.Points to)
      throws IOException, InterruptedException {
    return isAnswered(
        ClientRequest.post(
            http.at("/api/query?arrays"),
            "application/json",
            question.getBytes(StandardCharsets.UTF_8)),
        in -> TsdbResponse.query(in, to));
  }

  private boolean isAnswered(ClientRequest call, HttpQueries.Reading to)
      throws IOException, InterruptedException {
    try {
      http.ask(call, to);
      return true;
    } catch (HttpQueries.RefusedException e) {
      if (e.status() != 400 || !e.body().contains(UNKNOWN)) {
        throw e;
      }
      return !e.body().contains(UNKNOWN_VALUE);
    }
  }
}
