package dev.tethys.store.metrics.internal.block;

import dev.tethys.store.files.ByteSink;
import dev.tethys.store.files.ByteSource;
import dev.tethys.store.files.CorruptionException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Index of a block: its sections, located by the footer and verified once when the block is opened.
 * A section that was taken is no longer referenced here.
 */
final class IndexFile {
  private final Mapped file;
  private final long[] offsets = new long[BlockLayout.SECTIONS];
  private final int[] lengths = new int[BlockLayout.SECTIONS];
  private final @Nullable ByteSource[] sections = new ByteSource[BlockLayout.SECTIONS];

  /**
   * Reads the footer and all sections.
   *
   * @throws CorruptionException if the checksum of a section does not match
   */
  IndexFile(Mapped file) {
    this.file = file;
    magic(file, 0, BlockLayout.INDEX_MAGIC);
    magic(file, file.size() - 8, BlockLayout.INDEX_MAGIC);
    ByteSource f = footer();
    for (int i = 0; i < sections.length; i++) {
      offsets[i] = f.getLong();
      long length = f.getLong();
      int crc = f.getInt();
      if (length < 0 || length > Integer.MAX_VALUE - 64) {
        throw new CorruptionException("invalid section size: " + length + " bytes");
      }
      byte[] b = file.bytes(offsets[i], (int) length);
      if (ByteSink.crc(b, 0, b.length) != crc) {
        throw new CorruptionException("checksum of section " + i + " of its index does not match");
      }
      lengths[i] = b.length;
      sections[i] = i == BlockLayout.DICTIONARY ? null : new ByteSource(b);
    }
  }

  /** Whether a file has a magic number at a place. */
  static void magic(Mapped f, long at, byte[] magic) {
    if (f.size() < at + magic.length || !Arrays.equals(f.bytes(at, magic.length), magic)) {
      throw new CorruptionException("it is not a block of this version");
    }
  }

  private ByteSource footer() {
    if (file.size() < BlockLayout.FOOTER + 8) {
      throw new CorruptionException("its index ends early");
    }
    byte[] b = file.bytes(file.size() - BlockLayout.FOOTER, BlockLayout.FOOTER);
    ByteSource in = new ByteSource(b);
    int crc = ByteSink.crc(b, 0, BlockLayout.SECTIONS * 20);
    in.pos = BlockLayout.SECTIONS * 20;
    if (in.getInt() != crc) {
      throw new CorruptionException("checksum of its index does not match");
    }
    in.pos = 0;
    return in;
  }

  Mapped file() {
    return file;
  }

  /** Returns the offset of a section in the file. */
  long offset(int section) {
    return offsets[section];
  }

  /** Returns the length of a section in bytes. */
  int length(int section) {
    return lengths[section];
  }

  /** Reads the content of a section, once. The dictionary is read from the file instead. */
  ByteSource take(int section) {
    ByteSource s = sections[section];
    sections[section] = null;
    if (s == null) {
      throw new IllegalStateException("section " + section + " has been taken");
    }
    return s;
  }

  /** Offsets of pieces from their directory; one more entry: the end. */
  static long[] directory(ByteSource in) {
    int n = in.count();
    long[] out = new long[n + 1];
    out[0] = in.uvarint();
    for (int i = 0; i < n; i++) {
      out[i + 1] = out[i] + in.uvarint();
    }
    return out;
  }
}
