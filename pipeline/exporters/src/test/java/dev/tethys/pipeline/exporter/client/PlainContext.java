package dev.tethys.pipeline.exporter.client;

import dev.tethys.model.exposition.Registry;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.ComponentId;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Exporter;
import dev.tethys.pipeline.component.Reference;
import dev.tethys.pipeline.delivery.DeliverySettings;
import dev.tethys.pipeline.delivery.Encoder;
import dev.tethys.pipeline.delivery.Sender;
import dev.tethys.pipeline.ledger.ItemAccounting;

/**
 * Context of an exporter probe without a graph: no extensions, no queue.
 *
 * @param type of the exporter
 */
public record PlainContext(String type, Registry metrics) implements Context {
  public PlainContext(String type) {
    this(type, new Registry());
  }

  @Override
  public ComponentId id() {
    return new ComponentId(type, "");
  }

  @Override
  public String name() {
    return "exporter " + type;
  }

  @Override
  public ItemAccounting account(Signal signal) {
    return new ItemAccounting("exporter", type, signal);
  }

  @Override
  public Scheduler clock() {
    return Scheduler.system();
  }

  @Override
  public System.Logger logger() {
    return System.getLogger(type);
  }

  @Override
  public <T> T extension(Reference reference, Class<T> capability) {
    throw new IllegalStateException("there are no extensions");
  }

  @Override
  public Exporter exporter(
      DeliverySettings settings, Signal signal, Encoder encoder, Sender sender) {
    throw new IllegalStateException("there is no queue");
  }
}
