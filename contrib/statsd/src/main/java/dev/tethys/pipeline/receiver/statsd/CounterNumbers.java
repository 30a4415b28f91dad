package dev.tethys.pipeline.receiver.statsd;

import java.util.concurrent.ThreadLocalRandom;

/** Number type of counters, whose increments are values divided by sample rates. */
enum CounterNumbers {
  /** As it is; a sum without a fraction is an integer. */
  EXACT,
  /** Without the fraction. */
  INT,
  /** As it is. */
  FLOAT,
  /** One of both neighbouring integers, at random, so that sums are right on average. */
  STOCHASTIC_INT;

  double of(double value) {
    return switch (this) {
      case EXACT, FLOAT -> value;
      case INT -> (long) value;
      case STOCHASTIC_INT -> Math.floor(value + ThreadLocalRandom.current().nextDouble());
    };
  }
}
