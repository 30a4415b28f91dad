package dev.tethys.pipeline.stages;

import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Sets the same few labels in successive label sets. Results are cached by label set and values,
 * because entries of a stream repeat them; in the steady state no label set is created. Not
 * thread-safe.
 */
final class LabelChange {
  /** Number of cached results. */
  static final int SLOTS = 512;

  @SuppressWarnings("ArrayRecordComponent") // compared by content
  private record CachedChange(Labels from, @Nullable String[] values, Labels to) {}

  private final List<String> names;
  private final @Nullable CachedChange[] known = new CachedChange[SLOTS];

  LabelChange(List<String> names) {
    this.names = names;
  }

  /**
   * Returns the set with the labels applied.
   *
   * @param values values in the order of the label names; null leaves a label unchanged, an empty
   *     value removes it; the caller may reuse the array
   */
  Labels apply(Labels from, @Nullable String[] values) {
    long hash = from.hash64();
    for (String v : values) {
      hash = hash * 31 + (v == null ? 7 : v.hashCode());
    }
    int slot = (int) (hash ^ hash >>> 32) & SLOTS - 1;
    CachedChange k = known[slot];
    if (k != null && same(k.values(), values) && from.equals(k.from())) {
      return k.to();
    }
    Labels to = compute(from, values);
    known[slot] = new CachedChange(from, values.clone(), to);
    return to;
  }

  private static boolean same(@Nullable String[] a, @Nullable String[] b) {
    for (int i = 0; i < a.length; i++) {
      String x = a[i];
      if (x == null ? b[i] != null : !x.equals(b[i])) {
        return false;
      }
    }
    return true;
  }

  private Labels compute(Labels from, @Nullable String[] values) {
    LabelsBuilder b = from.toBuilder();
    boolean changed = false;
    for (int i = 0; i < values.length; i++) {
      String v = values[i];
      if (v != null) {
        b.set(names.get(i), v);
        changed = true;
      }
    }
    return changed ? b.build() : from;
  }
}
