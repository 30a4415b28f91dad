package dev.tethys.api.loki;

import dev.tethys.codec.loki.StreamEnrichment;
import dev.tethys.config.ByteSize;
import dev.tethys.model.Labels;
import dev.tethys.model.access.Scope;
import dev.tethys.query.logql.LogqlLimits;
import dev.tethys.query.logql.exec.LogExplorer;
import dev.tethys.query.logql.exec.LogExplorer.DetectedField;
import dev.tethys.query.logql.exec.LogExplorer.DetectedLabel;
import dev.tethys.query.logql.exec.LogExplorer.IndexStats;
import dev.tethys.query.logql.exec.LogExplorer.PatternCount;
import dev.tethys.query.logql.exec.LogExplorer.Volume;
import dev.tethys.query.logql.exec.LogExplorer.VolumeRequest;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;

/** Responses of the endpoints that list labels, series, volumes, patterns and detected fields. */
final class ExploreEndpoints {
  private static final long LABELS_SINCE = 6 * LokiParameters.HOUR;
  private static final int MAX_LINES = 1000;
  private static final int MAX_FIELDS = 1000;
  private static final int MAX_PATTERNS = 300;

  /** Minimum number of rows for which Loki reports a pattern. */
  private static final int RARE_ROWS = 30;

  /** Patterns up to which rare ones are listed too: small stores have nothing else. */
  private static final int FEW_PATTERNS = 100;

  private static final int MAX_VOLUMES = 1000;

  private final LokiSettings settings;
  private final LogqlLimits limits;

  ExploreEndpoints(LokiSettings settings) {
    this.settings = settings;
    this.limits = settings.limits();
  }

  private static LogExplorer.Range range(LokiParameters p, long since) {
    LokiParameters.Range r = p.range(since);
    return new LogExplorer.Range(p.scope(), r.start(), r.end());
  }

  private static String data(Collection<String> values) {
    return new LokiJson()
        .raw("{\"status\":\"success\",\"data\":")
        .strings(values)
        .raw("}")
        .toString();
  }

  String labels(LogExplorer explorer, LokiParameters p) {
    return data(explorer.labelNames(range(p, LABELS_SINCE), p.query()));
  }

  String labelValues(LogExplorer explorer, LokiParameters p, String name) {
    return data(explorer.labelValues(range(p, LABELS_SINCE), name, p.query()));
  }

  String series(LogExplorer explorer, LokiParameters p) {
    List<String> selectors = new ArrayList<>();
    p.all("match[]").forEach(selectors::add);
    p.all("match").forEach(selectors::add);
    LokiJson out = new LokiJson().raw("{\"status\":\"success\",\"data\":[");
    String sep = "";
    for (Labels l : explorer.series(range(p, LABELS_SINCE), selectors)) {
      out.raw(sep).labels(l);
      sep = ",";
    }
    return out.raw("]}").toString();
  }

  String stats(LogExplorer explorer, LokiParameters p) {
    IndexStats s = explorer.stats(range(p, LokiParameters.HOUR), p.query());
    return stats(s, new LokiJson()).toString();
  }

  /**
   * Shards of a query. Streams are not sharded here: one shard has all of them for any {@code
   * targetBytesPerShard}.
   */
  String shards(LogExplorer explorer, LokiParameters p) {
    String target = p.get("targetBytesPerShard");
    if (!target.isEmpty()) {
      try {
        ByteSize.parse(target);
      } catch (IllegalArgumentException e) {
        throw LokiParameters.bad("targetBytesPerShard is '" + target + "': " + e.getMessage());
      }
    }
    IndexStats s = explorer.stats(range(p, LokiParameters.HOUR), p.query());
    LokiJson out = new LokiJson().raw("{\"shards\":[");
    if (s.streams() > 0) {
      out.raw("{\"bounds\":{\"min\":0,\"max\":18446744073709551615},\"stats\":");
      stats(s, out).raw("}");
    }
    return out.raw("],\"statistics\":{},\"chunkGroups\":null}").toString();
  }

  private static LokiJson stats(IndexStats s, LokiJson out) {
    out.raw("{");
    out.key("streams").number(s.streams());
    out.key("chunks").number(s.segments());
    out.key("bytes").number(s.bytes());
    out.key("entries").number(s.entries());
    return out.raw("}");
  }

  /**
   * Volumes as a vector or a matrix.
   *
   * @param ranged whether volumes by step are requested
   */
  String volume(LogExplorer explorer, LokiParameters p, boolean ranged, BooleanSupplier stopped) {
    LogExplorer.Range range = range(p, LokiParameters.HOUR);
    long step = ranged ? p.step(new LokiParameters.Range(range.from(), range.to())) : 0;
    String targets = p.get("targetLabels");
    VolumeRequest request =
        new VolumeRequest(
            p.query(),
            targets.isEmpty() ? List.of() : List.of(targets.split(",")),
            byLabels(p),
            step,
            p.limit());
    List<Volume> found = explorer.volume(range, request, limits, stopped);
    LokiJson out = new LokiJson().raw("{\"status\":\"success\",\"data\":{\"resultType\":");
    out.text(ranged ? "matrix" : "vector").raw(",\"result\":[");
    String sep = "";
    for (Volume v : found) {
      out.raw(sep).raw("{\"metric\":").labels(v.labels());
      sep = ",";
      if (!ranged) {
        out.raw(",\"value\":").point(range.to() / 1_000_000, v.total()).raw("}");
        continue;
      }
      out.raw(",\"values\":[");
      String comma = "";
      for (int i = 0; i < v.bytes().length; i++) {
        if (v.bytes()[i] > 0) {
          out.raw(comma).point((range.from() + i * step) / 1_000_000, v.bytes()[i]);
          comma = ",";
        }
      }
      out.raw("]}");
    }
    return out.raw("]}}").toString();
  }

  private static boolean byLabels(LokiParameters p) {
    String by = p.get("aggregateBy");
    return switch (by) {
      case "", "series" -> false;
      case "labels" -> true;
      default -> throw LokiParameters.bad("invalid aggregation option '" + by + "'");
    };
  }

  byte[] patterns(LogExplorer explorer, LokiParameters p, BooleanSupplier stopped) {
    LokiParameters.Range r = p.range(LokiParameters.HOUR);
    long step = p.step(r);
    List<PatternCount> found =
        explorer.patterns(
            new LogExplorer.Range(p.scope(), r.start(), r.end()),
            p.query(),
            step,
            p.limit("limit", MAX_PATTERNS),
            limits,
            stopped);
    if (p.get("limit").isEmpty()) {
      found = withoutRare(found);
    }
    return new PatternsJson(r.start(), step).answer(found);
  }

  /** Patterns without the rare ones of many; they are sorted by their rows. */
  private static List<PatternCount> withoutRare(List<PatternCount> all) {
    int end = Math.min(all.size(), FEW_PATTERNS);
    while (end < all.size() && all.get(end).total() >= RARE_ROWS) {
      end++;
    }
    return all.subList(0, end);
  }

  String detectedLabels(LogExplorer explorer, LokiParameters p) {
    LokiJson out = new LokiJson().raw("{\"detectedLabels\":[");
    String sep = "";
    for (DetectedLabel l : explorer.detectedLabels(range(p, LokiParameters.HOUR), p.query())) {
      out.raw(sep).raw("{\"label\":").text(l.label()).raw(",\"cardinality\":");
      out.number(l.cardinality()).raw("}");
      sep = ",";
    }
    return out.raw("]}").toString();
  }

  private List<DetectedField> fields(
      LogExplorer explorer, LokiParameters p, BooleanSupplier stopped) {
    int lines = Math.min(p.limit("line_limit", MAX_LINES), limits.maxEntries());
    return explorer.detectedFields(
        range(p, LokiParameters.HOUR),
        p.query(),
        lines,
        p.limit("limit", MAX_FIELDS),
        limits,
        stopped);
  }

  String detectedFields(LogExplorer explorer, LokiParameters p, BooleanSupplier stopped) {
    LokiJson out = new LokiJson().raw("{\"fields\":[");
    String sep = "";
    for (DetectedField f : fields(explorer, p, stopped)) {
      out.raw(sep).raw("{\"label\":").text(f.name()).raw(",\"type\":").text(f.type());
      sep = ",";
      out.raw(",\"cardinality\":").number(f.values().size()).raw(",\"parsers\":");
      if (f.parsers().isEmpty()) {
        out.raw("null");
      } else {
        out.strings(new TreeSet<>(f.parsers()));
      }
      if (!f.jsonPath().isEmpty()) {
        out.raw(",\"jsonPath\":").strings(f.jsonPath());
      }
      out.raw("}");
    }
    return out.raw("],\"limit\":").number(p.limit("limit", MAX_FIELDS)).raw("}").toString();
  }

  String fieldValues(LogExplorer explorer, LokiParameters p, String name, BooleanSupplier stopped) {
    SortedSet<String> values = new TreeSet<>();
    for (DetectedField f : fields(explorer, p, stopped)) {
      if (f.name().equals(name)) {
        values = f.values();
      }
    }
    int limit = p.limit("limit", MAX_FIELDS);
    List<String> shown = values.stream().limit(limit).toList();
    return new LokiJson()
        .raw("{\"values\":")
        .strings(shown)
        .raw(",\"limit\":")
        .number(limit)
        .raw("}")
        .toString();
  }

  /** Limits requested by Grafana's drill-down apps. */
  String drilldownLimits(Scope scope) {
    LokiJson out = new LokiJson().raw("{\"limits\":{");
    out.key("retention_period").text(settings.retention().apply(scope.tenant()).toSeconds() + "s");
    out.key("max_query_series").number(limits.maxSeries());
    out.key("max_entries_limit_per_query").number(limits.maxEntries());
    out.key("query_timeout").text(limits.timeout().toSeconds() + "s");
    out.key("max_query_length").text(limits.maxLength().toHours() + "h");
    out.key("max_query_lookback").text("0s");
    out.key("max_query_range").text(limits.maxRange().toSeconds() + "s");
    out.key("max_query_bytes_read").text("0B");
    out.key("volume_enabled").raw("true");
    out.key("volume_max_series").number(MAX_VOLUMES);
    out.key("discover_service_name").strings(StreamEnrichment.serviceLabels());
    out.key("discover_log_levels").raw("true");
    out.key("log_level_fields").strings(StreamEnrichment.levelFields());
    out.key("metric_aggregation_enabled").raw("false");
    out.key("pattern_persistence_enabled").raw("true");
    out.raw("},\"pattern_ingester_enabled\":true,\"version\":\"3.5.0\"}");
    return out.toString();
  }
}
