package dev.tethys.pipeline.delivery;

import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.ledger.ItemAccounting;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/**
 * State shared by the parts of an outbox.
 *
 * @param name name of the exporter in logs and errors
 * @param account item accounting of the exporter
 * @param random source of retry jitter
 * @param neighbours other destinations of its items; may change
 */
record OutboxContext(
    String name,
    ItemAccounting account,
    DeliveryErrorLog errorLog,
    Scheduler clock,
    RandomGenerator random,
    Supplier<Neighbours> neighbours) {}
