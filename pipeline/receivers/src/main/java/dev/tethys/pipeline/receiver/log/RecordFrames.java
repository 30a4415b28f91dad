package dev.tethys.pipeline.receiver.log;

import dev.tethys.collect.logs.file.RecordEnds;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Takes records of several lines out of a stream. The last one ends with the stream, also where
 * that fails; one that is too long becomes several.
 */
final class RecordFrames {
  private static final int FIRST_SIZE = 8192;

  /** So many bytes are looked through at each read: it is less work than reading them was. */
  private static final int SMALL = 4096;

  /** What a byte of the buffer takes: copied when it grows, and as a record. */
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

  /** How much was looked through in vain, and whether a line has ended since. */
  private int searched;

  private boolean lineEndSeen;

  /**
   * Records.
   *
   * @param maxLength in bytes
   * @param memory receives what a long record takes, and may throw; what was received for one
   *     record may be given back before the next is asked for
   */
  RecordFrames(InputStream in, RecordEnds ends, int maxLength, LongConsumer memory) {
    this.memory = memory;
    this.in = in;
    this.ends = ends;
    this.maxLength = maxLength;
    this.buf = new byte[Math.min(maxLength, FIRST_SIZE)];
  }

  /**
   * The next record; null at the end of the stream.
   *
   * @throws IOException of the stream, once all that came before is given
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
        // An expression that matches nothing parts nothing.
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
   * Whether what came since the last look may end a record. All of a long record is looked through
   * for that, so that it is not done for every few bytes that come.
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
      failed = e; // a sender that resets its connection, or this side's end: what came counts
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
