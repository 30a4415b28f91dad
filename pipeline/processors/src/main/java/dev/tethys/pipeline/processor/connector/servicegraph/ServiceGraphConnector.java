package dev.tethys.pipeline.processor.connector.servicegraph;

import dev.tethys.codec.CodecException;
import dev.tethys.model.exposition.Registry.Counter;
import dev.tethys.model.guard.SeriesMemory;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.MetricsData;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.TracesData;
import dev.tethys.model.telemetry.ValueText;
import dev.tethys.pipeline.AckCallback;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Metadata;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Connector;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.ledger.ItemAccounting;
import dev.tethys.pipeline.processor.TimedFlush;
import dev.tethys.pipeline.processor.TreeProcessor;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Pairs client spans with the server spans of the same request and counts the requests. The two
 * spans meet under the id of the client span. A span without a counterpart at its deadline is
 * counted with a virtual node if possible: a server span without client gets the client {@code
 * user}, a client span without server gets a server named by its peer attributes.
 *
 * <p>Spans are acknowledged when they arrive: counts and waiting spans are in memory only.
 */
final class ServiceGraphConnector implements Connector {
  /** Spans that were counted; the spans themselves end here. */
  static final String SEEN = "counted";

  static final String NO_SERVICE = "no_service_name";

  /** Spans of requests for which there was no room. */
  static final String TOO_MANY = "too_many_edges";

  private static final String SERVICE = "service.name";
  private static final Duration STALE = Duration.ofMinutes(15);

  private static final int SERVER = 2;
  private static final int CLIENT = 3;
  private static final int PRODUCER = 4;
  private static final int CONSUMER = 5;
  private static final int ERROR = 2;

  private final ServiceGraphSettings settings;
  private final ItemAccounting spans;
  private final ItemAccounting metrics;
  private final Scheduler clock;
  private final System.Logger log;
  private final TimedFlush flush;
  private final Counter total;
  private final Counter expired;
  private final Counter dropped;
  private final Edges edges; // guarded by this

  /** The one that came first first; they wait equally long. */
  private final Map<Request.Key, Request> waiting = new LinkedHashMap<>(); // guarded by this

  private final SeriesMemory.Share waitingMemory; // guarded by this
  private boolean counted; // guarded by this; whether anything was since the last interval
  private boolean warned; // guarded by this
  private boolean stopped; // guarded by this
  private Scheduler.@Nullable Timer expiry; // guarded by this
  private Scheduler.@Nullable Timer staleness; // guarded by this

  ServiceGraphConnector(
      ServiceGraphSettings settings, SeriesMemory memory, Consumer next, Context c) {
    this.settings = settings;
    this.spans = c.account(Signal.TRACES);
    this.metrics = c.account(Signal.METRICS);
    this.clock = c.clock();
    this.log = c.logger();
    this.edges = new Edges(settings, memory);
    this.waitingMemory = memory.open();
    String id = c.id().toString();
    String pre = "otelcol_connector_servicegraph_";
    String label = "connector";
    total =
        c.metrics()
            .counters(pre + "total_edges_total", "Requests between services seen in spans.", label)
            .with(id);
    expired =
        c.metrics()
            .counters(
                pre + "expired_edges_total",
                "Requests whose other side was not received in time.",
                label)
            .with(id);
    dropped =
        c.metrics()
            .counters(
                pre + "dropped_spans_total", "Spans dropped because the store was full.", label)
            .with(id);
    Duration interval =
        settings.interval().isPositive() ? settings.interval() : Duration.ofSeconds(60);
    this.flush = new TimedFlush("servicegraph", interval, this::take, next, metrics, c);
  }

  @Override
  public synchronized void start() {
    if (settings.interval().isPositive()) {
      flush.start();
    }
    expireLater();
    scheduleRemoval();
  }

  private void expireLater() {
    expiry = clock.schedule(settings.expiration(), this::expire);
  }

  private void scheduleRemoval() {
    staleness = clock.schedule(settings.staleness(), this::removeStale);
  }

  private synchronized void expire() {
    if (!stopped) {
      expire(clock.nanos());
      expireLater();
    }
  }

  private synchronized void removeStale() {
    if (!stopped) {
      edges.removeStale(clock.millis() - STALE.toMillis());
      scheduleRemoval();
    }
  }

  @Override
  public void forward() {
    flush.forward();
  }

  @Override
  public void stop(Duration timeLimit) {
    synchronized (this) {
      stopped = true;
      if (expiry != null) {
        expiry.cancel();
      }
      if (staleness != null) {
        staleness.cancel();
      }
    }
    flush.stop();
    synchronized (this) {
      edges.clear();
      waiting.clear();
      waitingMemory.close();
    }
  }

  @Override
  public void consume(Batch batch, AckCallback ack) {
    int items = batch.items();
    spans.take(items);
    TracesData data;
    try {
      data = (TracesData) batch.takeTree();
    } catch (CodecException e) {
      spans.drop(TreeProcessor.MALFORMED, items);
      ack.complete(new Outcome.Rejected(String.valueOf(e.getMessage()), items));
      return;
    }
    int unnamed = 0;
    int refused = 0;
    boolean ended;
    synchronized (this) {
      ended = stopped;
      if (!ended) {
        for (ResourceGroup<Span> r : data.resources()) {
          String service = ValueText.of(r.resource().attributes().get(SERVICE));
          if (service.isEmpty()) {
            unnamed += r.itemCount();
            continue;
          }
          for (ScopeGroup<Span> s : r.scopes()) {
            for (Span span : s.items()) {
              refused += see(span, r.resource().attributes(), service) ? 0 : 1;
            }
          }
        }
      }
    }
    batch.keepTree(data);
    if (ended) {
      spans.returnItems(items);
      ack.complete(new Outcome.Unavailable("the connector has stopped", Duration.ZERO));
      return;
    }
    spans.drop(NO_SERVICE, unnamed);
    spans.drop(TOO_MANY, refused);
    spans.drop(SEEN, items - unnamed - refused);
    dropped.add((long) refused);
    if (!settings.interval().isPositive()) {
      flush.forward();
    }
    ack.complete(Outcome.ACCEPTED);
  }

  /** Sees a span; false where there is no room for it. */
  private boolean see(Span span, Attributes resource, String service) {
    return switch (span.kind()) {
      case CLIENT, PRODUCER -> {
        Request.Key key = key(span, span.spanId());
        Request r = request(key);
        yield r != null && settle(key, client(r, span, resource, service));
      }
      case SERVER, CONSUMER -> {
        Request.Key key = key(span, span.parentSpanId());
        Request r = request(key);
        yield r != null && settle(key, server(r, span, resource, service));
      }
      default -> true; // within a service
    };
  }

  private static Request.Key key(Span s, long id) {
    return new Request.Key(s.traceIdHigh(), s.traceIdLow(), id);
  }

  private @Nullable Request request(Request.Key key) {
    Request known = waiting.get(key);
    if (known != null) {
      return known;
    }
    long now = clock.nanos();
    if (waiting.size() >= settings.maxItems()) {
      expire(now);
    }
    if (waiting.size() >= settings.maxItems()) {
      return null;
    }
    Request r = new Request(now + settings.ttl().toNanos());
    waiting.put(key, r);
    total.inc();
    return r;
  }

  private Request client(Request r, Span span, Attributes resource, String service) {
    r.connection = span.kind() == PRODUCER ? Request.MESSAGING : "";
    r.client = service;
    r.clientSeconds = seconds(span);
    r.failed |= span.statusCode() == ERROR;
    dimensions("client_", r, resource, span.attributes());
    for (String name : settings.peers()) {
      if (span.attributes().contains(name)) {
        r.peer = ValueText.of(span.attributes().get(name));
        break;
      }
    }
    String database = first(settings.databases(), resource, span.attributes());
    if (database != null) {
      r.connection = Request.DATABASE; // which has no span
      r.server = database;
      r.serverSeconds = r.clientSeconds;
    }
    return r;
  }

  private Request server(Request r, Span span, Attributes resource, String service) {
    r.connection = span.kind() == CONSUMER ? Request.MESSAGING : "";
    r.server = service;
    r.serverSeconds = seconds(span);
    r.failed |= span.statusCode() == ERROR;
    dimensions("server_", r, resource, span.attributes());
    return r;
  }

  private void dimensions(String side, Request r, Attributes resource, Attributes span) {
    for (String name : settings.dimensions()) {
      String value = first(List.of(name), resource, span);
      if (value != null) {
        r.dimensions.put(side + name, value);
      }
    }
  }

  /** The text of the first of several attributes that a resource or else a span has. */
  private static @Nullable String first(List<String> names, Attributes resource, Attributes span) {
    for (String name : names) {
      for (Attributes a : List.of(resource, span)) {
        int i = a.indexOf(name);
        if (i >= 0) {
          return ValueText.of(a.value(i));
        }
      }
    }
    return null;
  }

  private static double seconds(Span s) {
    return Math.max(0, s.endTimeUnixNano() - s.startTimeUnixNano()) / 1e9;
  }

  private boolean settle(Request.Key key, Request r) {
    if (r.isComplete()) {
      forget(key, r);
      return count(r);
    }
    long grown = r.bytes() - r.held;
    if (waitingMemory.take(grown)) {
      r.held += grown;
      return true;
    }
    forget(key, r);
    return false;
  }

  private void forget(Request.Key key, Request r) {
    waiting.remove(key);
    waitingMemory.give(r.held);
  }

  private boolean count(Request r) {
    counted = true;
    boolean room = edges.count(r, clock.millis());
    if (!room && !warned) {
      warned = true;
      log.log(
          Level.WARNING,
          "more than {0} edges, or the memory for series is used up: further ones are not counted;"
              + " fewer dimensions make fewer",
          Edges.MOST);
    }
    return room;
  }

  /** Those that have waited for long enough. */
  private void expire(long now) {
    Iterator<Map.Entry<Request.Key, Request>> i = waiting.entrySet().iterator();
    while (i.hasNext()) {
      Map.Entry<Request.Key, Request> e = i.next();
      if (e.getValue().untilNanos - now >= 0) {
        return;
      }
      i.remove();
      waitingMemory.give(e.getValue().held);
      expired.inc();
      virtual(e.getKey(), e.getValue());
    }
  }

  private void virtual(Request.Key key, Request r) {
    if (settings.peers().isEmpty()) {
      return;
    }
    r.connection = Request.VIRTUAL;
    if (r.client.isEmpty() && key.span() == 0) {
      r.client = "user";
      r.virtual = "client";
      count(r);
    } else if (r.server.isEmpty()) {
      r.server = r.peer.isEmpty() ? "unknown" : r.peer;
      r.virtual = "server";
      count(r);
    }
  }

  /** What is sent at the end of an interval. */
  private synchronized @Nullable Batch take(boolean last) {
    if (last && !counted) {
      return null; // all of it was sent before
    }
    counted = false;
    List<Metric> all = edges.metrics(clock.millis() * 1_000_000, settings.offset().toNanos());
    if (all.isEmpty()) {
      return null;
    }
    ScopeGroup<Metric> scope = new ScopeGroup<>();
    scope.scope().setName("traces_service_graph");
    scope.items().addAll(all);
    ResourceGroup<Metric> group = new ResourceGroup<>();
    group.scopes().add(scope);
    MetricsData data = new MetricsData();
    data.resources().add(group);
    Batch batch = Batch.of(Signal.METRICS, data, 0, Metadata.NONE);
    metrics.create(batch.items());
    return batch;
  }
}
