package dev.tethys.pipeline.receiver.scraping;

import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Deduplicates failures of a repeated operation: reports those that the previous attempt did not
 * have, and all again after a success. Not thread-safe.
 */
public final class FailureLog {
  /** Maximum number of logged failures per attempt. */
  private static final int MOST = 10;

  private Set<String> logged = Set.of();

  /** Whether this failure of all is to be logged. */
  public boolean isNew(String reason) {
    return !newOf(Set.of(reason)).isEmpty();
  }

  /** Returns the failures of an attempt to be logged; beyond a few, a line that counts the rest. */
  public List<String> newOf(Set<String> failures) {
    List<String> untold = failures.stream().filter(f -> !logged.contains(f)).toList();
    logged = Set.copyOf(failures);
    int more = untold.size() - MOST;
    return more <= 0
        ? untold
        : Stream.concat(untold.stream().limit(MOST), Stream.of(more + " more of this kind"))
            .toList();
  }

  /** Records a success. */
  public void succeeded() {
    logged = Set.of();
  }
}
