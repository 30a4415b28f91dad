package dev.tethys.pipeline.stages;

import dev.tethys.config.YamlNode;
import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import java.util.Map;

/**
 * Copies extracted values, or else labels, into the structured metadata of the entry. A label with
 * the name and value of the source is removed from the labels.
 */
final class StructuredMetadataStage implements Stage.Change {
  private final Map<String, String> sources; // by name in the metadata

  private StructuredMetadataStage(Map<String, String> sources) {
    this.sources = sources;
  }

  static StructuredMetadataStage parse(YamlNode config) {
    return new StructuredMetadataStage(LabelsStage.sources(config, "structured_metadata"));
  }

  @Override
  public void change(StageEntry e) {
    Labels labels = e.labels();
    LabelsBuilder metadata = null;
    LabelsBuilder left = null;
    for (Map.Entry<String, String> s : sources.entrySet()) {
      String own = labels.getOrNull(s.getValue());
      String value = e.extracted.text(s.getValue());
      if (value == null) {
        value = own;
      }
      if (value == null) {
        continue;
      }
      metadata = metadata == null ? e.entry.metadata().toBuilder() : metadata;
      metadata.set(s.getKey(), value);
      if (value.equals(own)) {
        left = left == null ? labels.toBuilder() : left;
        left.remove(s.getValue());
      }
    }
    if (metadata != null) {
      e.entry.setMetadata(metadata.build());
    }
    if (left != null) {
      e.entry.setLabels(left.build());
    }
  }
}
