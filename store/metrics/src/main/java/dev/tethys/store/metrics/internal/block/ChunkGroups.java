package dev.tethys.store.metrics.internal.block;

import dev.tethys.store.files.ByteSource;
import dev.tethys.store.files.CorruptionException;
import java.util.ArrayList;
import java.util.List;

/** Groups of a chunks file: their positions, and the kind of their content. */
final class ChunkGroups {
  private static final GroupCache CACHE = new GroupCache();

  private final Mapped file;
  private final long[] offsets; // one more: the end
  private final int[] ofChunks; // numbers of the groups that hold chunks

  ChunkGroups(Mapped file, ByteSource in) {
    this.file = file;
    List<Integer> list = new ArrayList<>();
    int n = in.count();
    offsets = new long[n + 1];
    offsets[0] = BlockLayout.CHUNKS_MAGIC.length;
    for (int i = 0; i < n; i++) {
      long v = in.uvarint();
      offsets[i + 1] = offsets[i] + (v >>> 1);
      if ((v & 1) == 0) {
        list.add(i);
      }
    }
    ofChunks = list.stream().mapToInt(i -> i).toArray();
  }

  /** Returns the number of groups. */
  int size() {
    return offsets.length - 1;
  }

  /** Returns the number of groups that hold chunks. */
  int sizeOfChunks() {
    return ofChunks.length;
  }

  /** Returns the number of the i-th group that holds chunks. */
  int ofChunks(int i) {
    if (i < 0 || i >= ofChunks.length) {
      throw new CorruptionException("a chunk beyond the last group");
    }
    return ofChunks[i];
  }

  /**
   * Returns the content of a group, with spare bytes after it for reading whole words; not to be
   * changed.
   */
  byte[] content(int g) {
    return CACHE.get(
        this, g, () -> GroupWriter.read(file, offsets[g], offsets[g + 1] - offsets[g]));
  }

  /** Bytes of unpacked groups held, of all blocks. */
  static long cachedBytes() {
    return CACHE.held();
  }

  /** Releases the memory held for them. */
  void forget() {
    CACHE.forget(this);
  }
}
