package dev.tethys.codec.compression;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import java.util.zip.ZipException;
import org.jspecify.annotations.Nullable;

/**
 * Stream of the content of gzip data (RFC 1952) in an array, with all its members. As in {@link
 * java.util.zip.GZIPInputStream}, bytes behind a member that do not begin another one are omitted.
 * Inflaters, which cost more to create than a small message to inflate, are used again. Not
 * thread-safe.
 */
final class GzipArrayStream extends InputStream {
  private static final int MAX_KEPT = 16;
  private static final ArrayDeque<Inflater> KEPT = new ArrayDeque<>();

  private static final int MAGIC = 0x8b1f;
  private static final int DEFLATE = 8;
  private static final int HEADER = 10;
  private static final int TRAILER = 8;
  private static final int HEADER_CHECKSUM = 2;
  private static final int EXTRA = 4;
  private static final int NAME = 8;
  private static final int COMMENT = 16;
  private static final int RESERVED = 0xe0;

  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle SHORT =
      MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);

  private final byte[] data;
  private final int end;
  private final CRC32 checksum = new CRC32();
  private int at; // of the trailer while a member is read, else of the next member
  private @Nullable Inflater inflater;
  private boolean ended;

  /**
   * Opens the first member.
   *
   * @throws IOException if its header is damaged
   */
  GzipArrayStream(byte[] data, int offset, int length) throws IOException {
    this.data = data;
    this.at = offset;
    this.end = offset + length;
    header();
    inflater = take();
    beginMember();
  }

  private static Inflater take() {
    synchronized (KEPT) {
      Inflater kept = KEPT.pollLast();
      return kept == null ? new Inflater(true) : kept;
    }
  }

  private static void release(Inflater inflater) {
    inflater.reset(); // it also forgets the array
    synchronized (KEPT) {
      if (KEPT.size() < MAX_KEPT) {
        KEPT.addLast(inflater);
        return;
      }
    }
    inflater.end();
  }

  /** Passes the header of another member, if there is one. */
  private boolean isMember() {
    if (end - at < HEADER || ((short) SHORT.get(data, at) & 0xffff) != MAGIC) {
      return false;
    }
    try {
      header();
      return true;
    } catch (IOException e) {
      return false; // other bytes
    }
  }

  /** Passes a header. */
  private void header() throws IOException {
    int begin = at;
    require(HEADER);
    if (((short) SHORT.get(data, at) & 0xffff) != MAGIC) {
      throw new ZipException("Not in GZIP format");
    }
    int flags = data[at + 3] & 0xff;
    if (data[at + 2] != DEFLATE || (flags & RESERVED) != 0) {
      throw new ZipException("Unsupported compression method or flags of gzip");
    }
    at += HEADER;
    if ((flags & EXTRA) != 0) {
      require(Short.BYTES);
      at += Short.BYTES + ((short) SHORT.get(data, at) & 0xffff);
      require(0);
    }
    if ((flags & NAME) != 0) {
      text();
    }
    if ((flags & COMMENT) != 0) {
      text();
    }
    if ((flags & HEADER_CHECKSUM) != 0) {
      require(Short.BYTES);
      checksum.reset();
      checksum.update(data, begin, at - begin);
      if ((short) SHORT.get(data, at) != (short) checksum.getValue()) {
        throw new ZipException("Corrupt GZIP header");
      }
      at += Short.BYTES;
    }
  }

  /** Passes a text that ends with 0. */
  private void text() throws IOException {
    do {
      require(1);
    } while (data[at++] != 0);
  }

  private void require(int bytes) throws EOFException {
    if (end - at < bytes) {
      throw new EOFException("Unexpected end of ZLIB input stream");
    }
  }

  private void beginMember() {
    checksum.reset();
    open().setInput(data, at, end - at);
  }

  private Inflater open() {
    if (inflater == null) {
      throw new IllegalStateException("the stream is closed");
    }
    return inflater;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] b, int offset, int length) throws IOException {
    Inflater of = open();
    while (!ended && length > 0) {
      int n;
      try {
        n = of.inflate(b, offset, length);
      } catch (DataFormatException e) {
        throw new ZipException(
            e.getMessage() == null ? "Invalid ZLIB data format" : e.getMessage());
      }
      if (n > 0) {
        checksum.update(b, offset, n);
        return n;
      }
      if (of.finished()) {
        endMember(of);
      } else {
        throw new EOFException("Unexpected end of ZLIB input stream");
      }
    }
    return ended ? -1 : 0;
  }

  private void endMember(Inflater of) throws IOException {
    at = end - of.getRemaining();
    require(TRAILER);
    if ((int) INT.get(data, at) != (int) checksum.getValue()
        || (int) INT.get(data, at + Integer.BYTES) != (int) of.getBytesWritten()) {
      throw new ZipException("Corrupt GZIP trailer");
    }
    at += TRAILER;
    ended = !isMember();
    if (!ended) {
      of.reset();
      beginMember();
    }
  }

  @Override
  public void close() {
    if (inflater != null) {
      release(inflater);
      inflater = null;
    }
  }
}
