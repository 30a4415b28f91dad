package dev.tethys.api.pyroscope;

import static java.util.stream.Collectors.toSet;

import dev.tethys.api.pyroscope.ProfileQueries.Line;
import dev.tethys.api.pyroscope.ProfileQueries.Request;
import dev.tethys.api.pyroscope.ProfileQueries.Stacks;
import dev.tethys.codec.pprof.MergedPprof;
import dev.tethys.model.Labels;
import dev.tethys.model.guard.RequestMemory;
import dev.tethys.model.profiles.ProfileLabels;
import dev.tethys.model.profiles.ProfileMerge;
import dev.tethys.model.profiles.ProfileMerge.Innermost;
import dev.tethys.model.profiles.StackMerge;
import dev.tethys.model.profiles.StackTree;
import dev.tethys.web.HttpException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** Methods of {@code querier.v1.QuerierService}, from messages to messages. */
final class Querier {
  private Querier() {}

  // ---- fields of requests

  private static String text(Map<String, Object> m, String name) {
    return m.get(name) instanceof String s ? s : "";
  }

  private static long number(Map<String, Object> m, String name) {
    return m.get(name) instanceof Long n ? n : 0;
  }

  private static List<String> texts(Map<String, Object> m, String name) {
    return m.get(name) instanceof List<?> l ? l.stream().map(String::valueOf).toList() : List.of();
  }

  @SuppressWarnings("unchecked") // messages are maps by name
  private static Map<String, Object> message(Map<String, Object> m, String name) {
    return m.get(name) instanceof Map<?, ?> v ? (Map<String, Object>) v : Map.of();
  }

  private static Request request(Map<String, Object> m) {
    return new Request(
        text(m, "profile_typeID"),
        text(m, "label_selector"),
        number(m, "start"),
        number(m, "end"),
        texts(m, "profile_id_selector").stream().map(ProfileId::parse).collect(toSet()));
  }

  private static long maxNodes(Map<String, Object> m) {
    return m.get("max_nodes") instanceof Long n && n != 0 ? n : FlameGraph.DEFAULT_MAX_NODES;
  }

  /** Returns the names of the call site; other stack selections are rejected. */
  private static List<String> callSite(Map<String, Object> m) {
    Map<String, Object> selector = message(m, "stack_trace_selector");
    if (!message(selector, "go_pgo").isEmpty()) {
      throw unsupported("stack_trace_selector.go_pgo; use SelectMergeProfile");
    }
    List<String> names = new ArrayList<>();
    if (selector.get("call_site") instanceof List<?> all) {
      for (Object one : all) {
        if (one instanceof Map<?, ?> location) {
          names.add(String.valueOf(location.get("name")));
        }
      }
    }
    return names;
  }

  private static HttpException unsupported(String what) {
    return new HttpException(501, "not supported: " + what);
  }

  private static List<Map<String, Object>> pairs(Labels labels) {
    List<Map<String, Object>> out = new ArrayList<>();
    labels.toList().forEach(l -> out.add(Map.of("name", l.name(), "value", l.value())));
    return out;
  }

  // ---- methods

  static Map<String, Object> profileTypes(ProfileQueries q, Map<String, Object> m) {
    Set<String> ids = new TreeSet<>();
    for (Labels l : q.series(List.of(), number(m, "start"), number(m, "end"))) {
      ids.add(l.get(ProfileLabels.PROFILE_TYPE));
    }
    List<Map<String, Object>> out = new ArrayList<>();
    for (String id : ids) {
      ProfileLabels.Type t = ProfileLabels.Type.parse(id);
      if (t != null) {
        out.add(
            Map.of(
                "ID", id,
                "name", t.name(),
                "sample_type", t.sampleType(),
                "sample_unit", t.sampleUnit(),
                "period_type", t.periodType(),
                "period_unit", t.periodUnit()));
      }
    }
    return Map.of("profile_types", out);
  }

  static Map<String, Object> labelNames(ProfileQueries q, Map<String, Object> m) {
    Set<String> names = new TreeSet<>();
    for (Labels l : q.series(texts(m, "matchers"), number(m, "start"), number(m, "end"))) {
      l.toList().forEach(label -> names.add(label.name()));
    }
    return Map.of("names", List.copyOf(names));
  }

  static Map<String, Object> labelValues(ProfileQueries q, Map<String, Object> m) {
    String name = text(m, "name");
    if (name.isEmpty()) {
      throw new HttpException(400, "name is missing; it must be the name of a label");
    }
    Set<String> values = new TreeSet<>();
    for (Labels l : q.series(texts(m, "matchers"), number(m, "start"), number(m, "end"))) {
      if (l.has(name)) {
        values.add(l.get(name));
      }
    }
    return Map.of("names", List.copyOf(values));
  }

  static Map<String, Object> series(ProfileQueries q, Map<String, Object> m) {
    List<String> names = texts(m, "label_names");
    Set<Labels> sets = new TreeSet<>();
    for (Labels l : q.series(texts(m, "matchers"), number(m, "start"), number(m, "end"))) {
      Labels kept = names.isEmpty() ? l : only(l, names);
      if (!kept.isEmpty()) {
        sets.add(kept);
      }
    }
    return Map.of("labels_set", sets.stream().map(l -> Map.of("labels", pairs(l))).toList());
  }

  private static Labels only(Labels of, List<String> names) {
    Map<String, String> kept = new LinkedHashMap<>();
    names.forEach(n -> kept.put(n, of.get(n)));
    return Labels.of(kept);
  }

  static Map<String, Object> selectSeries(ProfileQueries q, Map<String, Object> m) {
    long step = step(m);
    boolean examples = number(m, "exemplar_type") == EXEMPLARS_OF_PROFILES;
    if (number(m, "exemplar_type") > EXEMPLARS_OF_PROFILES) {
      throw unsupported("EXEMPLAR_TYPE_SPAN of SelectSeries; use SelectHeatmap");
    }
    List<String> groupBy = texts(m, "group_by");
    boolean average = number(m, "aggregation") == 1;
    List<Line> lines = new ArrayList<>(q.lines(request(m), groupBy, step, callSite(m), examples));
    long limit = number(m, "limit");
    if (limit > 0 && lines.size() > limit) {
      lines.sort((a, b) -> Double.compare(b.total(), a.total()));
      lines = lines.subList(0, (int) limit);
    }
    List<Map<String, Object>> out = new ArrayList<>();
    for (Line l : lines) {
      List<Map<String, Object>> points = new ArrayList<>();
      l.points()
          .forEach(
              (time, p) -> {
                Map<String, Object> point = new LinkedHashMap<>();
                point.put("value", average ? p[0] / p[1] : p[0]);
                point.put("timestamp", time);
                HeatMap.Example e = l.examples().get(time);
                if (e != null) {
                  point.put("exemplars", List.of(exemplar(e, groupBy)));
                }
                points.add(point);
              });
      out.add(Map.of("labels", pairs(l.labels()), "points", points));
    }
    return Map.of("series", out);
  }

  private static final int NO_EXEMPLARS = 1;
  private static final int SPANS = 2;
  private static final int EXEMPLARS_OF_PROFILES = 2;
  private static final int EXEMPLARS_OF_SPANS = 3;

  /** Reads the step of a request in milliseconds. */
  private static long step(Map<String, Object> m) {
    double step = m.get("step") instanceof Double d ? d : 0;
    if (!(step >= 0.001)) {
      throw new HttpException(400, "step is " + step + "; it must be seconds, at least 0.001");
    }
    return (long) (step * 1000);
  }

  static Map<String, Object> selectHeatmap(ProfileQueries q, Map<String, Object> m) {
    Request r = request(m);
    if (r.start() >= r.end()) {
      throw new HttpException(400, "end is " + r.end() + "; it must be after start " + r.start());
    }
    long limit = number(m, "limit");
    if (limit < 0) {
      throw new HttpException(400, "limit is " + limit + "; it must be 0 or more");
    }
    boolean spans = number(m, "query_type") == SPANS;
    long wanted = number(m, "exemplar_type");
    if (wanted > NO_EXEMPLARS && wanted != (spans ? EXEMPLARS_OF_SPANS : EXEMPLARS_OF_PROFILES)) {
      throw new HttpException(400, "exemplar_type must be that of query_type, or none");
    }
    List<String> groupBy = texts(m, "group_by");
    HeatMap map =
        q.heatMap(
            r,
            groupBy,
            new HeatMap.Options(r.start(), r.end(), step(m), spans, wanted > NO_EXEMPLARS));
    List<HeatMap.Group> groups = new ArrayList<>(map.groups());
    if (limit > 0 && groups.size() > limit) {
      groups.sort(Comparator.comparingLong(HeatMap.Group::total).reversed());
      groups = groups.subList(0, (int) limit);
    }
    List<Double> bounds = Arrays.stream(map.bounds()).boxed().toList();
    List<Map<String, Object>> out = new ArrayList<>();
    for (HeatMap.Group g : groups) {
      List<Map<String, Object>> slots = new ArrayList<>();
      g.slots().forEach((time, slot) -> slots.add(slot(time, slot, bounds, groupBy)));
      out.add(Map.of("labels", pairs(g.labels()), "slots", slots));
    }
    return Map.of("series", out);
  }

  private static Map<String, Object> exemplar(HeatMap.Example e, List<String> groupBy) {
    Map<String, Object> x = new LinkedHashMap<>();
    x.put("timestamp", Math.floorDiv(e.time(), 1_000_000L));
    x.put("profile_id", ProfileId.of(e.series(), e.time()).text());
    x.put("span_id", e.span());
    x.put("value", e.value());
    Map<String, String> others = new LinkedHashMap<>();
    e.series().toList().forEach(l -> others.put(l.name(), l.value()));
    groupBy.forEach(others::remove);
    x.put("labels", pairs(Labels.of(others)));
    return x;
  }

  private static Map<String, Object> slot(
      long time, HeatMap.Slot slot, List<Double> bounds, List<String> groupBy) {
    List<Map<String, Object>> exemplars = new ArrayList<>();
    for (HeatMap.Example e : slot.examples) {
      if (e != null) {
        exemplars.add(exemplar(e, groupBy));
      }
    }
    return Map.of(
        "timestamp",
        time,
        "y_min",
        bounds,
        "counts",
        Arrays.stream(slot.counts).asLongStream().toArray(),
        "exemplars",
        exemplars);
  }

  private static final int TREE = 2;
  private static final int DOT = 3;
  private static final int PPROF = 4;

  /** Returns merged stacks in the format named by a request. */
  private static Map<String, Object> merged(ProfileQueries q, Stacks s, Map<String, Object> m) {
    long format = number(m, "format");
    if (format == PPROF) {
      if (!s.callSite().isEmpty() || !s.attributes().isEmpty()) {
        throw unsupported("PROFILE_FORMAT_PPROF of a call site, a trace or a span");
      }
      byte[] profile = MergedPprof.write(q.merge(s.request()), s.request().parsedType());
      return Map.of("pprof", Map.of("profile", profileMessage(profile)));
    }
    StackTree tree = new StackTree(1);
    q.stacks(s, tree, 0);
    if (format == DOT) {
      String unit = s.request().parsedType().sampleUnit();
      return Map.of("dot", CallGraph.of(tree.sorted(), number(m, "max_nodes"), unit));
    }
    return format == TREE
        ? Map.of("tree", TreeFormat.of(tree.sorted(), maxNodes(m)))
        : Map.of("flamegraph", FlameGraph.of(tree.sorted(), maxNodes(m)).message());
  }

  /** Parses a profile message, charging its memory to the request. */
  static Map<String, Object> profileMessage(byte[] profile) {
    RequestMemory.charge((long) profile.length * MessageSchema.READ_BYTES);
    return PyroscopeMessages.PROFILE.fromProto(profile);
  }

  static Map<String, Object> mergeStacktraces(ProfileQueries q, Map<String, Object> m) {
    return merged(q, stacks(m), m);
  }

  /**
   * Whether a request is asynchronous: it does not wait, or fetches the result of an earlier one.
   */
  static boolean isAsync(Map<String, Object> m) {
    return number(message(m, "async"), "type") != 0;
  }

  /** Returns the ID of the request whose result is fetched; "" for a new one. */
  static String asyncId(Map<String, Object> m) {
    return text(message(m, "async"), "request_id");
  }

  private static Stacks stacks(Map<String, Object> m) {
    Map<String, Set<String>> attributes = new LinkedHashMap<>();
    List<String> spans = texts(m, "span_selector");
    List<String> traces = texts(m, "trace_id_selector");
    if (!spans.isEmpty()) {
      attributes.put(StackMerge.SPAN_ID, Set.copyOf(spans));
    }
    if (!traces.isEmpty()) {
      attributes.put(StackMerge.TRACE_ID, Set.copyOf(traces));
    }
    return new Stacks(request(m), callSite(m), attributes);
  }

  static Map<String, Object> mergeSpans(ProfileQueries q, Map<String, Object> m) {
    Set<String> spans = Set.copyOf(texts(m, "span_selector"));
    return merged(q, new Stacks(request(m), List.of(), Map.of(StackMerge.SPAN_ID, spans)), m);
  }

  /** Returns the merged profile as an encoded message. */
  static byte[] mergeProfile(ProfileQueries q, Map<String, Object> m) {
    Map<String, Object> selector = message(m, "stack_trace_selector");
    if (selector.containsKey("go_pgo")) { // as in Pyroscope, other selectors do not matter then
      Map<String, Object> pgo = message(selector, "go_pgo");
      long keep = Math.clamp(number(pgo, "keep_locations"), 0, Integer.MAX_VALUE);
      boolean wholeFunction = Boolean.TRUE.equals(pgo.get("aggregate_callees"));
      Request r = request(m);
      ProfileMerge merge = new ProfileMerge(new Innermost((int) keep, wholeFunction));
      q.merge(r, merge);
      return MergedPprof.write(merge, r.parsedType());
    }
    if (!callSite(m).isEmpty()) {
      throw unsupported("stack_trace_selector of SelectMergeProfile");
    }
    if (m.get("max_nodes") instanceof Long n && n != 0) {
      throw unsupported("max_nodes of SelectMergeProfile");
    }
    Request r = request(m);
    return MergedPprof.write(q.merge(r), r.parsedType());
  }

  static Map<String, Object> diff(ProfileQueries q, Map<String, Object> m) {
    StackTree tree = new StackTree(2);
    Map<String, Object> left = message(m, "left");
    Map<String, Object> right = message(m, "right");
    if (isAsync(left) || isAsync(right)) {
      throw unsupported("async of Diff; use SelectMergeStacktraces");
    }
    q.stacks(stacks(left), tree, 0);
    q.stacks(stacks(right), tree, 1);
    long maxNodes = Math.max(maxNodes(left), maxNodes(right));
    return Map.of("flamegraph", FlameGraph.of(tree.sorted(), maxNodes).message());
  }

  static Map<String, Object> stats(ProfileQueries q, Map<String, Object> m) {
    long[] t = q.times();
    return t.length == 0
        ? Map.of("data_ingested", false)
        : Map.of("data_ingested", true, "oldest_profile_time", t[0], "newest_profile_time", t[1]);
  }

  /** Returns the cost of a query: the series and profiles it reads. */
  static Map<String, Object> analyze(ProfileQueries q, Map<String, Object> m) {
    String query = text(m, "query");
    int brace = query.indexOf('{');
    String selector = brace < 0 ? "" : query.substring(brace);
    List<Labels> series =
        q.series(
            selector.isEmpty() ? List.of() : List.of(selector),
            number(m, "start"),
            number(m, "end"));
    Map<String, Object> scope = new LinkedHashMap<>();
    scope.put("component_type", "profile store");
    scope.put("component_count", 1L);
    scope.put("series_count", (long) series.size());
    return Map.of(
        "query_scopes",
        List.of(scope),
        "query_impact",
        Map.of("total_queried_series", (long) series.size()));
  }
}
