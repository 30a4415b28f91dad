package dev.tethys.store.metrics;

import dev.tethys.model.file.FileAccess;
import dev.tethys.model.storage.StorageException;
import dev.tethys.store.metrics.internal.block.BlockReader;
import dev.tethys.store.metrics.internal.block.SourceSelection;
import dev.tethys.store.metrics.internal.head.Head;
import dev.tethys.store.metrics.internal.head.Truncation.Span;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * Copy of the store that opens as a store: hard links to its blocks, and memory as new blocks.
 * Blocks must not change meanwhile.
 */
record Snapshot(FileAccess files, Head head, Blocks blocks) {

  /**
   * Writes the copy.
   *
   * @param into an absent or empty folder on the same file system
   * @param skipHead omits samples that are only in memory
   * @throws StorageException INVALID when that is a file, or not empty
   */
  void write(Path into, boolean skipHead) throws IOException {
    if (files.exists(into) && !files.isDirectory(into)) {
      throw new StorageException(
          StorageException.Reason.INVALID, into + " for a snapshot is a file, not a folder");
    }
    if (!files.list(into).isEmpty()) {
      throw new StorageException(
          StorageException.Reason.INVALID, "the folder " + into + " for a snapshot is not empty");
    }
    files.createDirectories(into);
    for (BlockReader b : blocks.list()) {
      link(files.list(b.folder()), into.resolve(b.meta().id()));
    }
    linkUnread(into);
    if (!skipHead) {
      writeHead(into);
    }
    files.syncDirectory(into);
  }

  private void link(List<Path> all, Path to) throws IOException {
    files.createDirectories(to);
    for (Path p : all) {
      files.link(p, to.resolve(p.getFileName()));
    }
    files.syncDirectory(to);
  }

  /** Blocks that cannot be read also belong to a copy: a second name needs no reading. */
  private void linkUnread(Path into) throws IOException {
    if (blocks.unread().isEmpty()) {
      return;
    }
    // One may be what says that a block which is linked here was replaced.
    blocks.removals.failIfReplacedRemain(
        ", and " + String.join("; ", blocks.unreadWarnings()) + ": check the disk");
    for (Path block : blocks.unread()) {
      List<Path> all = files.list(block);
      if (all.isEmpty()) {
        throw new IOException(block + " cannot be read: check the disk");
      }
      link(all, into.resolve(block.getFileName()));
    }
  }

  private void writeHead(Path into) throws IOException {
    for (Span span : head.truncation().spans(Long.MAX_VALUE)) {
      long start = span.start();
      boolean late = !span.inOrder();
      try (SourceSelection s = head.selectOnce(start, span.end() - 1)) {
        // The copy continues after its newest sample, not after a range that is still being filled.
        long filled = Math.min(span.end(), Math.max(head.minValidTime(), head.maxTime() + 1));
        blocks.write(
            into,
            new SeriesStream(List.of(s), start, filled - 1),
            blocks.draft(start, filled, 1, late, List.of()),
            WriteThrottle.none());
      }
    }
  }
}
