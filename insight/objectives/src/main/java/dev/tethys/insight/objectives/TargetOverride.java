package dev.tethys.insight.objectives;

import dev.tethys.model.regex.Regex;
import org.jspecify.annotations.Nullable;

/**
 * Change of the default objectives of services.
 *
 * @param where {@code file:line:column}
 * @param services names of the services
 * @param availability target in percent; 0 switches the objective off, null keeps it
 * @param latency target in percent; 0 switches the objective off, null keeps it
 * @param threshold longest good duration in seconds; null keeps it
 */
public record TargetOverride(
    String where,
    Regex services,
    @Nullable Double availability,
    @Nullable Double latency,
    @Nullable Double threshold) {}
