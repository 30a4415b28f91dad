package dev.tethys.app.server;

import dev.tethys.api.loki.LokiApi;
import dev.tethys.api.loki.LokiSettings;
import dev.tethys.model.GoQuote;
import dev.tethys.model.Labels;
import dev.tethys.model.UnixNanos;
import dev.tethys.model.access.Scope;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.guard.QueryThreads;
import dev.tethys.model.logs.LogSegment;
import dev.tethys.model.logs.LogSelection;
import dev.tethys.query.logql.Direction;
import dev.tethys.query.logql.LogqlRequest;
import dev.tethys.query.logql.LogqlValue;
import dev.tethys.query.logql.exec.LogqlEngine;
import dev.tethys.web.Routes;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Warm-up queries over the newest entries of a log store, of the default tenant. They request
 * lines, counts, parsers, patterns, volumes and labels, using labels, words and fields that occur
 * in the entries. A store of few entries is left alone: its responses are fast without.
 */
final class LogWarmUp extends SignalWarmUp<LogWarmUp.Content> {
  /** Fewer entries are not rehearsed. */
  private static final long MIN_ENTRIES = 100_000;

  /** Entries in the time range of the queries, or a segment more. */
  private static final long MAX_ENTRIES = 200_000;

  private static final int MAX_VALUES = 50;
  private static final int MAX_WORDS = 50;
  private static final int LINES = 200;
  private static final Scope SCOPE = Scope.DEFAULT;
  private static final Pattern WORD = Pattern.compile("[A-Za-z]{5,20}");
  private static final Pattern TOKEN = Pattern.compile("[0-9a-f]{4,}(?:-[0-9a-f]{4,})*");
  private static final Pattern FIELD = Pattern.compile("\\b([a-z_]{2,20})=[0-9.]+(?= |$)");
  private static final Pattern PROPERTY = Pattern.compile("\"([a-z_]{2,20})\":[0-9.]+[,}]");

  /** %s selects all streams, %v streams with a value of the label %l; %w and %t occur in lines. */
  private static final String[] COUNTS = {
    "sum(count_over_time(%s[%r]))",
    "sum(count_over_time(%s |= %t [%r]))",
    "sum(count_over_time(%v |= %w [%r]))",
    "sum(count_over_time(%s |~ %i [%r]))",
    "sum(count_over_time(%s |~ %e [%r]))",
    "sum(count_over_time(%s |~ \"[0-9]{2}[a-z.][0-9]\" [%r]))",
    "sum(count_over_time(%v != %w !~ \"[0-9]+ms\" [%r]))",
    "sum by (level) (count_over_time(%s[1m]))",
    "sum by (detected_level) (count_over_time(%s[1m]))",
    "sum by (%l) (rate(%s[5m]))",
    "sum by (%l) (count_over_time(%s |= %w [5m]))",
    "sum by (%l) (bytes_over_time(%s[5m]))",
    "topk(5, sum by (%l) (count_over_time(%s[%r])))",
    "sum(count_over_time(%s | json | __error__=\"\" | %p >= 1 [%r]))",
    "sum by (%p) (count_over_time(%s | json %p | __error__=\"\" | %p != \"\" [5m]))",
    "quantile_over_time(0.95, %s | logfmt | __error__=\"\" | unwrap %f | __error__=\"\" [5m])"
        + " by (%l)"
  };

  private static final String[] LINES_QUERIES = {
    "%v |= %w", "%v", "%s", "%s | trace_id=%t", "%s | logfmt | %f > 1"
  };

  /** Values for queries of the warm-up; texts are quoted. Nanoseconds. */
  record Content(long from, long to, String all, String label, Map<String, List<String>> texts) {}

  private final LogqlEngine engine;
  private final LokiSettings settings;

  LogWarmUp(LogqlEngine engine, LokiSettings settings) {
    super("logs");
    this.engine = engine;
    this.settings = settings;
  }

  @Override
  void addApi(Routes routes) {
    new LokiApi(() -> engine, settings, QueryThreads.alone("logs"), UnixNanos::now, new Registry())
        .addTo(routes);
  }

  @Override
  @Nullable Content content() {
    long from = Long.MAX_VALUE;
    long to = Long.MIN_VALUE;
    long entries = 0;
    Map<String, Set<String>> labels = new TreeMap<>();
    try (LogSelection all =
        engine.store().select(SCOPE, List.of(), Long.MIN_VALUE, Long.MAX_VALUE)) {
      List<LogSegment> newest = new ArrayList<>(all.segments());
      newest.sort(Comparator.comparingLong(LogSegment::lastTime).reversed());
      for (LogSegment s : newest) {
        if (entries >= MAX_ENTRIES) {
          break;
        }
        entries += s.rows();
        from = Math.min(from, s.firstTime());
        to = Math.max(to, s.lastTime() + 1);
      }
      for (Labels stream : all.streams()) {
        stream.toMap().forEach((n, v) -> labels.computeIfAbsent(n, k -> new TreeSet<>()).add(v));
      }
    }
    if (entries < MIN_ENTRIES) {
      return null;
    }
    String label = "";
    Set<String> values = Set.of();
    for (Map.Entry<String, Set<String>> l : labels.entrySet()) {
      int n = l.getValue().size();
      if (!l.getKey().startsWith("__") && n > values.size() && n <= MAX_VALUES) {
        label = l.getKey();
        values = l.getValue();
      }
    }
    if (label.isEmpty()) {
      return null;
    }
    Content out = new Content(from, to, "{" + label + "=~\".+\"}", label, new TreeMap<>());
    String name = label;
    out.texts.put(
        "%v", values.stream().map(v -> "{" + name + "=" + GoQuote.quote(v) + "}").toList());
    out.texts.put("%s", List.of(out.all));
    out.texts.put("%l", List.of(label));
    out.texts.put("%r", List.of(Math.max(1, (to - from) / 1_000_000_000) + "s"));
    addWords(out);
    return out;
  }

  private void addWords(Content to) {
    Set<String> words = new LinkedHashSet<>();
    Set<String> tokens = new LinkedHashSet<>();
    Set<String> fields = new LinkedHashSet<>();
    Set<String> properties = new LinkedHashSet<>();
    for (String v : to.texts.getOrDefault("%v", List.of())) {
      LogqlRequest some = LogqlRequest.entries(SCOPE, v, to.from, to.to, Direction.BACKWARD, LINES);
      if (engine.query(some, settings.limits()).value() instanceof LogqlValue.Entries found) {
        found
            .entries()
            .forEach(
                e -> {
                  String line = new String(e.line(), StandardCharsets.UTF_8);
                  add(WORD, line, words);
                  add(TOKEN, line, tokens);
                  add(FIELD, line, fields);
                  add(PROPERTY, line, properties);
                });
      }
    }
    to.texts.put("%w", words.stream().map(GoQuote::quote).toList());
    to.texts.put(
        "%i", words.stream().map(w -> GoQuote.quote("(?i)" + w.toUpperCase(Locale.ROOT))).toList());
    to.texts.put("%e", words.stream().map(w -> GoQuote.quote(w + ".* [0-9]+")).toList());
    to.texts.put("%t", tokens.stream().map(GoQuote::quote).toList());
    to.texts.put("%f", List.copyOf(fields));
    to.texts.put("%p", List.copyOf(properties));
  }

  /** Adds the first match of a line to a set that is not full. */
  private static void add(Pattern pattern, String line, Set<String> to) {
    Matcher m = pattern.matcher(line);
    if (to.size() < MAX_WORDS && m.find()) {
      to.add(m.groupCount() == 0 ? m.group() : m.group(1));
    }
  }

  @Override
  List<String> paths(Content c, int round) {
    String range = "&start=" + c.from + "&end=" + c.to;
    List<String> out = new ArrayList<>();
    for (String s : COUNTS) {
      String q = query(s, c.texts, round);
      if (q != null) {
        out.add(
            "/loki/api/v1/query_range?step=" + (round % 2 == 0 ? 60 : 300) + "&query=" + q + range);
        out.add("/loki/api/v1/query?query=" + q + "&time=" + c.to);
      }
    }
    for (String s : LINES_QUERIES) {
      String q = query(s, c.texts, round);
      if (q != null) {
        out.add("/loki/api/v1/query_range?limit=100&query=" + q + range);
      }
    }
    String all = "query=" + encoded(c.all) + range;
    String one = "query=" + query("%v", c.texts, round) + range;
    out.add("/loki/api/v1/patterns?" + one);
    out.add("/loki/api/v1/index/volume?" + all);
    out.add("/loki/api/v1/labels?" + range.substring(1));
    out.add("/loki/api/v1/label/" + encoded(c.label) + "/values?" + all);
    out.add("/loki/api/v1/series?" + one.replace("query=", "match%5B%5D="));
    return out;
  }
}
