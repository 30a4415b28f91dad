package dev.tethys.pipeline.processor.connector.servicegraph;

import java.time.Duration;
import java.util.List;

/**
 * What the {@code servicegraph} connector is told.
 *
 * @param bounds of buckets, in seconds; none for exponential ones
 * @param maxSize of exponential buckets
 * @param dimensions attributes of both spans that tell edges apart
 * @param maxItems most requests of which only one side is known
 * @param ttl how long the other side is waited for
 * @param expiration how often those that wait are looked through
 * @param staleness how often edges are looked through of which nothing was heard for long
 * @param peers attributes that name a server of which nothing is heard, the best first; none where
 *     such servers are not shown
 * @param virtualLabel whether points say which side was not heard of
 * @param databases attributes that name a database
 * @param interval between points; zero for with every batch
 * @param offset by which points are older than now
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
