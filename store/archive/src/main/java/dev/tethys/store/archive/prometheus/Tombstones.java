package dev.tethys.store.archive.prometheus;

import dev.tethys.model.storage.SampleBuffer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * Deleted time ranges whose samples are still present, by series. Format in a block:
 *
 * <pre>
 * 4 bytes 01 30 BA 30, 1 byte version 1, { uvarint series, varint min, varint max }*, 4 bytes CRC of
 * the bytes between version and CRC
 * </pre>
 */
final class Tombstones<K> {
  private static final int MAGIC = 0x0130BA30;

  private final Map<K, long[]> ranges = new HashMap<>();
  private int count;

  /** Reads the file of a block; a block without one has no deletions. */
  static Tombstones<Long> read(Path path) throws IOException {
    Tombstones<Long> t = new Tombstones<>();
    if (!Files.exists(path)) {
      return t;
    }
    try (MappedFile f = new MappedFile(path)) {
      if (f.size() < 9 || f.int32() != MAGIC) {
        throw f.damaged(0, "this is not a file of tombstones");
      }
      if (f.u8() != 1) {
        throw f.damaged(4, "tombstones of an unknown version");
      }
      long end = f.size() - 4;
      f.pos = end;
      if (f.int32() != f.crc(5, end - 5)) {
        throw f.damaged(5, "checksum of the tombstones does not match");
      }
      f.pos = 5;
      while (f.pos < end) {
        t.add(f.uvarint(), f.varint(), f.varint());
      }
    }
    return t;
  }

  /** Records a deleted, closed range of a series. */
  void add(K series, long min, long max) {
    ranges.merge(
        series,
        new long[] {min, max},
        (a, b) -> {
          long[] both = Arrays.copyOf(a, a.length + 2);
          both[a.length] = b[0];
          both[a.length + 1] = b[1];
          return both;
        });
    count++;
  }

  int count() {
    return count;
  }

  /** Removes deleted samples from a series. */
  void apply(K series, SampleBuffer b) {
    long[] dead = ranges.get(series);
    if (dead == null) {
      return;
    }
    int n = 0;
    for (int i = 0; i < b.size; i++) {
      boolean gone = false;
      for (int r = 0; r < dead.length; r += 2) {
        gone |= b.timestamps[i] >= dead[r] && b.timestamps[i] <= dead[r + 1];
      }
      if (!gone) {
        Buffers.move(b, i, n++);
      }
    }
    b.size = n;
  }
}
