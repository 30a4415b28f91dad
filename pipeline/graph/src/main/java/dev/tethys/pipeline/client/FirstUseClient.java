package dev.tethys.pipeline.client;

import dev.tethys.web.client.WebClient;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * A client that is made when it is first used, so that checking a configuration opens no file. It
 * is made once, however many use it first: cookies and the bound of its connections are its own.
 * Safe for any number of threads.
 */
public final class FirstUseClient {
  /** Makes it. */
  @FunctionalInterface
  public interface Opening {
    /**
     * The client.
     *
     * @throws IOException when a file that it needs cannot be read; it is made anew then
     */
    WebClient open() throws IOException;
  }

  private final Opening opening;
  private volatile @Nullable WebClient made; // set under the lock of this

  public FirstUseClient(Opening opening) {
    this.opening = opening;
  }

  /** The client. */
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
