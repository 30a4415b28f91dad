package dev.tethys.store.metrics;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.model.storage.ChangeLog;
import dev.tethys.store.metrics.internal.block.BlockReader;
import dev.tethys.store.metrics.internal.head.Head;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Times back to which samples and buckets are visible now. They advance with time; result caches
 * are notified as of any other change.
 */
final class VisibilityCutoffs {
  private final Head head;
  private final Blocks blocks;
  private final ChangeLog changes;
  private volatile DatabaseOptions options;

  @GuardedBy("changes")
  private Map<Long, RetentionCutoff> noted = Map.of(); // by resolution

  VisibilityCutoffs(DatabaseOptions options, Head head, Blocks blocks, ChangeLog changes) {
    this.options = options;
    this.head = head;
    this.blocks = blocks;
    this.changes = changes;
  }

  /** Returns the oldest visible time of samples (resolution 0), or of buckets of a resolution. */
  RetentionCutoff at(long resolution) {
    DatabaseOptions o = options;
    RetentionPolicy p = Compaction.policy(o, resolution);
    if (p.rules().isEmpty()) {
      return RetentionCutoff.NONE;
    }
    // Where data is downsampled later, samples stay until their blocks go, so that nothing is
    // hidden before its buckets are shown.
    return resolution == 0 && !o.downsampling().isEmpty()
        ? RetentionCutoff.ofRules(p, newest())
        : RetentionCutoff.of(p, newest());
  }

  /**
   * Returns the reference time of ages: the newest sample of the store, unless its timestamp is in
   * the future, as after a period in which a clock was ahead.
   */
  long newest() {
    long newest = head.maxTime();
    for (BlockReader b : blocks.list()) {
      newest = Math.max(newest, b.meta().maxTime() - 1);
    }
    return Math.min(newest, options.clock().millis());
  }

  void configure(DatabaseOptions next) {
    options = next;
    synchronized (changes) {
      noted = all();
      changes.noteAll();
    }
  }

  /** Records data that has become too old to be shown since the last call. */
  void note() {
    if (options.retention().rules().isEmpty()) {
      return; // then samples go with their blocks only
    }
    synchronized (changes) {
      Map<Long, RetentionCutoff> now = all();
      now.forEach((resolution, h) -> note(noted.get(resolution), h));
      noted = now;
    }
  }

  private void note(@Nullable RetentionCutoff before, RetentionCutoff now) {
    if (before == null || now.kinds() != before.kinds()) {
      changes.noteAll();
      return;
    }
    for (int k = 0; k < now.kinds(); k++) {
      long a = before.floor(k);
      long b = now.floor(k); // earlier where the clock went back
      if (a != b) {
        changes.note(Math.min(a, b), Math.max(a, b) - 1);
      }
    }
  }

  private Map<Long, RetentionCutoff> all() {
    Map<Long, RetentionCutoff> out = new HashMap<>();
    out.put(0L, at(0));
    blocks.levels().downsampled().keySet().forEach(r -> out.put(r, at(r)));
    return out;
  }
}
