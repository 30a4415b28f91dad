package dev.tethys.collect.database.postgres;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.SequencedSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Options for reading servers.
 *
 * @param timeout timeout of the entire scrape
 * @param collectors enabled collectors
 * @param defaults whether the version and conflicts are shown
 * @param discover whether all databases of a server are read
 * @param exclude databases that are not read
 * @param include the only databases that are read, if any
 * @param queries the file of the user's queries
 * @param constant labels of all metrics except the collectors'
 * @param prefix prefix of query names, instead of {@code pg}
 */
record PostgresOptions(
    Duration timeout,
    SequencedSet<String> collectors,
    boolean defaults,
    boolean discover,
    Set<String> exclude,
    Set<String> include,
    @Nullable Path queries,
    Map<String, String> constant,
    String prefix,
    SpecialCollectors.Statements statements) {
  /** Returns the constant labels as alternating names and values. */
  List<String> constantLabels() {
    return constant.entrySet().stream()
        .flatMap(e -> java.util.stream.Stream.of(e.getKey(), e.getValue()))
        .toList();
  }
}
