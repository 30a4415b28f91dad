package dev.tethys.pipeline.stages;

import dev.tethys.config.YamlNode;
import dev.tethys.model.LabelNames;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Sets labels to fixed values. */
final class StaticLabelsStage implements Stage.Change {
  private final Map<String, String> fixed;
  private final @Nullable String[] values;
  private final LabelChange labels;

  private StaticLabelsStage(Map<String, String> fixed) {
    this.fixed = fixed;
    this.values = fixed.values().toArray(String[]::new);
    this.labels = new LabelChange(List.copyOf(fixed.keySet()));
  }

  static StaticLabelsStage parse(YamlNode config) {
    Map<String, String> fixed = new LinkedHashMap<>();
    config
        .entries()
        .forEach(
            (label, e) -> {
              if (!LabelNames.isUtf8LabelName(label)) {
                throw e.key().error("invalid label name: " + label);
              }
              String value = e.value().asString();
              if (!value.isEmpty()) { // ignored, as in Promtail
                fixed.put(label, value);
              }
            });
    if (config.isNull()) {
      throw config.error("static_labels stage requires at least one label");
    }
    return new StaticLabelsStage(fixed);
  }

  @Override
  public void change(StageEntry e) {
    e.entry.setLabels(labels.apply(e.labels(), values));
  }

  @Override
  public Stage fork() {
    return new StaticLabelsStage(fixed);
  }
}
