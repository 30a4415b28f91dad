package dev.tethys.insight.objectives;

import java.util.List;

/**
 * Objectives from all files.
 *
 * @param overrides changes of default objectives; the first that matches a service counts
 * @param notices human-readable notices, each with its position
 */
public record ObjectiveSet(
    List<Objective> objectives, List<TargetOverride> overrides, List<String> notices) {
  /** No objectives. */
  public static final ObjectiveSet EMPTY = new ObjectiveSet(List.of(), List.of(), List.of());

  public ObjectiveSet {
    objectives = List.copyOf(objectives);
    overrides = List.copyOf(overrides);
    notices = List.copyOf(notices);
  }
}
