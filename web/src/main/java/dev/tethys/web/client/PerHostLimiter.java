package dev.tethys.web.client;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.config.UrlHost;
import java.io.FilterInputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpTimeoutException;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Limits the number of concurrent calls to each server; further calls wait until their deadline.
 */
final class PerHostLimiter {
  /** Servers beyond these, to which redirects lead, share the turns of one. */
  private static final int MAX_SERVERS = 256;

  private static final Server OTHERS = new Server(false, "", 0);

  private record Server(boolean tls, String host, int port) {
    static Server of(URI uri) {
      return new Server(
          "https".equalsIgnoreCase(uri.getScheme()), UrlHost.bare(uri), UrlPort.of(uri));
    }
  }

  private final int most;

  @GuardedBy("itself")
  private final Map<Server, Semaphore> servers = new HashMap<>();

  PerHostLimiter(int most) {
    this.most = most;
  }

  /** Call waiting for its turn. */
  @FunctionalInterface
  interface LimitedCall {
    ClientResponse send() throws IOException, InterruptedException;
  }

  /**
   * Creates a call, whose turn ends with its response.
   *
   * @param uri URI of the server
   * @param deadline deadline as a {@link System#nanoTime} value
   * @throws HttpTimeoutException if there was no turn in time
   */
  ClientResponse send(URI uri, long deadline, LimitedCall turn)
      throws IOException, InterruptedException {
    Server server = Server.of(uri);
    Semaphore turns;
    synchronized (servers) {
      turns =
          servers.computeIfAbsent(
              servers.size() < MAX_SERVERS || servers.containsKey(server) ? server : OTHERS,
              s -> new Semaphore(most));
    }
    if (!turns.tryAcquire(deadline - System.nanoTime(), TimeUnit.NANOSECONDS)) {
      throw new HttpTimeoutException("no connection was free");
    }
    boolean answered = false;
    try {
      ClientResponse a = turn.send();
      answered = true;
      AtomicBoolean over = new AtomicBoolean();
      return new ClientResponse(
          a.status(),
          a.headers(),
          new FilterInputStream(a.body()) {
            @Override
            public void close() throws IOException {
              try {
                super.close();
              } finally {
                if (over.compareAndSet(false, true)) {
                  turns.release();
                }
              }
            }
          });
    } finally {
      if (!answered) {
        turns.release();
      }
    }
  }
}
