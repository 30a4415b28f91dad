package dev.tethys.store.archive.prometheus;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.zip.CRC32C;

/** A file being written from start to end, big-endian; durable when it is closed. */
final class BigEndianFile implements AutoCloseable {
  private final FileChannel channel;
  private final byte[] buf = new byte[1 << 16];
  private final CRC32C crc = new CRC32C();
  private int size;
  private long written;
  private int crcFrom; // the bytes in the buffer from here on are valid

  BigEndianFile(Path path) throws IOException {
    channel = FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
  }

  /** Bytes so far. */
  long position() {
    return written + size;
  }

  private void room(int n) throws IOException {
    if (buf.length - size < n) {
      flush();
    }
  }

  private void flush() throws IOException {
    crc.update(buf, crcFrom, size - crcFrom);
    ByteBuffer b = ByteBuffer.wrap(buf, 0, size);
    while (b.hasRemaining()) {
      channel.write(b);
    }
    written += size;
    size = 0;
    crcFrom = 0;
  }

  void u8(int v) throws IOException {
    room(1);
    buf[size++] = (byte) v;
  }

  void int32(int v) throws IOException {
    room(4);
    for (int s = 24; s >= 0; s -= 8) {
      buf[size++] = (byte) (v >>> s);
    }
  }

  void int64(long v) throws IOException {
    int32((int) (v >>> 32));
    int32((int) v);
  }

  void uvarint(long v) throws IOException {
    room(10);
    long x = v;
    while ((x & ~0x7fL) != 0) {
      buf[size++] = (byte) (x | 0x80);
      x >>>= 7;
    }
    buf[size++] = (byte) x;
  }

  void bytes(byte[] b, int offset, int length) throws IOException {
    int at = offset;
    int remaining = length;
    while (remaining > 0) {
      room(1);
      int n = Math.min(remaining, buf.length - size);
      System.arraycopy(b, at, buf, size, n);
      size += n;
      at += n;
      remaining -= n;
    }
  }

  /** Fills with zeros up to a multiple. */
  void align(int to) throws IOException {
    while (position() % to != 0) {
      u8(0);
    }
  }

  /** Starts the next checksum with the following bytes. */
  void beginCrc() {
    crc.reset();
    crcFrom = size;
  }

  /** Writes the checksum (CRC-32C) of the bytes since {@link #beginCrc}. */
  void endCrc() throws IOException {
    crc.update(buf, crcFrom, size - crcFrom);
    crcFrom = size;
    int32((int) crc.getValue());
  }

  @Override
  public void close() throws IOException {
    try (channel) {
      flush();
      channel.force(true);
    }
  }
}
