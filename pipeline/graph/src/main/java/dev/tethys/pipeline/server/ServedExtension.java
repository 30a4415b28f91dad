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
  /** Those who ask wait for nothing that would be lost, and the process is to end. */
  static final Duration STOP_GRACE = Duration.ofSeconds(1);

  private final HttpServerEndpoint endpoint;
  private final PushReceiver listener;

  /**
   * An extension without pages, which its constructor adds to {@link #endpoint}.
   *
   * @param auth who may ask; null for everyone
   */
  protected ServedExtension(HttpServerSettings http, @Nullable ServerAuth auth, Scheduler clock) {
    endpoint =
        new HttpServerEndpoint(
            new ReceiverAdmission(ReceiverAdmission.DEFAULT_MAX_BYTES), http, auth, new Routes());
    endpoint.stopWithin(STOP_GRACE);
    listener = new PushReceiver(null, endpoint, clock::nanos);
  }

  /** Where pages are added. */
  protected final HttpServerEndpoint endpoint() {
    return endpoint;
  }

  /** Where it listens, once started; else -1. */
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
