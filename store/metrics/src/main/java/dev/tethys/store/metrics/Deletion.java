package dev.tethys.store.metrics;

import dev.tethys.model.Matcher;
import dev.tethys.model.storage.StorageException;
import dev.tethys.store.metrics.internal.block.BlockReader;
import dev.tethys.store.metrics.internal.head.Head;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** Deletes samples from memory and from all blocks, as far as possible. */
record Deletion(Head head, Blocks blocks) {

  /**
   * Deletes samples in a time range that match any of several matcher sets.
   *
   * @param min the first millisecond
   * @param max the last one
   * @throws StorageException that names each block in which nothing was deleted
   * @throws IOException if a deletion could not be stored
   */
  void run(long min, long max, List<List<Matcher>> matcherSets) throws IOException {
    head.delete(min, max, matcherSets);
    List<StorageException> damaged = new ArrayList<>();
    List<BlockReader> all = new ArrayList<>(blocks.list());
    all.addAll(blocks.removals.named()); // a start may find them again
    for (BlockReader b : all) {
      if (b.overlaps(min, max)) {
        try {
          b.delete(min, max, matcherSets);
        } catch (StorageException e) {
          damaged.add(e);
        }
      }
    }
    for (String missing : blocks.unreadWarnings()) {
      damaged.add(
          new StorageException(
              StorageException.Reason.UNAVAILABLE,
              missing + ": nothing could be deleted there. Retry once it can be read"));
    }
    if (!damaged.isEmpty()) {
      throw joined(damaged);
    }
  }

  private static StorageException joined(List<StorageException> all) {
    StorageException first = all.getFirst();
    if (all.size() == 1) {
      return first;
    }
    String texts = all.stream().map(StorageException::getMessage).collect(Collectors.joining("; "));
    StorageException out = new StorageException(first.reason(), texts, first);
    all.stream().skip(1).forEach(out::addSuppressed);
    return out;
  }
}
