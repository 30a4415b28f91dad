package dev.tethys.pipeline.stages;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import dev.tethys.model.GoJson;
import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import java.util.List;

/** Makes the line a JSON object of some labels and, under {@code _entry}, the line. */
final class PackStage implements Stage.Change {
  private static final Section KEYS =
      new Section("pack", "Moves labels into the line, as a JSON object for unpack in LogQL.");
  private static final Key<List<String>> LABELS =
      KEYS.key(
          "labels",
          Type.list(Type.STRING),
          List.of(),
          "Labels and extracted values to write into the line; the labels are " + "removed.");
  private static final Key<Boolean> INGEST =
      KEYS.key(
          "ingest_timestamp",
          Type.BOOL,
          true,
          "If true, entries get the current time, since lines of several streams "
              + "become one stream.");

  private final List<String> names;
  private final boolean ingestTimestamp;
  private final StageClock clock;
  private final LabelFilter rest;

  private PackStage(List<String> sortedNames, boolean ingestTimestamp, StageClock clock) {
    this.names = sortedNames;
    this.ingestTimestamp = ingestTimestamp;
    this.clock = clock;
    this.rest = new LabelFilter(sortedNames, false);
  }

  static PackStage parse(YamlNode config, StageContext context) {
    YamlObject o = config.object(KEYS);
    return new PackStage(
        o.get(LABELS).stream().distinct().sorted().toList(), o.get(INGEST), context.clock());
  }

  @Override
  public void change(StageEntry e) {
    StringBuilder sb = new StringBuilder(e.line().length() + 64).append('{');
    Labels labels = e.labels();
    boolean left = false; // a label set after the start was not extracted and stays
    for (String n : names) {
      String v = e.extracted.text(n);
      if (v == null) {
        left |= labels.getOrNull(n) != null;
      } else {
        GoJson.append(sb, n).append(':');
        GoJson.append(sb, v).append(',');
      }
    }
    sb.append("\"_entry\":");
    e.entry.setLine(GoJson.append(sb, e.line()).append('}').toString());
    e.entry.setLabels(left ? without(labels, e.extracted) : rest.apply(labels));
    if (ingestTimestamp) {
      e.entry.setTimestamp(clock.now());
    }
  }

  private Labels without(Labels labels, Extracted packed) {
    LabelsBuilder b = labels.toBuilder();
    for (String n : names) {
      if (packed.text(n) != null) {
        b.remove(n);
      }
    }
    return b.build();
  }

  @Override
  public Stage fork() {
    return new PackStage(names, ingestTimestamp, clock);
  }
}
