package dev.tethys.collect.exporter.mapping;

import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One rule of a mapping file.
 *
 * @param match a glob of dotted components, or an expression
 * @param regex whether it is an expression
 * @param name name of the metric, with references to matched groups
 * @param labels labels with references to matched groups
 * @param drop whether matching samples are omitted
 * @param kind kind of samples that it matches; null for all kinds
 * @param ttl time without new values after which a series is removed; zero for never
 * @param scale factor for values
 * @param honorLabels whether labels of the sample take precedence over labels of the rule
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
