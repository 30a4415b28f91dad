package dev.tethys.collect.discovery;

import dev.tethys.model.Labels;
import java.util.List;

/**
 * Targets from one source. A later group of the same source replaces it; one without targets
 * removes it.
 *
 * @param source unique within one discovery
 * @param targets the labels of each target, including {@code __address__}
 * @param labels shared by all of them
 */
public record TargetGroup(String source, List<Labels> targets, Labels labels) {
  public TargetGroup {
    targets = List.copyOf(targets);
  }

  /** Group without targets, which removes the group of a source. */
  public static TargetGroup removed(String source) {
    return new TargetGroup(source, List.of(), Labels.EMPTY);
  }
}
