package dev.tethys.collect.exporter.mapping;

import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One rule of a mapping file.
 *
 * @param match a glob of dotted components, or an expression
 * @param regex whether it is an expression
 * @param name of the metric, with references to what matched
 * @param labels with references to what matched
 * @param drop whether what matches is left out
 * @param kind of what it matches; null for all kinds
 * @param ttl after which a series without new values vanishes; zero for never
 * @param scale by which values are multiplied
 * @param honorLabels whether labels that came with the metric win over those of the rule
 */
public record Mapping(
    String match,
    boolean regex,
    String name,
    Map<String, String> labels,
    String help,
    boolean drop,
    @Nullable MetricKind kind,
    ObserverOptions observer,
    Duration ttl,
    double scale,
    boolean honorLabels) {}
