package dev.tethys.web;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import org.jspecify.annotations.Nullable;

/**
 * The response to a request. Status and headers are set first; then one of the sending methods is
 * called once. Responses are compressed (zstd or gzip) if the client accepts it, the content is
 * worthwhile and the handler did not forbid it.
 */
public interface HttpResponse {
  /** Sets the status; 200 when never called. */
  HttpResponse status(int code);

  int status();

  /**
   * Sets the status of an error. 429 and 503 have {@code Retry-After}; one second, unless the
   * header was set before. Probes of readiness use {@link #status(int)}.
   */
  default HttpResponse errorStatus(int code) {
    if ((code == 429 || code == 503) && header("Retry-After") == null) {
      header("Retry-After", "1");
    }
    return status(code);
  }

  /** Sets a header and replaces an earlier value. */
  HttpResponse header(String name, String value);

  /** Adds a value to a header. */
  HttpResponse addHeader(String name, String value);

  /** Returns the value of a header, or null. */
  @Nullable String header(String name);

  /** Disables compression of this response. */
  HttpResponse uncompressed();

  /** Sends no body. */
  void send() throws IOException;

  /** Sends a body. */
  void send(byte[] body) throws IOException;

  /** Sends the first bytes of an array as the body. Nothing refers to the array afterwards. */
  void send(byte[] body, int length) throws IOException;

  /** Sends a body with its content type. */
  default void send(String contentType, byte[] body) throws IOException {
    header("Content-Type", contentType);
    send(body);
  }

  /** Sends text as UTF-8; plain text when no content type was set. */
  void send(String text) throws IOException;

  /** Sends a redirection. */
  default void redirect(int code, String location) throws IOException {
    status(code).header("Location", location).send();
  }

  /**
   * Starts a body of unknown length. {@code flush} sends the data written so far, as event streams
   * need; closing ends the body, and returning from the handler closes it.
   */
  OutputStream stream() throws IOException;

  /** Sends a trailer after the body of {@link #stream()}; only over HTTP/2 and before the end. */
  HttpResponse trailer(String name, String value);

  /**
   * Answers 101 with the headers that were set and gives the connection to another protocol until
   * the handler returns; then it is closed. Slow writes are cut off as those of responses. One
   * thread may read while another writes.
   *
   * @return null if the connection has no upgrade (HTTP/2, HTTP/3); then nothing was sent
   */
  @Nullable Connection upgrade() throws IOException;

  /** Streams of an upgraded connection. */
  record Connection(InputStream input, OutputStream output) {}

  /** True once status and headers have been sent. */
  boolean isCommitted();
}
