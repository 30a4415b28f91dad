package dev.tethys.pipeline.stages;

import dev.tethys.model.Labels;
import java.util.Collection;
import org.jspecify.annotations.Nullable;

/** Keeps or drops the same labels in successive label sets. Not thread-safe. */
final class LabelFilter {
  private record CachedResult(Labels from, Labels to) {}

  private final byte[][] names;
  private final boolean keep;
  private final @Nullable CachedResult[] known = new CachedResult[LabelChange.SLOTS];

  LabelFilter(Collection<String> names, boolean keep) {
    this.names = Labels.sortedNames(names);
    this.keep = keep;
  }

  Labels apply(Labels from) {
    int slot = (int) from.hash64() & LabelChange.SLOTS - 1;
    CachedResult k = known[slot];
    if (k != null && from.equals(k.from())) {
      return k.to();
    }
    Labels to = from.filter(names, keep);
    known[slot] = new CachedResult(from, to);
    return to;
  }
}
