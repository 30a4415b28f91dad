package dev.tethys.store.metrics.internal.wal;

import dev.tethys.store.metrics.internal.encoding.ByteSink;
import dev.tethys.store.metrics.internal.encoding.ByteSource;

/**
 * Checksummed records one after the other, as in log segments and head snapshots.
 *
 * <pre>
 * frame: 4 bytes marker 7E 54 57 A1, 4 bytes length, 4 bytes CRC-32C of the payload xor length, payload
 * </pre>
 *
 * Numbers are little-endian. The marker lets a reader find the next frame behind damaged bytes; it
 * believes a marker only when the checksum agrees.
 */
public final class Frames {
  /** Bytes before the payload. */
  public static final int HEADER = 12;

  /** The longest payload. */
  public static final int MAX_LENGTH = 1 << 30;

  private static final int MARKER = 0xA157547E;

  private Frames() {}

  /** Starts a frame: makes room for its header; where it starts. */
  public static int begin(ByteSink out) {
    int at = out.size;
    out.ensure(HEADER);
    out.size += HEADER;
    return at;
  }

  /** Ends a frame begun at {@code at}: all bytes since are its payload. */
  public static void end(ByteSink out, int at) {
    int length = out.size - at - HEADER;
    int end = out.size;
    out.size = at;
    out.putInt(MARKER);
    out.putInt(length);
    out.putInt(ByteSink.crc(out.buf, at + HEADER, length) ^ length);
    out.size = end;
  }

  /** Receives the payload of each sound frame. */
  @FunctionalInterface
  public interface Visitor {
    void frame(ByteSource payload);
  }

  /**
   * What was found.
   *
   * @param frames sound frames
   * @param damagedBytes bytes between sound frames that are no frame
   * @param tornBytes bytes behind the last sound frame
   */
  public record Found(int frames, long damagedBytes, long tornBytes) {}

  /** Visits every sound frame from {@code offset} on. */
  public static Found read(byte[] file, int offset, Visitor to) {
    int frames = 0;
    long damaged = 0;
    int p = offset;
    int lastEnd = offset;
    ByteSource in = new ByteSource(file);
    while (p + HEADER <= file.length) {
      in.pos = p;
      in.end = file.length;
      if (in.getInt() == MARKER) {
        int length = in.getInt();
        int crc = in.getInt();
        if (length >= 0
            && length <= MAX_LENGTH
            && length <= in.remaining()
            && (ByteSink.crc(file, in.pos, length) ^ length) == crc) {
          damaged += p - lastEnd;
          p = in.pos + length;
          lastEnd = p;
          frames++;
          to.frame(new ByteSource(file, p - length, length));
          continue;
        }
      }
      p++;
    }
    return new Found(frames, damaged, file.length - lastEnd);
  }
}
