package dev.tethys.pipeline.graph;

import dev.tethys.model.exposition.Registry;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.component.Components;
import dev.tethys.pipeline.delivery.Outboxes;
import dev.tethys.pipeline.ledger.AccountingRegistry;
import dev.tethys.pipeline.volume.Volumes;

/**
 * Services used by a graph.
 *
 * @param ledger holds all accounts; the graph does not register it
 * @param metrics registry for component metrics
 * @param entry filter at the entry of all pipelines
 * @param volumes counts by attribute; the graph does not register them
 * @param spans spans of the graph's own work; recorded only if a role enables it
 */
public record GraphServices(
    Components components,
    Scheduler clock,
    Outboxes outboxes,
    AccountingRegistry ledger,
    Registry metrics,
    EntryFilter entry,
    Volumes volumes,
    PipelineSpans spans) {
  /** Services of a graph with separate volumes. */
  public GraphServices(
      Components components,
      Scheduler clock,
      Outboxes outboxes,
      AccountingRegistry ledger,
      Registry metrics,
      EntryFilter entry) {
    this(components, clock, outboxes, ledger, metrics, entry, new Volumes(), new PipelineSpans());
  }

  /** Services of a graph without a filter at the entry of pipelines. */
  public GraphServices(
      Components components,
      Scheduler clock,
      Outboxes outboxes,
      AccountingRegistry ledger,
      Registry metrics) {
    this(components, clock, outboxes, ledger, metrics, EntryFilter.NONE);
  }
}
