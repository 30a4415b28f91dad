package dev.tethys.collect.logs.docker;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;

/**
 * Reads the response of {@code GET /containers/ID/logs?timestamps=1} (Docker Engine API, "Attach to
 * a container", stream format). Without a terminal it consists of frames: eight bytes, of which the
 * first is 1 for stdout and 2 for stderr and the last four are the length, big-endian; then the
 * payload. With a terminal it is the payload alone. Each message starts with its time and a space;
 * one that the daemon split (at 16 KiB) arrives as several, only the last of which ends with a line
 * feed, each with a time.
 */
final class LogStream {
  /** Maximum line length; the rest of a longer line is skipped. */
  static final int MAX_LINE = 1 << 20;

  /** Maximum accepted frame size. */
  private static final int MAX_FRAME = 16 << 20;

  /** Receives lines. */
  interface Lines {
    /** One line of stdout or stderr, and the time of its first part in nanoseconds since 1970. */
    void line(boolean stderr, long time, String text) throws InterruptedException;
  }

  /** A line of one of the streams that is not complete. */
  private static final class Part {
    final ByteArrayOutputStream text = new ByteArrayOutputStream();
    long time;
    boolean begun;
  }

  private final Part[] parts = {new Part(), new Part()};
  private final Lines to;

  LogStream(Lines to) {
    this.to = to;
  }

  /** Whether a line of one of the streams has begun and is not complete. */
  boolean isWithinLine() {
    return parts[0].begun || parts[1].begun;
  }

  /**
   * Reads until the end.
   *
   * @throws IOException if the connection breaks, or the response is of another format
   */
  void read(InputStream in, boolean terminal) throws IOException, InterruptedException {
    if (terminal) {
      ByteArrayOutputStream line = new ByteArrayOutputStream();
      byte[] buf = new byte[8192];
      int n;
      while ((n = in.read(buf)) > 0) {
        for (int i = 0; i < n; i++) {
          if (line.size() < MAX_LINE + 64) {
            line.write(buf[i]);
          }
          if (buf[i] == '\n') {
            // A terminal's lines end with a carriage return too.
            message(false, line.toByteArray(), true);
            line.reset();
          }
        }
      }
      return;
    }
    DataInputStream data = new DataInputStream(in);
    while (true) {
      int kind = data.read();
      if (kind < 0) {
        return;
      }
      data.skipNBytes(3);
      int length = data.readInt();
      if (kind > 2 || length < 0 || length > MAX_FRAME) {
        throw new IOException("the response does not consist of log frames");
      }
      byte[] payload = data.readNBytes(length);
      if (payload.length < length) {
        throw new EOFException("the connection ended within a line");
      }
      message(kind == 2, payload, false);
    }
  }

  private void message(boolean stderr, byte[] b, boolean terminal)
      throws IOException, InterruptedException {
    Part p = parts[stderr ? 1 : 0];
    int from = 0;
    while (from < b.length && b[from] != ' ') {
      from++;
    }
    long time = time(new String(b, 0, from, StandardCharsets.US_ASCII));
    from = Math.min(from + 1, b.length);
    if (!p.begun) {
      p.begun = true;
      p.time = time;
    }
    boolean whole = terminal || b.length > 0 && b[b.length - 1] == '\n';
    int to = b.length > from && b[b.length - 1] == '\n' ? b.length - 1 : b.length;
    if (to > from && terminal && b[to - 1] == '\r') {
      to--;
    }
    p.text.write(b, from, Math.max(0, Math.min(to - from, MAX_LINE - p.text.size())));
    if (whole) {
      String text = p.text.toString(StandardCharsets.UTF_8);
      p.text.reset();
      p.begun = false;
      this.to.line(stderr, p.time, text);
    }
  }

  private static long time(String s) throws IOException {
    try {
      Instant i = OffsetDateTime.parse(s).toInstant();
      return Math.addExact(Math.multiplyExact(i.getEpochSecond(), 1_000_000_000L), i.getNano());
    } catch (DateTimeException | ArithmeticException e) {
      throw new IOException("a line begins with \"" + s + "\", which is not a valid time", e);
    }
  }
}
