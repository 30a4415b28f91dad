package dev.tethys.api.prometheus;

import dev.tethys.codec.json.JsonFailures;
import dev.tethys.config.Redaction;
import dev.tethys.model.GoQuote;
import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import dev.tethys.model.Matcher;
import dev.tethys.model.MetricMetadata;
import dev.tethys.model.relabel.RelabelRule;
import dev.tethys.query.promql.parser.PromqlParseException;
import dev.tethys.query.promql.parser.PromqlParser;
import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/** Endpoints of targets, their scrapes and their metric metadata. */
final class TargetEndpoints {
  private static final Set<String> LOOPBACK = Set.of("127.0.0.1", "localhost", "::1", "[::1]");

  /** Created on first use: its hundreds of classes take megabytes in every server. */
  private static final class Json {
    static final ObjectMapper MAPPER = new ObjectMapper();
  }

  private final TargetsView targets;
  private final ServerView server;

  TargetEndpoints(TargetsView targets, ServerView server) {
    this.targets = targets;
    this.server = server;
  }

  void register(ApiRoutes routes) {
    routes
        .get("/targets", this::targets)
        .get("/targets/metadata", this::targetMetadata)
        .get("/targets/relabel_steps", this::relabelSteps)
        .get("/scrape_pools", this::pools)
        .get("/scrape_pools/config", this::poolConfiguration)
        .get("/metadata", this::metadata);
  }

  private void pools(ApiCall call) throws IOException {
    List<String> sorted = List.copyOf(new TreeSet<>(targets.pools()));
    call.data(out -> out.raw("{\"scrapePools\":").strings(sorted).put('}'));
  }

  private void poolConfiguration(ApiCall call) throws IOException {
    String pool = requiredPool(call);
    String yaml = targets.poolConfiguration(pool);
    if (yaml == null) {
      throw noSuchPool(pool);
    }
    call.data(out -> out.raw("{\"yaml\":").string(yaml).put('}'));
  }

  private static String requiredPool(ApiCall call) {
    String pool = call.parameters().text("scrapePool");
    if (pool.isEmpty()) {
      throw ApiException.badData("no scrapePool parameter provided");
    }
    return pool;
  }

  private static ApiException noSuchPool(String pool) {
    return ApiException.badData(
        "error retrieving scrape config: scrape pool " + GoQuote.quote(pool) + " not found");
  }

  private void targets(ApiCall call) throws IOException {
    String pool = call.parameters().text("scrapePool");
    String state = call.parameters().text("state").toLowerCase(Locale.ROOT);
    boolean all = state.isEmpty() || state.equals("any");
    boolean showDropped = all || state.equals("dropped");
    List<TargetsView.Active> active = all || state.equals("active") ? targets.active() : List.of();
    List<TargetsView.Dropped> dropped = showDropped ? targets.dropped() : List.of();
    call.data(
        out -> {
          out.raw("{\"activeTargets\":[");
          boolean first = true;
          for (TargetsView.Active t : active) {
            if (pool.isEmpty() || pool.equals(t.pool())) {
              active(out.sep(first), t);
              first = false;
            }
          }
          out.raw("],\"droppedTargets\":[");
          first = true;
          for (TargetsView.Dropped t : dropped) {
            if (pool.isEmpty() || pool.equals(t.pool())) {
              out.sep(first).raw("{\"discoveredLabels\":").labels(Redaction.labels(t.discovered()));
              out.next("scrapePool").string(t.pool()).put('}');
              first = false;
            }
          }
          out.raw("],\"droppedTargetCounts\":");
          if (showDropped) {
            counts(out, targets.droppedCounts());
          } else {
            out.raw("null");
          }
          out.put('}');
        });
  }

  private static void counts(JsonOut out, Map<String, Integer> counts) throws IOException {
    out.put('{');
    boolean first = true;
    for (Map.Entry<String, Integer> e : new TreeMap<>(counts).entrySet()) {
      out.sep(first).string(e.getKey()).put(':').number(e.getValue().longValue());
      first = false;
    }
    out.put('}');
  }

  private void active(JsonOut out, TargetsView.Active t) throws IOException {
    String url = Redaction.text(t.url());
    out.raw("{\"discoveredLabels\":").labels(Redaction.labels(t.discovered()));
    out.next("labels").labels(t.labels());
    out.next("scrapePool").string(t.pool());
    out.next("scrapeUrl").string(url);
    out.next("globalUrl").string(globalUrl(url, server.externalUrl(), server.listenPort()));
    out.next("lastError").string(Redaction.text(t.lastError()));
    out.next("lastScrape").time(t.lastScrape());
    out.next("lastScrapeDuration").number(t.lastDurationSeconds());
    out.next("health").string(t.health().name().toLowerCase(Locale.ROOT));
    out.next("scrapeInterval").string(t.interval());
    out.next("scrapeTimeout").string(t.timeout()).put('}');
  }

  /**
   * Returns the address of a target as seen from elsewhere: for a target on this host, with the
   * host name of the external URL; for this server itself, also with its scheme and port.
   */
  static String globalUrl(String url, URI external, int ownPort) {
    URI u;
    try {
      u = URI.create(url);
    } catch (IllegalArgumentException e) {
      return url;
    }
    String host = u.getHost();
    if (host == null || !LOOPBACK.contains(host)) {
      return url;
    }
    boolean self = u.getPort() == ownPort;
    String scheme = self ? external.getScheme() : u.getScheme();
    int port = self ? external.getPort() : u.getPort();
    return scheme
        + "://"
        + (external.getHost() == null ? host : external.getHost())
        + (port < 0 ? "" : ":" + port)
        + (u.getRawPath() == null ? "" : u.getRawPath())
        + (u.getRawQuery() == null ? "" : "?" + u.getRawQuery());
  }

  private static int limit(Parameters p, String name) {
    String s = p.text(name);
    if (s.isEmpty()) {
      return -1;
    }
    try {
      return Parameters.whole(s);
    } catch (IllegalArgumentException e) {
      throw ApiException.badData(name + " must be a number");
    }
  }

  private record TargetMetadata(Labels target, String family, MetricMetadata metadata) {}

  private void targetMetadata(ApiCall call) throws IOException {
    Parameters p = call.parameters();
    int limit = limit(p, "limit");
    String match = p.text("match_target");
    List<Matcher> matchers;
    try {
      matchers = match.isEmpty() ? List.of() : PromqlParser.parseMetricSelector(match);
    } catch (PromqlParseException e) {
      throw ApiException.invalidParameter("match_target", String.valueOf(e.getMessage()));
    }
    String metric = p.text("metric");
    List<TargetMetadata> found = new ArrayList<>();
    for (TargetsView.Active t : targets.active()) {
      if (limit >= 0 && found.size() >= limit) {
        break;
      }
      if (!Matcher.matchAll(matchers, t.labels())) {
        continue;
      }
      Map<String, MetricMetadata> families = t.metadata().families();
      if (metric.isEmpty()) {
        new TreeMap<>(families).forEach((f, m) -> found.add(new TargetMetadata(t.labels(), f, m)));
      } else {
        MetricMetadata m = families.get(metric);
        if (m != null) {
          found.add(new TargetMetadata(t.labels(), "", m));
        }
      }
    }
    call.data(
        out -> {
          out.put('[');
          for (int i = 0; i < found.size(); i++) {
            TargetMetadata f = found.get(i);
            out.sep(i == 0).raw("{\"target\":").labels(f.target());
            if (!f.family().isEmpty()) {
              out.next("metric").string(f.family());
            }
            metadata(out.put(','), f.metadata()).put('}');
          }
          out.put(']');
        });
  }

  private static JsonOut metadata(JsonOut out, MetricMetadata m) throws IOException {
    out.name("type").string(m.type().text());
    return out.next("help").string(m.help()).next("unit").string(m.unit());
  }

  private void metadata(ApiCall call) throws IOException {
    Parameters p = call.parameters();
    int limit = limit(p, "limit");
    int perMetric = limit(p, "limit_per_metric");
    String metric = p.text("metric");
    TreeMap<String, Set<MetricMetadata>> found = new TreeMap<>();
    for (TargetsView.Active t : targets.active()) {
      t.metadata()
          .families()
          .forEach(
              (family, m) -> {
                if (!metric.isEmpty() && !metric.equals(family)) {
                  return;
                }
                Set<MetricMetadata> of = found.computeIfAbsent(family, k -> new LinkedHashSet<>());
                if (perMetric <= 0 || of.size() < perMetric) {
                  of.add(m);
                }
              });
    }
    call.data(
        out -> {
          out.put('{');
          int shown = 0;
          for (Map.Entry<String, Set<MetricMetadata>> e : found.entrySet()) {
            if (limit >= 0 && shown >= limit) {
              break;
            }
            out.sep(shown++ == 0).string(e.getKey()).put(':').put('[');
            boolean first = true;
            for (MetricMetadata m : e.getValue()) {
              metadata(out.sep(first).put('{'), m).put('}');
              first = false;
            }
            out.put(']');
          }
          out.put('}');
        });
  }

  private void relabelSteps(ApiCall call) throws IOException {
    String pool = requiredPool(call);
    String text = call.parameters().text("labels");
    if (text.isEmpty()) {
      throw ApiException.badData("no labels parameter provided");
    }
    LabelsBuilder labels = labels(text);
    List<RelabelRule> rules = targets.relabelRules(pool);
    if (rules == null) {
      throw noSuchPool(pool);
    }
    call.data(
        out -> {
          out.raw("{\"steps\":[");
          boolean keep = true;
          boolean first = true;
          for (RelabelRule r : rules) {
            keep = keep && r.apply(labels);
            rule(out.sep(first).put('{').name("rule"), r.spec());
            out.next("output").labels(keep ? labels.build() : Labels.EMPTY);
            out.next("keep").raw(String.valueOf(keep)).put('}');
            first = false;
          }
          out.raw("]}");
        });
  }

  private static LabelsBuilder labels(String json) {
    LabelsBuilder b = new LabelsBuilder();
    try {
      JsonNode n = Json.MAPPER.readTree(json);
      if (!n.isObject()) {
        throw ApiException.badData("error parsing labels: expected a JSON object of strings");
      }
      n.forEachEntry(
          (name, value) -> {
            if (!value.isString()) {
              throw ApiException.badData(
                  "error parsing labels: the value of " + GoQuote.quote(name) + " is not a string");
            }
            b.set(name, value.stringValue());
          });
    } catch (JacksonException e) {
      throw new ApiException(
          ErrorType.BAD_DATA, "error parsing labels: " + JsonFailures.describe(e), e);
    }
    return b;
  }

  private static void rule(JsonOut out, RelabelRule.Spec s) throws IOException {
    out.put('{');
    if (!s.sourceLabels().isEmpty()) {
      out.name("source_labels").strings(s.sourceLabels()).put(',');
    }
    out.name("separator").string(s.separator());
    out.next("regex").string(s.regex());
    if (s.modulus() != 0) {
      out.next("modulus").raw(Long.toUnsignedString(s.modulus()));
    }
    if (!s.targetLabel().isEmpty()) {
      out.next("target_label").string(s.targetLabel());
    }
    out.next("replacement").string(s.replacement());
    out.next("action").string(s.action().text()).put('}');
  }
}
