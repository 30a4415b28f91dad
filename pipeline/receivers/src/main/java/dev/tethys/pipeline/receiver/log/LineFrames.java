package dev.tethys.pipeline.receiver.log;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Takes lines out of a stream. The last one ends with the stream, also where that fails; of one
 * that is too long the beginning is given.
 */
final class LineFrames {
  /** What a byte of a line takes while it grows, is copied and becomes a record. */
  private static final long FACTOR = 4;

  private final InputStream in;
  private final int end;
  private final int maxLength;
  private final LongConsumer memory;
  private final byte[] buf = new byte[8192];
  private int at;
  private int limit;
  private @Nullable IOException failed;

  /**
   * Lines.
   *
   * @param end what they end with; -1 for with the stream
   * @param maxLength in bytes
   * @param memory receives the bytes that a long line is about to take, and may throw
   */
  LineFrames(InputStream in, int end, int maxLength, LongConsumer memory) {
    this.memory = memory;
    this.in = in;
    this.end = end;
    this.maxLength = maxLength;
  }

  /**
   * The next line, without its end; null at the end of the stream.
   *
   * @throws IOException of the stream, once all that came before is given
   */
  byte @Nullable [] next() throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream(256);
    boolean any = false;
    while (true) {
      if (at == limit) {
        at = 0;
        limit = Math.max(0, read());
        if (limit == 0) {
          if (!any && failed != null) {
            throw failed;
          }
          return any ? out.toByteArray() : null;
        }
      }
      any = true;
      int from = at;
      while (at < limit && buf[at] != end) {
        at++;
      }
      int more = Math.max(0, Math.min(at - from, maxLength - out.size()));
      if (out.size() + more > buf.length) {
        memory.accept(FACTOR * more);
      }
      out.write(buf, from, more);
      if (at < limit) {
        at++;
        return out.toByteArray();
      }
    }
  }

  private int read() {
    if (failed != null) {
      return -1;
    }
    try {
      return in.read(buf);
    } catch (IOException e) {
      failed = e; // a sender that resets its connection, or this side's end: what came counts
      return -1;
    }
  }
}
