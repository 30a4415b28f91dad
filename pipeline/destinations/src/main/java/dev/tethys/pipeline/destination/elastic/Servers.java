package dev.tethys.pipeline.destination.elastic;

import dev.tethys.pipeline.client.HttpEndpoint;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.function.LongSupplier;

/**
 * Asks the servers of a cluster in turn. What one does not take, the next is asked for at once,
 * which writes nothing twice: documents have ids. A server that failed has no turns for a while,
 * unless all did. Safe for threads.
 */
final class Servers {
  /** How long a server that failed has no turns. */
  private static final Duration ASIDE = Duration.ofSeconds(30);

  private final ElasticSettings settings;
  private final HttpEndpoint endpoint;
  private final LongSupplier nanos;
  private final System.Logger log;
  private final AtomicInteger turn = new AtomicInteger();
  private final AtomicLongArray back; // by server: when it has turns again, in nanoseconds

  /**
   * The servers of an exporter.
   *
   * @param nanos a clock in nanoseconds
   */
  Servers(ElasticSettings settings, HttpEndpoint endpoint, LongSupplier nanos, System.Logger log) {
    this.settings = settings;
    this.endpoint = endpoint;
    this.nanos = nanos;
    this.log = log;
    this.back = new AtomicLongArray(settings.bases().size());
    for (int i = 0; i < back.length(); i++) {
      back.set(i, nanos.getAsLong());
    }
  }

  /**
   * What the first server says that is not out of order, else what the last one says.
   *
   * @throws IOException when no server answers
   */
  HttpEndpoint.Reply call(String method, String path, Map<String, String> headers, byte[] body)
      throws IOException, InterruptedException {
    List<Integer> order = order();
    for (int i = 0; ; i++) {
      int server = order.get(i);
      boolean isLast = i == order.size() - 1;
      try {
        HttpEndpoint.Reply r = endpoint.call(method, settings.at(server, path), headers, body);
        if (!isOutOfOrder(r.status())) {
          return r;
        }
        failed(server, r.reason());
        if (isLast) {
          return r;
        }
      } catch (IOException e) {
        failed(server, String.valueOf(e.getMessage()));
        if (isLast) {
          throw e;
        }
      }
    }
  }

  /** By turns; those that failed lately behind all others. */
  private List<Integer> order() {
    int first = turn.getAndIncrement();
    int n = back.length();
    long now = nanos.getAsLong();
    List<Integer> order = new ArrayList<>();
    List<Integer> aside = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      int server = Math.floorMod(first + i, n);
      (now - back.get(server) >= 0 ? order : aside).add(server);
    }
    order.addAll(aside);
    return order;
  }

  /** What a proxy says of a server that is gone, or a server that has no cluster. */
  private static boolean isOutOfOrder(int status) {
    return status == 502 || status == 503 || status == 504;
  }

  private void failed(int server, String why) {
    if (back.length() == 1) {
      return; // what is made of the request says it
    }
    long now = nanos.getAsLong();
    long before = back.getAndSet(server, now + ASIDE.toNanos());
    if (now - before >= 0) {
      log.log(
          Level.WARNING,
          "{0} has no turns for {1} s: {2}",
          settings.at(server, ""),
          Long.toString(ASIDE.toSeconds()),
          why);
    }
  }
}
