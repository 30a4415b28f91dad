package dev.tethys.pipeline.processor.sampling.tail;

import org.jspecify.annotations.Nullable;

/**
 * Decision about a trace.
 *
 * @param arrival time of its first span
 * @param at time of the decision
 * @param release null unless it was sampled
 * @param fingerprints fingerprints of the forwarded parts
 */
record TraceDecision(long arrival, long at, @Nullable ReleasedTrace release, long... fingerprints) {
  boolean sampled() {
    return release != null;
  }

  /** Fingerprints of the spans that a piece was already passed on with; null if it was not. */
  @Nullable ReleasedTrace releaseOf(SpanPiece p) {
    for (long f : fingerprints) {
      if (f == p.fingerprint()) {
        return release;
      }
    }
    return null;
  }
}
