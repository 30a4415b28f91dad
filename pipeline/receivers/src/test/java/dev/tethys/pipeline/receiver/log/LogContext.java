package dev.tethys.pipeline.receiver.log;

import dev.tethys.model.Labels;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.Registry;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.ComponentId;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Exporter;
import dev.tethys.pipeline.component.Reference;
import dev.tethys.pipeline.component.Storage;
import dev.tethys.pipeline.delivery.DeliverySettings;
import dev.tethys.pipeline.delivery.Encoder;
import dev.tethys.pipeline.delivery.Sender;
import dev.tethys.pipeline.ledger.ItemAccounting;
import java.nio.file.Path;

/** A receiver's context with a folder for its positions. */
public final class LogContext implements Context {
  private final Registry registry = new Registry();
  private final String type;
  private final Path folder;

  public LogContext(String type, Path folder) {
    this.type = type;
    this.folder = folder;
  }

  @Override
  public ComponentId id() {
    return new ComponentId(type, "");
  }

  @Override
  public String name() {
    return "receiver " + type;
  }

  @Override
  public ItemAccounting account(Signal signal) {
    return new ItemAccounting("receiver", type, signal);
  }

  @Override
  public Scheduler clock() {
    return Scheduler.system();
  }

  @Override
  public System.Logger logger() {
    return System.getLogger("log test");
  }

  @Override
  public Registry metrics() {
    return registry;
  }

  @Override
  public <T> T extension(Reference reference, Class<T> capability) {
    return capability.cast(
        new Storage() {
          @Override
          public Path folder(String kind, ComponentId component, String part) {
            return folder;
          }

          @Override
          public boolean durable() {
            return false;
          }
        });
  }

  @Override
  public Exporter exporter(
      DeliverySettings settings, Signal signal, Encoder encoder, Sender sender) {
    throw new UnsupportedOperationException();
  }

  /** The sum of a counter over its labels. */
  double sum(String metric) {
    double sum = 0;
    for (MetricFamily f : registry.gather()) {
      for (MetricFamily.Metric m : f.metrics()) {
        Labels _ = m.labels();
        if (f.name().equals(metric) && m.point() instanceof MetricFamily.Value v) {
          sum += v.value();
        }
      }
    }
    return sum;
  }
}
