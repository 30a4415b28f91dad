package dev.tethys.store.logs;

import org.jspecify.annotations.Nullable;

/**
 * Limits on entries, named as in Loki's {@code limits_config}. An entry that exceeds one is
 * rejected.
 *
 * @param maxLineSize bytes of a body, {@code max_line_size}
 * @param maxLabelNames labels of a stream, {@code max_label_names_per_series}
 * @param maxLabelNameLength bytes of a label name, {@code max_label_name_length}
 * @param maxLabelValueLength bytes of a label value, {@code max_label_value_length}
 * @param maxMetadataSize bytes of names and values of structured metadata of an entry, {@code
 *     max_structured_metadata_size}
 * @param maxMetadataEntries pairs of structured metadata of an entry, {@code
 *     max_structured_metadata_entries_count}
 * @param maxStreams streams of a tenant in memory, {@code max_global_streams_per_user}
 * @param maxAgeNanos age of the oldest entries, {@code reject_old_samples_max_age}; 0 for no limit
 * @param maxFutureNanos maximum time by which an entry may be ahead of the clock, {@code
 *     creation_grace_period}; 0 for no limit
 * @param retention retention of entries, or null for the engine's
 */
public record LogLimits(
    int maxLineSize,
    int maxLabelNames,
    int maxLabelNameLength,
    int maxLabelValueLength,
    int maxMetadataSize,
    int maxMetadataEntries,
    int maxStreams,
    long maxAgeNanos,
    long maxFutureNanos,
    @Nullable LogRetention retention) {
  /** Defaults. */
  public static final LogLimits DEFAULTS =
      new LogLimits(4 << 20, 64, 1024, 2048, 64 << 10, 128, 500_000, 0, 0, null);
}
