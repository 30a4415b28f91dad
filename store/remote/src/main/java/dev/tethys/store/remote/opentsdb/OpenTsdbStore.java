package dev.tethys.store.remote.opentsdb;

import dev.tethys.codec.opentsdb.TsdbAnswer;
import dev.tethys.codec.opentsdb.TsdbSeries;
import dev.tethys.codec.text.NotFinite;
import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.storage.SelectHints;
import dev.tethys.store.remote.ForeignStore;
import dev.tethys.store.remote.HttpQuestions;
import dev.tethys.store.remote.MetricNames;
import dev.tethys.store.remote.SeriesCollector;
import dev.tethys.store.remote.StoreConfig;
import dev.tethys.store.remote.StoreLimits;
import dev.tethys.store.remote.StoredSeries;
import dev.tethys.web.client.Call;
import dev.tethys.web.client.WebClient;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * Reads points as {@link TsdbSeries} writes them, and those of others. Times, names, and equality
 * of labels that are tags of their own in every series are OpenTSDB's to find; other matchers are
 * met here, because a label may stand in the tag that holds those that are too many.
 */
final class OpenTsdbStore implements ForeignStore {
  /** Metrics of one question. */
  private static final int METRICS_EACH = 50;

  /** More metrics than these are not looked through. */
  private static final int MAX_METRICS = 1_000_000;

  /** Where the server says it, the answer is empty: it knows no such name. */
  private static final String UNKNOWN = "No such name for";

  private final StoreConfig config;
  private final List<String> tags;
  private final HttpQuestions http;
  private final StoreLimits limits;

  OpenTsdbStore(StoreConfig config, List<String> tags, WebClient client, StoreLimits limits) {
    this.config = config;
    this.tags = tags;
    this.http = new HttpQuestions(config, client, limits);
    this.limits = limits;
  }

  @Override
  public Collection<Capability> capabilities() {
    return EnumSet.of(Capability.TIME_RANGE, Capability.EQUAL, Capability.LABELS);
  }

  @Override
  public List<StoredSeries> select(SelectHints hints, List<Matcher> matchers)
      throws IOException, InterruptedException {
    SeriesCollector out = new SeriesCollector(config.name(), limits, hints, matchers);
    ask("", hints, matchers, new Samples(out));
    return out.finish();
  }

  /** One number a series comes over the wire. */
  @Override
  public List<Labels> series(SelectHints range, List<Matcher> matchers)
      throws IOException, InterruptedException {
    SeriesCollector out = new SeriesCollector(config.name(), limits, range, matchers);
    ask(
        ",\"downsample\":\"0all-count\"",
        range,
        matchers,
        new TsdbAnswer.Points() {
          @Override
          public void series(String metric, Map<String, String> tags) {
            out.series(TsdbSeries.labels(metric, tags));
          }

          @Override
          public void point(long time, double value) {
            // how many there are is not asked
          }
        });
    return out.finish().stream().map(StoredSeries::labels).toList();
  }

  @Override
  public Collection<String> labelValues(String name, SelectHints range, List<Matcher> matchers)
      throws IOException, InterruptedException {
    if (name.equals(Labels.METRIC_NAME) && matchers.isEmpty()) {
      TreeSet<String> out = new TreeSet<>();
      metrics().forEach(m -> out.add(TsdbSeries.name(m)));
      out.remove("");
      return out;
    }
    return ForeignStore.super.labelValues(name, range, matchers);
  }

  private static final class Samples implements TsdbAnswer.Points {
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
      Double v = marks ? NotFinite.marked(value) : Double.valueOf(value);
      if (v != null) {
        out.sample(labels, time, v);
      }
    }
  }

  private void ask(String more, SelectHints hints, List<Matcher> matchers, TsdbAnswer.Points to)
      throws IOException, InterruptedException {
    if (hints.maxTime() < TsdbSeries.MIN_TIME || hints.minTime() > TsdbSeries.MAX_TIME) {
      return;
    }
    // Smaller numbers would be seconds to it. The end is to lie behind the start.
    long start = Math.max(hints.minTime(), TsdbSeries.MIN_TIME) - 1;
    long end = Math.min(hints.maxTime(), TsdbSeries.MAX_TIME - 1) + 1;
    String head =
        "{\"start\":" + start + ",\"end\":" + end + ",\"msResolution\":true,\"queries\":[";
    String filters = filters(matchers);
    String one = MetricNames.only(matchers);
    if (one != null) {
      // Whether it has samples that are not finite is not known: a name that is not there is an
      // error of the whole question.
      String m = TsdbSeries.metric(one);
      query(head + query(m, filters, more) + "]}", to);
      query(head + query(new TsdbSeries.Key(m, Map.of()).notFinite(), filters, more) + "]}", to);
      return;
    }
    List<String> asked = new ArrayList<>();
    for (String metric : metrics()) {
      String name = TsdbSeries.name(metric);
      if (MetricNames.match(matchers, name)) {
        asked.add(query(metric, filters, more));
      }
      if (asked.size() == METRICS_EACH) {
        query(head + String.join(",", asked) + "]}", to);
        asked.clear();
      }
    }
    if (!asked.isEmpty()) {
      query(head + String.join(",", asked) + "]}", to);
    }
  }

  private static String query(String metric, String filters, String more) {
    return "{\"aggregator\":\"none\",\"metric\":\"" + metric + "\"" + more + filters + "}";
  }

  private String filters(List<Matcher> matchers) {
    StringBuilder sb = new StringBuilder();
    for (Matcher m : matchers) {
      if (m.type() == Matcher.Type.EQUAL && !m.value().isEmpty() && tags.contains(m.name())) {
        sb.append(sb.isEmpty() ? ",\"filters\":[" : ",");
        sb.append("{\"type\":\"literal_or\",\"groupBy\":false,\"tagk\":\"")
            .append(TsdbSeries.tag(m.name()))
            .append("\",\"filter\":\"")
            .append(TsdbSeries.tagValue(m.value()))
            .append("\"}");
      }
    }
    return sb.append(sb.isEmpty() ? "" : "]").toString();
  }

  /** All metrics, those of samples that are not finite among them. */
  private List<String> metrics() throws IOException, InterruptedException {
    List<String> out = new ArrayList<>();
    answered(
        Call.get(http.at("/api/suggest?type=metrics&max=" + MAX_METRICS)),
        in -> out.addAll(TsdbAnswer.names(in)));
    if (out.size() >= MAX_METRICS) {
      throw new IOException(
          "it has more than " + MAX_METRICS + " metrics: name the one that is wanted");
    }
    return out;
  }

  private void query(String question, TsdbAnswer.Points to)
      throws IOException, InterruptedException {
    answered(
        Call.post(
            http.at("/api/query?arrays"),
            "application/json",
            question.getBytes(StandardCharsets.UTF_8)),
        in -> TsdbAnswer.query(in, to));
  }

  private void answered(Call call, HttpQuestions.Reading to)
      throws IOException, InterruptedException {
    try {
      http.ask(call, to);
    } catch (HttpQuestions.RefusedException e) {
      if (e.status() != 400 || !e.said().contains(UNKNOWN)) {
        throw e;
      }
    }
  }
}
