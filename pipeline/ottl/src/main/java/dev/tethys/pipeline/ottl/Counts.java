package dev.tethys.pipeline.ottl;

import dev.tethys.model.log.JulLogger;
import java.util.concurrent.atomic.LongAdder;

/**
 * Counters of successful and failed runs of one statement or condition. Thread-safe. Errors are
 * logged when their number is a power of two, so a statement that fails for every item is reported
 * without filling the log.
 */
final class Counts {
  private static final System.Logger LOG = JulLogger.of(Counts.class.getPackageName());

  private final LongAdder matched = new LongAdder();
  private final java.util.concurrent.atomic.AtomicLong errors =
      new java.util.concurrent.atomic.AtomicLong();

  void match() {
    matched.increment();
  }

  long matched() {
    return matched.sum();
  }

  long errors() {
    return errors.get();
  }

  /** Counts an error and handles it according to the mode. */
  void error(ErrorMode mode, String text, EvaluationException e) {
    long n = errors.incrementAndGet();
    if (mode == ErrorMode.PROPAGATE) {
      throw new EvaluationException(text + ": " + e.getMessage());
    }
    if (mode == ErrorMode.IGNORE && Long.bitCount(n) == 1) {
      LOG.log(
          System.Logger.Level.WARNING,
          "an OTTL expression could not be evaluated expression=\"{0}\" error=\"{1}\" errors={2}",
          text,
          e.getMessage(),
          Long.toString(n));
    }
  }
}
