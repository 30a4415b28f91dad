package dev.tethys.collect.push;

import dev.tethys.model.NameScheme;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How a gateway works.
 *
 * @param file where groups are kept; null for memory only
 * @param checkConsistency whether a push that contradicts what is there is refused
 * @param names which names are taken; with UTF-8, names in paths may be escaped by {@code U__}
 * @param expiry how long after its last push a group is forgotten; zero for never
 * @param sumCounters whether POST adds counters, histograms and summaries to those that are there
 */
public record PushOptions(
    @Nullable Path file,
    boolean checkConsistency,
    NameScheme names,
    Duration expiry,
    boolean sumCounters) {
  /** As Prometheus's Pushgateway does by default. */
  public static final PushOptions DEFAULT =
      new PushOptions(null, true, NameScheme.LEGACY, Duration.ZERO, false);
}
