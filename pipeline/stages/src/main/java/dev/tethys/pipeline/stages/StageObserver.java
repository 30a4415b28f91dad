package dev.tethys.pipeline.stages;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Watches what each stage makes of each entry. Slow: for inspection by a person. */
@FunctionalInterface
public interface StageObserver {
  /** Whether the entry that comes now is watched; asked once for each, by its producer. */
  default boolean isWatching() {
    return true;
  }

  /**
   * A stage has had an entry, or has let go of what it held back.
   *
   * @param stage its name as in the configuration
   * @param before the entry that it was given; null when time passed or the end came
   * @param after what it gave on: none when it dropped the entry or holds it back
   */
  void observe(String stage, @Nullable EntrySnapshot before, List<EntrySnapshot> after);
}
