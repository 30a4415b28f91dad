package dev.tethys.pipeline.stages;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Observes the effect of each stage on each entry. Slow; meant for interactive inspection. */
@FunctionalInterface
public interface StageObserver {
  /** Whether the next entry is observed; called once per entry by its producer. */
  default boolean isWatching() {
    return true;
  }

  /**
   * Reports that a stage has processed an entry or emitted buffered ones.
   *
   * @param stage its name as in the configuration
   * @param before the input entry; null on a timed flush or at the end
   * @param after the emitted entries; empty if the stage dropped or buffered the entry
   */
  void observe(String stage, @Nullable EntrySnapshot before, List<EntrySnapshot> after);
}
