package dev.tethys.collect.scrape;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.time.Duration;
import java.util.Map;

/** Sends scrape requests for one job. Safe for any number of threads. */
public interface ScrapeTransport extends Closeable {
  /**
   * Asks a target.
   *
   * @param headers to be sent in addition to those of authentication
   * @param timeout for all of it, to the end of the body; reading on then fails with an exception
   *     that says so
   * @throws IOException when no answer comes, saying why
   * @throws InterruptedException when the thread is interrupted; the request is aborted
   */
  Response get(URI url, Map<String, String> headers, Duration timeout)
      throws IOException, InterruptedException;

  /** An answer whose body is read from the network; to be closed. */
  interface Response extends Closeable {
    int status();

    /** The reason phrase or the usual one for the status, {@code ""} for none. */
    String reason();

    /** The first header of that name, {@code ""} when there is none. */
    String header(String name);

    /** The body as it was sent, compressed or not. */
    InputStream body();
  }

  /** Makes transports. */
  interface Factory {
    /**
     * A transport for a job's HTTP client settings.
     *
     * @param unixSocket a socket to connect to instead of the target's address, {@code ""} for none
     * @throws IllegalArgumentException when the settings cannot be used, saying why
     */
    ScrapeTransport open(ScrapeConfig config, String unixSocket);
  }
}
