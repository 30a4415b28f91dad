package dev.tethys.store.remote.elastic;

import dev.tethys.codec.elastic.SampleDocuments;
import dev.tethys.codec.elastic.SampleHits;
import dev.tethys.codec.text.TextBuffer;
import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.storage.SelectHints;
import dev.tethys.store.remote.ForeignStore;
import dev.tethys.store.remote.HttpQuestions;
import dev.tethys.store.remote.SeriesCollector;
import dev.tethys.store.remote.StoreConfig;
import dev.tethys.store.remote.StoreLimits;
import dev.tethys.store.remote.StoredSeries;
import dev.tethys.web.client.Call;
import dev.tethys.web.client.WebClient;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;

/**
 * Reads {@link SampleDocuments} by a scroll, whose pages are no larger than a cluster gives. Times,
 * names and equal labels with plain names are the cluster's to find; what Lucene means otherwise,
 * absent labels and regular expressions, is met here.
 */
final class ElasticStore implements ForeignStore {
  private static final int PAGE = 10_000;
  private static final int SERIES_PAGE = 1000;
  private static final int MAX_ERROR = 1024;

  private final StoreConfig config;
  private final String index;
  private final HttpQuestions http;
  private final StoreLimits limits;

  ElasticStore(StoreConfig config, String index, WebClient client, StoreLimits limits) {
    this.config = config;
    this.index = index;
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
    SampleHits page = new SampleHits();
    String body =
        "{\"size\":" + PAGE + ",\"sort\":[\"_doc\"],\"query\":" + query(hints, matchers) + "}";
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

  /** Lets go of a scroll; one that is left goes by itself after its minute. */
  private void end(@org.jspecify.annotations.Nullable String scroll) throws InterruptedException {
    if (scroll == null) {
      return;
    }
    Call c =
        new Call(
            "DELETE",
            http.at("/_search/scroll"),
            java.util.Map.of("Content-Type", "application/json"),
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
    SampleHits page = new SampleHits();
    String after = null;
    do {
      String body =
          "{\"size\":0,\"query\":"
              + query(range, matchers)
              + ",\"aggs\":{\"series\":{\"composite\":{\"size\":"
              + SERIES_PAGE
              + ",\"sources\":[{\"id\":{\"terms\":{\"field\":\""
              + SampleDocuments.SERIES
              + "\"}}}]"
              + (after == null ? "" : ",\"after\":" + scroll("\"id\":", after))
              + "},\"aggs\":{\"one\":{\"top_hits\":{\"size\":1,\"_source\":[\"metric\",\"labels\"]}}}}}}";
      ask("/" + index + "/_search?" + LENIENT, body, page, out);
      after = page.after();
    } while (after != null && page.hits() > 0);
    return out.finish().stream().map(StoredSeries::labels).toList();
  }

  private void ask(String path, String body, SampleHits page, SeriesCollector out)
      throws IOException, InterruptedException {
    http.ask(
        Call.post(http.at(path), "application/json", body.getBytes(StandardCharsets.UTF_8)),
        in ->
            page.read(
                in,
                (labels, time, value) -> {
                  if (value != null) {
                    out.sample(labels, time, value);
                  } else {
                    out.series(labels);
                  }
                }));
    if (page.isPartial()) {
      throw new IOException("some shards did not answer");
    }
  }

  /** What the cluster finds. */
  private static String query(SelectHints hints, List<Matcher> matchers) {
    TextBuffer q = new TextBuffer();
    q.put("{\"bool\":{\"filter\":[{\"range\":{\"@timestamp\":{\"format\":\"epoch_millis\"");
    q.put(",\"gte\":").number(Math.max(hints.minTime(), MIN));
    q.put(",\"lte\":").number(Math.min(hints.maxTime(), MAX)).put("}}}");
    for (Matcher m : matchers) {
      boolean name = m.name().equals(Labels.METRIC_NAME);
      boolean plain = m.name().matches("[a-zA-Z_][a-zA-Z0-9_]*");
      if (m.type() == Matcher.Type.EQUAL
          && !m.value().isEmpty()
          && (name || plain)
          && m.value().length() <= SampleDocuments.MAX_INDEXED / 4) {
        q.put(",{\"term\":{");
        q.json(name ? SampleDocuments.METRIC : SampleDocuments.LABELS + "." + m.name());
        q.put(':').json(m.value()).put("}}");
      }
    }
    return new String(q.put("]}}").take(), StandardCharsets.UTF_8);
  }

  /** Times that a date can be, years 0 to 9999. */
  private static final long MIN = -62_167_219_200_000L;

  private static final long MAX = 253_402_300_799_999L;
}
