package dev.tethys.pipeline.graph;

import dev.tethys.pipeline.component.QueuePart;
import dev.tethys.pipeline.component.QueueParts;
import dev.tethys.pipeline.delivery.DeliverySettings;
import dev.tethys.pipeline.delivery.Encoder;
import dev.tethys.pipeline.delivery.OutboxOptions;
import dev.tethys.pipeline.delivery.Sender;
import dev.tethys.pipeline.ledger.ItemAccounting;
import java.io.IOException;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/**
 * Queues of one node. On disk, each has a folder within that of the node, named {@code of-} plus
 * its URL-encoded name; a queue of the node itself would be next to them.
 */
final class FolderParts implements QueueParts {
  private static final String PREFIX = "of-";

  private final NodeContext context;
  private final DeliverySettings settings;
  private final OutboxOptions options;
  private final GraphServices services;
  private final ItemAccounting account;

  FolderParts(
      NodeContext context,
      DeliverySettings settings,
      OutboxOptions options,
      GraphServices services,
      ItemAccounting account) {
    this.context = context;
    this.settings = settings;
    this.options = options;
    this.services = services;
    this.account = account;
  }

  @Override
  public QueuePart part(String name, Encoder encoder, Sender sender) {
    OutboxOptions.Disk disk = options.disk();
    OutboxOptions own = options;
    if (disk != null) {
      Path folder = disk.folder().resolve(PREFIX + URLEncoder.encode(name, StandardCharsets.UTF_8));
      own = options.withDisk(new OutboxOptions.Disk(folder, disk.sync(), disk.deadLetterBytes()));
    }
    OutboxOptions.Overflow overflow = options.overflow();
    if (overflow != null && overflow.disk() != null) {
      OutboxOptions.Disk of = overflow.disk();
      Path folder = of.folder().resolve(PREFIX + URLEncoder.encode(name, StandardCharsets.UTF_8));
      own =
          own.withOverflow(
              new OutboxOptions.Overflow(
                  new OutboxOptions.Disk(folder, of.sync(), of.deadLetterBytes()),
                  overflow.bytes(),
                  overflow.slowAllowed()));
    }
    QueuedExporter e =
        new QueuedExporter(
            context, name, settings, own, services.outboxes(), encoder, sender, account);
    context.exporters().removeIf(other -> other.part().equals(name)); // a part that did not start
    context.exporters().add(e);
    return e;
  }

  @Override
  public List<String> onDisk() throws IOException {
    OutboxOptions.Overflow overflow = options.overflow();
    OutboxOptions.Disk disk = overflow == null ? options.disk() : overflow.disk();
    if (disk == null || !services.outboxes().files().isDirectory(disk.folder())) {
      return List.of();
    }
    return services.outboxes().files().list(disk.folder()).stream()
        .map(p -> p.getFileName().toString())
        .filter(n -> n.startsWith(PREFIX))
        .map(n -> URLDecoder.decode(n.substring(PREFIX.length()), StandardCharsets.UTF_8))
        .sorted()
        .toList();
  }
}
