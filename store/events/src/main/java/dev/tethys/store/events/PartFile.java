package dev.tethys.store.events;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.model.file.FileAccess;
import dev.tethys.model.log.JulLogger;
import dev.tethys.store.files.ByteSink;
import dev.tethys.store.files.ByteSource;
import dev.tethys.store.files.CorruptionException;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Mapped part file, see {@link PartFormat}. The block index is in memory; other sections of the
 * footer are read on demand, from the second copy of the footer if the first is damaged.
 * Thread-safe.
 */
public final class PartFile implements AutoCloseable {
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /** Names of a path in messages: tenants, tenant, part. */
  private static final int SHOWN_NAMES = 3;

  private static final System.Logger LOG = JulLogger.of(PartFile.class.getName());

  private final String path;

  @GuardedBy("damagedBlocks")
  private final BitSet checkedBlocks = new BitSet();

  @GuardedBy("itself")
  private final BitSet damagedBlocks = new BitSet();

  private final Map<Integer, String> missing = new TreeMap<>(); // by block; guarded the same way
  private final Arena arena;
  private final MemorySegment file;
  private final long footerLength;
  private long[] offsets = {};
  private int[] lengths = {};
  private int[] filterLengths = {};
  private int[] filterChecksums = {};
  private long[] rows = {};
  private long[] bytes = {};
  private long[] firsts = {};
  private long[] lasts = {};

  /**
   * @throws CorruptionException if the file is not what the manifest lists
   */
  PartFile(FileAccess files, Path path, PartEntry entry) throws IOException {
    this.path = shown(path);
    this.arena = Arena.ofShared();
    boolean opened = false;
    try {
      file = files.map(path, arena);
      if (file.byteSize() != entry.size()) {
        throw new CorruptionException(
            this.path + " has " + file.byteSize() + " bytes, the manifest lists " + entry.size());
      }
      footerLength = footerLength();
      readBlocks();
      opened = true;
    } finally {
      if (!opened) {
        arena.close();
      }
    }
  }

  private long footerLength() {
    long end = file.byteSize() - PartFormat.TRAILER;
    for (long p = end; end >= 0 && p <= end + 8; p += 8) {
      int length = file.get(INT, p);
      if (file.get(INT, p + 4) == ~length && length > 0 && length * 2L <= end) {
        return length;
      }
    }
    throw new CorruptionException(path + ": offset " + end + ": both trailers are damaged");
  }

  private void readBlocks() {
    ByteSource in = section(PartFormat.BLOCKS);
    int n = in.count();
    offsets = new long[n];
    lengths = new int[n];
    filterLengths = new int[n];
    filterChecksums = new int[n];
    rows = new long[n];
    bytes = new long[n];
    firsts = new long[n];
    lasts = new long[n];
    long at = PartFormat.MAGIC.length;
    long end = file.byteSize() - PartFormat.TRAILER - footerLength * 2;
    for (int i = 0; i < n; i++) {
      offsets[i] = at;
      lengths[i] = in.count(end - at);
      at += lengths[i];
      filterLengths[i] = in.count(end - at);
      at += filterLengths[i];
      filterChecksums[i] = in.getInt();
      rows[i] = in.uvarint();
      bytes[i] = in.uvarint();
      firsts[i] = in.getLong();
      lasts[i] = in.getLong();
    }
  }

  /** Path for messages, because responses must not reveal folders of the machine. */
  public String path() {
    return path;
  }

  /** Number of blocks. */
  public int blocks() {
    return offsets.length;
  }

  public long rows(int block) {
    return rows[block];
  }

  /** Time of the oldest row of a block. */
  public long first(int block) {
    return firsts[block];
  }

  /** Time of the newest row of a block. */
  public long last(int block) {
    return lasts[block];
  }

  /** Content of a block. */
  public MemorySegment block(int block) {
    return file.asSlice(offsets[block], lengths[block]);
  }

  /** Filter of a block; empty if it has none. See {@link #isFilterSound}. */
  public MemorySegment filter(int block) {
    return file.asSlice(offsets[block] + lengths[block], filterLengths[block]);
  }

  /** True if the filter of a block has its checksum. */
  public boolean isFilterSound(int block) {
    return crc(filter(block)) == filterChecksums[block];
  }

  /**
   * Reads a section of the footer.
   *
   * @throws CorruptionException if both copies are damaged
   */
  public ByteSource section(int number) {
    long at = file.byteSize() - PartFormat.TRAILER - footerLength * 2;
    try {
      return new SectionReader(file.asSlice(at, footerLength)).source(number);
    } catch (CorruptionException first) {
      try {
        return new SectionReader(file.asSlice(at + footerLength, footerLength)).source(number);
      } catch (CorruptionException second) {
        throw new CorruptionException(
            path + ": offset " + at + ": both footers are damaged: " + second.getMessage());
      }
    }
  }

  /** Folder of the tenant and name of a part, in the folder of the store. */
  static String shown(Path path) {
    int names = path.getNameCount();
    return path.subpath(Math.max(0, names - SHOWN_NAMES), names).toString();
  }

  /** True if all sections of a block have their checksums, which are computed once. */
  public boolean isSound(int block) {
    synchronized (damagedBlocks) {
      if (damagedBlocks.get(block)) {
        return false;
      }
      if (checkedBlocks.get(block)) {
        return true;
      }
    }
    try {
      SectionReader.check(block(block));
    } catch (CorruptionException e) {
      var unused = damaged(block, e);
      return false;
    }
    synchronized (damagedBlocks) {
      checkedBlocks.set(block);
      return !damagedBlocks.get(block);
    }
  }

  /** True if damage to a block is known. */
  public boolean isDamaged(int block) {
    synchronized (damagedBlocks) {
      return damagedBlocks.get(block);
    }
  }

  /** Bytes that {@link #isSound} would read, 0 for a block that was checked. */
  public int unchecked(int block) {
    synchronized (damagedBlocks) {
      return checkedBlocks.get(block) || damagedBlocks.get(block) ? 0 : lengths[block];
    }
  }

  /** Records the missing data of a damaged block. */
  public void setMissing(int block, String text) {
    synchronized (damagedBlocks) {
      missing.put(block, path + ": block " + block + ": " + text);
    }
  }

  /** Missing data of a block as far as it is known; null if nothing is missing. */
  public @Nullable String missing(int block) {
    synchronized (damagedBlocks) {
      return missing.get(block);
    }
  }

  /** Damage to a block, named by file, offset and block; logged once for each block. */
  public CorruptionException damaged(int block, CorruptionException e) {
    CorruptionException named =
        new CorruptionException(
            path + ": offset " + offsets[block] + ": block " + block + ": " + e.getMessage());
    boolean isNew;
    synchronized (damagedBlocks) {
      isNew = !damagedBlocks.get(block);
      damagedBlocks.set(block);
    }
    if (isNew) {
      LOG.log(
          Level.ERROR,
          "Block is damaged, queries return its readable data: {0}",
          named.getMessage());
    }
    return named;
  }

  /** Unmaps the file. */
  @Override
  public void close() {
    arena.close();
  }

  static int crc(MemorySegment s) {
    byte[] b = s.toArray(ValueLayout.JAVA_BYTE);
    return ByteSink.crc(b, 0, b.length);
  }
}
