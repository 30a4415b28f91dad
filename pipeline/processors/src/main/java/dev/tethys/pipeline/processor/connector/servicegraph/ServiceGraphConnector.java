package dev.tethys.pipeline.processor.connector.servicegraph;

import static dev.tethys.insight.graph.SpanCodes.CLIENT;
import static dev.tethys.insight.graph.SpanCodes.CONSUMER;
import static dev.tethys.insight.graph.SpanCodes.ERROR;
import static dev.tethys.insight.graph.SpanCodes.PRODUCER;
import static dev.tethys.insight.graph.SpanCodes.SERVER;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.codec.CodecException;
import dev.tethys.insight.graph.MissingSide;
import dev.tethys.insight.graph.Request;
import dev.tethys.insight.graph.RequestPairs;
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
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Pairs client spans with the server spans of the same request and counts the requests. The two
 * spans meet under the id of the client span. A span without a counterpart at its deadline is
 * counted with a virtual node if possible: a server span without a client gets the client {@code
 * user}; a client span without a server gets a server named by its peer attributes.
 *
 * <p>Spans are acknowledged when they arrive: counts and waiting spans are in memory only.
 */
final class ServiceGraphConnector implements Connector {
  /** Spans that were counted; the spans themselves end here. */
  static final String SEEN = "counted";

  static final String NO_SERVICE = "no_service_name";

  /** Reason of spans whose requests exceed the limit. */
  static final String TOO_MANY = "too_many_edges";

  private static final String SERVICE = "service.name";
  private static final Duration STALE = Duration.ofMinutes(15);

  /** Label that names the side without spans. */
  private static final String VIRTUAL_LABEL = "virtual_node";

  private final ServiceGraphSettings settings;
  private final ItemAccounting spans;
  private final ItemAccounting metrics;
  private final Scheduler clock;
  private final System.Logger log;
  private final TimedFlush flush;
  private final Counter total;
  private final Counter expired;
  private final Counter dropped;

  @GuardedBy("this")
  private final Edges edges;

  @GuardedBy("this")
  private final RequestPairs pairs; // times in nanoseconds of the clock

  @GuardedBy("this")
  private boolean counted; // whether anything was since the last interval

  @GuardedBy("this")
  private boolean warned;

  @GuardedBy("this")
  private boolean stopped;

  @GuardedBy("this")
  private Scheduler.@Nullable Timer expiry;

  @GuardedBy("this")
  private Scheduler.@Nullable Timer staleness;

  ServiceGraphConnector(
      ServiceGraphSettings settings, SeriesMemory memory, Consumer next, Context c) {
    this.settings = settings;
    this.spans = c.account(Signal.TRACES);
    this.metrics = c.account(Signal.METRICS);
    this.clock = c.clock();
    this.log = c.logger();
    this.edges = new Edges(settings, memory);
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
    this.pairs =
        new RequestPairs(
            settings.maxItems(),
            settings.ttl().toNanos(),
            settings.peers().isEmpty() ? MissingSide.IGNORED : MissingSide.OR_UNKNOWN,
            memory,
            new Counting());
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

  @GuardedBy("this")
  private void expireLater() {
    expiry = clock.schedule(settings.expiration(), this::expire);
  }

  @GuardedBy("this")
  private void scheduleRemoval() {
    staleness = clock.schedule(settings.staleness(), this::removeStale);
  }

  private synchronized void expire() {
    if (!stopped) {
      pairs.expire(clock.nanos());
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
      pairs.close();
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

  /** Pairs a span; false if there is no room for it. */
  @GuardedBy("this")
  private boolean see(Span span, Attributes resource, String service) {
    boolean client = span.kind() == CLIENT || span.kind() == PRODUCER;
    if (!client && span.kind() != SERVER && span.kind() != CONSUMER) {
      return true; // within a service
    }
    long id = client ? span.spanId() : span.parentSpanId();
    boolean root = id == 0;
    Request.Key key = new Request.Key("", span.traceIdHigh(), span.traceIdLow(), id, root);
    long now = clock.nanos();
    Request r = pairs.find(key, now);
    if (r == null) {
      return false;
    }
    boolean message = span.kind() == PRODUCER || span.kind() == CONSUMER;
    r.connection = message ? Request.MESSAGING : "";
    r.failed |= span.statusCode() == ERROR;
    long nanos = Math.max(0, span.endTimeUnixNano() - span.startTimeUnixNano());
    if (client) {
      r.client = service;
      r.clientNanos = nanos;
      peers(r, span.attributes());
      dimensions("client_", r, resource, span.attributes());
      String database = first(settings.databases(), resource, span.attributes());
      if (database != null) {
        r.connection = Request.DATABASE; // which has no span
        r.server = database;
        r.serverNanos = nanos;
      }
    } else {
      r.server = service;
      r.serverNanos = nanos;
      dimensions("server_", r, resource, span.attributes());
    }
    return pairs.settle(key, r, now);
  }

  private void peers(Request r, Attributes span) {
    for (String name : settings.peers()) {
      if (span.contains(name)) {
        r.peer = ValueText.of(span.get(name));
        return;
      }
    }
  }

  private void dimensions(String side, Request r, Attributes resource, Attributes span) {
    for (String name : settings.dimensions()) {
      String value = first(List.of(name), resource, span);
      if (value != null) {
        r.dimension(side + name, value);
      }
    }
  }

  /** Returns the first of several attributes found in the resource, otherwise in the span. */
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

  /** Counts paired requests by edge. */
  private final class Counting implements RequestPairs.Counter {
    @Override
    @GuardedBy("ServiceGraphConnector.this")
    public boolean count(Request.Key key, Request r, long now) {
      counted = true;
      if (settings.virtualLabel()) {
        r.dimension(VIRTUAL_LABEL, r.virtual);
      }
      boolean room = edges.count(r, clock.millis());
      if (!room && !warned) {
        warned = true;
        log.log(
            Level.WARNING,
            "Edges or memory of series exhausted, requests of new edges not counted max_edges={0};"
                + " use fewer dimensions",
            Edges.MOST);
      }
      return room;
    }

    @Override
    public void opened() {
      total.inc();
    }

    @Override
    public void expired() {
      expired.inc();
    }
  }

  /** Returns the batch of an interval, or null if there is nothing to send. */
  private synchronized @Nullable Batch take(boolean last) {
    if (last && !counted) {
      return null; // everything was already sent
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
