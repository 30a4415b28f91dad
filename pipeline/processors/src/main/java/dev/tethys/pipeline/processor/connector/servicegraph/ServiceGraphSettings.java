package dev.tethys.pipeline.processor.connector.servicegraph;

import java.time.Duration;
import java.util.List;

/**
 * Settings of the {@code servicegraph} connector.
 *
 * @param bounds bucket bounds in seconds; empty for exponential buckets
 * @param maxSize number of exponential buckets
 * @param dimensions attributes of both spans that become labels
 * @param maxItems maximum number of unpaired requests
 * @param ttl maximum time to wait for the other span
 * @param expiration interval of the check for expired unpaired requests
 * @param staleness interval of the check for edges without recent requests
 * @param peers attributes that name a server without spans, in order of preference; empty if such
 *     servers are not shown
 * @param virtualLabel whether points name the side that sent no span
 * @param databases attributes that name a database
 * @param interval interval between points; zero to emit them with every batch
 * @param offset offset of point times into the past
 */
public record ServiceGraphSettings(
    List<Double> bounds,
    int maxSize,
    List<String> dimensions,
    int maxItems,
    Duration ttl,
    Duration expiration,
    Duration staleness,
    List<String> peers,
    boolean virtualLabel,
    List<String> databases,
    Duration interval,
    Duration offset) {}
