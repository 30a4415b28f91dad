package dev.tethys.pipeline.stages;

import dev.tethys.config.Section;
import dev.tethys.config.YamlNode;
import java.util.List;
import java.util.Map;

/** Stages that {@code docker} and {@code cri} consist of. */
final class ContainerStages {
  private ContainerStages() {}

  /** Sets the label {@code stream} from the extracted value of that name. */
  static LabelsStage streamLabel() {
    return new LabelsStage(Map.of("stream", "stream"));
  }

  /** Lines of Docker's driver json-file. */
  static Stage docker(YamlNode config, StageContext context) {
    config.object(
        new Section("docker", "Parses lines of Docker's json-file driver; it has no keys."));
    Stage json =
        new JsonStage(
            new Source(null),
            List.of("output", "stream", "timestamp"),
            List.of(JmesPath.compile("log"), JmesPath.compile("stream"), JmesPath.compile("time")),
            null);
    return new NestedStages(
        List.of(
            new Chain.Named("json", json),
            new Chain.Named("labels", streamLabel()),
            new Chain.Named(
                "timestamp", TimestampStage.of("timestamp", "RFC3339Nano", context.clock())),
            new Chain.Named("output", SimpleStages.output("output"))),
        context.observer());
  }
}
