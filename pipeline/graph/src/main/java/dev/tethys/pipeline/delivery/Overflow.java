package dev.tethys.pipeline.delivery;

import dev.tethys.model.file.FileAccess;
import dev.tethys.model.log.JulLogger;
import dev.tethys.pipeline.AckCallback;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.delivery.OutboxOptions.WhenFull;
import java.io.Closeable;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Continues a queue in memory on disk while its destination fails, so that sources are acknowledged
 * and other destinations of the same data are neither delayed nor receive it twice.
 *
 * <p>Starts when a request has waited for {@link #PATIENCE}, or if there is no space for one. From
 * then on every request is moved to disk in order and acknowledged there. Ends when the disk is
 * empty. Sources that can wait and have no other destination wait instead: their data is safe at
 * its origin.
 *
 * <p>All methods except those used at start are called under the lock of the queue state.
 */
final class Overflow {
  /** Maximum time that a source waits for an acknowledgement while its destination fails. */
  static final Duration PATIENCE = Duration.ofSeconds(2);

  /** Pause after a failed write. */
  static final Duration PAUSE_AFTER_FAILURE = Duration.ofSeconds(10);

  private static final System.Logger LOG = JulLogger.of("dev.tethys.pipeline.delivery");

  private final OutboxContext context;
  private final FileAccess files;
  private final OutboxOptions.Disk disk;
  private final OverflowStorage storage = new OverflowStorage();
  private final DeadLetterSink deadLetters;
  private @Nullable QueueState state;
  private @Nullable Dispatcher dispatcher;
  private @Nullable Closeable folderLock;
  private Scheduler.@Nullable Timer check;
  private boolean active;
  private boolean saving;
  private boolean bounded; // no room on the disk
  private boolean saidFull; // since it began
  private long activeSince; // Unix milliseconds
  private long failedUntil; // nanoseconds; with hasFailed
  private boolean hasFailed;

  Overflow(
      OutboxContext context,
      FileAccess files,
      DeadLetterSink deadLetters,
      OutboxOptions.Disk disk) {
    this.context = context;
    this.files = files;
    this.deadLetters = deadLetters;
    this.disk = disk;
  }

  OverflowStorage storage() {
    return storage;
  }

  /** Opens the queue of a previous process, before requests are added. */
  void recover(long bytes) {
    if (!files.exists(disk.folder().resolve(Outboxes.QUEUE))) {
      return;
    }
    try {
      open(bytes);
      if (storage.found().requests() > 0) {
        active = true;
        activeSince = context.clock().millis();
      }
    } catch (IOException e) {
      LOG.log(
          Level.WARNING,
          "Queue left on disk cannot be opened component=\"{0}\" folder={1} err=\"{2}\"",
          context.name(),
          disk.folder(),
          e.toString());
    }
  }

  void attach(QueueState to, Dispatcher sending) {
    this.state = to;
    this.dispatcher = sending;
  }

  private QueueState state() {
    QueueState s = state;
    if (s == null) {
      throw new IllegalStateException("the overflow does not belong to a queue");
    }
    return s;
  }

  private Dispatcher dispatcher() {
    Dispatcher d = dispatcher;
    if (d == null) {
      throw new IllegalStateException("the overflow does not belong to a queue");
    }
    return d;
  }

  private void open(long bytes) throws IOException {
    boolean durable = disk.sync() == OutboxOptions.Sync.ALWAYS;
    SegmentedLog.makeFolder(files, disk.folder(), durable);
    Closeable lock = files.lock(disk.folder().resolve(Outboxes.LOCK));
    try {
      DeadLetters letters =
          new DeadLetters(files, disk.folder().resolve(Outboxes.DEAD), disk.deadLetterBytes());
      SegmentedLog log =
          new SegmentedLog(
              files,
              disk.folder().resolve(Outboxes.QUEUE),
              Math.max(1, bytes),
              durable,
              headers -> {});
      storage.open(new DiskQueueStorage(log, disk.sync(), context.clock()));
      deadLetters.open(letters);
      folderLock = lock;
    } catch (IOException | RuntimeException e) {
      lock.close();
      throw e;
    }
  }

  /** Whether the queue continues on disk now. */
  boolean isActive() {
    return active;
  }

  /**
   * Returns the time since which the queue continues on disk, in Unix milliseconds; 0 if it does
   * not.
   */
  long activeSince() {
    return active ? activeSince : 0;
  }

  /** Records that a request was put into memory. */
  void stored() {
    if (active) {
      save();
    } else if (check == null && mayBegin()) {
      check = context.clock().schedule(PATIENCE, this::check);
    }
  }

  /** Records that a request left the queue. */
  void removed() {
    if (!active) {
      return;
    }
    bounded = false;
    if (storage.saved().requests() == 0 && !saving) {
      active = false;
      storage.trim();
      LOG.log(Level.INFO, "Sending queue is back in memory component=\"{0}\"", context.name());
      stored();
      return;
    }
    save();
  }

  /**
   * Frees space for a request that does not fit into memory.
   *
   * @param mayWait whether its source can wait
   * @return whether space is being made, for which any source waits briefly
   */
  boolean makesRoom(boolean mayWait) {
    if (!active && mayBegin() && isDue(mayWait)) {
      begin("its queue is full");
    }
    if (!active) {
      return false;
    }
    save();
    return saving;
  }

  private void check() {
    state().lock.lock();
    try {
      check = null;
      if (active || state().phase != QueueState.Phase.OPEN || state().requests == 0) {
        return;
      }
      long age = beginIfDue(state().jobs.oldest() == null ? storage.peek() : state().jobs.oldest());
      if (!active) {
        beginIfDue(storage.oldestThatCannotWait(state().jobs.entries()));
      }
      if (active) {
        return;
      }
      Duration left = PATIENCE.minusMillis(Math.max(0, age));
      check =
          context
              .clock()
              .schedule(
                  left.compareTo(PATIENCE.dividedBy(4)) < 0 ? PATIENCE.dividedBy(4) : left,
                  this::check);
    } finally {
      state().lock.unlock();
    }
  }

  /** Starts if a request has waited too long; returns its age in milliseconds. */
  private long beginIfDue(QueueStorage.@Nullable Entry e) {
    long age = e == null ? 0 : context.clock().millis() - e.millis;
    if (e != null && age >= PATIENCE.toMillis() && mayBegin() && isDue(e.waits)) {
      begin("a request waits for " + age + " ms");
    }
    return age;
  }

  /**
   * Whether requests would wait in memory, unacknowledged, although their destination fails: the
   * disk is full or fails.
   */
  boolean isWithoutRoom() {
    OutboxOptions.Overflow o = state().options.overflow();
    boolean isAnyLeft = storage.saved().requests() < state().requests - state().stores;
    return isAnyLeft && (hasFailed || bounded)
        || active && o != null && storage.diskBytes() >= QueueAdmission.nearly(o.bytes());
  }

  /** Whether requests of this queue may be moved to disk. */
  boolean mayBegin() {
    OutboxOptions.Overflow o = state().options.overflow();
    WhenFull w = state().options.whenFull();
    return o != null
        && o.bytes() > 0
        && context.neighbours().get() != Neighbours.ALTERNATIVES
        && w != WhenFull.DROP_OLDEST
        && w != WhenFull.DROP_NEWEST;
  }

  /**
   * Whether a failing destination affects its neighbours, or a source, in a way that the disk
   * prevents.
   */
  private boolean isDue(boolean waits) {
    boolean isShared = context.neighbours().get() == Neighbours.SAME_ITEMS;
    if (waits && !isShared) {
      return false;
    }
    if (dispatcher().isFailing()) {
      return true;
    }
    OutboxOptions.Overflow o = state().options.overflow();
    return !waits && isShared && o != null && !o.slowAllowed();
  }

  private void begin(String why) {
    if (hasFailed && failedUntil - context.clock().nanos() > 0) {
      return;
    }
    OutboxOptions.Overflow o = state().options.overflow();
    if (o == null) {
      return;
    }
    active = true;
    saidFull = false;
    activeSince = context.clock().millis();
    LOG.log(
        Level.WARNING,
        "Sending queue continues on disk component=\"{0}\" reason=\"{1}\" folder={2} max_bytes={3}"
            + " last_error=\"{4}\"",
        context.name(),
        why,
        disk.folder(),
        Long.toString(o.bytes()),
        context.errorLog().last().reason());
    save();
  }

  /** Moves requests from memory to disk, on its own thread. */
  private void save() {
    if (saving
        || bounded
        || storage.saved().requests() >= state().requests - state().stores
        || state().phase == QueueState.Phase.CLOSED
        || hasFailed && failedUntil - context.clock().nanos() > 0) {
      return;
    }
    saving = true;
    state().stores++;
    context.clock().execute(context.name() + " overflow", this::saveAll);
  }

  private void saveAll() {
    boolean more = true;
    while (more) {
      more = saveSome();
    }
  }

  /** Moves some requests; returns whether there may be more. */
  private boolean saveSome() {
    List<QueueStorage.Entry> from;
    OutboxOptions.Overflow o;
    state().lock.lock();
    try {
      o = state().options.overflow();
    } finally {
      state().lock.unlock();
    }
    try {
      if (o != null && !storage.isOpen()) {
        open(o.bytes());
      }
    } catch (IOException e) {
      failed(e);
      return false;
    }
    state().lock.lock();
    try {
      long room = o == null ? 0 : o.bytes() - storage.diskBytes() - SegmentedLog.HEADER;
      from =
          state().phase == QueueState.Phase.CLOSED
              ? List.of()
              : storage.takeOldest(state().jobs.entries(), room);
      if (from.isEmpty()) {
        bounded = storage.isAnyInMemory(state().jobs.entries());
        if (bounded && !saidFull) {
          saidFull = true;
          LOG.log(
              Level.WARNING,
              "Sending queue on disk is full component=\"{0}\" bytes={1}",
              context.name(),
              Long.toString(storage.diskBytes()));
        }
        ended();
        return false;
      }
    } finally {
      state().lock.unlock();
    }
    List<QueueStorage.Entry> to;
    try {
      to = storage.write(from);
    } catch (IOException e) {
      state().lock.lock();
      try {
        storage.keep();
      } finally {
        state().lock.unlock();
      }
      failed(e);
      return false;
    }
    List<AckCallback> acks = new ArrayList<>();
    state().lock.lock();
    try {
      hasFailed = false;
      for (QueueStorage.Entry e : from) {
        AckCallback ack = state().jobs.takeAck(e);
        if (ack != null) {
          acks.add(ack);
        }
      }
    } finally {
      state().lock.unlock();
    }
    try {
      // Before they can be sent from there, as with everything put into a queue on disk.
      acks.forEach(a -> a.complete(Outcome.ACCEPTED));
    } finally {
      state().lock.lock();
      try {
        for (int i = 0; i < from.size(); i++) {
          storage.moved(from.get(i), to.get(i));
        }
        state().room.signalAll();
        dispatcher().dispatchReady();
      } finally {
        state().lock.unlock();
      }
    }
    return true;
  }

  private void failed(IOException e) {
    state().lock.lock();
    try {
      hasFailed = true;
      failedUntil = context.clock().nanos() + PAUSE_AFTER_FAILURE.toNanos();
      if (storage.saved().requests() == 0) {
        active = false;
      }
      LOG.log(
          Level.WARNING,
          "Sending queue cannot continue on disk component=\"{0}\" err=\"{1}\"",
          context.name(),
          e.toString());
      ended();
      if (!active) {
        stored();
      }
    } finally {
      state().lock.unlock();
    }
  }

  private void ended() {
    saving = false;
    state().stores--;
    state().settled.signalAll();
    state().room.signalAll();
  }

  /** Stops moving requests to disk. */
  void cancel() {
    if (check != null) {
      check.cancel();
      check = null;
    }
  }

  void close() throws IOException {
    Closeable lock = folderLock;
    if (lock != null) {
      lock.close();
    }
  }
}
