package dev.tethys.pipeline.graph;

import dev.tethys.model.exposition.Registry;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.component.Components;
import dev.tethys.pipeline.delivery.Outboxes;
import dev.tethys.pipeline.ledger.AccountingRegistry;

/**
 * What a graph stands on.
 *
 * @param ledger of all accounts; the graph does not register it
 * @param metrics to which the metrics of components are added
 */
public record GraphServices(
    Components components,
    Scheduler clock,
    Outboxes outboxes,
    AccountingRegistry ledger,
    Registry metrics) {}
