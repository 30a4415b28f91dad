package dev.tethys.pipeline.component;

import dev.tethys.model.exposition.Registry;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.delivery.DeliverySettings;
import dev.tethys.pipeline.delivery.Encoder;
import dev.tethys.pipeline.delivery.Sender;
import dev.tethys.pipeline.ledger.ItemAccounting;

/** Services that the graph provides to a component that it creates. */
public interface Context {
  /** Which component of the configuration it is. */
  ComponentId id();

  /** How logs and errors call it: {@code exporter otlp_grpc/far}. */
  String name();

  /** Where it says what became of its items. */
  ItemAccounting account(Signal signal);

  Scheduler clock();

  System.Logger logger();

  /**
   * Where its own metrics are made. Each component has its own registry, shown with all others:
   * name the component in a label.
   */
  Registry metrics();

  /**
   * The part of an extension that does something for others, such as {@link ClientAuth}. The
   * extension is started before the component is.
   *
   * @throws dev.tethys.config.ConfigException at the place of the reference, when there is no such
   *     extension or it cannot do that
   */
  <T> T extension(Reference reference, Class<T> capability);

  /**
   * An exporter with what all of them share: a queue in memory or on disk, batching before it,
   * retries, adaptive concurrency, dead letters, accounting.
   *
   * @param encoder turns batches into requests, on the threads of the pipeline
   * @param sender sends them; opened at the first request, closed with the exporter
   */
  Exporter exporter(DeliverySettings settings, Signal signal, Encoder encoder, Sender sender);

  /** Several of them with the same settings, which come and go while the component runs. */
  default QueueParts parts(DeliverySettings settings, Signal signal) {
    throw new UnsupportedOperationException("exporters with several queues require a graph");
  }

  /** Receivers that the component makes while it runs; of one receiver alone. */
  default DynamicReceivers receivers() {
    throw new UnsupportedOperationException("dynamic receivers require a graph");
  }
}
