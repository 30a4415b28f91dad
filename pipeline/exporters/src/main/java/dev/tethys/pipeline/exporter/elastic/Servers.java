package dev.tethys.pipeline.exporter.elastic;

import dev.tethys.pipeline.client.HttpEndpoint;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Asks the servers of a cluster in turn. What one does not take, the next is asked for at once,
 * which writes nothing twice: documents have ids. A server that failed has no turns for a while,
 * unless all did. Where {@code discover} is set, the thread whose request is due asks the cluster
 * for its servers; the other threads meanwhile send to the known ones. Those that are configured
 * come last then, when none that was found takes it. Safe for threads.
 */
final class Servers {
  /** How long a server that failed has no turns, and a search that failed is not repeated. */
  private static final Duration ASIDE = Duration.ofSeconds(30);

  /** A server; {@code back} is when it has turns again, in nanoseconds. */
  private record Server(URI base, AtomicLong back) {}

  private final BulkRules rules;
  private final HttpEndpoint endpoint;
  private final LongSupplier nanos;
  private final System.Logger log;
  private final List<Server> configured = new ArrayList<>();
  private final AtomicInteger turn = new AtomicInteger();
  private final ReentrantLock search = new ReentrantLock();
  private volatile List<Server> known;
  private volatile boolean searches;
  private volatile long due; // when the cluster is asked, if it is

  /**
   * The servers of an exporter.
   *
   * @param nanos a clock in nanoseconds
   */
  Servers(ElasticSettings settings, HttpEndpoint endpoint, LongSupplier nanos, System.Logger log) {
    this.rules = settings.bulk();
    this.endpoint = endpoint;
    this.nanos = nanos;
    this.log = log;
    long now = nanos.getAsLong();
    for (URI base : settings.bases()) {
      configured.add(new Server(base, new AtomicLong(now)));
    }
    known = configured;
    searches = rules.discovers();
    due = rules.onStart() ? now : now + rules.interval().toNanos();
  }

  /**
   * What the first server says that is not out of order, else what the last one says.
   *
   * @throws IOException when no server answers
   */
  HttpEndpoint.Reply call(
      String method, String path, Map<String, String> headers, byte @Nullable [] body)
      throws IOException, InterruptedException {
    if (searches && nanos.getAsLong() - due >= 0 && search.tryLock()) {
      try {
        if (nanos.getAsLong() - due >= 0) {
          find();
        }
      } finally {
        search.unlock();
      }
    }
    return call(method, path, headers, body, order());
  }

  private HttpEndpoint.Reply call(
      String method,
      String path,
      Map<String, String> headers,
      byte @Nullable [] body,
      List<Server> order)
      throws IOException, InterruptedException {
    for (int i = 0; ; i++) {
      Server server = order.get(i);
      boolean isLast = i == order.size() - 1;
      try {
        HttpEndpoint.Reply r =
            endpoint.call(method, ElasticSettings.at(server.base, path), headers, body);
        if (!isOutOfOrder(r.status())) {
          return r;
        }
        failed(server, r.reason(), order.size());
        if (isLast) {
          return r;
        }
      } catch (IOException e) {
        failed(server, String.valueOf(e.getMessage()), order.size());
        if (isLast) {
          throw e;
        }
      }
    }
  }

  /**
   * Asks the cluster for its servers, which take the place of those that are known.
   *
   * @return what to say of it
   */
  String find() throws InterruptedException {
    long again = rules.interval().toNanos();
    String why;
    try {
      HttpEndpoint.Reply r = call("GET", ClusterNodes.PATH, Map.of(), null, order());
      why = r.isOk() ? "" : r.reason();
      if (r.isOk()) {
        String scheme =
            rules.scheme() == null
                ? String.valueOf(configured.getFirst().base.getScheme())
                : rules.scheme();
        List<URI> found = ClusterNodes.read(r.body(), scheme);
        if (!found.isEmpty()) {
          replace(found);
          searches = again > 0;
          due = nanos.getAsLong() + again;
          return "found " + found.size() + " servers: " + found;
        }
        why = "it names no server with an address that takes data";
      }
    } catch (IOException e) {
      why = String.valueOf(e.getMessage());
    }
    due = nanos.getAsLong() + (again > 0 ? again : ASIDE.toNanos());
    log.log(Level.WARNING, "discover: the cluster was asked for its servers: {0}", why);
    return "found no servers: " + why;
  }

  /** Those that stay keep what is known of them. */
  private void replace(List<URI> found) {
    Map<URI, Server> was = new LinkedHashMap<>();
    known.forEach(s -> was.put(s.base, s));
    long now = nanos.getAsLong();
    List<Server> next = new ArrayList<>();
    for (URI u : found) {
      Server s = was.get(u);
      next.add(s == null ? new Server(u, new AtomicLong(now)) : s);
    }
    if (!next.equals(known)) {
      log.log(Level.INFO, "discover: the cluster has {0}", found);
    }
    known = List.copyOf(next);
  }

  /** By turns; those that failed lately behind all others. */
  private List<Server> order() {
    List<Server> all = known;
    int first = turn.getAndIncrement();
    int n = all.size();
    long now = nanos.getAsLong();
    List<Server> order = new ArrayList<>();
    List<Server> unavailable = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      Server server = all.get(Math.floorMod(first + i, n));
      (now - server.back.get() >= 0 ? order : unavailable).add(server);
    }
    order.addAll(unavailable);
    if (all != configured) {
      configured.stream().filter(s -> !all.contains(s)).forEach(order::add);
    }
    return order;
  }

  /** What a proxy says of a server that is gone, or a server that has no cluster. */
  private static boolean isOutOfOrder(int status) {
    return status == 502 || status == 503 || status == 504;
  }

  private void failed(Server server, String why, int of) {
    if (of == 1) {
      return; // what is made of the request says it
    }
    long now = nanos.getAsLong();
    long before = server.back.getAndSet(now + ASIDE.toNanos());
    if (now - before >= 0) {
      log.log(
          Level.WARNING,
          "{0} has no turns for {1} s: {2}",
          server.base,
          Long.toString(ASIDE.toSeconds()),
          why);
    }
  }
}
