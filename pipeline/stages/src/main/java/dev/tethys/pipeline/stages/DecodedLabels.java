package dev.tethys.pipeline.stages;

import dev.tethys.model.Labels;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Label sets as strings, cached for recurring sets. Not thread-safe. */
final class DecodedLabels {
  /** Number of cached label sets. */
  static final int SLOTS = 256;

  private final @Nullable Labels[] keys = new Labels[SLOTS];
  private final @Nullable List<Labels.Label>[] decoded = slots();

  @SuppressWarnings({"unchecked", "rawtypes"})
  private static @Nullable List<Labels.Label>[] slots() {
    return new List[SLOTS];
  }

  List<Labels.Label> of(Labels labels) {
    int slot = (int) labels.hash64() & SLOTS - 1;
    List<Labels.Label> known = decoded[slot];
    if (known != null && labels.equals(keys[slot])) {
      return known;
    }
    List<Labels.Label> made = List.copyOf(labels.toList());
    keys[slot] = labels;
    decoded[slot] = made;
    return made;
  }
}
