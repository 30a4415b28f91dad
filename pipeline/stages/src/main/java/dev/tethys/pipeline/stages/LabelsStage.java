package dev.tethys.pipeline.stages;

import dev.tethys.config.YamlNode;
import dev.tethys.model.LabelNames;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Sets labels to extracted values. A label whose value was not extracted stays unchanged. */
final class LabelsStage implements Stage.Change {
  private final Map<String, String> sources; // by label
  private final String[] from;
  private final @Nullable String[] values;
  private final LabelChange labels;

  LabelsStage(Map<String, String> sources) {
    this.sources = sources;
    this.from = sources.values().toArray(String[]::new);
    this.values = new String[from.length];
    this.labels = new LabelChange(List.copyOf(sources.keySet()));
  }

  static LabelsStage parse(YamlNode config) {
    return new LabelsStage(sources(config, "labels"));
  }

  /** Maps labels to the names of their sources; the source of a label defaults to its own name. */
  static Map<String, String> sources(YamlNode config, String stage) {
    Map<String, String> out = new LinkedHashMap<>();
    config
        .entries()
        .forEach(
            (label, e) -> {
              if (!LabelNames.isLegacyLabelName(label)) {
                throw e.key().error("invalid label name: " + label);
              }
              String source = e.value().asString();
              out.put(label, source.isEmpty() ? label : source);
            });
    if (config.isNull()) {
      throw config.error(stage + " stage requires at least one label");
    }
    return out;
  }

  @Override
  public void change(StageEntry e) {
    boolean any = false;
    for (int i = 0; i < from.length; i++) {
      String v = e.extracted.text(from[i]);
      values[i] = v;
      any |= v != null;
    }
    if (any) {
      e.entry.setLabels(labels.apply(e.labels(), values));
    }
  }

  @Override
  public Stage fork() {
    return new LabelsStage(sources);
  }
}
