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
 * Calls the servers of a cluster in turn. A request that one server does not accept goes to the
 * next immediately; documents have ids, so nothing is written twice. A failed server is skipped for
 * a while, unless all failed. With {@code discover}, the thread whose request is due queries the
 * cluster for its servers while other threads use the known ones. The configured servers are then
 * used only if no discovered server accepts a request. Thread-safe.
 */
final class Servers {
  /** Time for which a failed server is skipped and a failed discovery is not repeated. */
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
  private volatile long due; // time of the next discovery, if enabled

  /**
   * Creates the server list of an exporter.
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
   * Returns the first response of a healthy server, or the last response.
   *
   * @throws IOException if no server responds
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
   * Queries the cluster for its servers, which replace the known ones.
   *
   * @return a description of the result
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

  /** Replaces the servers; those already known keep their state. */
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

  /** Servers in rotation, with recently failed ones last. */
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

  /** Whether the status comes from a proxy without a server, or from a server without a cluster. */
  private static boolean isOutOfOrder(int status) {
    return status == 502 || status == 503 || status == 504;
  }

  private void failed(Server server, String why, int of) {
    if (of == 1) {
      return; // the caller reports it
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
