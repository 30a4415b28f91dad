package dev.tethys.pipeline.graph;

import dev.tethys.config.ConfigException;
import dev.tethys.model.exposition.Registry;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.FullQueueBehavior;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.ComponentId;
import dev.tethys.pipeline.component.ComponentKind;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.DynamicReceivers;
import dev.tethys.pipeline.component.Exporter;
import dev.tethys.pipeline.component.Receiver;
import dev.tethys.pipeline.component.ReceiverFactory;
import dev.tethys.pipeline.component.Reference;
import dev.tethys.pipeline.component.Storage;
import dev.tethys.pipeline.delivery.DeliverySettings;
import dev.tethys.pipeline.delivery.DrainScope;
import dev.tethys.pipeline.delivery.Encoder;
import dev.tethys.pipeline.delivery.Sender;
import dev.tethys.pipeline.ledger.ItemAccounting;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Dynamic receivers of a node: each has its own name and metrics and shares the account, clock and
 * extensions of the node.
 */
final class NodeReceivers implements DynamicReceivers {
  private final NodeContext node;
  private final ReceiverFolders folders;

  NodeReceivers(NodeContext node) {
    this.node = node;
    this.folders = new ReceiverFolders(node.id(), node.name(), node.clock(), node.logger());
  }

  @Override
  public ComponentId canonical(ComponentId id) {
    return node.services().components().canonical(ComponentKind.RECEIVER, id);
  }

  @Override
  public Optional<ReceiverFactory<?>> factory(String type) {
    return node.services()
        .components()
        .find(ComponentKind.RECEIVER, type)
        .map(f -> f instanceof ReceiverFactory<?> r ? r : null);
  }

  @Override
  public String unknown(String type) {
    return node.services().components().unknown(ComponentKind.RECEIVER, type);
  }

  @Override
  public void mayAsk(Collection<String> names) {
    node.mayAsk(names);
  }

  @Override
  public void mayAskAny() {
    node.mayAskAny();
  }

  @Override
  public Receiver make(
      ReceiverFactory<?> factory,
      ComponentId id,
      String called,
      Object settings,
      Map<Signal, Consumer> outputs) {
    Own context = new Own(id, called);
    Map<Signal, Consumer> to = new EnumMap<>(Signal.class);
    DrainScope.Exit exit =
        new DrainScope.Exit(factory.canWait() ? FullQueueBehavior.WAIT : FullQueueBehavior.INHERIT);
    outputs.forEach(
        (signal, output) ->
            to.put(signal, (batch, ack) -> exit.pass(() -> output.consume(batch, ack))));
    return new MeteredReceiver(create(factory, settings, to, context), context);
  }

  /** Creates the receiver; the settings were read by the factory that uses them. */
  @SuppressWarnings("unchecked")
  private static <S> Receiver create(
      ReceiverFactory<S> factory, Object settings, Map<Signal, Consumer> outputs, Context context) {
    S read = (S) settings;
    for (Reference exporter : factory.entityExporters(read)) {
      throw new ConfigException(
          exporter.where(),
          context.name()
              + " is created while the graph runs and reaches no exporter by its name; use a"
              + " pipeline instead");
    }
    return factory.create(read, outputs, context);
  }

  /** Receiver whose metrics are exposed while it runs. */
  private final class MeteredReceiver implements Receiver {
    private final Receiver receiver;
    private final Own context;

    MeteredReceiver(Receiver receiver, Own context) {
      this.receiver = receiver;
      this.context = context;
    }

    @Override
    public void start() throws IOException {
      folders.use(context.folders);
      receiver.start();
      node.services().metrics().register(context.registry);
    }

    @Override
    public void finish(Duration timeLimit) throws InterruptedException {
      receiver.finish(timeLimit);
    }

    @Override
    public void stop(Duration timeLimit) {
      try {
        receiver.stop(timeLimit);
      } finally {
        node.services().metrics().unregister(context.registry);
        folders.release(context.folders);
      }
    }
  }

  private final class Own implements Context {
    private final ComponentId id;
    private final String called;
    private final Registry registry = new Registry();

    /** Folders requested during its creation. */
    private final Set<Path> folders = new HashSet<>();

    Own(ComponentId id, String called) {
      this.id = id;
      this.called = called;
    }

    @Override
    public ComponentId id() {
      return id;
    }

    @Override
    public String name() {
      return called;
    }

    @Override
    public ItemAccounting account(Signal signal) {
      return node.account(signal);
    }

    @Override
    public Scheduler clock() {
      return node.clock();
    }

    @Override
    public System.Logger logger() {
      return node.logger();
    }

    @Override
    public Registry metrics() {
      return registry;
    }

    @Override
    public <T> T extension(Reference reference, Class<T> capability) {
      T found = node.extension(reference, capability);
      return found instanceof Storage all && capability == Storage.class
          ? capability.cast(NodeReceivers.this.folders.of(all, folders))
          : found;
    }

    @Override
    public Exporter exporter(
        DeliverySettings settings, Signal signal, Encoder encoder, Sender sender) {
      throw new UnsupportedOperationException("a dynamically created receiver has no queue");
    }
  }
}
