package dev.tethys.web.internal;

import dev.tethys.model.log.JulLogger;
import java.io.IOException;
import java.io.InputStream;
import java.lang.System.Logger.Level;
import java.net.Socket;

/**
 * Reads and discards data that a client still sends after its response. A connection that is closed
 * with unread bytes is reset, and a reset destroys the response on its way.
 */
final class UnreadInput {
  /** Longest time to read, in milliseconds. */
  static final int MAX_MILLIS = 2_000;

  /** Maximum number of bytes to read. */
  private static final int MAX_BYTES = 16 << 20;

  private static final System.Logger LOG = JulLogger.of("dev.tethys.web");

  private UnreadInput() {}

  /** Ends the output of a socket, and reads its input until its end or a limit. */
  static void discard(Socket s) {
    try {
      s.shutdownOutput();
      s.setSoTimeout(MAX_MILLIS / 4);
      InputStream in = s.getInputStream();
      byte[] unread = new byte[16 << 10];
      long end = System.nanoTime() + MAX_MILLIS * 1_000_000L;
      int n = 0;
      for (int remaining = MAX_BYTES;
          remaining > 0 && n >= 0 && System.nanoTime() - end < 0;
          remaining -= n) {
        n = in.read(unread);
      }
    } catch (IOException e) {
      LOG.log(Level.DEBUG, "a client disconnected while sending", e);
    }
  }
}
