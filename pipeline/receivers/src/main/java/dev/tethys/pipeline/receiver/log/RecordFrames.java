package dev.tethys.pipeline.receiver.log;

import dev.tethys.collect.logs.file.RecordEnds;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Takes records of several lines out of a stream. The last one ends with the stream; one that is
 * too long becomes several.
 */
final class RecordFrames {
  private static final int FIRST_SIZE = 8192;

  private final InputStream in;
  private final RecordEnds ends;
  private final int maxLength;
  private byte[] buf;
  private int from;
  private int to;
  private boolean ended;

  /**
   * Records.
   *
   * @param maxLength in bytes
   */
  RecordFrames(InputStream in, RecordEnds ends, int maxLength) {
    this.in = in;
    this.ends = ends;
    this.maxLength = maxLength;
    this.buf = new byte[Math.min(maxLength, FIRST_SIZE)];
  }

  /** The next record; null at the end of the stream. */
  byte @Nullable [] next() throws IOException {
    while (true) {
      if (from < to) {
        int end = ends.end(buf, from, to);
        // An expression that matches nothing parts nothing.
        if (end <= from && (ended || to - from == maxLength)) {
          end = to;
        }
        if (end > from) {
          byte[] record =
              Arrays.copyOfRange(buf, ends.textFrom(buf, from, end), ends.textTo(buf, from, end));
          from = end;
          return record;
        }
      } else if (ended) {
        return null;
      }
      read();
    }
  }

  private void read() throws IOException {
    if (from > 0) {
      System.arraycopy(buf, from, buf, 0, to - from);
      to -= from;
      from = 0;
    }
    if (to == buf.length) {
      buf = Arrays.copyOf(buf, Math.min(maxLength, 2 * to));
    }
    int n = in.read(buf, to, buf.length - to);
    if (n < 0) {
      ended = true;
    } else {
      to += n;
    }
  }
}
