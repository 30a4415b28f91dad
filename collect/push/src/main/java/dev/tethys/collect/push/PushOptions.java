package dev.tethys.collect.push;

import dev.tethys.model.NameScheme;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Pushgateway options.
 *
 * @param file storage of groups; null for memory only
 * @param checkConsistency whether a push inconsistent with existing families is refused
 * @param names permitted names; with UTF-8, names in paths may be escaped by {@code U__}
 * @param expiry time after its last push when a group is removed; zero for never
 * @param sumCounters whether POST adds counters, histograms and summaries to existing ones
 */
public record PushOptions(
    @Nullable Path file,
    boolean checkConsistency,
    NameScheme names,
    Duration expiry,
    boolean sumCounters) {
  /** Defaults of Prometheus's Pushgateway. */
  public static final PushOptions DEFAULT =
      new PushOptions(null, true, NameScheme.LEGACY, Duration.ZERO, false);
}
