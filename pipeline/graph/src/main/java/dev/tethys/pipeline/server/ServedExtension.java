package dev.tethys.pipeline.server;

import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.component.Extension;
import dev.tethys.pipeline.component.ServerAuth;
import dev.tethys.web.Routes;
import java.io.IOException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Extension that serves HTTP pages on its own listener. */
public abstract class ServedExtension implements Extension {
  /** Grace period: clients of pages lose nothing, and the process must stop. */
  static final Duration STOP_GRACE = Duration.ofSeconds(1);

  private final HttpServerEndpoint endpoint;
  private final PushReceiver listener;

  /**
   * Creates an extension without pages, which its constructor adds to {@link #endpoint}.
   *
   * @param auth authenticates clients; null for everyone
   */
  protected ServedExtension(HttpServerSettings http, @Nullable ServerAuth auth, Scheduler clock) {
    endpoint =
        new HttpServerEndpoint(
            new ReceiverAdmission(ReceiverAdmission.DEFAULT_MAX_BYTES), http, auth, new Routes());
    endpoint.stopWithin(STOP_GRACE);
    listener = new PushReceiver(null, endpoint, clock::nanos);
  }

  /** Returns the endpoint to which pages are added. */
  protected final HttpServerEndpoint endpoint() {
    return endpoint;
  }

  /** Returns the port after the start; otherwise -1. */
  public final int port() {
    return listener.httpPort();
  }

  @Override
  public void start() throws IOException {
    listener.start();
  }

  @Override
  public void stop(Duration timeLimit) {
    listener.stop(timeLimit);
  }
}
