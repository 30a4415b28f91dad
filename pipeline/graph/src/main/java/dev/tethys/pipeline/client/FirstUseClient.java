package dev.tethys.pipeline.client;

import dev.tethys.web.client.WebClient;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Client that is created on first use, so that checking a configuration opens no file. It is
 * created once, even for concurrent first uses: its cookies and connection limit are its own.
 * Thread-safe.
 */
public final class FirstUseClient {
  /** Creates it. */
  @FunctionalInterface
  public interface Opening {
    /**
     * Creates the client.
     *
     * @throws IOException if a required file cannot be read; the next call retries
     */
    WebClient open() throws IOException;
  }

  private final Opening opening;
  private volatile @Nullable WebClient made; // set under the lock of this

  public FirstUseClient(Opening opening) {
    this.opening = opening;
  }

  /** Returns the client. */
  public WebClient get() throws IOException {
    WebClient c = made;
    return c == null ? make() : c;
  }

  private synchronized WebClient make() throws IOException {
    WebClient c = made;
    if (c == null) {
      c = opening.open();
      made = c;
    }
    return c;
  }
}
