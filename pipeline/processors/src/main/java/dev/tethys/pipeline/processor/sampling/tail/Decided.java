package dev.tethys.pipeline.processor.sampling.tail;

import org.jspecify.annotations.Nullable;

/**
 * What was decided of a trace.
 *
 * @param arrival when its first span came
 * @param at when it was decided
 * @param release null unless it was sampled
 * @param fingerprints of the pieces that went on
 */
record Decided(long arrival, long at, @Nullable Release release, long... fingerprints) {
  boolean sampled() {
    return release != null;
  }

  /** With what a piece went on already; null if it did not. */
  @Nullable Release releaseOf(Piece p) {
    for (long f : fingerprints) {
      if (f == p.fingerprint()) {
        return release;
      }
    }
    return null;
  }
}
