package dev.tethys.web.internal.http2;

import java.nio.charset.StandardCharsets;

/**
 * Looks at the bytes of a connection on their way to the engine, for frames of HTTP/2 by which the
 * client begins a request (HEADERS, RFC 9113 section 6.2), takes one back (RST_STREAM, 6.4), asks
 * whether we are there (PING, 6.7) or answers that it is: the engine tells nobody. A connection
 * speaks HTTP/2 from the piece on that begins with the preface, which is the first one or follows
 * an upgrade; a client that says so falsely disturbs nobody but itself. Used by the thread that
 * reads the connection.
 *
 * <p>Invariant: once {@code frames} is set, {@code skip} bytes are left of the preface or of the
 * current frame's payload, then comes a frame header, of which {@code have} bytes are in {@code
 * header}.
 */
final class ClientFrames {
  static final byte[] PREFACE =
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.ISO_8859_1);
  private static final int LEAST = 3;
  private static final int HEADER = 9;
  private static final int HEADERS = 1;
  private static final int RST_STREAM = 3;
  private static final int PING = 6;
  private static final int ACK = 1;

  /** What the bytes tell of. */
  interface Listener {
    /** Headers of a stream begin, of a request or behind its body. */
    void headers(int stream);

    /** A request was taken back. */
    void reset(int stream);

    /** The client asks whether we are there. */
    void pinged();

    /** It answers that it is. */
    void replied();
  }

  private final Listener listener;
  private final byte[] header = new byte[HEADER];
  private boolean frames;
  private int have;
  private int skip;

  ClientFrames(Listener listener) {
    this.listener = listener;
  }

  /** Sees a piece: so many bytes from an index on, none when that is not above 0. */
  void see(byte[] b, int from, int n) {
    int end = from + n;
    if (!frames && n >= LEAST && isPreface(b, from, n)) {
      frames = true;
      skip = PREFACE.length;
    }
    int at = frames ? from : end;
    while (at < end) {
      if (skip > 0) {
        int s = Math.min(skip, end - at);
        skip -= s;
        at += s;
        continue;
      }
      header[have++] = b[at++];
      if (have == HEADER) {
        have = 0;
        skip = (header[0] & 0xff) << 16 | (header[1] & 0xff) << 8 | header[2] & 0xff;
        tell();
      }
    }
  }

  private void tell() {
    switch (header[3]) {
      case HEADERS -> listener.headers(stream());
      case RST_STREAM -> listener.reset(stream());
      case PING -> {
        if ((header[4] & ACK) == 0) {
          listener.pinged();
        } else {
          listener.replied();
        }
      }
      default -> {}
    }
  }

  private int stream() {
    return (header[5] & 0x7f) << 24
        | (header[6] & 0xff) << 16
        | (header[7] & 0xff) << 8
        | header[8] & 0xff;
  }

  private static boolean isPreface(byte[] b, int from, int n) {
    for (int i = 0; i < Math.min(n, PREFACE.length); i++) {
      if (b[from + i] != PREFACE[i]) {
        return false;
      }
    }
    return true;
  }
}
