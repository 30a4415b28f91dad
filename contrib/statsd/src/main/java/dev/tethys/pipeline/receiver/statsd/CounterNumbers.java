package dev.tethys.pipeline.receiver.statsd;

import java.util.concurrent.ThreadLocalRandom;

/** Number type of counters, whose increments are values divided by sample rates. */
enum CounterNumbers {
  /** Exact value; a sum without a fraction is an integer. */
  EXACT,
  /** Without the fraction. */
  INT,
  /** Unchanged float. */
  FLOAT,
  /** Random rounding to a neighbouring integer, so that sums are correct on average. */
  STOCHASTIC_INT;

  double of(double value) {
    return switch (this) {
      case EXACT, FLOAT -> value;
      case INT -> (long) value;
      case STOCHASTIC_INT -> Math.floor(value + ThreadLocalRandom.current().nextDouble());
    };
  }
}
