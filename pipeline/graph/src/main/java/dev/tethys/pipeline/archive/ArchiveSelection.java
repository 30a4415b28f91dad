package dev.tethys.pipeline.archive;

import dev.tethys.pipeline.Signal;
import java.util.Map;
import java.util.Set;

/**
 * Selection from an archive.
 *
 * @param fromNanos earliest time of items, Unix nanoseconds
 * @param untilNanos time of items that are no longer in it
 * @param attributes values that resource attributes must have
 */
public record ArchiveSelection(
    Set<Signal> signals, long fromNanos, long untilNanos, Map<String, String> attributes) {
  public ArchiveSelection {
    signals = Set.copyOf(signals);
    attributes = Map.copyOf(attributes);
  }

  /** Selects all requests of some signals. */
  public static ArchiveSelection all(Set<Signal> signals) {
    return new ArchiveSelection(signals, Long.MIN_VALUE, Long.MAX_VALUE, Map.of());
  }
}
