package dev.tethys.collect.database.mongodb;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What is asked of a server.
 *
 * @param direct whether the one host of a string is asked, where the string does not say
 * @param connectTimeout where the string does not say
 * @param environment variables of the process
 * @param oldNames whether metrics have the names of mongodb_exporter 0.1x too
 */
record MongodbOptions(
    boolean direct,
    Duration connectTimeout,
    Function<String, @Nullable String> environment,
    Set<MongodbCollector> on,
    boolean oldNames,
    Collections collections,
    Details details) {
  /**
   * Which collections.
   *
   * @param discovering whether all are looked for
   * @param collstats names with their databases, patterns of these where they are looked for
   * @param indexstats likewise
   * @param most above which nothing is asked that grows with them; 0 for no such limit
   */
  record Collections(
      boolean discovering, List<String> collstats, List<String> indexstats, long most) {}

  /**
   * How much of what a collector finds.
   *
   * @param histograms buckets of getDiagnosticData
   * @param freeStorage free space of databases
   * @param storage indexes and storage engine of collections
   * @param descending whether {@code -1} in names of indexes becomes {@code DESC}
   * @param profiled how far back profiled operations are counted
   * @param slow from which time on an operation is shown, null to show none
   */
  record Details(
      boolean histograms,
      boolean freeStorage,
      boolean storage,
      boolean descending,
      Duration profiled,
      @Nullable Duration slow) {}
}
