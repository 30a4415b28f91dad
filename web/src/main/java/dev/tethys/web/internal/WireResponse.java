package dev.tethys.web.internal;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The transport of one response, with final status and headers: either {@link #send}, or {@link
 * #begin}, writes to its stream, and {@link #end}. Names of headers are in small letters.
 *
 * <p>Methods throw an {@link IOException} or an unchecked one if the client has left.
 */
public interface WireResponse {
  /**
   * Sends it whole.
   *
   * @param body its first {@code length} bytes are sent; neither modified nor kept
   */
  void send(int status, Map<String, List<String>> headers, byte[] body, int length)
      throws IOException;

  /**
   * Sends it without a body: to HEAD (a Content-Length among the headers stays), or because it has
   * none.
   */
  void sendHead(int status, Map<String, List<String>> headers) throws IOException;

  /** Starts a response of unknown length; flushing sends all written bytes. */
  OutputStream begin(int status, Map<String, List<String>> headers) throws IOException;

  /** Ends it: until then no client treats it as complete. */
  void end(Map<String, String> trailers) throws IOException;

  /**
   * Responds with 101 and hands the bytes of the connection to another protocol.
   *
   * @return null if the protocol of the connection has no upgrade; then nothing was sent
   */
  default @Nullable Upgraded upgrade(Map<String, List<String>> headers) throws IOException {
    return null;
  }

  /**
   * Bytes of a connection after an upgrade. Methods throw an unchecked exception if the client has
   * left. One thread may read while another writes.
   */
  record Upgraded(InputStream input, OutputStream output) {}
}
