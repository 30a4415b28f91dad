package dev.tethys.pipeline.stages;

import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Sets the same few labels in one set after the other. What comes of a set and values is
 * remembered, because entries of a stream bring the same ones again: the steady state makes no
 * label set. For one thread.
 */
final class LabelChange {
  /** How many results are remembered. */
  static final int SLOTS = 512;

  @SuppressWarnings("ArrayRecordComponent") // compared by what they hold
  private record CachedChange(Labels from, @Nullable String[] values, Labels to) {}

  private final List<String> names;
  private final @Nullable CachedChange[] known = new CachedChange[SLOTS];

  LabelChange(List<String> names) {
    this.names = names;
  }

  /**
   * The set with the labels set.
   *
   * @param values by the position of their names; null leaves a label as it is, an empty one
   *     removes it; may be changed afterwards
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
