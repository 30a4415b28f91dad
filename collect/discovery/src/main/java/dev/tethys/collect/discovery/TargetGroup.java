package dev.tethys.collect.discovery;

import dev.tethys.model.Labels;
import java.util.List;

/**
 * Targets that came from one source together. A later group of the same source replaces it; one
 * without targets removes it.
 *
 * @param source unique within one discovery
 * @param targets the labels of each target, {@code __address__} among them
 * @param labels shared by all of them
 */
public record TargetGroup(String source, List<Labels> targets, Labels labels) {
  public TargetGroup {
    targets = List.copyOf(targets);
  }

  /** Says that a source has no targets any more. */
  public static TargetGroup removed(String source) {
    return new TargetGroup(source, List.of(), Labels.EMPTY);
  }
}
