package dev.tethys.app.server.spans;

import dev.tethys.collect.observe.trace.RequestSpans;
import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import dev.tethys.model.Samples;
import dev.tethys.model.guard.LimitedLog;
import dev.tethys.model.guard.SeriesMemory;
import dev.tethys.model.log.JulLogger;
import dev.tethys.model.logs.LogStore;
import dev.tethys.model.storage.Appender;
import dev.tethys.model.storage.ReadingTenant;
import dev.tethys.model.traces.SpanBatch;
import java.lang.System.Logger.Level;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Requests between services, paired from the spans of clients and servers, under the names of
 * Tempo's metrics-generator. A client whose server sends no spans calls a virtual node named by its
 * peer attributes, or a database; a server without a client is called by {@code user}. Spans of a
 * node agent count only in pairs: its metrics have the calls by connection, and it sees clients
 * whose spans have no context to pass on. Safe for several threads.
 */
final class ServiceGraph {
  private static final LimitedLog CUT = new LimitedLog(JulLogger.of(ServiceGraph.class.getName()));

  /**
   * Bounds of buckets. Tempo's begin at 100 ms, so that a quantile of any faster edge is 95 ms
   * there.
   */
  static final long[] BOUNDS = SpanMetrics.BOUNDS;

  /** Scope of the spans of Coroot's node agent. */
  private static final String COROOT = "coroot-node-agent";

  private static final String PREFIX = "traces_service_graph_request_";
  private static final String MESSAGING = "messaging_system";
  private static final String DATABASE = "database";
  private static final String VIRTUAL = "virtual_node";

  private static final int SERVER = 2;
  private static final int CLIENT = 3;
  private static final int PRODUCER = 4;
  private static final int CONSUMER = 5;
  private static final int ERROR = 2;

  /** Attributes that name the other side, the best first. */
  private static final String[] PEERS = {"peer.service", "db.name", "db.system"};

  /** Attributes that mark a request to a database, the best name first. */
  private static final String[] DATABASES = {
    "db.namespace", "db.name", "db.system", "db.system.name"
  };

  private final int maxEdges;
  private final int maxWaiting;
  private final long waitMillis;

  /** Requests of which one side is known, the oldest first. */
  private final Map<Request.Id, Request> waiting = new LinkedHashMap<>(); // guarded by this

  private final Map<Edge, Counts> edges = new HashMap<>(); // guarded by this
  private final SeriesMemory.Share memory; // guarded by this
  private long unpaired; // guarded by this
  private long dropped; // guarded by this

  /** Request of which one side has been seen. */
  private static final class Request {
    /**
     * Trace and id of the client's span, which is the parent of the server's.
     *
     * @param root true for a server without a parent; then the id is its own
     */
    record Id(String tenant, long traceHigh, long traceLow, long span, boolean root) {}

    final String tenant;
    final long until;
    String client = "";
    String server = "";
    String connection = "";

    /** Whether one side is a span of the node agent. */
    boolean observed;

    @Nullable String peer;
    long clientNanos;
    long serverNanos;
    boolean failed;

    /** Held of the memory of series. */
    long held;

    long bytes() {
      long text = (long) client.length() + server.length() + (peer == null ? 0 : peer.length());
      return SeriesMemory.seriesBytes(text);
    }

    Request(String tenant, long until) {
      this.tenant = tenant;
      this.until = until;
    }
  }

  private record Edge(String tenant, String client, String server, String connection) {
    /** What its series take, which have their labels each. */
    long bytes() {
      long text = (long) client.length() + server.length();
      return 2
          * (BOUNDS.length + 4)
          * (SeriesMemory.seriesBytes(text) + 4 * SeriesMemory.LABEL_BYTES);
    }
  }

  private static final class Counts {
    final StoredSeries totalSeries;
    final StoredSeries failedSeries;
    final LatencySeries client;
    final LatencySeries server;
    final long created;
    long seen;
    long total;
    long failed;

    Counts(Edge e, long now) {
      LabelsBuilder b = new LabelsBuilder().set("client", e.client).set("server", e.server);
      if (!e.connection.isEmpty()) {
        b.set("connection_type", e.connection);
      }
      if (!e.tenant.equals(LogStore.DEFAULT_TENANT)) {
        b.set(ReadingTenant.LABEL, e.tenant);
      }
      Labels labels = b.build();
      totalSeries = new StoredSeries(PREFIX + "total", labels);
      failedSeries = new StoredSeries(PREFIX + "failed_total", labels);
      client = new LatencySeries(PREFIX + "client_seconds", labels, BOUNDS);
      server = new LatencySeries(PREFIX + "server_seconds", labels, BOUNDS);
      created = now;
    }
  }

  /**
   * @param maxEdges most edges; requests of further ones are not counted
   * @param maxWaiting most requests that wait for their other side
   * @param waitMillis time that they wait
   */
  ServiceGraph(int maxEdges, int maxWaiting, long waitMillis) {
    this(maxEdges, maxWaiting, waitMillis, SeriesMemory.process());
  }

  /** The same with other memory. */
  ServiceGraph(int maxEdges, int maxWaiting, long waitMillis, SeriesMemory memory) {
    this.memory = memory.open();
    this.maxEdges = maxEdges;
    this.maxWaiting = maxWaiting;
    this.waitMillis = waitMillis;
  }

  /** Number of edges in memory. */
  synchronized int size() {
    return edges.size();
  }

  /** Requests whose other side did not come and has no name. */
  synchronized long unpaired() {
    return unpaired;
  }

  /** Requests that were not counted because of a limit. */
  synchronized long dropped() {
    return dropped;
  }

  /**
   * Pairs the spans of a batch.
   *
   * @param now Unix milliseconds
   */
  void add(String tenant, SpanBatch b, long now) {
    add(tenant, b, now, _ -> true);
  }

  /**
   * Pairs some spans of a batch.
   *
   * @param counted true for the index of a span to pair
   */
  void add(String tenant, SpanBatch b, long now, IntPredicate counted) {
    Attributes attributes = null;
    for (int i = 0; i < b.spans; i++) {
      if (b.kind[i] >= SERVER && b.kind[i] <= CONSUMER) {
        attributes = new Attributes(b);
        break;
      }
    }
    if (attributes == null) {
      return;
    }
    synchronized (this) {
      for (int i = 0; i < b.spans; i++) {
        if (!counted.test(i)) {
          continue;
        }
        switch (b.kind[i]) {
          case CLIENT, PRODUCER -> client(tenant, b, i, attributes, now);
          case SERVER, CONSUMER -> server(tenant, b, i, attributes, now);
          default -> {
            // within a service
          }
        }
      }
      expire(now);
    }
  }

  /** Attributes of a batch that name peers and databases. */
  private static final class Attributes {
    private final SpanBatch.Lookup[] peers = new SpanBatch.Lookup[PEERS.length];
    private final SpanBatch.Lookup[] databases = new SpanBatch.Lookup[DATABASES.length];
    private final SpanBatch.Lookup serverAddress;
    private final SpanBatch.Lookup peerAddress;
    private final SpanBatch.Lookup peerPort;

    Attributes(SpanBatch b) {
      for (int i = 0; i < peers.length; i++) {
        peers[i] = b.attribute(b.attributes, PEERS[i]);
      }
      for (int i = 0; i < databases.length; i++) {
        databases[i] = b.attribute(b.attributes, DATABASES[i]);
      }
      serverAddress = b.attribute(b.attributes, "server.address");
      peerAddress = b.attribute(b.attributes, "network.peer.address");
      peerPort = b.attribute(b.attributes, "network.peer.port");
    }

    @Nullable String peer(int span) {
      return first(peers, span);
    }

    private static @Nullable String first(SpanBatch.Lookup[] lookups, int span) {
      for (SpanBatch.Lookup l : lookups) {
        String text = l.text(span);
        if (text != null && !text.isEmpty()) {
          return text;
        }
      }
      return null;
    }

    /** Name of the database that a client's span calls; null if it calls none. */
    @Nullable String database(int span) {
      String name = first(databases, span);
      if (name == null) {
        return null;
      }
      String service = peers[0].text(span);
      if (service != null) {
        return service;
      }
      String address = serverAddress.text(span);
      if (address != null) {
        return address;
      }
      String peer = peerAddress.text(span);
      String port = peerPort.text(span);
      return peer == null ? name : port == null ? peer : peer + ":" + port;
    }
  }

  private static boolean isObserved(SpanBatch b, int span) {
    String scope = b.texts.get(b.scopeName[b.scope[span]]);
    return scope.equals(RequestSpans.SCOPE) || scope.equals(COROOT);
  }

  private static String service(SpanBatch b, int span) {
    return b.texts.get(b.service(b.resource(span)));
  }

  private void client(String tenant, SpanBatch b, int i, Attributes attributes, long now) {
    String service = service(b, i);
    if (service.isEmpty()) {
      return;
    }
    String database = attributes.database(i);
    Request.Id id = new Request.Id(tenant, b.traceHigh[i], b.traceLow[i], b.spanId[i], false);
    Request r = request(tenant, id, now);
    if (r == null) {
      return;
    }
    r.client = service;
    r.observed |= isObserved(b, i);
    r.clientNanos = b.duration(i);
    r.failed |= b.status[i] == ERROR;
    r.peer = attributes.peer(i);
    if (b.kind[i] == PRODUCER) {
      r.connection = MESSAGING;
    }
    if (database != null && !r.observed) {
      r.connection = DATABASE; // which sends no spans
      r.server = database;
      r.serverNanos = r.clientNanos;
    }
    countIfComplete(id, r, now);
  }

  private void server(String tenant, SpanBatch b, int i, Attributes attributes, long now) {
    String service = service(b, i);
    if (service.isEmpty()) {
      return;
    }
    // each server span without a parent is called by its own user
    long parent = b.parentId[i];
    Request.Id id =
        new Request.Id(
            tenant, b.traceHigh[i], b.traceLow[i], parent == 0 ? b.spanId[i] : parent, parent == 0);
    Request r = request(tenant, id, now);
    if (r == null) {
      return;
    }
    r.server = service;
    r.observed |= isObserved(b, i);
    r.serverNanos = b.duration(i);
    r.failed |= b.status[i] == ERROR;
    if (b.kind[i] == CONSUMER) {
      r.connection = MESSAGING;
    }
    String peer = attributes.peer(i);
    r.peer = peer == null ? r.peer : peer;
    countIfComplete(id, r, now);
  }

  private @Nullable Request request(String tenant, Request.Id id, long now) {
    Request r = waiting.get(id);
    if (r != null) {
      return r;
    }
    if (waiting.size() >= maxWaiting) {
      expire(now);
    }
    if (waiting.size() >= maxWaiting) {
      dropped++;
      return null;
    }
    r = new Request(tenant, now + waitMillis);
    waiting.put(id, r);
    return r;
  }

  private void countIfComplete(Request.Id id, Request r, long now) {
    if (!r.client.isEmpty() && !r.server.isEmpty()) {
      forget(id, r);
      count(id, r, now);
      return;
    }
    long grown = r.bytes() - r.held;
    if (memory.take(grown)) {
      r.held += grown;
    } else {
      forget(id, r);
      dropped++;
    }
  }

  private void forget(Request.Id id, Request r) {
    waiting.remove(id);
    memory.give(r.held);
  }

  private void count(Request.Id id, Request r, long now) {
    Edge e = new Edge(r.tenant, r.client, r.server, r.connection);
    Counts c = edges.get(e);
    if (c == null) {
      if (edges.size() >= maxEdges || !memory.take(e.bytes())) {
        dropped++;
        CUT.log(
            Level.WARNING,
            "Service graph limit reached, request not counted client={0} server={1} max_edges={2}"
                + " edges={3}",
            e.client,
            e.server,
            maxEdges,
            edges.size());
        return;
      }
      c = new Counts(e, now);
      edges.put(e, c);
    }
    c.seen = now;
    c.total++;
    c.failed += r.failed ? 1 : 0;
    c.client.add(r.clientNanos, id.traceHigh, id.traceLow);
    c.server.add(r.serverNanos, id.traceHigh, id.traceLow);
  }

  /** Counts the requests that have waited long enough. */
  private void expire(long now) {
    Iterator<Map.Entry<Request.Id, Request>> all = waiting.entrySet().iterator();
    while (all.hasNext()) {
      Map.Entry<Request.Id, Request> e = all.next();
      Request r = e.getValue();
      if (r.until > now) {
        return;
      }
      all.remove();
      memory.give(r.held);
      if (r.observed) {
        continue;
      }
      if (r.client.isEmpty() && (r.peer != null || e.getKey().root)) {
        r.client = r.peer == null ? "user" : r.peer;
        r.clientNanos = r.serverNanos;
      } else if (r.server.isEmpty() && r.peer != null) {
        r.server = r.peer;
        r.serverNanos = r.clientNanos;
      } else {
        unpaired++;
        continue;
      }
      r.connection = VIRTUAL;
      count(e.getKey(), r, now);
    }
  }

  /**
   * Appends all series; those without requests for a time end.
   *
   * @param now Unix milliseconds
   * @param interval milliseconds from the last write
   * @param stale milliseconds without a request after which a series ends
   */
  synchronized void write(Appender a, long now, long interval, long stale) {
    expire(now);
    Iterator<Map.Entry<Edge, Counts>> all = edges.entrySet().iterator();
    while (all.hasNext()) {
      Map.Entry<Edge, Counts> entry = all.next();
      Counts c = entry.getValue();
      if (now - c.seen >= stale) {
        all.remove();
        memory.give(entry.getKey().bytes());
        c.totalSeries.write(a, 0, now, Samples.STALE, null);
        c.failedSeries.write(a, 0, now, Samples.STALE, null);
        c.client.end(a, now);
        c.server.end(a, now);
        continue;
      }
      long start = Math.max(1, Math.max(c.created, now - interval + 1) - 1);
      c.totalSeries.write(a, start, now, c.total, null);
      c.failedSeries.write(a, start, now, c.failed, null);
      c.client.write(a, start, now);
      c.server.write(a, start, now);
    }
  }
}
