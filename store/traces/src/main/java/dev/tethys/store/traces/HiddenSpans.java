package dev.tethys.store.traces;

import dev.tethys.model.traces.SpanFilter;
import dev.tethys.store.events.DeletionMark;
import dev.tethys.store.traces.block.ChunkScan;
import dev.tethys.store.traces.block.SpanChunk;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Spans that deletions hide in a part. Thread-safe. */
final class HiddenSpans {
  private record Condition(SpanFilter filter, long from, long to) {}

  private final List<Condition> conditions = new ArrayList<>();

  private HiddenSpans() {}

  /** Spans of marks that apply. */
  static HiddenSpans of(List<DeletionMark> marks) {
    HiddenSpans out = new HiddenSpans();
    for (DeletionMark m : marks) {
      out.conditions.add(new Condition(SpanCondition.decode(m.condition()), m.from(), m.to()));
    }
    return out;
  }

  /** Mask of the hidden rows of a chunk; null if there are none. */
  long @Nullable [] mask(SpanChunk chunk) {
    long[] out = null;
    for (Condition c : conditions) {
      ChunkScan scan = new ChunkScan(chunk);
      long[] fit = scan.select(c.filter, scan.inRange(c.from, c.to));
      long any = 0;
      for (long w : fit) {
        any |= w;
      }
      if (any != 0) {
        out = out == null ? new long[fit.length] : out;
        for (int i = 0; i < out.length; i++) {
          out[i] |= fit[i];
        }
      }
    }
    return out;
  }
}
