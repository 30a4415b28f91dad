package dev.tethys.store.profiles;

/**
 * Limits on profiles, named as in Pyroscope's {@code limits}. A profile that exceeds one is
 * rejected.
 *
 * @param maxLabelNames labels of a series, {@code max_label_names_per_series}
 * @param maxLabelNameLength bytes of a label name, {@code max_label_name_length}
 * @param maxLabelValueLength bytes of a label value, {@code max_label_value_length}
 * @param maxSamples samples of a profile, {@code max_profile_stacktrace_samples}
 * @param maxDepth frames of a stack, {@code max_profile_stacktrace_depth}
 * @param maxSymbolLength characters of a symbol, {@code max_profile_symbol_value_length}
 * @param maxSeries series of a tenant in memory, {@code max_global_series_per_tenant}
 */
public record ProfileLimits(
    int maxLabelNames,
    int maxLabelNameLength,
    int maxLabelValueLength,
    int maxSamples,
    int maxDepth,
    int maxSymbolLength,
    int maxSeries) {
  /** Defaults. */
  public static final ProfileLimits DEFAULTS =
      new ProfileLimits(40, 1024, 2048, 200_000, 4096, 65_535, 50_000);
}
