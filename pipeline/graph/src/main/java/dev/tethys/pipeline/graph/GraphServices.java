package dev.tethys.pipeline.graph;

import dev.tethys.model.exposition.Registry;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.component.Components;
import dev.tethys.pipeline.delivery.Outboxes;
import dev.tethys.pipeline.ledger.AccountingRegistry;

/**
 * Services that a graph uses.
 *
 * @param ledger holds all accounts; the graph does not register it
 * @param metrics registry for component metrics
 */
public record GraphServices(
    Components components,
    Scheduler clock,
    Outboxes outboxes,
    AccountingRegistry ledger,
    Registry metrics) {}
