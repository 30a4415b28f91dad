package dev.tethys.store.archive.prometheus;

import dev.tethys.store.archive.CorruptFileException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.zip.CRC32C;

/**
 * File mapped for reading, with a current position. Numbers are big-endian, as in all files of
 * Prometheus. Reading over its end is a {@link CorruptFileException}. Not thread-safe.
 */
final class MappedFile implements AutoCloseable {
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

  final Path path;
  private final Arena arena = Arena.ofShared();
  private final MemorySegment data;
  private final CRC32C crc = new CRC32C();
  private byte[] scratch = new byte[4096];

  /** Position of the next number to read. */
  long pos;

  MappedFile(Path path) throws IOException {
    this.path = path;
    boolean opened = false;
    try (FileChannel ch = FileChannel.open(path, StandardOpenOption.READ)) {
      data = ch.map(FileChannel.MapMode.READ_ONLY, 0, ch.size(), arena);
      opened = true;
    } finally {
      if (!opened) {
        arena.close();
      }
    }
  }

  long size() {
    return data.byteSize();
  }

  CorruptFileException damaged(long at, String what) {
    return new CorruptFileException(path, at, what);
  }

  private long take(long n) {
    long at = pos;
    if (at < 0 || n < 0 || n > data.byteSize() - at) {
      throw damaged(at, "the file ends (it has " + data.byteSize() + " bytes)");
    }
    pos = at + n;
    return at;
  }

  int u8() {
    return data.get(ValueLayout.JAVA_BYTE, take(1)) & 0xff;
  }

  int int32() {
    return data.get(INT, take(4));
  }

  long u32() {
    return int32() & 0xffffffffL;
  }

  long int64() {
    return data.get(LONG, take(8));
  }

  long uvarint() {
    long start = pos;
    long v = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      int b = u8();
      v |= (long) (b & 0x7f) << shift;
      if (b < 0x80) {
        return v;
      }
    }
    throw damaged(start, "a number of more than 64 bits");
  }

  long varint() {
    long v = uvarint();
    return v >>> 1 ^ -(v & 1);
  }

  /** Copies bytes from a position on, which is not moved. */
  void copy(long from, byte[] into, int at, int n) {
    if (from < 0 || n < 0 || n > data.byteSize() - from) {
      throw damaged(from, "the file ends (it has " + data.byteSize() + " bytes)");
    }
    MemorySegment.copy(data, ValueLayout.JAVA_BYTE, from, into, at, n);
  }

  /** Returns the checksum (CRC-32C) of a part. */
  int crc(long from, long length) {
    crc.reset();
    long at = from;
    long end = from + length;
    while (at < end) {
      int n = (int) Math.min(64 << 10, end - at);
      if (scratch.length < n) {
        scratch = new byte[64 << 10];
      }
      copy(at, scratch, 0, n);
      crc.update(scratch, 0, n);
      at += n;
    }
    return (int) crc.getValue();
  }

  /** Returns the checksum of bytes that were copied. */
  int crc(byte[] bytes, int n) {
    crc.reset();
    crc.update(bytes, 0, n);
    return (int) crc.getValue();
  }

  @Override
  public void close() {
    arena.close();
  }
}
