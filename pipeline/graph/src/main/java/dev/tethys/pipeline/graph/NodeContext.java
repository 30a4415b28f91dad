package dev.tethys.pipeline.graph;

import dev.tethys.config.ConfigException;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.log.JulLogger;
import dev.tethys.pipeline.FullQueueBehavior;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Component;
import dev.tethys.pipeline.component.ComponentId;
import dev.tethys.pipeline.component.ComponentKind;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.DynamicReceivers;
import dev.tethys.pipeline.component.Exporter;
import dev.tethys.pipeline.component.QueueParts;
import dev.tethys.pipeline.component.Reference;
import dev.tethys.pipeline.component.Storage;
import dev.tethys.pipeline.delivery.DeliverySettings;
import dev.tethys.pipeline.delivery.DrainScope;
import dev.tethys.pipeline.delivery.Encoder;
import dev.tethys.pipeline.delivery.Neighbours;
import dev.tethys.pipeline.delivery.Outbox;
import dev.tethys.pipeline.delivery.OutboxOptions;
import dev.tethys.pipeline.delivery.OutboxView;
import dev.tethys.pipeline.delivery.Sender;
import dev.tethys.pipeline.ledger.ItemAccounting;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** Context of one node. */
final class NodeContext implements Context {
  private final NodeKey key;
  private final GraphServices services;
  private final Map<ComponentId, Component> extensions;
  private final Registry registry = new Registry();
  private final System.Logger logger;

  /** Extensions in use: if one is replaced, so is this node. */
  private final Set<ComponentId> asked = ConcurrentHashMap.newKeySet();

  NodeContext(
      NodeKey key,
      GraphServices services,
      Map<ComponentId, Component> extensions,
      FullQueueBehavior timeLimit) {
    this.exit = new DrainScope.Exit(timeLimit);
    this.key = key;
    this.services = services;
    this.extensions = extensions;
    this.logger = JulLogger.of("dev.tethys.pipeline." + key.kind().word());
  }

  /** The exporters with queues that were made for this node. */
  private final List<QueuedExporter> exporters = new CopyOnWriteArrayList<>();

  List<QueuedExporter> exporters() {
    return exporters;
  }

  private final DrainScope.Exit exit;
  private volatile Neighbours neighbours = Neighbours.NONE;

  /** Returns the exit through which all batches leave the node. */
  DrainScope.Exit exit() {
    return exit;
  }

  /** Returns a view of its queues, or null if none is running. */
  @Nullable OutboxView outbox() {
    Map<String, OutboxView> running = new LinkedHashMap<>();
    for (QueuedExporter e : exporters) {
      Outbox b = e.outbox();
      if (b != null) {
        running.put(e.part(), b);
      }
    }
    return running.size() < 2
        ? running.values().stream().findFirst().orElse(null)
        : new JoinedOutboxes(running);
  }

  Set<ComponentId> requestedExtensions() {
    return asked;
  }

  @Override
  public ComponentId id() {
    return key.id();
  }

  @Override
  public String name() {
    return key.kind().word() + " " + key.component();
  }

  @Override
  public ItemAccounting account(Signal signal) {
    return services.ledger().account(key.kind().word(), key.component(), signal);
  }

  @Override
  public Scheduler clock() {
    return services.clock();
  }

  @Override
  public System.Logger logger() {
    return logger;
  }

  @Override
  public Registry metrics() {
    return registry;
  }

  @Override
  public <T> T extension(Reference reference, Class<T> capability) {
    ComponentId id = services.components().canonical(ComponentKind.EXTENSION, reference.id());
    Component c = extensions.get(id);
    if (c == null) {
      throw new ConfigException(
          reference.where(),
          "extension \"" + reference.id() + "\" does not run: service.extensions must name it");
    }
    if (!capability.isInstance(c)) {
      throw new ConfigException(
          reference.where(),
          "extension \""
              + reference.id()
              + "\" cannot serve as "
              + capability
                  .getSimpleName()
                  .replaceAll("([a-z])([A-Z])", "$1 $2")
                  .toLowerCase(Locale.ROOT)
              + " here");
    }
    asked.add(id);
    return capability.cast(c);
  }

  @Override
  public Exporter exporter(
      DeliverySettings settings, Signal signal, Encoder encoder, Sender sender) {
    QueuedExporter e =
        new QueuedExporter(
            this,
            settings,
            options(settings, signal),
            services.outboxes(),
            encoder,
            sender,
            account(signal));
    exporters.add(e);
    return e;
  }

  private OutboxOptions options(DeliverySettings settings, Signal signal) {
    Reference r = settings.storage();
    if (r == null) {
      return overflowing(settings, signal);
    }
    Storage s = extension(r, Storage.class);
    OutboxOptions.Capacity c = settings.options().capacity();
    long most = s.maxBytes();
    return settings
        .options()
        .withCapacity(
            new OutboxOptions.Capacity(Math.min(c.bytes(), most), c.items(), c.requests()))
        .withDisk(
            new OutboxOptions.Disk(
                s.folder(key.kind().word(), key.id(), signal.name().toLowerCase(Locale.ROOT)),
                s.durable() ? OutboxOptions.Sync.ALWAYS : OutboxOptions.Sync.EVERY_SECOND,
                Math.min(settings.deadLetterBytes(), most)));
  }

  /**
   * Returns the options with the process's overflow folder, if any, in which a memory queue
   * continues.
   */
  private OutboxOptions overflowing(DeliverySettings settings, Signal signal) {
    OutboxOptions.Overflow o = settings.options().overflow();
    Path folder = services.outboxes().overflowFolder();
    if (o == null || folder == null || settings.options().disk() != null) {
      return settings.options().withOverflow(null);
    }
    String name =
        URLEncoder.encode(
            key.kind().word() + "_" + key.id() + "_" + signal.name().toLowerCase(Locale.ROOT),
            StandardCharsets.UTF_8);
    OutboxOptions.Disk disk =
        new OutboxOptions.Disk(
            folder.resolve(name), OutboxOptions.Sync.ALWAYS, settings.deadLetterBytes());
    return settings
        .options()
        .withOverflow(new OutboxOptions.Overflow(disk, o.bytes(), o.slowAllowed()));
  }

  /** Returns the alternative routes of its items. */
  Neighbours neighbours() {
    return neighbours;
  }

  void setNeighbours(Neighbours other) {
    neighbours = other;
  }

  @Override
  public QueueParts parts(DeliverySettings settings, Signal signal) {
    return new FolderParts(this, settings, options(settings, signal), services, account(signal));
  }

  GraphServices services() {
    return services;
  }

  /** Records the requests of one of this exporter's senders. */
  Sender traced(Sender sender) {
    return key.kind() == ComponentKind.EXPORTER
        ? services.spans().traced(sender, key.id(), Plan.signal(key.part()))
        : sender;
  }

  /** Limits the extensions the created component may request later. */
  void mayAsk(Collection<String> names) {
    extensions
        .keySet()
        .forEach(
            id -> {
              if (names.stream().anyMatch(n -> isName(id, n))) {
                asked.add(id);
              }
            });
  }

  void mayAskAny() {
    asked.addAll(extensions.keySet());
  }

  private boolean isName(ComponentId id, String name) {
    try {
      return services
          .components()
          .canonical(ComponentKind.EXTENSION, ComponentId.parse(name))
          .equals(id);
    } catch (IllegalArgumentException e) {
      return false; // some other word
    }
  }

  @Override
  public DynamicReceivers receivers() {
    return new NodeReceivers(this);
  }
}
