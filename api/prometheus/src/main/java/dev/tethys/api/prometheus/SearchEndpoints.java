package dev.tethys.api.prometheus;

import dev.tethys.model.GoQuote;
import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.MetricMetadata;
import dev.tethys.model.storage.MetricSource;
import dev.tethys.model.storage.MetricSource.LabelResult;
import dev.tethys.model.storage.ScopedSource;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Searches names while a user types. Responses are lines of JSON: batches of results, then a line
 * with the outcome.
 */
final class SearchEndpoints {
  private static final int DEFAULT_LIMIT = 100;
  private static final int DEFAULT_BATCH = 100;
  private static final int MAX_TERMS = 32;
  private static final long HOUR = 3_600_000;

  private final ScopedSource store;
  private final TargetsView targets;
  private final ApiSettings settings;
  private final InstantSource clock;

  SearchEndpoints(
      ScopedSource store, TargetsView targets, ApiSettings settings, InstantSource clock) {
    this.store = store;
    this.targets = targets;
    this.settings = settings;
    this.clock = clock;
  }

  void register(ApiRoutes routes) {
    routes
        .getOrPostOfSearch("/search/metric_names", enabled(routes.limited(this::metricNames)))
        .getOrPostOfSearch("/search/label_names", enabled(routes.limited(this::labelNames)))
        .getOrPostOfSearch("/search/label_values", enabled(routes.limited(this::labelValues)));
  }

  private ApiCall.Endpoint enabled(ApiCall.Endpoint endpoint) {
    return call -> {
      if (!settings.search()) {
        throw new ApiException(ErrorType.UNAVAILABLE, "search API disabled");
      }
      if (settings.agent()) {
        throw new ApiException(ErrorType.EXECUTION, "unavailable with Prometheus Agent");
      }
      endpoint.answer(call);
    };
  }

  private record SearchMatch(String text, double score) {}

  /** The common parameters. */
  private record Request(
      long start,
      long end,
      List<List<Matcher>> matchers,
      SearchScore score,
      Comparator<SearchMatch> order,
      boolean includeScore,
      int limit,
      int batch) {}

  private void metricNames(ApiCall call) throws IOException {
    Request r = request(call, "metric_names");
    MetricSource source = store.within(call.scope());
    boolean metadata =
        call.parameters()
            .bool("include_metadata", false, "invalid include_metadata %s: must be boolean");
    Map<String, MetricMetadata> families = metadata ? families() : Map.of();
    stream(
        call,
        r,
        set -> source.labelValues(Labels.METRIC_NAME, r.start(), r.end(), set, 0),
        "name",
        families);
  }

  private void labelNames(ApiCall call) throws IOException {
    Request r = request(call, "label_names");
    MetricSource source = store.within(call.scope());
    stream(call, r, set -> source.labelNames(r.start(), r.end(), set, 0), "name", Map.of());
  }

  private void labelValues(ApiCall call) throws IOException {
    Request r = request(call, "label_values");
    MetricSource source = store.within(call.scope());
    String label = call.parameters().text("label");
    if (label.isEmpty()) {
      throw ApiException.badData("missing required parameter \"label\"");
    }
    stream(
        call, r, set -> source.labelValues(label, r.start(), r.end(), set, 0), "value", Map.of());
  }

  private Map<String, MetricMetadata> families() {
    Map<String, MetricMetadata> all = new TreeMap<>();
    for (TargetsView.Active t : targets.active()) {
      t.metadata().families().forEach(all::putIfAbsent);
    }
    return all;
  }

  private Request request(ApiCall call, String endpoint) {
    Parameters p = call.parameters();
    long now = clock.millis();
    long start = time(p, "start", now - HOUR);
    long end = time(p, "end", now);
    if (end < start) {
      throw ApiException.badData("end timestamp must not be before start timestamp");
    }
    List<List<Matcher>> matchers = p.matchers();
    List<String> terms = p.all("search[]");
    if (terms.size() > MAX_TERMS) {
      throw ApiException.badData(
          "too many search[] terms: got " + terms.size() + ", maximum is " + MAX_TERMS);
    }
    SearchScore score = score(p, terms);
    boolean includeScore =
        p.bool("include_score", false, "invalid include_score %s: must be boolean");
    Comparator<SearchMatch> order = order(p, endpoint, terms);
    int batch = positive(p, "batch_size", DEFAULT_BATCH);
    return new Request(start, end, matchers, score, order, includeScore, limit(p), batch);
  }

  private static long time(Parameters p, String name, long otherwise) {
    String s = p.text(name);
    try {
      return s.isEmpty() ? otherwise : Parameters.time(s);
    } catch (IllegalArgumentException e) {
      throw ApiException.badData("invalid time value for '" + name + "': " + e.getMessage());
    }
  }

  private static SearchScore score(Parameters p, List<String> terms) {
    String text = p.text("fuzz_threshold");
    int threshold = text.isEmpty() ? 0 : whole(text);
    if (threshold < 0 || threshold > 100) {
      throw ApiException.badData(
          "invalid fuzz_threshold " + GoQuote.quote(text) + ": must be 0-100");
    }
    String algorithm = p.text("fuzz_alg");
    if (!algorithm.isEmpty() && !SearchScore.ALGORITHMS.contains(algorithm)) {
      throw ApiException.badData(
          "unsupported fuzz_alg "
              + GoQuote.quote(algorithm)
              + ": must be one of ["
              + String.join(" ", SearchScore.ALGORITHMS)
              + "]");
    }
    boolean caseSensitive =
        p.bool("case_sensitive", true, "invalid case_sensitive %s: must be boolean");
    return new SearchScore(
        terms, !algorithm.equals("jarowinkler"), caseSensitive, threshold / 100.0);
  }

  /** Parses a number; -1 if invalid. */
  private static int whole(String s) {
    try {
      return Parameters.whole(s);
    } catch (IllegalArgumentException e) {
      return -1;
    }
  }

  private static Comparator<SearchMatch> order(Parameters p, String endpoint, List<String> terms) {
    String by = p.text("sort_by");
    String direction = p.text("sort_dir");
    if (!direction.isEmpty() && by.isEmpty()) {
      throw ApiException.badData("sort_dir is only valid when sort_by is set");
    }
    if (!direction.isEmpty() && by.equals("score")) {
      throw ApiException.badData("sort_dir is not supported for sort_by=score");
    }
    if (!direction.isEmpty() && !direction.equals("asc") && !direction.equals("dsc")) {
      throw ApiException.badData(
          "invalid sort_dir " + GoQuote.quote(direction) + ": must be \"asc\" or \"dsc\"");
    }
    if (by.equals("score") && terms.isEmpty()) {
      throw ApiException.badData("sort_by=score requires search[] to be set");
    }
    if (!by.isEmpty() && !by.equals("alpha") && !by.equals("score")) {
      throw ApiException.badData(
          "invalid sort_by "
              + GoQuote.quote(by)
              + " for "
              + endpoint
              + ": must be \"alpha\" or \"score\"");
    }
    Comparator<SearchMatch> alpha = (a, b) -> LabelEndpoints.byBytes(a.text(), b.text());
    if (by.equals("score")) {
      return Comparator.comparingDouble(SearchMatch::score).reversed().thenComparing(alpha);
    }
    return direction.equals("dsc") ? alpha.reversed() : alpha;
  }

  /** Returns the default result limit. */
  static int defaultLimit(ApiSettings settings) {
    int most = settings.maxSearchLimit();
    return most > 0 ? Math.min(most, DEFAULT_LIMIT) : DEFAULT_LIMIT;
  }

  private int limit(Parameters p) {
    int most = settings.maxSearchLimit();
    int limit = positive(p, "limit", defaultLimit(settings));
    if (most > 0 && limit > most) {
      throw ApiException.badData(
          "limit "
              + limit
              + " exceeds the configured maximum ("
              + most
              + ", see --web.search.max-limit)");
    }
    return limit;
  }

  private static int positive(Parameters p, String name, int otherwise) {
    String s = p.text(name);
    int n = s.isEmpty() ? otherwise : whole(s);
    if (n <= 0) {
      throw ApiException.badData(
          "invalid " + name + " " + GoQuote.quote(s) + ": must be a positive integer");
    }
    return n;
  }

  private static void stream(
      ApiCall call,
      Request r,
      Function<List<Matcher>, LabelResult> lookup,
      String field,
      Map<String, MetricMetadata> families)
      throws IOException {
    TreeSet<String> warnings = new TreeSet<>();
    TreeSet<String> names = new TreeSet<>();
    for (List<Matcher> set : r.matchers().isEmpty() ? List.of(List.<Matcher>of()) : r.matchers()) {
      LabelResult found = LookupThreads.SHARED.compute(() -> lookup.apply(set));
      warnings.addAll(found.warnings());
      names.addAll(found.values());
    }
    List<SearchMatch> all = new ArrayList<>();
    for (String name : names) {
      double score = r.score().of(name);
      if (score >= 0) {
        all.add(new SearchMatch(name, score));
      }
    }
    all.sort(r.order());
    boolean more = all.size() > r.limit();
    List<SearchMatch> shown = more ? all.subList(0, r.limit()) : all;
    call.response().header("Content-Type", "application/x-ndjson; charset=utf-8");
    try (OutputStream stream = call.response().stream()) {
      int from = 0;
      do {
        int to = Math.min(shown.size(), from + r.batch());
        List<SearchMatch> batch = shown.subList(from, to);
        boolean first = from == 0;
        line(
            stream,
            out -> {
              out.raw("{\"results\":[");
              for (int i = 0; i < batch.size(); i++) {
                result(out.sep(i == 0), batch.get(i), field, r.includeScore(), families);
              }
              out.put(']');
              if (first && !warnings.isEmpty()) {
                out.next("warnings").strings(List.copyOf(warnings));
              }
              out.put('}');
            });
        from = to;
      } while (from < shown.size());
      line(stream, out -> out.raw("{\"status\":\"success\",\"has_more\":").raw(more + "").put('}'));
    }
  }

  private static void result(
      JsonOut out, SearchMatch f, String field, boolean score, Map<String, MetricMetadata> families)
      throws IOException {
    out.put('{').name(field).string(f.text());
    if (score) {
      out.next("score").number(f.score());
    }
    @Nullable MetricMetadata m = families.get(f.text());
    if (m != null) {
      out.next("type").string(m.type().text().toLowerCase(Locale.ROOT));
      if (!m.help().isEmpty()) {
        out.next("help").string(m.help());
      }
      if (!m.unit().isEmpty()) {
        out.next("unit").string(m.unit());
      }
    }
    out.put('}');
  }

  private static void line(OutputStream to, ApiCall.Data data) throws IOException {
    JsonOut out =
        new JsonOut(
            new JsonOut.Sink() {
              @Override
              public void whole(byte[] body, int length) throws IOException {
                to.write(body, 0, length);
              }

              @Override
              public OutputStream stream() {
                return new FilterOutputStream(to) {
                  @Override
                  public void write(byte[] b, int from, int length) throws IOException {
                    to.write(b, from, length);
                  }

                  @Override
                  public void close() {
                    // the text continues on the following lines
                  }
                };
              }
            });
    data.write(out);
    out.finish();
    to.write("\n".getBytes(StandardCharsets.US_ASCII));
    to.flush();
  }
}
