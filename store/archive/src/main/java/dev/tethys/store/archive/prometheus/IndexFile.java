package dev.tethys.store.archive.prometheus;

import dev.tethys.model.Labels;
import dev.tethys.store.archive.CorruptFileException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * Reads the index of a block in the order of its series, versions 1 and 2.
 *
 * <pre>
 * 4 bytes BA AA D7 00, 1 byte version
 * symbols: 4 bytes length, 4 bytes count, count * { uvarint length, bytes }, 4 bytes CRC
 * series (version 2: each begins at a multiple of 16): uvarint length, then
 *   uvarint labels, each { uvarint name, uvarint value }: numbers of symbols, in version 1 offsets
 *   uvarint chunks, the first { varint min, uvarint max - min, uvarint ref },
 *     others { uvarint min - max before, uvarint max - min, varint ref - ref before }
 *   4 bytes CRC of the bytes that the length counts
 * label indexes, postings, and tables of these, which a reader of everything does not need
 * last 52 bytes: 6 * 8 bytes offsets (symbols, series, label indexes, label table, postings,
 *   postings table), 4 bytes CRC
 * </pre>
 *
 * <p>Not thread-safe.
 */
final class IndexFile implements AutoCloseable {
  private static final int MAGIC = 0xBAAAD700;
  private static final int TOC = 6 * 8 + 4;

  private final MappedFile file;
  private final int version;
  private final long seriesFrom;
  private final long seriesTo;
  private final long[] symbols; // version 2: offsets by number
  private long next;
  private byte[] labelBytes = new byte[1024];

  // The present series.
  private long reference;
  private Labels labels = Labels.EMPTY;
  int chunkCount;
  long[] chunkMin = new long[16];
  long[] chunkMax = new long[16];
  long[] chunkRef = new long[16];

  IndexFile(Path path) throws IOException {
    file = new MappedFile(path);
    boolean opened = false;
    try {
      if (file.size() < 5 + TOC) {
        throw file.damaged(0, "an index of " + file.size() + " bytes is incomplete");
      }
      if (file.int32() != MAGIC) {
        throw file.damaged(0, "this is not an index of a Prometheus block");
      }
      version = file.u8();
      if (version != 1 && version != 2) {
        throw file.damaged(4, "index version " + version + " is not supported; it must be 1 or 2");
      }
      long toc = file.size() - TOC;
      file.pos = file.size() - 4;
      if (file.int32() != file.crc(toc, TOC - 4)) {
        throw file.damaged(toc, "checksum of the table of contents does not match");
      }
      file.pos = toc;
      long symbolsAt = file.int64();
      seriesFrom = file.int64();
      long to = toc;
      for (int i = 0; i < 4; i++) {
        long section = file.int64();
        if (section > seriesFrom && section < to) {
          to = section;
        }
      }
      if (symbolsAt < 5 || symbolsAt > toc || seriesFrom < 5 || seriesFrom > to) {
        throw file.damaged(toc, "the table of contents is not valid");
      }
      seriesTo = to;
      symbols = version == 2 ? readSymbols(symbolsAt) : new long[0];
      next = aligned(seriesFrom);
      opened = true;
    } finally {
      if (!opened) {
        file.close();
      }
    }
  }

  private long[] readSymbols(long at) {
    file.pos = at;
    long length = file.u32();
    if (length > file.size() - at - 8) {
      throw file.damaged(at, "symbols of " + length + " bytes do not fit into the file");
    }
    file.pos = at + 4 + length;
    if (file.int32() != file.crc(at + 4, length)) {
      throw file.damaged(at, "checksum of the symbols does not match");
    }
    file.pos = at + 4;
    long count = file.u32();
    if (count > length) {
      throw file.damaged(at, "more symbols than bytes");
    }
    long[] out = new long[(int) count];
    for (int i = 0; i < out.length; i++) {
      out[i] = file.pos;
      long n = file.uvarint();
      file.pos += n;
    }
    return out;
  }

  private long aligned(long at) {
    return version == 2 ? at + 15 & ~15L : at;
  }

  /** Bytes of all series; {@link #position()} runs towards it. */
  long seriesBytes() {
    return seriesTo - seriesFrom;
  }

  /** Returns the position of the reader within the series. */
  long position() {
    return Math.min(next, seriesTo) - seriesFrom;
  }

  /**
   * Goes to the next series; false at the end.
   *
   * @throws CorruptFileException if a series cannot be read; the next call continues after it
   */
  boolean next() {
    long at = next;
    // Only padding may follow the last series.
    if (at + 5 > seriesTo) {
      return false;
    }
    try {
      file.pos = at;
      long length = file.uvarint();
      long from = file.pos;
      if (length == 0 || length > seriesTo - from - 4) {
        throw file.damaged(at, "invalid series size: " + length + " bytes");
      }
      file.pos = from + length;
      if (file.int32() != file.crc(from, length)) {
        throw file.damaged(at, "checksum of a series does not match");
      }
      next = aligned(from + length + 4);
      reference = version == 2 ? at / 16 : at;
      file.pos = from;
      readSeries(at, from + length);
      return true;
    } catch (CorruptFileException e) {
      if (next == at) {
        resume(at);
      }
      throw e;
    }
  }

  /** Finds the next position of a series with a valid checksum. */
  private void resume(long damaged) {
    long step = version == 2 ? 16 : 1;
    for (long at = damaged + step; at + 5 < seriesTo; at += step) {
      file.pos = at;
      long length;
      try {
        length = file.uvarint();
      } catch (CorruptFileException e) {
        continue;
      }
      long from = file.pos;
      if (length > 0 && length <= seriesTo - from - 4 && length < 1 << 24) {
        file.pos = from + length;
        if (file.int32() == file.crc(from, length)) {
          next = at;
          return;
        }
      }
    }
    next = seriesTo;
  }

  private void readSeries(long at, long end) {
    long n = file.uvarint();
    int size = 0;
    long before = -1;
    boolean ordered = true;
    for (long i = 0; i < n; i++) {
      long name = file.uvarint();
      long value = file.uvarint();
      long back = file.pos;
      ordered &= name > before;
      before = name;
      if (ordered) {
        int start = size;
        size = symbol(at, name, size);
        int afterName = size;
        size = symbol(at, value, size);
        if (size == afterName + 1) {
          size = start; // an empty value is no label
        }
      }
      file.pos = back;
      if (file.pos > end) {
        throw file.damaged(at, "labels extend past the end of their series");
      }
    }
    if (ordered) {
      labels = Labels.ofCanonicalBytes(Arrays.copyOf(labelBytes, size));
    } else {
      throw file.damaged(at, "labels of a series are not in ascending order");
    }
    readChunks(at, end);
  }

  /** Appends a symbol with its length, as label sets have it. */
  private int symbol(long series, long number, int size) {
    long at;
    if (version == 1) {
      at = number;
    } else if (number < 0 || number >= symbols.length) {
      throw file.damaged(series, "a series refers to symbol " + number + " of " + symbols.length);
    } else {
      at = symbols[(int) number];
    }
    file.pos = at;
    long length = file.uvarint();
    int head = (int) (file.pos - at);
    if (length > file.size() - at || length > 1 << 28) {
      throw file.damaged(at, "invalid symbol size: " + length + " bytes");
    }
    int total = head + (int) length;
    if (labelBytes.length - size < total) {
      labelBytes = Arrays.copyOf(labelBytes, Math.max(labelBytes.length * 2, size + total));
    }
    file.copy(at, labelBytes, size, total);
    return size + total;
  }

  private void readChunks(long at, long end) {
    long n = file.uvarint();
    if (n < 0 || n > end - file.pos) {
      throw file.damaged(at, "a series with " + n + " chunks in too few bytes");
    }
    chunkCount = (int) n;
    if (chunkMin.length < n) {
      chunkMin = new long[chunkCount * 2];
      chunkMax = new long[chunkCount * 2];
      chunkRef = new long[chunkCount * 2];
    }
    long max = 0;
    long ref = 0;
    for (int i = 0; i < n; i++) {
      long min = i == 0 ? file.varint() : max + file.uvarint();
      max = min + file.uvarint();
      ref = i == 0 ? file.uvarint() : ref + file.varint();
      chunkMin[i] = min;
      chunkMax[i] = max;
      chunkRef[i] = ref;
    }
  }

  /** Returns the number by which tombstones name the present series. */
  long reference() {
    return reference;
  }

  Labels labels() {
    return labels;
  }

  @Override
  public void close() {
    file.close();
  }
}
