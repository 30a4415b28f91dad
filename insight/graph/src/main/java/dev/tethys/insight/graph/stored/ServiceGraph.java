package dev.tethys.insight.graph.stored;

import static dev.tethys.insight.graph.SpanCodes.CLIENT;
import static dev.tethys.insight.graph.SpanCodes.CONSUMER;
import static dev.tethys.insight.graph.SpanCodes.ERROR;
import static dev.tethys.insight.graph.SpanCodes.PRODUCER;
import static dev.tethys.insight.graph.SpanCodes.SERVER;

import dev.tethys.insight.graph.CountTable;
import dev.tethys.insight.graph.Edge;
import dev.tethys.insight.graph.MissingSide;
import dev.tethys.insight.graph.Request;
import dev.tethys.insight.graph.RequestPairs;
import dev.tethys.insight.graph.SeriesRoom;
import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import dev.tethys.model.Samples;
import dev.tethys.model.guard.LimitedLog;
import dev.tethys.model.guard.SeriesMemory;
import dev.tethys.model.log.JulLogger;
import dev.tethys.model.storage.Appender;
import dev.tethys.model.traces.SpanBatch;
import java.lang.System.Logger.Level;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Requests between services, paired from the spans of clients and servers, under the names of
 * Tempo's metrics-generator. A client whose server sends no spans calls a virtual node named by its
 * peer attributes, or a database; a server without a client is called by {@code user}. Spans of a
 * node agent count only in pairs: its metrics have the calls by connection, and it sees clients
 * whose spans have no context to pass on. Safe for several threads.
 *
 * <p>Buckets begin at 2 ms. Tempo's begin at 100 ms, so that a quantile of any faster edge is 95 ms
 * there.
 */
final class ServiceGraph {
  private static final LimitedLog CUT = new LimitedLog(JulLogger.of(ServiceGraph.class.getName()));

  /** Scopes of the spans of node agents, ours and Coroot's. */
  private static final String TETHYS = "tethys-node-agent";

  private static final String COROOT = "coroot-node-agent";

  private static final String PREFIX = "traces_service_graph_request_";

  /** Attributes that name the other side, the best first. */
  private static final String[] PEERS = {"peer.service", "db.name", "db.system"};

  /** Attributes that mark a request to a database, the best name first. */
  private static final String[] DATABASES = {
    "db.namespace", "db.name", "db.system", "db.system.name"
  };

  private final int maxEdges;
  private final RequestPairs pairs; // guarded by this
  private final CountTable<Edge, Counts> edges; // guarded by this
  private final CalleeAddresses addresses; // guarded by this

  private static final class Counts extends StoredCounts {
    /** Series of an edge, and labels of a series. */
    private static final int SERIES = 2 * (BOUNDS.length + 4);

    private static final int LABELS = 4;

    private final StoredSeries totalSeries;
    private final StoredSeries failedSeries;
    private final LatencySeries client;
    private final LatencySeries server;
    private long total;
    private long failed;

    Counts(Edge e, long now) {
      super(now);
      LabelsBuilder b = new LabelsBuilder().set("client", e.client()).set("server", e.server());
      if (!e.connection().isEmpty()) {
        b.set("connection_type", e.connection());
      }
      Labels labels = labels(b, e.tenant());
      totalSeries = new StoredSeries(PREFIX + "total", labels);
      failedSeries = new StoredSeries(PREFIX + "failed_total", labels);
      client = new LatencySeries(PREFIX + "client_seconds", labels, BOUNDS);
      server = new LatencySeries(PREFIX + "server_seconds", labels, BOUNDS);
    }

    void add(Request.Key key, Request r, long now) {
      seen(now);
      total++;
      failed += r.failed ? 1 : 0;
      client.add(r.clientNanos / 1e9, key.traceHigh(), key.traceLow());
      server.add(r.serverNanos / 1e9, key.traceHigh(), key.traceLow());
    }

    @Override
    void write(Appender a, long start, long time) {
      totalSeries.write(a, start, time, total, null);
      failedSeries.write(a, start, time, failed, null);
      client.write(a, start, time);
      server.write(a, start, time);
    }

    @Override
    void end(Appender a, long time) {
      totalSeries.write(a, 0, time, Samples.STALE, null);
      failedSeries.write(a, 0, time, Samples.STALE, null);
      client.end(a, time);
      server.end(a, time);
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

  /** Variant with other memory. */
  ServiceGraph(int maxEdges, int maxWaiting, long waitMillis, SeriesMemory memory) {
    this.maxEdges = maxEdges;
    this.edges = new CountTable<>(new SeriesRoom(maxEdges, memory));
    this.addresses = new CalleeAddresses(maxEdges, memory);
    this.pairs = new RequestPairs(maxWaiting, waitMillis, MissingSide.BY_PEER, memory, this::count);
  }

  /** Number of edges in memory. */
  synchronized int size() {
    return edges.size();
  }

  /** Number of addresses of databases in memory. */
  synchronized int addresses() {
    return addresses.size();
  }

  /** Requests whose other side did not come and has no name. */
  synchronized long unpaired() {
    return pairs.unpaired();
  }

  /** Requests that were not counted because of a limit. */
  synchronized long dropped() {
    return pairs.dropped();
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
        if (b.kind[i] >= SERVER && b.kind[i] <= CONSUMER && counted.test(i)) {
          add(tenant, b, i, attributes, now);
        }
      }
      pairs.expire(now);
    }
  }

  /** Attributes of a batch that name peers and databases. */
  private static final class Attributes {
    private final SpanBatch.Lookup[] peers = new SpanBatch.Lookup[PEERS.length];
    private final SpanBatch.Lookup[] databases = new SpanBatch.Lookup[DATABASES.length];
    private final SpanBatch.Lookup serverAddress;
    private final SpanBatch.Lookup peerAddress;
    private final SpanBatch.Lookup peerPort;
    private final CalleeAddresses.Attributes callees;

    Attributes(SpanBatch b) {
      callees = new CalleeAddresses.Attributes(b);
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

  /** True for a span of a node agent. */
  static boolean isObserved(SpanBatch b, int span) {
    String scope = b.texts.get(b.scopeName[b.scope[span]]);
    return scope.equals(TETHYS) || scope.equals(COROOT);
  }

  private void add(String tenant, SpanBatch b, int i, Attributes attributes, long now) {
    String service = b.texts.get(b.service(b.resource(i)));
    if (service.isEmpty()) {
      return;
    }
    boolean client = b.kind[i] == CLIENT || b.kind[i] == PRODUCER;
    // each server span without a parent is called by its own user
    boolean root = !client && b.parentId[i] == 0;
    long span = client || root ? b.spanId[i] : b.parentId[i];
    Request.Key key = new Request.Key(tenant, b.traceHigh[i], b.traceLow[i], span, root);
    Request r = pairs.find(key, now);
    if (r == null) {
      return;
    }
    r.observed |= isObserved(b, i);
    r.failed |= b.status[i] == ERROR;
    if (b.kind[i] == PRODUCER || b.kind[i] == CONSUMER) {
      r.connection = Request.MESSAGING;
    }
    String peer = attributes.peer(i);
    if (client) {
      r.client = service;
      r.clientNanos = b.duration(i);
      r.peer = peer;
      String database = r.observed ? null : attributes.database(i);
      if (database != null) {
        r.connection = Request.DATABASE; // which sends no spans
        r.server = database;
        r.serverNanos = r.clientNanos;
        addresses.add(tenant, service, database, attributes.callees, i, now);
      }
    } else {
      r.server = service;
      r.serverNanos = b.duration(i);
      r.peer = peer == null ? r.peer : peer;
    }
    pairs.settle(key, r, now);
  }

  private boolean count(Request.Key key, Request r, long now) {
    Edge e = r.edge(key.tenant(), false);
    Counts c = edges.get(e);
    if (c == null) {
      c = edges.add(e, 1, e.bytes(Counts.SERIES, Counts.LABELS), () -> new Counts(e, now));
    }
    if (c == null) {
      CUT.log(
          Level.WARNING,
          "Service graph limit reached, request not counted client={0} server={1} max_edges={2}"
              + " edges={3}",
          e.client(),
          e.server(),
          maxEdges,
          edges.size());
      return false;
    }
    c.add(key, r, now);
    return true;
  }

  /**
   * Appends all series; those without requests for a time end.
   *
   * @param now Unix milliseconds
   * @param interval milliseconds from the last write
   * @param stale milliseconds without a request after which a series ends
   */
  void write(Appender a, long now, long interval, long stale) {
    synchronized (this) {
      pairs.expire(now);
    }
    StoredCounts.write(edges, this, a, now, interval, stale);
    addresses.write(this, a, now, interval, stale);
  }
}
