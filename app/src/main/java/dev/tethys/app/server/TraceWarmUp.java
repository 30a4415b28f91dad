package dev.tethys.app.server;

import dev.tethys.api.traces.MetricQueries;
import dev.tethys.api.traces.TracesApi;
import dev.tethys.api.traces.TracesSettings;
import dev.tethys.model.UnixNanos;
import dev.tethys.model.access.Scope;
import dev.tethys.model.guard.QueryThreads;
import dev.tethys.model.traces.SpanField;
import dev.tethys.model.traces.SpanSegment;
import dev.tethys.model.traces.SpanSelection;
import dev.tethys.query.traceql.FoundTrace;
import dev.tethys.query.traceql.TraceQuery;
import dev.tethys.query.traceql.ast.TraceValue;
import dev.tethys.query.traceql.exec.TraceQueries;
import dev.tethys.web.Routes;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Warm-up queries over the newest spans of the default tenant: searches, series, names, values and
 * whole traces, using existing services, attributes and traces. A store of few spans is left alone:
 * its responses are fast without.
 */
final class TraceWarmUp extends SignalWarmUp<TraceWarmUp.Content> {
  /** Fewer spans are not rehearsed. */
  private static final long MIN_SPANS = 20_000;

  /** Spans in the time range of searches, or a segment more: their results take memory. */
  private static final long MAX_SEARCHED = 60_000;

  /** Spans in the time range of series. Loops over fewer would not be compiled to the end. */
  private static final long MAX_SPANS = 300_000;

  private static final int MAX_ATTRIBUTES = 30;
  private static final int MAX_SERVICES = 20;
  private static final int MAX_TRACES = 10;
  private static final Scope SCOPE = Scope.DEFAULT;
  private static final Pattern PLAIN = Pattern.compile("[A-Za-z_][A-Za-z0-9_.]*");
  private static final List<String> DURATIONS = List.of("20ms", "200ms", "5ms", "1s");
  private static final String[] STEPS = {"60s", "300s", "600s"};
  private static final int[] LIMITS = {20, 100};

  /** %a and %b are services, %t an attribute equal to a text, %r the same as expression. */
  private static final String[] SEARCHES = {
    "{ %t }",
    "{ resource.service.name = %a && duration > %d }",
    "{ resource.service.name = %a } with (most_recent=true)",
    "{ resource.service.name = %a && status = error }",
    "{ kind = server && %n && resource.service.name = %a }",
    "{ %r }",
    "{ event.exception.type != nil && resource.service.name = %a } | select(status)",
    "{ resource.service.name = %a } >> { resource.service.name = %b && status = error }",
    "{ resource.service.name = %a && kind = server } > { kind = client && duration > %d }",
    "{ resource.service.name = %a && status = error } && { resource.service.name = %b }",
    "{ resource.service.name = %a } | count() > 3",
    "{ resource.service.name = %a } | avg(duration) > %d",
    "{ resource.service.name = %a && nestedSetParent < 0 && duration > %d }",
    "{ status = error && %t }"
  };

  /** Series of the wide range: they read few columns. */
  private static final String[] WIDE_METRICS = {
    "{ } | rate()",
    "{ } | rate() by (resource.service.name)",
    "{ status = error } | rate() by (resource.service.name)",
    "{ kind = server } | quantile_over_time(duration, .99) by (resource.service.name)"
  };

  private static final String[] METRICS = {
    "{ %t && duration > %d } | rate() by (resource.service.name)",
    "{ resource.service.name = %a } | histogram_over_time(duration) by (name)",
    "{ resource.service.name = %a } | compare({ status = error })"
  };

  /** Ranges, traces, and query strings by index in {@link #SEARCHES}. */
  record Content(
      long searchedFrom,
      long from,
      long to,
      List<String> traces,
      Map<String, List<String>> texts) {}

  private final TraceQueries queries;
  private final TracesSettings settings;

  TraceWarmUp(TraceQueries queries, TracesSettings settings) {
    super("traces");
    this.queries = queries;
    this.settings = settings;
  }

  @Override
  void addApi(Routes routes) {
    new TracesApi(
            () -> queries,
            settings,
            QueryThreads.alone("traces"),
            UnixNanos::now,
            MetricQueries.NONE)
        .addTo(routes);
  }

  @Override
  @Nullable Content content() {
    long from = Long.MAX_VALUE;
    long searchedFrom = Long.MAX_VALUE;
    long to = Long.MIN_VALUE;
    long spans = 0;
    try (SpanSelection all = queries.store().select(SCOPE, Long.MIN_VALUE, Long.MAX_VALUE)) {
      List<SpanSegment> newest = new ArrayList<>(all.segments());
      newest.sort(Comparator.comparingLong(SpanSegment::lastTime).reversed());
      for (SpanSegment s : newest) {
        if (spans >= MAX_SPANS) {
          break;
        }
        from = Math.min(from, s.firstTime());
        searchedFrom = spans < MAX_SEARCHED ? from : searchedFrom;
        spans += s.rows();
        to = Math.max(to, s.lastTime() + 1);
      }
    }
    if (spans < MIN_SPANS) {
      return null;
    }
    List<String> services = new ArrayList<>();
    for (TraceValue v : values("resource.service.name", from, to, MAX_SERVICES)) {
      services.add(v.literal());
    }
    List<String> traces = new ArrayList<>();
    for (FoundTrace t :
        queries.search(SCOPE, TraceQuery.parse("{ }"), from, to, MAX_TRACES, 1).traces()) {
      traces.add(t.traceId());
    }
    Content out = new Content(searchedFrom, from, to, traces, new TreeMap<>());
    out.texts.put("%a", services);
    List<String> others = new ArrayList<>(services);
    Collections.rotate(others, -1);
    out.texts.put("%b", others);
    out.texts.put("%d", DURATIONS);
    addAttributes(out);
    return out;
  }

  private void addAttributes(Content to) {
    List<String> equal = new ArrayList<>();
    List<String> matching = new ArrayList<>();
    List<String> numbers = new ArrayList<>();
    for (SpanField f : queries.store().attributes(SCOPE, to.from, to.to)) {
      if (equal.size() + numbers.size() >= MAX_ATTRIBUTES) {
        break;
      }
      if (f.scope() != SpanField.Scope.SPAN_ATTRIBUTE || !PLAIN.matcher(f.name()).matches()) {
        continue;
      }
      String name = "span." + f.name();
      for (TraceValue v : values(name, to.from, to.to, 1)) {
        if (v instanceof TraceValue.Text t) {
          equal.add(name + " = " + v.literal());
          String begin = Pattern.quote(t.value().substring(0, t.value().length() / 2));
          matching.add(name + " =~ " + new TraceValue.Text(begin + ".*").literal());
        } else if (!Double.isNaN(v.number())) {
          numbers.add(name + " >= " + v.literal());
        }
      }
    }
    to.texts.put("%t", equal);
    to.texts.put("%r", matching);
    to.texts.put("%n", numbers);
  }

  private List<TraceValue> values(String field, long from, long to, int limit) {
    return queries.values(SCOPE, TraceQuery.parseField(field), null, from, to, limit);
  }

  @Override
  List<String> paths(Content c, int round) {
    String end = "&end=" + (c.to / 1_000_000_000 + 1);
    String seconds = "&start=" + c.searchedFrom / 1_000_000_000 + end;
    String all = "&start=" + c.from / 1_000_000_000 + end;
    List<String> out = new ArrayList<>();
    for (String s : SEARCHES) {
      String q = query(s, c.texts, round);
      if (q != null) {
        int limit = LIMITS[round % LIMITS.length];
        out.add("/tempo/api/search?limit=" + limit + "&spss=3&q=" + q + seconds);
      }
    }
    String step = "step=" + STEPS[round % STEPS.length] + "&q=";
    for (String s : WIDE_METRICS) {
      out.add("/tempo/api/metrics/query_range?" + step + query(s, c.texts, round) + all);
    }
    for (String s : METRICS) {
      String q = query(s, c.texts, round);
      if (q != null) {
        out.add("/tempo/api/metrics/query_range?" + step + q + seconds);
      }
    }
    String only = "?" + seconds.substring(1);
    for (String t : c.traces) {
      out.add("/tempo/api/v2/traces/" + t + only);
    }
    out.add("/tempo/api/v2/search/tags" + only);
    out.add("/tempo/api/v2/search/tags?scope=span" + seconds);
    out.add("/tempo/api/v2/search/tag/resource.service.name/values" + only);
    String filter = query("{resource.service.name=%a}", c.texts, round);
    if (filter != null) {
      out.add("/tempo/api/v2/search/tag/name/values?q=" + filter + seconds);
    }
    List<String> attributes = c.texts.getOrDefault("%t", List.of());
    if (!attributes.isEmpty()) {
      String name = attributes.get(round % attributes.size());
      String tag = name.substring(0, name.indexOf(' '));
      out.add("/tempo/api/v2/search/tag/" + tag + "/values" + only);
    }
    return out;
  }
}
