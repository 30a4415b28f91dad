package dev.tethys.pipeline.delivery;

import dev.tethys.pipeline.Scheduler;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Binding to a sender, with the learned state of its destination and the requests in flight.
 * Guarded by the lock of the outbox.
 */
final class SenderBinding {
  final Sender sender;
  final OutboxOptions.Retry retry;
  final AdaptiveLimit limit;
  final Breaker breaker;

  /** Requests that were given to the sender and are not dealt with. */
  int inFlight;

  /** Whether its sender is closed as soon as nothing is in flight. */
  boolean ending;

  /** Timer that interrupts requests in flight when it must end. */
  Scheduler.@Nullable Timer cutOff;

  SenderBinding(Sender sender, OutboxOptions options, RandomGenerator random) {
    this.sender = sender;
    this.retry = options.retry();
    this.limit = new AdaptiveLimit(options.concurrency(), options.adaptive());
    this.breaker = new Breaker(options.retry(), random);
  }

  /** Returns the maximum number of requests in flight. */
  int permitted() {
    return breaker.isProbing() ? 1 : limit.limit();
  }
}
