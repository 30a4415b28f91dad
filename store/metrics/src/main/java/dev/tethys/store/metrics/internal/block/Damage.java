package dev.tethys.store.metrics.internal.block;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.function.Supplier;

/**
 * What of a block turned out to be damaged since it was opened: told in the log once, and kept for
 * who asks. Safe for several threads.
 */
final class Damage {
  /** Further places are neither told nor kept: one who mends the block mends them all. */
  private static final int MAX_PLACES = 20;

  private static final Logger LOG = System.getLogger(Damage.class.getName());

  private final Supplier<Path> folder;
  private final Set<String> places = new ConcurrentSkipListSet<>();

  Damage(Supplier<Path> folder) {
    this.folder = folder;
  }

  boolean isEmpty() {
    return places.isEmpty();
  }

  void note(Exception e) {
    String place = String.valueOf(e.getMessage());
    if (places.size() < MAX_PLACES && places.add(place)) {
      LOG.log(Level.ERROR, text(place));
    }
  }

  /** A sentence for each place, with what to do. */
  List<String> texts() {
    return places.stream().map(this::text).toList();
  }

  private String text(String place) {
    return "block "
        + folder.get()
        + " is damaged: "
        + place
        + ". Queries answer without what stands there and say so; the block is neither merged nor"
        + " downsampled, and goes when its time is over. To mend it, stop the server and put the"
        + " folder back from a backup; tethys tool tsdb verify tells all that is damaged";
  }

  /** What the reader of an answer is told, whatever the place. */
  String warning() {
    return "block "
        + folder.get().getFileName()
        + " is damaged: samples that stood in it are missing from this answer";
  }
}
