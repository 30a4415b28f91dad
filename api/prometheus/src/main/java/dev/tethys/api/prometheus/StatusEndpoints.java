package dev.tethys.api.prometheus;

import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.regex.Regex;
import dev.tethys.model.regex.RegexSyntaxException;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Endpoints of flags, configuration and runtime status. */
final class StatusEndpoints {
  private static final int MAX_ENTRIES = 10_000;

  private final ApiSettings settings;
  private final ServerView server;
  private final StoreView store;
  private final Registry registry;
  private final Notifications notifications;

  StatusEndpoints(
      ApiSettings settings,
      ServerView server,
      StoreView store,
      Registry registry,
      Notifications notifications) {
    this.settings = settings;
    this.server = server;
    this.store = store;
    this.registry = registry;
    this.notifications = notifications;
  }

  void register(ApiRoutes routes) {
    routes
        .get("/status/config", this::configuration)
        .get("/status/flags", this::flags)
        .get("/status/runtimeinfo", this::runtime)
        .get("/status/buildinfo", this::build)
        .getOfServer("/status/tsdb", this::statistics)
        .getOfServer("/status/tsdb/blocks", this::blocks)
        .get("/status/self_metrics", this::selfMetrics)
        .get("/features", this::features)
        .getAlways("/status/walreplay", this::replay)
        .getAlways("/notifications", notifications::list)
        .getAlways("/notifications/live", notifications::live);
  }

  private void configuration(ApiCall call) throws IOException {
    String yaml = server.configuration();
    call.data(out -> out.raw("{\"yaml\":").string(yaml).put('}'));
  }

  private void flags(ApiCall call) throws IOException {
    Map<String, String> flags = new TreeMap<>(server.flags());
    call.data(out -> out.strings(flags));
  }

  private void runtime(ApiCall call) throws IOException {
    ServerView.Runtime r = server.runtime();
    call.data(
        out -> {
          out.raw("{\"startTime\":").time(r.startTime());
          out.next("CWD").string(r.workingDirectory());
          out.next("hostname").string(r.hostname());
          out.next("serverTime").time(r.serverTime());
          out.next("reloadConfigSuccess").raw(String.valueOf(r.reloadSucceeded()));
          out.next("lastConfigTime").time(r.lastConfigTime());
          out.next("corruptionCount").number(r.corruptions());
          out.next("goroutineCount").number(r.threads());
          out.next("GOMAXPROCS").number(r.processors());
          out.next("GOMEMLIMIT").number(r.memoryLimit());
          // Clients know these two of Go; there is nothing to say here.
          out.next("GOGC").string("").next("GODEBUG").string("");
          out.next("storageRetention").string(r.retention()).put('}');
        });
  }

  private void build(ApiCall call) throws IOException {
    ServerView.Build b = server.build();
    call.data(out -> build(out, b));
  }

  /** Writes build information, as in {@code /version}. */
  static void build(JsonOut out, ServerView.Build b) throws IOException {
    out.raw("{\"version\":").string(b.version());
    out.next("revision").string(b.revision());
    out.next("branch").string(b.branch());
    out.next("buildUser").string(b.buildUser());
    out.next("buildDate").string(b.buildDate());
    out.next("goVersion").string(b.javaVersion()).put('}');
  }

  private void statistics(ApiCall call) throws IOException {
    String text = call.parameters().text("limit");
    int limit = 10;
    if (!text.isEmpty()) {
      try {
        limit = Parameters.whole(text);
      } catch (IllegalArgumentException e) {
        limit = 0;
      }
      if (limit < 1) {
        throw ApiException.badData("limit must be a positive number");
      }
      if (limit > MAX_ENTRIES) {
        throw ApiException.badData("limit must not exceed " + MAX_ENTRIES);
      }
    }
    StoreView.Statistics s = store.statistics(call.scope(), limit);
    call.data(
        out -> {
          out.raw("{\"headStats\":{\"numSeries\":").number(s.series());
          out.next("numLabelPairs").number(s.labelPairs());
          out.next("chunkCount").number(s.chunks());
          out.next("minTime").number(s.minTime()).next("maxTime").number(s.maxTime()).put('}');
          entries(out.next("seriesCountByMetricName"), s.seriesCountByMetricName());
          entries(out.next("labelValueCountByLabelName"), s.labelValueCountByLabelName());
          entries(out.next("memoryInBytesByLabelName"), s.memoryInBytesByLabelName());
          entries(out.next("seriesCountByLabelValuePair"), s.seriesCountByLabelValuePair());
          out.put('}');
        });
  }

  /** Writes names with their numbers. */
  static void entries(JsonOut out, List<StoreView.Entry> entries) throws IOException {
    out.put('[');
    for (int i = 0; i < entries.size(); i++) {
      StoreView.Entry e = entries.get(i);
      out.sep(i == 0).raw("{\"name\":").string(e.name());
      out.next("value").number(e.value()).put('}');
    }
    out.put(']');
  }

  private void blocks(ApiCall call) throws IOException {
    List<StoreView.Block> blocks = store.blocks();
    call.data(
        out -> {
          out.raw("{\"blocks\":[");
          for (int i = 0; i < blocks.size(); i++) {
            block(out.sep(i == 0), blocks.get(i));
          }
          out.raw("]}");
        });
  }

  private static void block(JsonOut out, StoreView.Block b) throws IOException {
    out.raw("{\"ulid\":").string(b.ulid());
    out.next("minTime").number(b.minTime()).next("maxTime").number(b.maxTime());
    out.next("stats").put('{');
    boolean first = true;
    first = count(out, first, "numSamples", b.samples());
    first = count(out, first, "numFloatSamples", b.floatSamples());
    first = count(out, first, "numHistogramSamples", b.histogramSamples());
    first = count(out, first, "numSeries", b.series());
    first = count(out, first, "numChunks", b.chunks());
    first = count(out, first, "numTombstones", b.tombstones());
    count(out, first, "numBytes", b.bytes());
    out.raw("},\"compaction\":{\"level\":").number(b.compactionLevel());
    if (!b.sources().isEmpty()) {
      out.next("sources").strings(b.sources());
    }
    if (!b.hints().isEmpty()) {
      out.next("hints").strings(b.hints());
    }
    out.raw("},\"version\":1");
    if (b.resolution() > 0) {
      out.raw(",\"tethys\":{\"downsample\":{\"resolution\":").number(b.resolution()).raw("}}");
    }
    out.put('}');
  }

  private static boolean count(JsonOut out, boolean first, String name, long n) throws IOException {
    if (n == 0) {
      return first;
    }
    out.sep(first).name(name).number(n);
    return false;
  }

  private void replay(ApiCall call) throws IOException {
    StoreView.Replay r = store.replay();
    Readiness ready = server.readiness();
    String state =
        switch (ready) {
          case STARTING -> "in progress";
          case READY -> "done";
          case STOPPING -> "stopping";
        };
    call.data(
        out -> {
          out.raw("{\"min\":").number(r.min());
          out.next("max").number(r.max()).next("current").number(r.current());
          out.next("state").string(state).put('}');
        });
  }

  private void features(ApiCall call) throws IOException {
    Map<String, Map<String, Boolean>> features = ApiFeatures.of(settings);
    server
        .features()
        .forEach(
            (category, of) -> features.computeIfAbsent(category, k -> new TreeMap<>()).putAll(of));
    call.data(
        out -> {
          out.put('{');
          boolean firstCategory = true;
          for (Map.Entry<String, Map<String, Boolean>> c : features.entrySet()) {
            out.sep(firstCategory).string(c.getKey()).put(':').put('{');
            firstCategory = false;
            boolean first = true;
            for (Map.Entry<String, Boolean> f : new TreeMap<>(c.getValue()).entrySet()) {
              // Names are ours, and operators read better without the escapes for HTML.
              out.sep(first).put('"').raw(f.getKey()).raw("\":").raw(f.getValue().toString());
              first = false;
            }
            out.put('}');
          }
          out.put('}');
        });
  }

  private void selfMetrics(ApiCall call) throws IOException {
    String pattern = call.parameters().text("metric_name_pattern");
    Regex p;
    try {
      p = Regex.compile(pattern.isEmpty() ? ".*" : "^(?:" + pattern + ")$");
    } catch (RegexSyntaxException e) {
      throw ApiException.badData("invalid metric_name_pattern: " + e.getMessage());
    }
    List<MetricFamily> families = registry.gather().stream().filter(f -> p.find(f.name())).toList();
    call.data(out -> FamilyJson.write(out, families));
  }
}
