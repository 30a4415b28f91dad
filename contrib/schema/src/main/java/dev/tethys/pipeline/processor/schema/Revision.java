package dev.tethys.pipeline.processor.schema;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Changes of one version of a schema, by section, in file order.
 *
 * @param split position of a change {@code split}; empty if none
 */
record Revision(SchemaVersion version, Map<Part, List<Step>> changes, String split) {
  /** Section of a version in a schema file. */
  enum Part {
    ALL("all"),
    RESOURCES("resources"),
    SPANS("spans"),
    SPAN_EVENTS("span_events"),
    METRICS("metrics"),
    LOGS("logs");

    private final String key;

    Part(String key) {
      this.key = key;
    }

    String key() {
      return key;
    }
  }

  Revision {
    changes = Map.copyOf(changes);
  }

  /**
   * Returns the steps to this version from the previous one, or back, for one kind of telemetry.
   */
  List<Step> steps(Part part, boolean up) {
    List<Step> steps = new ArrayList<>(changes.getOrDefault(Part.ALL, List.of()));
    steps.addAll(changes.getOrDefault(part, List.of()));
    return up ? steps : steps.reversed().stream().map(Step::inverted).toList();
  }
}
