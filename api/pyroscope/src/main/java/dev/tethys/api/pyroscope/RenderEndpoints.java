package dev.tethys.api.pyroscope;

import dev.tethys.api.pyroscope.ProfileQueries.Line;
import dev.tethys.api.pyroscope.ProfileQueries.Request;
import dev.tethys.api.pyroscope.ProfileQueries.Stacks;
import dev.tethys.codec.pprof.MergedPprof;
import dev.tethys.model.GoJson;
import dev.tethys.model.profiles.ProfileLabels;
import dev.tethys.model.profiles.StackTree;
import dev.tethys.web.DamageWarning;
import dev.tethys.web.HttpException;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.HttpResponse;
import dev.tethys.web.Params;
import dev.tethys.web.Routes;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.LongSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * {@code GET /render}, {@code /render-diff} and {@code /pprof/merge}: flame graphs as JSON and
 * profiles of pprof. Source: pkg/frontend and pkg/og/structs/flamebearer of grafana/pyroscope.
 */
final class RenderEndpoints {
  private static final Pattern AGO = Pattern.compile("now(?:-(\\d+)(ms|s|m|h|d|w|M|y))?");
  private static final int POINTS = 500; // of a timeline

  private final Requests requests;
  private final LongSupplier now;

  RenderEndpoints(Requests requests, LongSupplier now) {
    this.requests = requests;
    this.now = now;
  }

  void addTo(Routes routes, String prefix) {
    routes.get(prefix + "/render", this::render);
    routes.get(prefix + "/render-diff", this::diff);
    routes.get(prefix + "/pprof/merge", this::download);
  }

  private Request request(Params p, String query, String from, String until) {
    String text = p.first(query, "");
    int brace = text.indexOf('{');
    String type = (brace < 0 ? text : text.substring(0, brace)).strip();
    if (type.isEmpty()) {
      throw new HttpException(
          400, query + " is '" + text + "'; it must be a profile type and a selector in braces");
    }
    return new Request(
        type,
        brace < 0 ? "" : text.substring(brace),
        millis(p.first(from, "now-1h"), from),
        millis(p.first(until, "now"), until),
        Set.of());
  }

  /**
   * Parses a time parameter: relative, or seconds, milliseconds or finer by its number of digits.
   */
  private long millis(String text, String name) {
    long nowMillis = now.getAsLong() / 1_000_000;
    Matcher m = AGO.matcher(text);
    try {
      if (m.matches()) {
        return m.group(1) == null
            ? nowMillis
            : nowMillis - Math.multiplyExact(Long.parseLong(m.group(1)), unit(m.group(2)));
      }
      long t = Long.parseLong(text);
      int digits = text.length();
      return digits <= 11 ? t * 1000 : digits <= 14 ? t : digits <= 17 ? t / 1000 : t / 1_000_000;
    } catch (NumberFormatException | ArithmeticException e) {
      throw new HttpException(
          400, name + " is '" + text + "'; it must be a Unix time or now-N with ms, s, m, h, d, w");
    }
  }

  private static long unit(String name) {
    return switch (name) {
      case "ms" -> 1;
      case "s" -> 1000;
      case "m" -> 60_000;
      case "h" -> 3_600_000;
      case "d" -> 86_400_000;
      case "w" -> 7 * 86_400_000L;
      case "M" -> 30 * 86_400_000L;
      default -> 365 * 86_400_000L;
    };
  }

  private static long maxNodes(Params p, long ofNone) {
    String text = p.first("max-nodes", p.first("maxNodes", ""));
    if (text.isEmpty()) {
      return ofNone;
    }
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException e) {
      throw new HttpException(400, "maxNodes is '" + text + "'; it must be a whole number");
    }
  }

  private void render(HttpRequest http, HttpResponse response) throws IOException {
    Params p = http.query();
    Request r = request(p, "query", "from", "until");
    ProfileLabels.Type type = r.parsedType();
    switch (p.first("format", "json")) {
      case "json" -> {
        String body =
            requests.run(
                http, response, q -> json(q, r, type, maxNodes(p, FlameGraph.DEFAULT_MAX_NODES)));
        response.header("Content-Type", "application/json").send(body);
      }
      case "pprof" -> download(http, r, response);
      case "dot" -> {
        String body =
            requests.run(http, response, q -> dot(q, r, maxNodes(p, CallGraph.DEFAULT_MAX_NODES)));
        response.header("Content-Type", "text/plain; charset=utf-8").send(body);
      }
      case String f ->
          throw new HttpException(400, "format is '" + f + "'; it must be json, pprof or dot");
    }
  }

  private void download(HttpRequest http, HttpResponse response) throws IOException {
    download(http, request(http.query(), "query", "from", "until"), response);
  }

  /** Sends the merged profile as a file of pprof. */
  private void download(HttpRequest http, Request r, HttpResponse response) throws IOException {
    ProfileLabels.Type type = r.parsedType();
    byte[] body = requests.run(http, response, q -> MergedPprof.gzip(q.merge(r), type));
    response.header("Content-Disposition", "attachment; filename=\"profile.pb.gz\"");
    response.send("application/octet-stream", body);
  }

  private static String dot(ProfileQueries q, Request r, long maxNodes) {
    StackTree tree = new StackTree(1);
    q.stacks(new Stacks(r, List.of(), Map.of()), tree, 0);
    return CallGraph.of(tree.sorted(), maxNodes, r.parsedType().sampleUnit());
  }

  private static String json(ProfileQueries q, Request r, ProfileLabels.Type type, long maxNodes) {
    StackTree tree = new StackTree(1);
    q.stacks(new Stacks(r, List.of(), Map.of()), tree, 0);
    long step = Math.max(10_000, (r.end() - r.start()) / POINTS);
    List<Line> lines = q.lines(r, List.of(), step, List.of());
    FlameGraph g = FlameGraph.of(tree.sorted(), maxNodes);
    StringBuilder sb = new StringBuilder("{\"version\":1,");
    flames(g, sb);
    metadata(type, "single", sb);
    sb.append(",\"timeline\":{\"startTime\":").append(r.start() / 1000).append(",\"samples\":[");
    TreeMap<Long, double[]> points = lines.isEmpty() ? new TreeMap<>() : lines.getFirst().points();
    String comma = "";
    for (long t = r.start(); t <= r.end(); t += step) {
      double[] v = points.get(t);
      sb.append(comma).append(v == null ? 0 : (long) v[0]);
      comma = ",";
    }
    sb.append("],\"durationDelta\":").append(step / 1000).append(",\"watermarks\":null}");
    sb.append(",\"groups\":null,\"heatmap\":null");
    if (!q.damage().isEmpty()) {
      GoJson.append(sb.append(",\"warnings\":["), DamageWarning.text(q.damage())).append(']');
    }
    return sb.append('}').toString();
  }

  private static void flames(FlameGraph g, StringBuilder sb) {
    sb.append("\"flamebearer\":{\"names\":[");
    for (int i = 0; i < g.names().size(); i++) {
      GoJson.append(i == 0 ? sb : sb.append(','), g.names().get(i));
    }
    sb.append("],\"levels\":[");
    for (int i = 0; i < g.levels().size(); i++) {
      sb.append(i == 0 ? "[" : ",[");
      long[] level = g.levels().get(i);
      for (int j = 0; j < level.length; j++) {
        sb.append(j == 0 ? "" : ",").append(level[j]);
      }
      sb.append(']');
    }
    long ticks = 0;
    for (long t : g.totals()) {
      ticks += t;
    }
    sb.append("],\"numTicks\":").append(ticks).append(",\"maxSelf\":").append(g.maxSelf());
    sb.append('}');
  }

  private static void metadata(ProfileLabels.Type type, String format, StringBuilder sb) {
    String unit =
        switch (type.sampleType()) {
          case "inuse_objects", "alloc_objects", "goroutine", "samples" -> "objects";
          case "cpu" -> "samples";
          default -> type.sampleUnit();
        };
    long rate = type.sampleType().equals("cpu") ? 1_000_000_000 : 100;
    sb.append(",\"metadata\":{\"format\":\"").append(format).append("\",\"spyName\":\"\"");
    sb.append(",\"sampleRate\":").append(rate).append(",\"units\":");
    GoJson.append(sb, unit).append(",\"name\":");
    GoJson.append(sb, type.sampleType()).append('}');
  }

  private void diff(HttpRequest http, HttpResponse response) throws IOException {
    Params p = http.query();
    String format = p.first("format", "json");
    if (!format.equals("json")) {
      throw new HttpException(400, "format is '" + format + "'; it must be json");
    }
    Request left = request(p, "leftQuery", "leftFrom", "leftUntil");
    Request right = request(p, "rightQuery", "rightFrom", "rightUntil");
    if (!left.type().equals(right.type())) {
      throw new HttpException(400, "profile types differ: " + left.type() + " and " + right.type());
    }
    StackTree tree = new StackTree(2);
    requests.run(
        http,
        response,
        q -> {
          q.stacks(new Stacks(left, List.of(), Map.of()), tree, 0);
          q.stacks(new Stacks(right, List.of(), Map.of()), tree, 1);
          return Map.of();
        });
    FlameGraph g = FlameGraph.of(tree.sorted(), maxNodes(p, FlameGraph.DEFAULT_MAX_NODES));
    StringBuilder sb = new StringBuilder("{\"version\":1,");
    flames(g, sb);
    metadata(left.parsedType(), "double", sb);
    sb.append(",\"timeline\":null,\"groups\":null,\"heatmap\":null,\"leftTicks\":");
    sb.append(g.totals()[0]).append(",\"rightTicks\":").append(g.totals()[1]).append('}');
    response.header("Content-Type", "application/json").send(sb.toString());
  }
}
