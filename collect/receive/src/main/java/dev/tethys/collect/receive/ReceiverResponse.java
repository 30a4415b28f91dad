package dev.tethys.collect.receive;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/** Response of a receiver. Set headers first, then call one of the sending methods. */
public interface ReceiverResponse {
  void header(String name, String value);

  void send(int status, byte[] body, int offset, int length) throws IOException;

  /** A body of unknown length, not compressed; closing ends it. */
  OutputStream stream(int status) throws IOException;

  /** Sends a trailer after a streamed body; only over HTTP/2 and before the body ends. */
  void trailer(String name, String value);

  /** A response without a body. */
  default void send(int status) throws IOException {
    send(status, new byte[0], 0, 0);
  }

  /**
   * A line of plain text, as Go's {@code http.Error} sends it; 503 with {@code Retry-After} of one
   * second.
   */
  default void error(int status, String message) throws IOException {
    if (status == 503) {
      header("Retry-After", "1");
    }
    header("Content-Type", "text/plain; charset=utf-8");
    header("X-Content-Type-Options", "nosniff");
    byte[] b = (message + "\n").getBytes(StandardCharsets.UTF_8);
    send(status, b, 0, b.length);
  }
}
