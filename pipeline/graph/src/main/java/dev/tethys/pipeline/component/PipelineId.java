package dev.tethys.pipeline.component;

import dev.tethys.pipeline.Signal;
import java.util.Locale;

/** {@code signal} or {@code signal/name}: which pipeline of a configuration. */
public record PipelineId(Signal signal, String name) implements Comparable<PipelineId> {
  /**
   * Parses an id.
   *
   * @throws IllegalArgumentException if it is invalid
   */
  public static PipelineId parse(String text) {
    ComponentId id = ComponentId.parse(text);
    for (Signal s : Signal.values()) {
      if (id.type().equals(s.name().toLowerCase(Locale.ROOT))) {
        return new PipelineId(s, id.name());
      }
    }
    throw new IllegalArgumentException(
        "\"" + text + "\" is not a pipeline: it must start with traces, metrics, logs or profiles");
  }

  @Override
  public int compareTo(PipelineId o) {
    return toString().compareTo(o.toString());
  }

  @Override
  public String toString() {
    String s = signal.name().toLowerCase(Locale.ROOT);
    return name.isEmpty() ? s : s + "/" + name;
  }
}
