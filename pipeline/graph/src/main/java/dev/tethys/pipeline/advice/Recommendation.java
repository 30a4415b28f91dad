package dev.tethys.pipeline.advice;

import dev.tethys.pipeline.Signal;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Proposal to reduce data. It is never applied automatically.
 *
 * @param evidence observation, in one sentence
 * @param examples observed values, bounded
 * @param sampled items of the signal in the sample
 * @param matched sampled items that would no longer be sent; for a label, points whose series would
 *     be merged
 * @param bytesPerSecond bytes of the matched items per second, at the place of the sample
 * @param condition OTTL condition of a live control {@code filter}; null if a control cannot apply
 *     it
 * @param config processor for a configuration version; "" if a live control suffices
 */
public record Recommendation(
    Kind kind,
    Signal signal,
    String evidence,
    List<String> examples,
    long sampled,
    long matched,
    double bytesPerSecond,
    @Nullable String condition,
    String config) {
  /** Kind of data that costs more than it is worth. */
  public enum Kind {
    /** Health check spans. */
    HEALTH_CHECKS,

    /** Log records below INFO. */
    DEBUG_LOGS,

    /** Log records with equal bodies within a short time. */
    DUPLICATE_LOGS,

    /** Attribute of data points with very many values. */
    HIGH_CARDINALITY
  }

  public Recommendation {
    examples = List.copyOf(examples);
  }

  /** Returns the share of the sampled items of the signal, 0 to 1. */
  public double share() {
    return sampled == 0 ? 0 : (double) matched / sampled;
  }
}
