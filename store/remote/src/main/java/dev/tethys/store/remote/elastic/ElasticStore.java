package dev.tethys.store.remote.elastic;

import dev.tethys.codec.elastic.SampleDocuments;
import dev.tethys.codec.elastic.SampleHits;
import dev.tethys.codec.text.TextBuffer;
import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.storage.SelectHints;
import dev.tethys.model.storage.StepWindows;
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
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads {@link SampleDocuments} with a scroll whose page size respects the cluster's limit. The
 * cluster filters by time, by name, and by plainly named labels with a list of included or excluded
 * values. Absent labels and regular expressions, for which Lucene semantics differ, are matched
 * here.
 */
final class ElasticStore implements ForeignStore {
  private static final int PAGE = 10_000;
  private static final int GROUPS_PAGE = 1000;

  /** Maximum number of metric names that are queried individually. */
  private static final int MAX_METRICS = 5000;

  /**
   * A cluster accepts 1,024 clauses; with more steps than this, the data between them is also
   * returned.
   */
  private static final int MAX_WINDOWS = 500;

  /** A document of each group, for its labels. */
  private static final String ONE_OF_EACH =
      ",\"aggs\":{\"one\":{\"top_hits\":{\"size\":1,\"_source\":[\"metric\",\"labels\"]}}}";

  /** Names that cannot be mistaken for a path to a field. */
  private static final Pattern PLAIN = Pattern.compile("[a-zA-Z_][a-zA-Z0-9_]*");

  private static final int MAX_ERROR = 1024;

  private final StoreConfig config;
  private final String index;
  private final HttpQueries http;
  private final StoreLimits limits;

  ElasticStore(StoreConfig config, String index, WebClient client, StoreLimits limits) {
    this.config = config;
    this.index = index;
    this.http = new HttpQueries(config, client, limits);
    this.limits = limits;
  }

  @Override
  public Collection<Capability> capabilities() {
    return EnumSet.complementOf(EnumSet.of(Capability.REGEX));
  }

  @Override
  public List<StoredSeries> select(SelectHints hints, List<Matcher> matchers)
      throws IOException, InterruptedException {
    SeriesCollector out = new SeriesCollector(config.name(), limits, hints, matchers);
    SampleHits page = new SampleHits();
    String query = query(hints, matchers);
    if (query == null) {
      return List.of();
    }
    String body = "{\"size\":" + PAGE + ",\"sort\":[\"_doc\"],\"query\":" + query + "}";
    ask("/" + index + "/_search?scroll=1m&" + LENIENT, body, page, out);
    String scroll = page.scroll();
    try {
      while (page.hits() > 0 && scroll != null) {
        ask("/_search/scroll", scroll("\"scroll\":\"1m\",\"scroll_id\":", scroll), page, out);
        scroll = page.scroll() == null ? scroll : page.scroll();
      }
    } finally {
      end(scroll);
    }
    return out.finish();
  }

  private static final String LENIENT = "ignore_unavailable=true&allow_no_indices=true";

  private static String scroll(String before, String id) {
    return "{"
        + before
        + new String(new TextBuffer().json(id).take(), StandardCharsets.UTF_8)
        + "}";
  }

  /** Closes a scroll; a scroll that remains expires after its minute. */
  private void end(@Nullable String scroll) throws InterruptedException {
    if (scroll == null) {
      return;
    }
    ClientRequest c =
        new ClientRequest(
            "DELETE",
            http.at("/_search/scroll"),
            Map.of("Content-Type", "application/json"),
            scroll("\"scroll_id\":", scroll).getBytes(StandardCharsets.UTF_8),
            config.timeout(),
            null);
    try {
      http.ask(c, in -> in.skip(MAX_ERROR));
    } catch (IOException e) {
      // it goes by itself
    }
  }

  @Override
  public List<Labels> series(SelectHints range, List<Matcher> matchers)
      throws IOException, InterruptedException {
    SeriesCollector out = new SeriesCollector(config.name(), limits, range, matchers);
    String query = query(range, matchers);
    if (query == null) {
      return List.of();
    }
    SampleHits page = new SampleHits();
    String after = null;
    do {
      String body = composite(query, SampleDocuments.SERIES, after, ONE_OF_EACH);
      ask("/" + index + "/_search?" + LENIENT, body, page, out);
      after = page.after();
    } while (after != null && page.hits() > 0);
    return out.finish().stream().map(StoredSeries::labels).toList();
  }

  private void ask(String path, String body, SampleHits page, SeriesCollector out)
      throws IOException, InterruptedException {
    read(
        path,
        body,
        page,
        (labels, time, value) -> {
          if (value != null) {
            out.sample(labels, time, value);
          } else {
            out.series(labels);
          }
        });
  }

  private void read(String path, String body, SampleHits page, SampleHits.Documents to)
      throws IOException, InterruptedException {
    http.ask(
        ClientRequest.post(
            http.at(path), "application/json", body.getBytes(StandardCharsets.UTF_8)),
        in -> page.read(in, to));
    if (page.isPartial()) {
      throw new IOException("some shards did not answer");
    }
  }

  @Override
  public Collection<String> labelValues(
      String name, SelectHints range, List<Matcher> matchers, int limit)
      throws IOException, InterruptedException {
    if (name.equals(Labels.METRIC_NAME) && matchers.stream().allMatch(m -> m.name().equals(name))) {
      TreeSet<String> out = new TreeSet<>(metrics(range, matchers, limit));
      out.remove("");
      return out;
    }
    return ForeignStore.super.labelValues(name, range, matchers, limit);
  }

  /**
   * Query of the cluster; null if no series can match. Unnamed metrics are resolved to names first:
   * an index of millions of documents has thousands of them.
   */
  private @Nullable String query(SelectHints hints, List<Matcher> matchers)
      throws IOException, InterruptedException {
    TextBuffer q = filters(hints, matchers);
    if (matchers.stream()
        .anyMatch(m -> m.name().equals(Labels.METRIC_NAME) && NamedValues.of(m) == null)) {
      List<String> metrics = metrics(hints, matchers, 0);
      if (metrics.isEmpty()) {
        return null;
      }
      if (metrics.size() <= MAX_METRICS) {
        terms(SampleDocuments.METRIC, metrics, q.put(','));
      }
    }
    windows(hints, q);
    return ended(q);
  }

  /** Selects only the samples that steps of a query read, where steps are far apart. */
  private static void windows(SelectHints hints, TextBuffer q) {
    StepWindows w = hints.windows();
    if (w == null || (hints.maxTime() - hints.minTime()) / w.interval() > MAX_WINDOWS) {
      return;
    }
    String separator = ",{\"bool\":{\"should\":[";
    for (long t = w.first(); t - w.before() <= hints.maxTime(); t += w.interval()) {
      within(t - w.before(), t + w.after(), q.put(separator));
      separator = ",";
    }
    q.put(separator.equals(",") ? "]}}" : "");
  }

  private static void within(long from, long to, TextBuffer q) {
    q.put("{\"range\":{\"@timestamp\":{\"format\":\"epoch_millis\",\"gte\":");
    q.number(Math.max(from, MIN)).put(",\"lte\":").number(Math.min(to, MAX)).put("}}}");
  }

  /**
   * Returns the names of metrics that matchers leave, in their order; about as many as are
   * requested.
   */
  private List<String> metrics(SelectHints hints, List<Matcher> matchers, int limit)
      throws IOException, InterruptedException {
    String query = ended(filters(hints, matchers));
    List<String> out = new ArrayList<>();
    SampleHits page = new SampleHits();
    String after = null;
    do {
      String body = composite(query, SampleDocuments.METRIC, after, "");
      read("/" + index + "/_search?" + LENIENT, body, page, (labels, time, value) -> {});
      page.keys().stream().filter(m -> MetricNames.match(matchers, m)).forEach(out::add);
      after = page.after();
    } while (after != null && !page.keys().isEmpty() && (limit <= 0 || out.size() <= limit));
    return out;
  }

  /** A page of groups of documents that have a field in common. */
  private static String composite(
      String query, String field, @Nullable String after, String inner) {
    return "{\"size\":0,\"query\":"
        + query
        + ",\"aggs\":{\"groups\":{\"composite\":{\"size\":"
        + GROUPS_PAGE
        + ",\"sources\":[{\"id\":{\"terms\":{\"field\":\""
        + field
        + "\"}}}]"
        + (after == null ? "" : ",\"after\":" + scroll("\"id\":", after))
        + "}"
        + inner
        + "}}}";
  }

  private static TextBuffer filters(SelectHints hints, List<Matcher> matchers) {
    TextBuffer q = new TextBuffer();
    within(hints.minTime(), hints.maxTime(), q.put("{\"bool\":{\"filter\":["));
    for (Matcher m : matchers) {
      NamedValues v = NamedValues.of(m);
      if (v != null && (v.isMetric() || PLAIN.matcher(v.label()).matches())) {
        condition(v, q);
      }
    }
    return q;
  }

  /** Every document has its metric, even if ""; other labels are optional and may be too long. */
  private static void condition(NamedValues v, TextBuffer q) {
    String field = v.isMetric() ? SampleDocuments.METRIC : SampleDocuments.LABELS + "." + v.label();
    List<String> found =
        v.values().stream()
            .filter(x -> x.length() <= SampleDocuments.MAX_INDEXED / 4)
            .filter(x -> v.isMetric() || !x.isEmpty())
            .toList();
    if (!v.among()) {
      if (!found.isEmpty()) {
        terms(field, found, q.put(",{\"bool\":{\"must_not\":["));
        q.put("]}}");
      }
    } else if (found.size() == v.values().size()) {
      terms(field, found, q.put(','));
    }
  }

  private static void terms(String field, List<String> values, TextBuffer q) {
    q.put("{\"terms\":{").json(field).put(":[");
    for (int i = 0; i < values.size(); i++) {
      q.put(i == 0 ? "" : ",").json(values.get(i));
    }
    q.put("]}}");
  }

  private static String ended(TextBuffer q) {
    return new String(q.put("]}}").take(), StandardCharsets.UTF_8);
  }

  /** Range of valid dates, years 0 to 9999. */
  private static final long MIN = -62_167_219_200_000L;

  private static final long MAX = 253_402_300_799_999L;
}
