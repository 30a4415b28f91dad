package dev.tethys.store.profiles;

import dev.tethys.model.Labels;
import dev.tethys.model.profiles.ProfileAppendResult;
import dev.tethys.model.profiles.ProfileAppendResult.Refusal;
import dev.tethys.model.profiles.ProfileBatch;
import dev.tethys.model.profiles.ProfileLabels;
import dev.tethys.model.profiles.ProfileSymbols;
import dev.tethys.model.profiles.Samples;
import dev.tethys.model.profiles.Tuples;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Refuses the profiles of one batch that exceed a limit. Reasons are those of Pyroscope. */
final class ProfileAdmission {
  private static final int MAX_SHOWN = 1000;

  /** Queries have a time range in milliseconds of which the end in nanoseconds is a long. */
  private static final long LAST = Long.MAX_VALUE / 1_000_000 * 1_000_000;

  private final ProfileLimits limits;
  private final Set<Labels> known;
  private final ProfileBatch batch;
  private final Map<String, Refusal> refusals = new HashMap<>();

  /** Refused rows. */
  final boolean[] refused;

  /** Number of rows that are not rejected. */
  int stored;

  /**
   * @param known series of the tenant in memory; extended by those of the batch
   */
  ProfileAdmission(ProfileLimits limits, Set<Labels> known, ProfileBatch batch) {
    this.limits = limits;
    this.known = known;
    this.batch = batch;
    this.refused = new boolean[batch.rows.count];
  }

  private record Limit(String reason, String message) {}

  void check() {
    @Nullable Limit[] ofSeries = new Limit[batch.series.size()];
    for (int i = 0; i < ofSeries.length; i++) {
      ofSeries[i] = series(batch.series.get(i));
    }
    ProfileSymbols symbols = batch.symbols.view();
    Limit all = symbols(symbols);
    int[] depths = depths(symbols);
    boolean anyTooDeep = false;
    for (int depth : depths) {
      anyTooDeep |= depth > limits.maxDepth();
    }
    Samples samples = new Samples();
    for (int r = 0; r < refused.length; r++) {
      Limit l = all == null ? ofSeries[batch.rows.series[r]] : all;
      l = l == null ? row(r, anyTooDeep ? depths : null, samples) : l;
      if (l == null) {
        stored++;
      } else {
        refused[r] = true;
        Refusal known = refusals.get(l.reason);
        refusals.put(
            l.reason,
            known == null
                ? new Refusal(1, l.reason, l.message)
                : new Refusal(known.profiles() + 1, l.reason, known.message()));
      }
    }
  }

  private @Nullable Limit series(Labels labels) {
    if (labels.get(ProfileLabels.PROFILE_TYPE).isEmpty()) {
      return new Limit(
          "missing_labels", "series " + shown(labels) + " has no label __profile_type__");
    }
    if (labels.size() > limits.maxLabelNames()) {
      return new Limit(
          "max_label_names_per_series",
          "profile series '"
              + shown(labels)
              + "' has "
              + labels.size()
              + " label names; limit "
              + limits.maxLabelNames());
    }
    for (Labels.Label l : labels.toList()) {
      if (l.name().getBytes(StandardCharsets.UTF_8).length > limits.maxLabelNameLength()) {
        return new Limit(
            "label_name_too_long",
            "profile series '"
                + shown(labels)
                + "' has a label name of more than "
                + limits.maxLabelNameLength()
                + " bytes");
      }
      if (l.value().getBytes(StandardCharsets.UTF_8).length > limits.maxLabelValueLength()) {
        return new Limit(
            "label_value_too_long",
            "profile series '"
                + shown(labels)
                + "' has a value of label "
                + l.name()
                + " of more than "
                + limits.maxLabelValueLength()
                + " bytes");
      }
    }
    if (!known.contains(labels)) {
      if (known.size() >= limits.maxSeries()) {
        return new Limit(
            "series_limit",
            "Maximum active series limit exceeded when trying to create series "
                + shown(labels)
                + ", limit: "
                + limits.maxSeries()
                + "; reduce the labels of profiles, or raise max_global_series_per_tenant");
      }
      known.add(labels);
    }
    return null;
  }

  private static String shown(Labels labels) {
    String text = labels.toString();
    return text.length() <= MAX_SHOWN ? text : text.substring(0, MAX_SHOWN) + "…";
  }

  private @Nullable Limit symbols(ProfileSymbols s) {
    for (int i = 0; i < s.stringCount(); i++) {
      if (s.strings().length(i) > limits.maxSymbolLength() // a character has at least one byte
          && s.string(i).length() > limits.maxSymbolLength()) {
        return new Limit(
            "invalid_profile",
            "a symbol has "
                + s.string(i).length()
                + " characters; max_profile_symbol_value_length is "
                + limits.maxSymbolLength());
      }
    }
    return null;
  }

  /** Frames of each stack: a location has one per line, since lines are inlined calls. */
  private static int[] depths(ProfileSymbols s) {
    Tuples nodes = s.nodes();
    int[] depths = new int[nodes.count()];
    for (int i = 1; i < depths.length; i++) {
      long frames = Math.max(1, s.lines((int) nodes.get(i, 1)));
      depths[i] = (int) Math.min(Integer.MAX_VALUE, depths[(int) nodes.get(i, 0)] + frames);
    }
    return depths;
  }

  /**
   * Returns the limit exceeded by a row, or null.
   *
   * @param depths depth by node, or null if no stack of the batch is too deep
   */
  private @Nullable Limit row(int r, int @Nullable [] depths, Samples samples) {
    long time = batch.rows.times[r];
    if (time < 0 || time >= LAST) {
      return new Limit(
          "not_in_ingestion_window",
          "profile of series '"
              + shown(batch.series.get(batch.rows.series[r]))
              + "' has time "
              + time
              + " ns; it must be from 1970-01-01 to 2262-04-11, queries cannot ask for others");
    }
    int n = batch.rows.samples[r];
    if (n > limits.maxSamples()) {
      return new Limit(
          "samples_limit",
          "profile of series '"
              + shown(batch.series.get(batch.rows.series[r]))
              + "' has "
              + n
              + " samples; max_profile_stacktrace_samples is "
              + limits.maxSamples());
    }
    if (depths == null) {
      return null;
    }
    batch.rows.read(r, samples);
    for (int i = 0; i < n; i++) {
      if (depths[samples.stacks[i]] > limits.maxDepth()) {
        return new Limit(
            "invalid_profile",
            "profile of series '"
                + shown(batch.series.get(batch.rows.series[r]))
                + "' has a stack of "
                + depths[samples.stacks[i]]
                + " frames; max_profile_stacktrace_depth is "
                + limits.maxDepth());
      }
    }
    return null;
  }

  ProfileAppendResult result() {
    List<Refusal> all = new ArrayList<>(refusals.values());
    return new ProfileAppendResult(stored, all);
  }
}
