package dev.tethys.pipeline.delivery;

import dev.tethys.model.file.FileAccess;
import dev.tethys.pipeline.Clockwork;
import dev.tethys.pipeline.ledger.Account;
import java.io.Closeable;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;

/** Opens outboxes. */
public final class Outboxes {
  static final String QUEUE = "queue";
  static final String DEAD = "dead";
  static final String LOCK = "lock";

  private static final System.Logger LOG = System.getLogger("dev.tethys.pipeline.delivery");

  private final FileAccess files;
  private final Clockwork clock;
  private final RandomGenerator random;

  /**
   * What outboxes stand on.
   *
   * @param random from which pauses are drawn
   */
  public Outboxes(FileAccess files, Clockwork clock, RandomGenerator random) {
    this.files = files;
    this.clock = clock;
    this.random = random;
  }

  /** Where they are on disk. */
  public FileAccess files() {
    return files;
  }

  /** Removes the folder of an outbox that is closed and empty, as far as that can be done. */
  public void remove(Path folder) {
    try {
      files.delete(folder);
    } catch (IOException e) {
      LOG.log(Level.WARNING, "cannot remove {0}, where nothing waits: {1}", folder, e.toString());
    }
  }

  /**
   * Opens an outbox and begins to send what is found on its disk.
   *
   * @param name how logs and errors call the destination
   * @param account where everything that is put, or found, is accounted for
   * @throws IOException when the folder cannot be made or somebody else uses it. Damage is no
   *     reason.
   */
  public Outbox open(String name, OutboxOptions options, Sender sender, Account account)
      throws IOException {
    return open(name, options, sender, account, headers -> {});
  }

  /**
   * The same.
   *
   * @param found told the headers of each parcel that waits on disk, before any of them is sent
   */
  public Outbox open(
      String name,
      OutboxOptions options,
      Sender sender,
      Account account,
      Consumer<Map<String, String>> found)
      throws IOException {
    OutboxContext context =
        new OutboxContext(name, account, new Complaints(name, clock), clock, random);
    OutboxOptions.Disk disk = options.disk();
    DeliveryEngine engine;
    if (disk == null) {
      Backlog backlog = new Backlog(new MemoryShelf(), options);
      engine = new DeliveryEngine(context, backlog, sender, new Burial(context, null), () -> {});
    } else {
      Path folder = disk.folder();
      boolean durable = disk.sync() == OutboxOptions.Sync.ALWAYS;
      SegmentedLog.makeFolder(files, folder, durable);
      Closeable lock = files.lock(folder.resolve(LOCK));
      try {
        SegmentedLog log =
            new SegmentedLog(
                files, folder.resolve(QUEUE), options.capacity().bytes(), durable, found);
        DeadLetters letters = new DeadLetters(files, folder.resolve(DEAD), disk.deadLetterBytes());
        Backlog backlog = new Backlog(new DiskShelf(log, disk.sync(), clock), options);
        engine = new DeliveryEngine(context, backlog, sender, new Burial(context, letters), lock);
      } catch (IOException | RuntimeException e) {
        lock.close();
        throw e;
      }
    }
    engine.start();
    return engine;
  }
}
