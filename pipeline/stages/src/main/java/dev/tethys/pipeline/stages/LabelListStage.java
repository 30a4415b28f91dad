package dev.tethys.pipeline.stages;

import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import java.util.List;

/** {@code labelallow} keeps only the labels of a list, {@code labeldrop} removes them. */
final class LabelListStage implements Stage.Change {
  private final List<String> names;
  private final boolean keep;
  private final LabelFilter filter;

  private LabelListStage(List<String> names, boolean keep) {
    this.names = names;
    this.keep = keep;
    this.filter = new LabelFilter(names, keep);
  }

  static LabelListStage parse(YamlNode config, boolean keep) {
    List<String> names = Type.list(Type.STRING).read(config);
    if (names.isEmpty()) {
      throw config.error(
          (keep ? "labelallow" : "labeldrop") + " stage requires at least one label");
    }
    return new LabelListStage(names, keep);
  }

  @Override
  public void change(StageEntry e) {
    e.entry.setLabels(filter.apply(e.labels()));
  }

  @Override
  public Stage fork() {
    return new LabelListStage(names, keep);
  }
}
