package dev.tethys.pipeline.receiver.log;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Splits a stream into lines. The last line ends with the stream, even if reading fails; a line
 * that is too long is truncated.
 */
final class LineFrames {
  /** Memory per byte of a line while it grows, is copied and becomes a record. */
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
   * Creates a splitter.
   *
   * @param end line terminator; -1 to end only with the stream
   * @param maxLength maximum length of a line in bytes
   * @param memory called before a long line allocates bytes; may throw
   */
  LineFrames(InputStream in, int end, int maxLength, LongConsumer memory) {
    this.memory = memory;
    this.in = in;
    this.end = end;
    this.maxLength = maxLength;
  }

  /**
   * Reads the next line without its terminator; null at the end of the stream.
   *
   * @throws IOException of the stream, after all preceding lines were returned
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
      failed = e; // connection reset by the sender, or closed here: received data counts
      return -1;
    }
  }
}
