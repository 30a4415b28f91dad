package dev.tethys.collect.database.mongodb;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Options for reading a server.
 *
 * @param direct whether to connect directly to the single host of a string that does not define it
 * @param connectTimeout timeout, if the string does not define it
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
   * Selected collections.
   *
   * @param discovering whether all are listed
   * @param collstats names with their databases, patterns of these when discovering
   * @param indexstats likewise
   * @param most number of collections above which per-collection requests are skipped; 0 for no
   *     limit
   */
  record Collections(
      boolean discovering, List<String> collstats, List<String> indexstats, long most) {}

  /**
   * Level of detail of the collectors.
   *
   * @param histograms buckets of getDiagnosticData
   * @param freeStorage free space of databases
   * @param storage indexes and storage engine of collections
   * @param descending whether {@code -1} in names of indexes becomes {@code DESC}
   * @param profiled age up to which profiled operations are counted
   * @param slow minimum duration of a shown operation, null to show none
   */
  record Details(
      boolean histograms,
      boolean freeStorage,
      boolean storage,
      boolean descending,
      Duration profiled,
      @Nullable Duration slow) {}
}
