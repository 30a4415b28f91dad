package dev.tethys.pipeline.delivery;

import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.ledger.ItemAccounting;
import java.util.random.RandomGenerator;

/**
 * What the parts of an outbox have in common.
 *
 * @param name how logs and errors call its destination
 * @param account where everything is accounted for
 * @param random from which pauses are drawn
 */
record OutboxContext(
    String name,
    ItemAccounting account,
    DeliveryErrorLog complaints,
    Scheduler clock,
    RandomGenerator random) {}
