package dev.tethys.pipeline.delivery;

import dev.tethys.pipeline.Scheduler;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A way to a destination: a sender, what was learnt of the destination by it, and how much is under
 * way. Guarded by the lock of the outbox.
 */
final class SenderBinding {
  final Sender sender;
  final OutboxOptions.Retry retry;
  final AdaptiveLimit limit;
  final Breaker breaker;

  /** Requests that were given to the sender and are not dealt with. */
  int inFlight;

  /** Whether its sender is closed as soon as nothing flies. */
  boolean ending;

  /** Cuts off what is under way when it has to end. */
  Scheduler.@Nullable Timer cutOff;

  SenderBinding(Sender sender, OutboxOptions options, RandomGenerator random) {
    this.sender = sender;
    this.retry = options.retry();
    this.limit = new AdaptiveLimit(options.concurrency(), options.adaptive());
    this.breaker = new Breaker(options.retry(), random);
  }

  /** Maximum requests in flight. */
  int permitted() {
    return breaker.isProbing() ? 1 : limit.limit();
  }
}
