package dev.tethys.store.metrics;

import dev.tethys.model.file.FileAccess;
import dev.tethys.model.log.JulLogger;
import dev.tethys.model.storage.ChangeLog;
import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.model.storage.StorageException;
import dev.tethys.store.files.CorruptionException;
import dev.tethys.store.metrics.internal.block.BlockMeta;
import dev.tethys.store.metrics.internal.block.BlockReader;
import dev.tethys.store.metrics.internal.block.BlockWriter;
import dev.tethys.store.metrics.internal.block.Ulid;
import dev.tethys.store.metrics.internal.encoding.TransientReadException;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Block folder of the store. A block is written under a temporary name and gets its own in one
 * step; one that replaces others names them, so that a crash before their removal is repaired when
 * the folder is opened.
 *
 * <p>The list is replaced, never changed; who replaces it holds the structure lock of the database.
 */
final class Blocks {
  private static final Logger LOG = JulLogger.of(Blocks.class.getName());
  static final String CREATING = ".tmp-for-creation";
  static final String DELETING = ".tmp-for-deletion";

  static final String DAMAGED = ".damaged";

  /** Ascending by time; in-order samples precede late ones with the same time. */
  private static final Comparator<BlockReader> ORDER = (a, b) -> order(a.meta(), b.meta());

  private static int order(BlockMeta a, BlockMeta b) {
    int order = Boolean.compare(a.late(), b.late());
    if (order == 0) {
      order = Long.compare(a.minTime(), b.minTime());
    }
    return order != 0 ? order : a.id().compareTo(b.id());
  }

  /** Number of changes to the set of blocks. */
  final LongAdder changes = new LongAdder();

  final LongAdder damaged = new LongAdder();

  /** Blocks that left the list and are not yet deleted from the disk. */
  final PendingDeletions removals;

  /** Meters of the work of writing blocks. */
  final WorkMeters meters = new WorkMeters();

  private final FileAccess files;
  private final Path folder;
  private final InstantSource clock;
  private final ChangeLog changeLog;
  private volatile List<BlockReader> list = List.of();
  private volatile ResolutionIndex levels = ResolutionIndex.EMPTY;
  private volatile List<Path> unread = List.of();
  private volatile List<Path> quarantined = List.of(); // folders of damaged blocks

  Blocks(FileAccess files, Path folder, InstantSource clock, ChangeLog changeLog) {
    this.changeLog = changeLog;
    this.files = files;
    this.folder = folder;
    this.clock = clock;
    this.removals = new PendingDeletions(files, folder, () -> unread);
  }

  List<BlockReader> list() {
    return list;
  }

  /** Blocks by resolution. */
  ResolutionIndex levels() {
    return levels;
  }

  private void list(List<BlockReader> next) {
    list = List.copyOf(next);
    levels = ResolutionIndex.of(list);
  }

  /** Opens all blocks, repairs the leftovers of a crash, and puts damaged blocks aside. */
  void open(List<String> problems) throws IOException {
    List<BlockReader> found = new ArrayList<>();
    for (Path p : files.list(folder)) {
      String name = p.getFileName().toString();
      if (name.endsWith(CREATING) || name.endsWith(DELETING)) {
        removals.addNameless(p);
      } else if (name.endsWith(DAMAGED)) {
        addQuarantined(p);
      } else if (Ulid.is(name) && files.isDirectory(p)) {
        BlockReader b = open(p, problems);
        if (b != null) {
          found.add(b);
        }
      }
    }
    Set<String> replaced = new HashSet<>();
    found.forEach(b -> replaced.addAll(b.meta().parents()));
    List<BlockReader> live = new ArrayList<>();
    for (BlockReader b : found) {
      if (replaced.contains(b.meta().id())) {
        removals.add(b);
      } else {
        live.add(b);
      }
    }
    live.sort(ORDER);
    list(live);
    removals.proceed();
  }

  private @Nullable BlockReader passOver(Path p, TransientReadException e, List<String> problems) {
    unread = Stream.concat(unread.stream(), Stream.of(p)).toList();
    String what = missing(p) + ": " + e.getMessage() + ". It is retried; check the disk";
    problems.add(what);
    LOG.log(Level.ERROR, what);
    return null;
  }

  private static String missing(Path p) {
    return "block " + p.getFileName() + " cannot be read, and is missing from all results";
  }

  /** Folders of blocks that the disk did not give when they were to be opened. */
  List<Path> unread() {
    return unread;
  }

  /** Warnings for every response: data on disk that is missing from it. */
  List<String> warnings() {
    List<Path> lost = quarantined;
    if (lost.isEmpty()) {
      return unreadWarnings();
    }
    return Stream.concat(unreadWarnings().stream(), lost.stream().map(Blocks::putAsideWarning))
        .toList();
  }

  private static String putAsideWarning(Path p) {
    return "block "
        + p.getFileName().toString().replace(DAMAGED, "")
        + " is damaged and was put aside as "
        + p.getFileName()
        + ": its samples are missing from all results; restore it from a backup, or remove the"
        + " folder";
  }

  private void addQuarantined(Path p) {
    quarantined = Stream.concat(quarantined.stream(), Stream.of(p)).distinct().toList();
  }

  /** Ends the warnings of damaged blocks whose folders were removed. */
  void forgetRemoved() {
    List<Path> some = quarantined;
    if (!some.isEmpty()) {
      quarantined = some.stream().filter(files::exists).toList();
    }
  }

  /** Warnings about them for every query result. */
  List<String> unreadWarnings() {
    List<Path> some = unread;
    return some.isEmpty() ? List.of() : some.stream().map(Blocks::missing).toList();
  }

  /** Fails while blocks are unread, for responses that cannot carry warnings. */
  void refuseWithoutUnread() {
    List<String> missing = unreadWarnings();
    if (!missing.isEmpty()) {
      throw new StorageException(
          StorageException.Reason.UNAVAILABLE,
          String.join("; ", missing)
              + ", and this request cannot return warnings. Check the disk and retry");
    }
  }

  /** Whether a block was merged from one of them, and so replaces it. */
  boolean replacesUnread(BlockReader b) {
    List<Path> some = unread;
    return !some.isEmpty()
        && some.stream().anyMatch(p -> b.meta().parents().contains(p.getFileName().toString()));
  }

  /**
   * Tries to open an unread block. A caller that adds it to the list calls {@link #found} at the
   * same moment, so that every response without the block has a warning.
   *
   * @return null if it cannot be read yet, no longer exists, or turned out to be damaged
   * @throws IOException if it is damaged and cannot be moved to quarantine
   */
  @Nullable BlockReader openUnread(Path p) throws IOException {
    try {
      return new BlockReader(files, p);
    } catch (TransientReadException | InternalError e) {
      return null; // told at the start
    } catch (CorruptionException e) {
      quarantine(p, e);
    } catch (NoSuchFileException e) {
      if (files.list(folder).contains(p)) {
        quarantine(p, e);
      } else {
        LOG.log(Level.WARNING, "block " + p + " was removed; queries continue without it");
      }
    }
    found(p);
    return null;
  }

  /** Removes a block from the list of unread blocks. */
  void found(Path p) {
    unread = unread.stream().filter(q -> !q.equals(p)).toList();
  }

  private String quarantine(Path p, Exception cause) throws IOException {
    Path quarantined = p.resolveSibling(p.getFileName() + DAMAGED);
    String what = "block " + p + " is damaged (" + cause.getMessage() + ")";
    try {
      files.rename(p, quarantined);
    } catch (IOException e) {
      throw new IOException(what + " and cannot be put aside: " + e.getMessage(), e);
    }
    damaged.increment();
    addQuarantined(quarantined);
    what += ": put aside as " + quarantined;
    LOG.log(Level.ERROR, what);
    files.syncDirectory(folder);
    return what;
  }

  private @Nullable BlockReader open(Path p, List<String> problems) throws IOException {
    try {
      return new BlockReader(files, p);
    } catch (TransientReadException e) {
      return passOver(p, e, problems);
    } catch (InternalError e) {
      return passOver(p, new TransientReadException(e), problems);
    } catch (CorruptionException | NoSuchFileException e) {
      problems.add(quarantine(p, e));
      return null;
    }
  }

  /** Writes a block into a folder of others, if there is data. */
  void write(Path into, SeriesStream content, BlockMeta draft, WriteThrottle pace)
      throws IOException {
    Path tmp = writeUnnamed(into, content, draft, pace);
    if (tmp != null) {
      files.rename(tmp, into.resolve(draft.id()));
      files.syncDirectory(into);
    }
  }

  /** Writes a block under a temporary name; returns null if there was nothing to write. */
  private @Nullable Path writeUnnamed(
      Path into, SeriesStream content, BlockMeta draft, WriteThrottle pace) throws IOException {
    Path tmp = into.resolve(draft.id() + CREATING);
    boolean done = false;
    try (BlockWriter w = new BlockWriter(files, tmp, draft.resolution())) {
      if (draft.level() == 1 && draft.resolution() == 0) {
        w.observer(meters::chunk);
      }
      SampleBuffer b = new SampleBuffer();
      pace.begin();
      while (content.next()) {
        content.read(b);
        w.add(content.labels(), b);
        pace.written(w.bytes());
      }
      if (!w.isEmpty()) {
        w.finish(draft);
        done = true;
      }
    } finally {
      if (!done) {
        discard(tmp);
      }
    }
    return done ? tmp : null;
  }

  /**
   * Gives a block that was finished under a temporary name its own, durably, and opens it. Fails
   * that, it has no name, or is to be removed.
   */
  BlockReader name(Path tmp, String id) throws IOException {
    // Opened first: a name without a reader could not receive deletions.
    BlockReader made = new BlockReader(files, tmp);
    Path named = folder.resolve(id);
    boolean renamed = false;
    boolean durable = false;
    try {
      files.rename(tmp, named);
      renamed = true;
      made.named(named);
      files.syncDirectory(folder);
      durable = true;
    } finally {
      if (!renamed) {
        made.retire(() -> {});
      } else if (!durable) {
        removals.addUnborn(made);
        removals.proceed();
      }
    }
    return made;
  }

  private void discard(Path tmp) {
    try {
      files.delete(tmp);
    } catch (IOException e) {
      LOG.log(Level.WARNING, "cannot remove " + tmp + ", it will be when the store opens", e);
    }
  }

  /** Drafts a new block of in-order or late samples in a range. */
  BlockMeta draft(long min, long max, int level, boolean late, List<BlockReader> parents) {
    return draft(min, max, level, late, parents, parents);
  }

  /** Drafts a new block that is built from others and replaces them. */
  BlockMeta draft(
      long min,
      long max,
      int level,
      boolean late,
      List<BlockReader> inputs,
      List<BlockReader> parents) {
    Set<String> sources = new HashSet<>();
    List<String> ids = new ArrayList<>();
    inputs.forEach(b -> sources.addAll(b.meta().sources()));
    parents.forEach(b -> ids.add(b.meta().id()));
    return BlockMeta.draft(
        Ulid.next(clock.millis()), min, max, level, late, sources.stream().sorted().toList(), ids);
  }

  /** Writes a block next to the others and opens it; returns null if there was nothing to write. */
  @Nullable BlockReader create(SeriesStream content, BlockMeta draft, WriteThrottle pace)
      throws IOException {
    removals.failIfUnfinishedRemain();
    long began = System.nanoTime();
    meters.writing = true;
    Path tmp;
    try {
      tmp = writeUnnamed(folder, content, draft, pace);
    } finally {
      meters.writing = false;
    }
    meters.compactionSeconds.observe((System.nanoTime() - began) / 1e9);
    if (tmp == null) {
      return null;
    }
    BlockReader made = null;
    try {
      made = name(tmp, draft.id());
    } finally {
      if (made == null) {
        discard(tmp);
      }
    }
    return made;
  }

  /** Adds a block, if any, and removes the blocks that it replaces. */
  void replace(@Nullable BlockReader made, List<BlockReader> gone) {
    List<BlockReader> next = new ArrayList<>(list);
    next.removeAll(gone);
    if (made != null) {
      next.add(made);
    }
    next.sort(ORDER);
    list(next);
    changes.increment();
    if (made != null) {
      noteChange(made);
    }
    gone.forEach(this::noteChange);
  }

  /**
   * Notes every change, even a merge that leaves all samples equal: readers read the range again.
   */
  private void noteChange(BlockReader b) {
    changeLog.note(b.meta().minTime(), b.meta().maxTime() - 1);
  }

  /** Blocks that could be read only in part. */
  int damagedSinceOpened() {
    return (int) list.stream().filter(BlockReader::isDamaged).count();
  }

  long bytes() {
    return list.stream().mapToLong(BlockReader::bytes).sum();
  }

  void close() {
    List<BlockReader> all = list;
    list(List.of());
    all.forEach(b -> b.retire(() -> {}));
    removals.close();
  }
}
