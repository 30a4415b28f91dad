package dev.tethys.store.metrics;

import dev.tethys.model.file.FileAccess;
import dev.tethys.model.log.JulLogger;
import dev.tethys.store.metrics.internal.block.BlockReader;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Blocks that are no longer part of the store but still on its disk because their removal failed;
 * retried with each maintenance pass. First a block loses its name, durably, in one step; then its
 * files are removed. Runs under the structure lock of {@link MaintenanceScheduler}.
 *
 * <p>At a start, every block that has its name and is not replaced by another one is loaded. So one
 * that still has it
 *
 * <ul>
 *   <li>gets the deletions that the others get;
 *   <li>keeps the blocks that replace it on disk, though their names are removed, too;
 *   <li>prevents merges, which would create more such blocks without end.
 * </ul>
 */
final class PendingDeletions {
  private static final Logger LOG = JulLogger.of(PendingDeletions.class.getName());

  private final FileAccess files;
  private final Path folder;
  private final Supplier<List<Path>> unread;

  /** Blocks with a name, the oldest first, and whether each ever belonged to the store. */
  private final Map<BlockReader, Boolean> named = new LinkedHashMap<>();

  private final List<Path> nameless = new ArrayList<>();
  private final Set<Path> logged = new HashSet<>();

  /**
   * Creates the list of deletions of a folder.
   *
   * @param unread folders of blocks that may become readable again although others replace them
   */
  PendingDeletions(FileAccess files, Path folder, Supplier<List<Path>> unread) {
    this.files = files;
    this.folder = folder;
    this.unread = unread;
  }

  /** Takes a block that has left the store. */
  void add(BlockReader gone) {
    named.put(gone, true);
  }

  /** Removes a block that was renamed but could not become part of the store. */
  void addUnborn(BlockReader block) {
    named.put(block, false);
  }

  /** Takes files that a start would not mistake for a block. */
  void addNameless(Path rubbish) {
    nameless.add(rubbish);
  }

  /** Returns the blocks that the next start would find. */
  List<BlockReader> named() {
    return List.copyOf(named.keySet());
  }

  /** Whether a block that never became part of the store still has its name. */
  boolean hasUnborn() {
    return named.containsValue(false);
  }

  /**
   * Fails while an unfinished block cannot be removed, so that no further ones are written.
   *
   * @throws IOException if a block that never became part of the store still has its name
   */
  void failIfUnfinishedRemain() throws IOException {
    proceed();
    for (Map.Entry<BlockReader, Boolean> e : named.entrySet()) {
      if (!e.getValue()) {
        throw new IOException(
            e.getKey().folder() + ", which could not be completed, still cannot be removed");
      }
    }
  }

  /**
   * Fails while a start would find more blocks than the store has.
   *
   * @param further end of the error message, after the block
   * @throws IOException if a removed block still has its name
   */
  void failIfReplacedRemain(String further) throws IOException {
    if (!named.isEmpty()) {
      BlockReader first = named.keySet().iterator().next();
      throw new IOException(first.folder() + ", which was replaced, cannot be removed" + further);
    }
  }

  /** Removes the folders that can be removed; those that cannot are logged once. */
  void proceed() {
    Set<String> there = new HashSet<>();
    named.keySet().forEach(b -> there.add(b.meta().id()));
    unread.get().forEach(p -> there.add(p.getFileName().toString()));
    for (Iterator<BlockReader> it = named.keySet().iterator(); it.hasNext(); ) {
      BlockReader b = it.next();
      if (b.meta().parents().stream().anyMatch(there::contains)) {
        continue; // without it a start would take them again
      }
      Path dying = folder.resolve(b.meta().id() + Blocks.DELETING);
      try {
        if (!b.folder().equals(dying)) {
          unname(b.folder(), dying);
          b.named(dying); // a power failure may still undo that, together with later deletions
        }
        files.syncDirectory(folder);
      } catch (IOException e) {
        logFailure(folder.resolve(b.meta().id()), "Until that works no blocks are merged", e);
        continue;
      }
      it.remove();
      there.remove(b.meta().id());
      logged.remove(folder.resolve(b.meta().id()));
      nameless.add(dying);
      b.retire(() -> {});
    }
    nameless.removeIf(this::delete);
  }

  private void unname(Path block, Path dying) throws IOException {
    try {
      files.rename(block, dying);
    } catch (NoSuchFileException e) {
      // The folder was removed from outside: no start finds it, once that is durable.
    }
  }

  private boolean delete(Path p) {
    try {
      files.delete(p);
      logged.remove(p);
      return true;
    } catch (IOException e) {
      logFailure(p, "It takes room until that works", e);
      return false;
    }
  }

  private void logFailure(Path p, String meanwhile, IOException e) {
    if (logged.add(p)) {
      LOG.log(
          Level.WARNING,
          p
              + " is no longer needed and cannot be removed: "
              + e.getMessage()
              + ". "
              + meanwhile
              + "; removal is retried");
    }
  }

  /** Releases the blocks; the next start removes the remaining files. */
  void close() {
    named.keySet().forEach(b -> b.retire(() -> {}));
    named.clear();
  }
}
