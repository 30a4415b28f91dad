package dev.tethys.pipeline.exporter.file;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;

/**
 * Finds the append position in a file that a killed process may have left with an incomplete
 * record. That record was never acknowledged, so its items are sent again.
 */
final class AppendPosition {
  /** Maximum length of a request; a larger value is not a length. */
  private static final int LONGEST = 1 << 30;

  private AppendPosition() {}

  /** Whether the last line is incomplete. It is kept: it may belong to another program. */
  static boolean isWithinLine(FileChannel c) throws IOException {
    ByteBuffer last = ByteBuffer.allocate(1);
    c.read(last, c.size() - 1);
    return last.get(0) != '\n';
  }

  /**
   * Returns the end of the last complete length-prefixed record.
   *
   * @throws IOException if the file contains something else
   */
  static long ofLengths(FileChannel c, Path path) throws IOException {
    long size = c.size();
    long at = 0;
    ByteBuffer length = ByteBuffer.allocate(Integer.BYTES);
    while (size - at >= Integer.BYTES) {
      length.clear();
      while (length.hasRemaining() && c.read(length, at + length.position()) >= 0) {
        // a read may return only part of it
      }
      int n = length.getInt(0);
      if (n < 0 || n > LONGEST) {
        throw new IOException(
            path
                + " has no length-prefixed record at byte "
                + at
                + ": move it away, or write to another file");
      }
      if (size - at - Integer.BYTES < n) {
        break;
      }
      at += Integer.BYTES + n;
    }
    return at;
  }
}
