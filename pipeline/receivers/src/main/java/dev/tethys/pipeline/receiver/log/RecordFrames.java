package dev.tethys.pipeline.receiver.log;

import dev.tethys.collect.logs.file.RecordEnds;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Splits a stream into multiline records. The last record ends with the stream, even if reading
 * fails; a record that is too long is split.
 */
final class RecordFrames {
  private static final int FIRST_SIZE = 8192;

  /** Number of bytes always searched after a read: searching is cheaper than reading them. */
  private static final int SMALL = 4096;

  /** Memory per byte of the buffer: copied when it grows, and as a record. */
  private static final long FACTOR = 4;

  private final InputStream in;
  private final RecordEnds ends;
  private final int maxLength;
  private final LongConsumer memory;
  private byte[] buf;
  private int from;
  private int to;
  private boolean ended;
  private @Nullable IOException failed;

  /** Number of bytes searched without success, and whether a line has ended since. */
  private int searched;

  private boolean lineEndSeen;

  /**
   * Creates a splitter.
   *
   * @param maxLength maximum length of a record in bytes
   * @param memory called with the memory of a long record before it is allocated; may throw; memory
   *     of one record may be released before the next is requested
   */
  RecordFrames(InputStream in, RecordEnds ends, int maxLength, LongConsumer memory) {
    this.memory = memory;
    this.in = in;
    this.ends = ends;
    this.maxLength = maxLength;
    this.buf = new byte[Math.min(maxLength, FIRST_SIZE)];
  }

  /**
   * Reads the next record; null at the end of the stream.
   *
   * @throws IOException of the stream, after all preceding records were returned
   */
  byte @Nullable [] next() throws IOException {
    if (buf.length > FIRST_SIZE) {
      if (to - from <= FIRST_SIZE) {
        buf = Arrays.copyOfRange(buf, from, from + FIRST_SIZE);
        to -= from;
        from = 0;
      } else {
        memory.accept(FACTOR * buf.length);
      }
    }
    while (true) {
      if (from < to) {
        boolean last = ended || to - from == maxLength;
        int end = last || isDue() ? ends.end(buf, from, to) : -1;
        // An expression that matches empty text splits nothing.
        if (end <= from && last) {
          end = to;
        }
        if (end > from) {
          byte[] record =
              Arrays.copyOfRange(buf, ends.textFrom(buf, from, end), ends.textTo(buf, from, end));
          from = end;
          searched = 0;
          return record;
        }
      } else if (failed != null) {
        throw failed;
      } else if (ended) {
        return null;
      }
      read();
    }
  }

  /**
   * Whether data received since the last search may end a record. The entire record is searched, so
   * this is not done for every few bytes.
   */
  private boolean isDue() {
    int size = to - from;
    if (size > SMALL && !lineEndSeen && size - searched < searched / 4) {
      return false;
    }
    searched = size;
    lineEndSeen = false;
    return true;
  }

  private void read() {
    if (from > 0) {
      System.arraycopy(buf, from, buf, 0, to - from);
      to -= from;
      from = 0;
    }
    if (to == buf.length) {
      int size = (int) Math.min(maxLength, 2L * to);
      memory.accept(FACTOR * (size - to));
      buf = Arrays.copyOf(buf, size);
    }
    int n;
    try {
      n = in.read(buf, to, buf.length - to);
    } catch (IOException e) {
      failed = e; // connection reset by the sender, or closed here: received data counts
      n = -1;
    }
    if (n < 0) {
      ended = true;
      return;
    }
    for (int i = to; i < to + n && !lineEndSeen; i++) {
      lineEndSeen = buf[i] == '\n';
    }
    to += n;
  }
}
