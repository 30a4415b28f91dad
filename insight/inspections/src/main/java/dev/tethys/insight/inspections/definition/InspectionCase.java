package dev.tethys.insight.inspections.definition;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Inspection test: series and the expected problems.
 *
 * @param where position in its file
 * @param interval between two values of a series
 * @param series input series in promtool notation
 * @param at time of the expectation after the first value
 */
public record InspectionCase(
    String name,
    String where,
    Duration interval,
    List<String> series,
    Duration at,
    List<Expected> expected) {
  /**
   * Problem.
   *
   * @param entity its name, id or another key with its kind
   * @param value null for any
   */
  public record Expected(String entity, InspectionSeverity severity, @Nullable Double value) {}
}
