package dev.tethys.tools;

import dev.tethys.config.ConfigException;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.log.JulLogger;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Component;
import dev.tethys.pipeline.component.ComponentId;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Exporter;
import dev.tethys.pipeline.component.ExtensionFactory;
import dev.tethys.pipeline.component.Reference;
import dev.tethys.pipeline.config.Definition;
import dev.tethys.pipeline.delivery.DeliverySettings;
import dev.tethys.pipeline.delivery.Encoder;
import dev.tethys.pipeline.delivery.Sender;
import dev.tethys.pipeline.ledger.ItemAccounting;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Context of a destination under test: extensions, but no queue. */
final class ProbeContext implements Context, AutoCloseable {
  private final Definition of;
  private final List<Definition> extensions;
  private final Map<ComponentId, Component> started;
  private final Registry registry = new Registry();

  ProbeContext(Definition of, List<Definition> extensions) {
    this(of, extensions, new HashMap<>());
  }

  private ProbeContext(
      Definition of, List<Definition> extensions, Map<ComponentId, Component> started) {
    this.of = of;
    this.extensions = extensions;
    this.started = started;
  }

  @Override
  public ComponentId id() {
    return of.id();
  }

  @Override
  public String name() {
    return of.toString();
  }

  @Override
  public ItemAccounting account(Signal signal) {
    return new ItemAccounting(of.kind().word(), of.id().toString(), signal);
  }

  @Override
  public Scheduler clock() {
    return Scheduler.system();
  }

  @Override
  public System.Logger logger() {
    return JulLogger.of("dev.tethys.tool");
  }

  @Override
  public Registry metrics() {
    return registry;
  }

  @Override
  public <T> T extension(Reference reference, Class<T> capability) {
    for (Definition d : extensions) {
      if (d.id().equals(reference.id()) && d.factory() instanceof ExtensionFactory<?> f) {
        Component c = started.computeIfAbsent(d.id(), id -> start(f, d));
        if (capability.isInstance(c)) {
          return capability.cast(c);
        }
      }
    }
    throw new ConfigException(
        reference.where(),
        "extension \"" + reference.id() + "\" does not run, or cannot serve here");
  }

  @SuppressWarnings("unchecked") // a definition's settings are those of its factory
  private Component start(ExtensionFactory<?> f, Definition d) {
    Component c =
        ((ExtensionFactory<Object>) f)
            .create(d.settings(), new ProbeContext(d, extensions, started));
    try {
      c.start();
    } catch (IOException e) {
      throw new ConfigException(d.key().where(), d + ": " + e.getMessage());
    }
    return c;
  }

  @Override
  public Exporter exporter(
      DeliverySettings settings, Signal signal, Encoder encoder, Sender sender) {
    throw new IllegalStateException("a probe has no queue");
  }

  @Override
  public void close() {
    started.values().forEach(c -> c.stop(Duration.ZERO));
  }
}
