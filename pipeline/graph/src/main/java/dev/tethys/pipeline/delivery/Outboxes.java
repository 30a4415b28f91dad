package dev.tethys.pipeline.delivery;

import dev.tethys.model.file.FileAccess;
import dev.tethys.model.log.JulLogger;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.ledger.ItemAccounting;
import java.io.Closeable;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Opens outboxes. */
public final class Outboxes {
  static final String QUEUE = "queue";
  static final String DEAD = "dead";
  static final String LOCK = "lock";

  private static final System.Logger LOG = JulLogger.of("dev.tethys.pipeline.delivery");

  private final FileAccess files;
  private final Scheduler clock;
  private final RandomGenerator random;
  private final @Nullable Path overflowFolder;

  /**
   * Creates outboxes on files, with a clock and a source of randomness.
   *
   * @param random source of randomness for jitter
   */
  public Outboxes(FileAccess files, Scheduler clock, RandomGenerator random) {
    this(files, clock, random, null);
  }

  private Outboxes(
      FileAccess files, Scheduler clock, RandomGenerator random, @Nullable Path overflowFolder) {
    this.files = files;
    this.clock = clock;
    this.random = random;
    this.overflowFolder = overflowFolder;
  }

  /** Returns a copy with a folder in which memory queues continue while their destination fails. */
  public Outboxes withOverflow(Path folder) {
    return new Outboxes(files, clock, random, folder);
  }

  /**
   * Returns the folder in which memory queues continue while their destination fails, or null if
   * none.
   */
  public @Nullable Path overflowFolder() {
    return overflowFolder;
  }

  /** Files of queues on disk. */
  public FileAccess files() {
    return files;
  }

  /** Removes the folder of an outbox that is closed and empty, as far as that can be done. */
  public void remove(Path folder) {
    try {
      files.delete(folder);
    } catch (IOException e) {
      LOG.log(Level.WARNING, "cannot remove the empty queue {0}: {1}", folder, e.toString());
    }
  }

  /**
   * Opens an outbox and starts sending the requests found on disk.
   *
   * @param name destination name used in logs and errors
   * @param account accounting for all requests added or found on disk
   * @throws IOException if the folder cannot be created or another process uses it. Corruption does
   *     not cause a failure.
   */
  public Outbox open(String name, OutboxOptions options, Sender sender, ItemAccounting account)
      throws IOException {
    return open(name, options, sender, account, headers -> {});
  }

  /**
   * The same.
   *
   * @param found called with the headers of each request on disk before any of them is sent
   */
  public Outbox open(
      String name,
      OutboxOptions options,
      Sender sender,
      ItemAccounting account,
      Consumer<Map<String, String>> found)
      throws IOException {
    return open(name, options, sender, account, found, () -> Neighbours.NONE);
  }

  /**
   * The same.
   *
   * @param neighbours other destinations of the items; may change
   */
  public Outbox open(
      String name,
      OutboxOptions options,
      Sender sender,
      ItemAccounting account,
      Consumer<Map<String, String>> found,
      Supplier<Neighbours> neighbours)
      throws IOException {
    OutboxContext context =
        new OutboxContext(
            name, account, new DeliveryErrorLog(name, clock), clock, random, neighbours);
    OutboxOptions.Disk disk = options.disk();
    OutboxOptions.Overflow overflow = options.overflow();
    SendingQueue engine;
    if (disk == null && overflow != null && overflow.disk() != null) {
      DeadLetterSink letters = new DeadLetterSink(context, null);
      Overflow o = new Overflow(context, files, letters, overflow.disk());
      o.recover(overflow.bytes());
      engine =
          new SendingQueue(
              context, new QueueState(o.storage(), options, o), sender, letters, o::close);
    } else if (disk == null) {
      QueueState state = new QueueState(new MemoryQueueStorage(), options);
      engine =
          new SendingQueue(context, state, sender, new DeadLetterSink(context, null), () -> {});
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
        QueueState state = new QueueState(new DiskQueueStorage(log, disk.sync(), clock), options);
        engine =
            new SendingQueue(context, state, sender, new DeadLetterSink(context, letters), lock);
      } catch (IOException | RuntimeException e) {
        lock.close();
        throw e;
      }
    }
    engine.start();
    return engine;
  }
}
