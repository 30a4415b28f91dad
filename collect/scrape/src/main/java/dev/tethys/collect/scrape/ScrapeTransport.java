package dev.tethys.collect.scrape;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.time.Duration;
import java.util.Map;

/** Sends scrape requests for one job. Thread-safe. */
public interface ScrapeTransport extends Closeable {
  /**
   * Requests a target.
   *
   * @param headers headers sent in addition to authentication headers
   * @param timeout timeout for the entire request, including the body; later reads fail with a
   *     timeout exception
   * @throws IOException if no response arrives, with the reason
   * @throws InterruptedException if the thread is interrupted; the request is aborted
   */
  Response get(URI url, Map<String, String> headers, Duration timeout)
      throws IOException, InterruptedException;

  /** Response whose body is read from the network; the caller closes it. */
  interface Response extends Closeable {
    int status();

    /** The reason phrase or the usual one for the status, {@code ""} for none. */
    String reason();

    /** The first header of that name, {@code ""} if there is none. */
    String header(String name);

    /** The body as it was sent, compressed or not. */
    InputStream body();
  }

  /** Creates transports. */
  interface Factory {
    /**
     * A transport for a job's HTTP client settings.
     *
     * @param unixSocket a socket to connect to instead of the target's address, {@code ""} for none
     * @throws IllegalArgumentException with the reason, if the settings are invalid
     */
    ScrapeTransport open(ScrapeConfig config, String unixSocket);
  }
}
