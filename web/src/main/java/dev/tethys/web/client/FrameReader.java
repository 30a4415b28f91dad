package dev.tethys.web.client;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;

/**
 * Reads the frames of a client's HTTP/2 connection (RFC 9113 section 4), without their padding; a
 * block of headers that was cut into several frames is one. Not thread-safe.
 */
final class FrameReader {
  /** The largest frame that may be sent to us: HTTP/2's smallest limit. */
  private static final int MAX_FRAME = 16_384;

  /** The largest block of headers that is read. */
  static final int MAX_HEADERS = 64 << 10;

  private static final int BUFFER = 16 << 10;

  /**
   * A frame.
   *
   * @param length length that the peer counts against windows, including padding
   * @param payload payload without padding and priority
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Frame(int type, int flags, int id, int length, byte[] payload) {
    boolean is(int flag) {
      return (flags & flag) != 0;
    }

    /** Returns the number stored in four bytes. */
    long number(int at) throws IOException {
      if (payload.length < at + 4) {
        throw new IOException("a truncated frame from the server");
      }
      return (payload[at] & 0xffL) << 24
          | (payload[at + 1] & 0xff) << 16
          | (payload[at + 2] & 0xff) << 8
          | payload[at + 3] & 0xff;
    }
  }

  private final DataInputStream in;

  FrameReader(InputStream from) {
    this.in = new DataInputStream(new BufferedInputStream(from, BUFFER));
  }

  /**
   * Reads the next frame.
   *
   * @throws java.io.EOFException at the end
   * @throws IOException if it is malformed, or larger than is allowed
   */
  Frame next() throws IOException {
    int length = in.readUnsignedByte() << 16 | in.readUnsignedShort();
    int type = in.readUnsignedByte();
    int flags = in.readUnsignedByte();
    int id = in.readInt() & Integer.MAX_VALUE;
    if (length > MAX_FRAME) {
      throw new IOException("a frame of " + length + " bytes from the server; 16384 are allowed");
    }
    byte[] p = new byte[length];
    in.readFully(p);
    return switch (type) {
      case Http2.DATA -> new Frame(type, flags, id, length, unpadded(flags & ~Http2.PRIORITY, p));
      case Http2.HEADERS ->
          new Frame(type, flags, id, length, whole(id, flags, unpadded(flags, p)));
      default -> new Frame(type, flags, id, length, p);
    };
  }

  private static byte[] unpadded(int flags, byte[] p) throws IOException {
    int from = 0;
    int to = p.length;
    if ((flags & Http2.PADDED) != 0) {
      if (p.length == 0) {
        throw new IOException("a truncated frame from the server");
      }
      from = 1;
      to -= p[0] & 0xff;
    }
    if ((flags & Http2.PRIORITY) != 0) {
      from += 5;
    }
    if (to < from) {
      throw new IOException("a frame that is all padding from the server");
    }
    return from == 0 && to == p.length ? p : Arrays.copyOfRange(p, from, to);
  }

  /** Reads a header block: its first frame and the continuations. */
  private byte[] whole(int id, int flags, byte[] first) throws IOException {
    if ((flags & Http2.END_HEADERS) != 0) {
      return first;
    }
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    all.writeBytes(first);
    int more = flags;
    while ((more & Http2.END_HEADERS) == 0) {
      int length = in.readUnsignedByte() << 16 | in.readUnsignedShort();
      int type = in.readUnsignedByte();
      more = in.readUnsignedByte();
      int of = in.readInt() & Integer.MAX_VALUE;
      if (type != Http2.CONTINUATION
          || of != id
          || length == 0
          || length + all.size() > MAX_HEADERS) {
        throw new IOException("malformed or too many headers from the server");
      }
      byte[] next = new byte[length];
      in.readFully(next);
      all.writeBytes(next);
    }
    return all.toByteArray();
  }
}
