package dev.tethys.store.events;

import dev.tethys.store.files.ByteSink;
import dev.tethys.store.files.ByteSource;
import dev.tethys.store.files.CorruptionException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Reads a block of {@link SectionWriter}: the table immediately, sections on demand. Safe not
 * thread-safe.
 */
public final class SectionReader {
  private static final int MAX_SECTIONS = 1 << 16;
  private static final int FEW = 64;

  /** Maximum section size; a damaged length cannot allocate more memory than this. */
  static final int MAX_RAW = 256 << 20;

  private static final byte[] EMPTY = new byte[ByteSink.SLACK];

  private final MemorySegment block;
  private long[] offsets = new long[FEW];
  private int[] rawLengths = new int[FEW];
  private int[] storedLengths = new int[FEW];
  private int[] checksums = new int[FEW];
  private byte[] @Nullable [] loaded = new byte[FEW][];
  private final DecodedColumns kept;
  private boolean[] shared = new boolean[FEW]; // arrays that belong to what is kept

  /**
   * @throws CorruptionException if the table is damaged
   */
  public SectionReader(MemorySegment block) {
    this(block, DecodedColumns.none());
  }

  /**
   * @param kept holds sections of this block by their numbers
   * @throws CorruptionException if the table is damaged
   */
  public SectionReader(MemorySegment block, DecodedColumns kept) {
    this.block = block;
    this.kept = kept;
    if (block.byteSize() < 8) {
      throw new CorruptionException("block of " + block.byteSize() + " bytes has no table");
    }
    byte[] head = block.asSlice(0, 8).toArray(ValueLayout.JAVA_BYTE);
    ByteSource h = new ByteSource(head);
    int length = h.getInt();
    int crc = h.getInt();
    if (length < 1 || length > block.byteSize() - 8) {
      throw new CorruptionException("section table has an impossible length of " + length);
    }
    byte[] table = block.asSlice(8, length).toArray(ValueLayout.JAVA_BYTE);
    if (ByteSink.crc(table, 0, length) != crc) {
      throw new CorruptionException("section table has a wrong checksum");
    }
    ByteSource in = new ByteSource(table);
    long at = 8L + length;
    int n = (int) in.uvarint();
    for (int i = 0; i < n; i++) {
      int number = in.count(MAX_SECTIONS - 1L);
      if (number >= offsets.length) {
        grow(number);
      }
      long raw = in.uvarint();
      long stored = in.uvarint();
      if (raw < 0
          || raw > MAX_RAW
          || stored < 0
          || stored > raw
          || at + stored > block.byteSize()) {
        throw new CorruptionException("section " + number + " has impossible lengths");
      }
      offsets[number] = at;
      rawLengths[number] = (int) raw;
      storedLengths[number] = (int) stored;
      checksums[number] = in.getInt();
      at += stored;
    }
  }

  /**
   * Compares the checksums of all sections.
   *
   * @throws CorruptionException if one differs, or the table is damaged
   */
  static void check(MemorySegment block) {
    SectionReader r = new SectionReader(block);
    for (int number = 0; number < r.offsets.length; number++) {
      if (r.storedLengths[number] > 0) {
        CRC32C crc = new CRC32C();
        crc.update(block.asSlice(r.offsets[number], r.storedLengths[number]).asByteBuffer());
        if ((int) crc.getValue() != r.checksums[number]) {
          throw new CorruptionException("section " + number + " has a wrong checksum");
        }
      }
    }
  }

  private void grow(int number) {
    int to = Math.max(number + 1, offsets.length * 2);
    offsets = Arrays.copyOf(offsets, to);
    rawLengths = Arrays.copyOf(rawLengths, to);
    storedLengths = Arrays.copyOf(storedLengths, to);
    checksums = Arrays.copyOf(checksums, to);
    loaded = Arrays.copyOf(loaded, to);
    shared = Arrays.copyOf(shared, to);
  }

  /**
   * Raw bytes of a section, {@link #length} of them, then any. The array is shared: callers do not
   * change it. It is kept for later readers if there is space.
   *
   * @throws CorruptionException if the section is damaged
   */
  public byte[] get(int number) {
    if (number >= offsets.length) {
      return EMPTY;
    }
    byte[] known = loaded[number];
    if (known != null) {
      return known;
    }
    if (kept.get(number) instanceof byte[] b) {
      loaded[number] = b;
      shared[number] = true;
      return b;
    }
    byte[] out = once(number);
    int size = rawLengths[number] + ByteSink.SLACK;
    if (size > ByteSink.SLACK && kept.hasRoom(size)) {
      byte[] exact = Arrays.copyOf(out, size);
      if (kept.putSection(number, exact, size)) {
        ArrayPool.release(out);
        loaded[number] = exact;
        shared[number] = true;
        return exact;
      }
    }
    return out;
  }

  /**
   * Variant without keeping the section for later readers.
   *
   * @throws CorruptionException if the section is damaged
   */
  public byte[] once(int number) {
    if (number >= offsets.length) {
      return EMPTY;
    }
    byte[] known = loaded[number];
    if (known != null) {
      return known;
    }
    int raw = rawLengths[number];
    byte[] out = ArrayPool.take(raw + ByteSink.SLACK); // readers load whole words at the end
    if (raw > 0) {
      int length = storedLengths[number];
      byte[] stored = length == raw ? out : ArrayPool.take(length);
      MemorySegment.copy(block, ValueLayout.JAVA_BYTE, offsets[number], stored, 0, length);
      if (ByteSink.crc(stored, 0, length) != checksums[number]) {
        throw new CorruptionException("section " + number + " has a wrong checksum");
      }
      if (length < raw) {
        try {
          Decompression.decompress(stored, 0, length, out, raw);
        } catch (CorruptionException e) {
          throw new CorruptionException("section " + number + ": " + e.getMessage());
        }
        ArrayPool.release(stored);
      }
    }
    loaded[number] = out;
    return out;
  }

  /**
   * Returns the length of the raw bytes of a section; arrays of {@link #get} are a few bytes
   * longer.
   */
  public int length(int number) {
    return number < rawLengths.length ? rawLengths[number] : 0;
  }

  /** Returns a source over the raw bytes of a section. */
  public ByteSource source(int number) {
    return new ByteSource(get(number), 0, length(number));
  }

  /** Returns the memory of decompressed sections to the pool; their arrays are not used after. */
  public void release() {
    for (int i = 0; i < loaded.length; i++) {
      byte[] b = loaded[i];
      if (b != null) {
        loaded[i] = null;
        if (!shared[i]) {
          ArrayPool.release(b);
        }
        shared[i] = false;
      }
    }
  }
}
