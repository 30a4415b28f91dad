package dev.tethys.store.files;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Checksummed records one after the other, as in log segments and head snapshots.
 *
 * <pre>
 * frame: 4 bytes marker 7E 54 57 A1, 4 bytes length, 4 bytes CRC-32C of the payload xor length, payload
 * </pre>
 *
 * Numbers are little-endian. The marker lets a reader find the next frame after damaged bytes; it
 * accepts a marker only when the checksum agrees.
 */
public final class Frames {
  /** Bytes before the payload. */
  public static final int HEADER = 12;

  /** The longest payload. */
  public static final int MAX_LENGTH = 1 << 30;

  private static final int MARKER = 0xA157547E;
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private Frames() {}

  /** Starts a frame by reserving its header; returns the start. */
  public static int begin(ByteSink out) {
    int at = out.size;
    out.ensure(HEADER);
    out.size += HEADER;
    return at;
  }

  /** Ends a frame started at {@code at}: all bytes since are its payload. */
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
   * Result of reading frames.
   *
   * @param frames valid frames
   * @param damagedBytes bytes between valid frames that do not belong to one
   * @param tornBytes bytes after the last valid frame
   */
  public record ScanResult(int frames, long damagedBytes, long tornBytes) {}

  /**
   * Visits every sound frame of a mapped file from {@code offset} on. One frame at a time is in
   * memory; its bytes are overwritten by the next.
   */
  public static ScanResult read(MemorySegment file, long offset, Visitor to) {
    int frames = 0;
    long damaged = 0;
    long p = offset;
    long lastEnd = offset;
    long size = file.byteSize();
    byte[] payload = new byte[1 << 12];
    while (p + HEADER <= size) {
      if (file.get(INT, p) == MARKER) {
        int length = file.get(INT, p + 4);
        if (length >= 0 && length <= MAX_LENGTH && length <= size - p - HEADER) {
          if (payload.length < length) {
            payload = new byte[Math.max(length, payload.length * 2)];
          }
          MemorySegment.copy(file, ValueLayout.JAVA_BYTE, p + HEADER, payload, 0, length);
          if ((ByteSink.crc(payload, 0, length) ^ length) == file.get(INT, p + 8)) {
            damaged += p - lastEnd;
            p += HEADER + length;
            lastEnd = p;
            frames++;
            to.frame(new ByteSource(payload, 0, length));
            continue;
          }
        }
      }
      p++;
    }
    return new ScanResult(frames, damaged, size - lastEnd);
  }
}
