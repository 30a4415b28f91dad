package dev.tethys.pipeline.component;

import dev.tethys.model.exposition.Registry;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.delivery.DeliverySettings;
import dev.tethys.pipeline.delivery.Encoder;
import dev.tethys.pipeline.delivery.Sender;
import dev.tethys.pipeline.ledger.ItemAccounting;

/** Services provided by the graph to a component it creates. */
public interface Context {
  /** Returns the component ID. */
  ComponentId id();

  /** Returns the name used in logs and errors: {@code exporter otlp_grpc/far}. */
  String name();

  /** Returns the account for the outcome of its items. */
  ItemAccounting account(Signal signal);

  Scheduler clock();

  System.Logger logger();

  /**
   * Returns the registry for its own metrics. Each component has its own registry, exposed with all
   * others: name the component in a label.
   */
  Registry metrics();

  /**
   * Returns a capability of an extension, such as {@link ClientAuth}. The extension is started
   * before the component.
   *
   * @throws dev.tethys.config.ConfigException at the reference, if the extension does not exist or
   *     lacks the capability
   */
  <T> T extension(Reference reference, Class<T> capability);

  /**
   * Creates an exporter with the common features: a queue in memory or on disk, batching before it,
   * retries, adaptive concurrency, dead letters, accounting.
   *
   * @param encoder encodes batches on the threads of the pipeline
   * @param sender sends requests; opened at the first request, closed with the exporter
   */
  Exporter exporter(DeliverySettings settings, Signal signal, Encoder encoder, Sender sender);

  /**
   * Returns several exporters with the same settings, added and removed while the component runs.
   */
  default QueueParts parts(DeliverySettings settings, Signal signal) {
    throw new UnsupportedOperationException("exporters with several queues require a graph");
  }

  /** Returns the receivers created by the component at run time; only for receivers. */
  default DynamicReceivers receivers() {
    throw new UnsupportedOperationException("dynamic receivers require a graph");
  }
}
