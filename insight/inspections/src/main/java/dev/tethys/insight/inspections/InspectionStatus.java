package dev.tethys.insight.inspections;

import dev.tethys.insight.entities.Entity;
import dev.tethys.insight.inspections.definition.Inspection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Result of the last evaluation of an inspection.
 *
 * @param checked entities with a value, and those at which their problems are shown
 * @param unmatched series whose entity was not found
 * @param problems number of problems, with those that have not lasted long enough
 * @param overrides thresholds of scopes
 * @param error last evaluation error; null if the evaluation succeeded
 * @param evaluated time of the last evaluation, Unix milliseconds; 0 for none
 * @param millis time that the last evaluation took
 */
public record InspectionStatus(
    Inspection inspection,
    List<Entity> checked,
    int unmatched,
    int problems,
    int overrides,
    @Nullable String error,
    long evaluated,
    double millis) {}
