package dev.tethys.pipeline.stages;

import dev.tethys.config.ConfigException;
import dev.tethys.config.YamlNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** All stages by their names. */
final class StageTypes {
  /** Maximum nesting depth of stages. */
  static final int MAX_DEPTH = 32;

  /** Creates a stage of its configuration. */
  interface Factory {
    Stage make(YamlNode config, StageContext context, int depth);
  }

  private static final Map<String, Factory> ALL = new LinkedHashMap<>();

  static {
    ALL.put("docker", (c, x, d) -> ContainerStages.docker(c, x));
    ALL.put("cri", (c, x, d) -> CriStage.parse(c, x));
    ALL.put("regex", (c, x, d) -> RegexStage.parse(c));
    ALL.put("json", (c, x, d) -> JsonStage.parse(c, x));
    ALL.put("logfmt", (c, x, d) -> LogfmtStage.parse(c));
    ALL.put("timestamp", (c, x, d) -> TimestampStage.parse(c, x));
    ALL.put("match", (c, x, d) -> MatchStage.parse(c, x, d));
    ALL.put("drop", (c, x, d) -> DropStage.parse(c, x));
    ALL.put("limit", (c, x, d) -> LimitStage.parse(c, x));
    ALL.put("sampling", (c, x, d) -> SamplingStage.parse(c, x));
    ALL.put("multiline", (c, x, d) -> MultilineStage.parse(c, x));
    ALL.put("pack", (c, x, d) -> PackStage.parse(c, x));
    ALL.put("metrics", (c, x, d) -> MetricsStage.parse(c, x));
    ALL.put("eventlogmessage", (c, x, d) -> EventLogMessageStage.parse(c));
    ALL.put("replace", (c, x, d) -> ReplaceStage.parse(c));
    ALL.put("template", (c, x, d) -> TemplateStage.parse(c));
    ALL.put("pattern", (c, x, d) -> PatternStage.parse(c, x));
    ALL.put("geoip", (c, x, d) -> GeoIpStage.parse(c));
    ALL.put("labels", (c, x, d) -> LabelsStage.parse(c));
    ALL.put("labelallow", (c, x, d) -> LabelListStage.parse(c, true));
    ALL.put("labeldrop", (c, x, d) -> LabelListStage.parse(c, false));
    ALL.put("static_labels", (c, x, d) -> StaticLabelsStage.parse(c));
    ALL.put("structured_metadata", (c, x, d) -> StructuredMetadataStage.parse(c));
    ALL.put("non_indexed_labels", (c, x, d) -> StructuredMetadataStage.parse(c));
    ALL.put("output", (c, x, d) -> SimpleStages.output(c));
    ALL.put("tenant", (c, x, d) -> SimpleStages.tenant(c));
    ALL.put("decolorize", (c, x, d) -> SimpleStages.decolorize(c));
  }

  private StageTypes() {}

  static List<Chain.Named> parse(YamlNode list, StageContext context) {
    return parse(list, context, 0);
  }

  static List<Chain.Named> parse(YamlNode list, StageContext context, int depth) {
    if (depth > MAX_DEPTH) {
      throw list.error("stages are nested more than " + MAX_DEPTH + " deep");
    }
    List<Chain.Named> out = new ArrayList<>();
    ConfigException first = null;
    for (YamlNode item : list.items()) {
      ConfigException x =
          item.attempt(() -> stage(item).forEach((name, e) -> add(name, e, context, depth, out)));
      first = first == null ? x : first;
    }
    if (first != null) {
      throw first;
    }
    return List.copyOf(out);
  }

  private static Map<String, YamlNode.Entry> stage(YamlNode item) {
    if (!item.isMap()) {
      throw item.error(
          "a stage must be a map with one key, its name (\"- cri: {}\"; is a colon missing?)");
    }
    Map<String, YamlNode.Entry> entries = item.entries();
    if (entries.size() != 1) {
      throw item.error(
          "a stage must have one key, not "
              + entries.size()
              + ": "
              + String.join(", ", entries.keySet())
              + "; begin each stage with its own dash");
    }
    return entries;
  }

  private static void add(
      String name, YamlNode.Entry e, StageContext context, int depth, List<Chain.Named> out) {
    Factory f = ALL.get(name);
    if (f == null) {
      throw unknown(name, e);
    }
    out.add(new Chain.Named(name, f.make(e.value(), context, depth)));
  }

  private static ConfigException unknown(String name, YamlNode.Entry e) {
    List<String> all = new ArrayList<>(ALL.keySet());
    all.sort(null);
    return e.key().error("unknown stage \"" + name + "\"; stages are " + String.join(", ", all));
  }
}
