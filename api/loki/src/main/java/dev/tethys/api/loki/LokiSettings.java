package dev.tethys.api.loki;

import dev.tethys.query.logql.LogqlLimits;
import java.time.Duration;
import java.util.function.Function;

/**
 * Settings of Loki's API.
 *
 * @param limits limits of queries
 * @param admin whether logs may be deleted
 * @param maxTails {@code max_concurrent_tail_requests}: most live tails of a tenant, 0 for no limit
 * @param retention age of the oldest entries by tenant, zero for no limit
 * @param version version of the program
 */
public record LokiSettings(
    LogqlLimits limits,
    boolean admin,
    int maxTails,
    Function<String, Duration> retention,
    String version) {}
