package dev.tethys.codec.kdb;

import dev.tethys.codec.CodecException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A message of q IPC: its kind, and one value.
 *
 * <p>Format: a byte for the order of bytes (1 little endian, 0 big), the kind, whether it is
 * compressed, a byte more for lengths beyond 4 GB (0 here), the length of all of it as an int, then
 * the value. Before the first message a client sends {@link #hello} and gets one byte.
 */
public record QMessage(Kind kind, QValue value) {
  /** Bytes before the value. */
  public static final int HEADER = 8;

  /** Compression, timestamps and guids; messages of up to 2 GB. */
  public static final int CAPABILITY = 3;

  /** Length in bytes above which kdb+ compresses messages. */
  private static final int COMPRESS_FROM = 2000;

  /** Kind of message; numbers as on the wire. */
  public enum Kind {
    /** Nothing, be it done or not. */
    ASYNC,
    /** Synchronous request. */
    SYNC,
    /** Response. */
    RESPONSE
  }

  /** Returns the client's initial handshake. */
  public static byte[] hello(String user, @Nullable String password) {
    String who = password == null ? user : user + ":" + password;
    if (who.indexOf('\0') >= 0) {
      throw new IllegalArgumentException("a user or password of kdb+ with the character 0");
    }
    byte[] b = who.getBytes(StandardCharsets.UTF_8);
    byte[] out = Arrays.copyOf(b, b.length + 2);
    out[b.length] = CAPABILITY;
    return out;
  }

  /** Encodes the message little endian and uncompressed. */
  public byte[] encode() {
    return encode(ByteOrder.LITTLE_ENDIAN, false);
  }

  /**
   * Encodes the message.
   *
   * @param compress whether to compress as kdb+ does for peers on other machines: long messages
   *     that shrink to less than half
   * @throws IllegalArgumentException for more than 2 GB, or a symbol with a character 0
   */
  public byte[] encode(ByteOrder order, boolean compress) {
    QWriter w = new QWriter(order, HEADER);
    w.write(value);
    byte[] b = w.toByteArray();
    b[0] = (byte) (order == ByteOrder.LITTLE_ENDIAN ? 1 : 0);
    b[1] = (byte) kind.ordinal();
    ByteBuffer.wrap(b).order(order).putInt(4, b.length);
    byte[] shorter = compress && b.length > COMPRESS_FROM ? QCompression.compress(b) : null;
    return shorter == null ? b : shorter;
  }

  /**
   * Returns the length of a message from its first {@value #HEADER} bytes.
   *
   * @throws CodecException if the bytes are not a header, or the message exceeds the limit
   */
  public static int length(byte[] header, int max) {
    ByteOrder order = order(header);
    long n =
        (header[3] & 0xffL) << 32 | ByteBuffer.wrap(header).order(order).getInt(4) & 0xffff_ffffL;
    if (n < HEADER + 1 || n > max) {
      throw new CodecException("kdb+: a message of " + n + " bytes; at most " + max + " are taken");
    }
    return (int) n;
  }

  /**
   * Reads a message.
   *
   * @param m all of it, the header too
   * @param max bytes that it may have uncompressed
   * @throws CodecException if the message is damaged, too large or has an unsupported type
   */
  public static QMessage decode(byte[] m, int max) {
    if (m.length < HEADER + 1) {
      throw new CodecException("kdb+: a message of " + m.length + " bytes");
    }
    ByteOrder order = order(m);
    if (m[1] < 0 || m[1] > 2) {
      throw new CodecException("kdb+: a message of kind " + m[1]);
    }
    if (m[2] < 0 || m[2] > 1) {
      throw new CodecException("kdb+: a message compressed in way " + m[2]);
    }
    byte[] b = m[2] == 1 ? QCompression.decompress(m, order, max) : m;
    ByteBuffer in = ByteBuffer.wrap(b).order(order);
    in.position(HEADER);
    return new QMessage(Kind.values()[m[1]], new QReader(in).all());
  }

  private static ByteOrder order(byte[] m) {
    return switch (m[0]) {
      case 0 -> ByteOrder.BIG_ENDIAN;
      case 1 -> ByteOrder.LITTLE_ENDIAN;
      default -> throw new CodecException("kdb+: a message that begins with byte " + m[0]);
    };
  }
}
