package dev.tethys.pipeline.processor.connector.spanmetrics;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.codec.CodecException;
import dev.tethys.insight.graph.SeriesRoom;
import dev.tethys.model.guard.SeriesMemory;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.MetricData;
import dev.tethys.model.telemetry.MetricsData;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.TracesData;
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
import dev.tethys.pipeline.processor.KeptBytes;
import dev.tethys.pipeline.processor.TimedFlush;
import dev.tethys.pipeline.processor.TreeProcessor;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Counts spans and sends the counts once per interval. Spans are acknowledged when they are
 * counted: the counts are in memory, and a crash loses those since the last interval.
 */
final class SpanMetricsConnector implements Connector {
  /** Reason of counted spans, which end here. */
  static final String COUNTED = "counted";

  /** Spans of resources without a service. */
  static final String NO_SERVICE = "no_service_name";

  /** Reason of spans of resources beyond the limit. */
  static final String TOO_MANY = "too_many_resources";

  private static final String SCOPE = "spanmetricsconnector";

  /** Maximum number of resources in memory, including evicted ones. */
  private static final int MAX_RESOURCES = 100_000;

  private final SpanMetricsSettings settings;
  private final SpanForms forms;
  private final SpanCounting counting;
  private final ItemAccounting spans;
  private final ItemAccounting metrics;
  private final Scheduler clock;
  private final System.Logger log;
  private final TimedFlush flush;

  @GuardedBy("this")
  private final SeriesRoom room;

  @GuardedBy("this")
  private final SeriesMemory.Share sentMemory;

  /** The one longest without spans first. */
  @GuardedBy("this")
  private final Map<Attributes, SpanResource> resources = new LinkedHashMap<>(16, 0.75f, true);

  /** Evicted or expired resources, which are sent once more. */
  @GuardedBy("this")
  private final Map<Attributes, SpanResource> evicted = new LinkedHashMap<>();

  /** A series of a resource. */
  private record Stream(Attributes resource, SeriesKey series) {
    long bytes() {
      return new KeptBytes().attributes(resource).bytes() + series.bytes();
    }
  }

  /** When deltas were sent last, the one longest ago first. */
  @GuardedBy("this")
  private final Map<Stream, Long> sent =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        @GuardedBy("SpanMetricsConnector.this")
        protected boolean removeEldestEntry(Map.Entry<Stream, Long> eldest) {
          boolean many = size() > settings.deltaTimes();
          if (many) {
            sentMemory.give(eldest.getKey().bytes());
          }
          return many;
        }
      };

  @GuardedBy("this")
  private boolean recorded; // whether anything was counted since the last interval

  @GuardedBy("this")
  private boolean warned;

  @GuardedBy("this")
  private boolean stopped;

  SpanMetricsConnector(
      SpanMetricsSettings settings,
      String instance,
      long maxSeries,
      SeriesMemory memory,
      Consumer next,
      Context c) {
    this.settings = settings;
    this.forms = SpanForms.of(settings);
    this.counting = new SpanCounting(settings, instance);
    this.spans = c.account(Signal.TRACES);
    this.metrics = c.account(Signal.METRICS);
    this.clock = c.clock();
    this.log = c.logger();
    this.room = new SeriesRoom(maxSeries, memory);
    this.sentMemory = memory.open();
    this.flush = new TimedFlush("span_metrics", settings.interval(), this::take, next, metrics, c);
  }

  @Override
  public void start() {
    flush.start();
  }

  @Override
  public void forward() {
    flush.forward();
  }

  @Override
  public void stop(Duration timeLimit) {
    synchronized (this) {
      stopped = true;
    }
    flush.stop();
    synchronized (this) {
      room.close();
      sentMemory.close();
    }
  }

  /** Results for the spans of a batch. */
  private static final class Tally {
    int counted;
    int unnamed;
    int refused;
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
    Tally tally = count(data);
    batch.keepTree(data);
    if (tally == null) {
      spans.returnItems(items);
      ack.complete(new Outcome.Unavailable("the connector has stopped", Duration.ZERO));
      return;
    }
    spans.drop(NO_SERVICE, tally.unnamed);
    spans.drop(TOO_MANY, tally.refused);
    spans.drop(COUNTED, items - tally.unnamed - tally.refused);
    ack.complete(Outcome.ACCEPTED);
  }

  /** Counts spans; returns null if it has stopped. */
  private synchronized @Nullable Tally count(TracesData data) {
    if (stopped) {
      return null;
    }
    Tally tally = new Tally();
    long now = clock.millis();
    Map<Span, Long> self = settings.selfTimes() ? SelfTimes.of(data) : Map.of();
    for (ResourceGroup<Span> r : data.resources()) {
      int n = 0;
      for (ScopeGroup<Span> s : r.scopes()) {
        n += s.items().size();
      }
      Attributes attributes = r.resource().attributes();
      if (!attributes.contains(SpanCounting.SERVICE)) {
        tally.unnamed += n;
        continue;
      }
      SpanResource to = resource(attributes, now);
      if (to == null) {
        tally.refused += n;
        continue;
      }
      for (ScopeGroup<Span> s : r.scopes()) {
        for (Span span : s.items()) {
          counting.count(span, s.scope(), attributes, to, self.get(span), now);
        }
      }
      tally.counted += n;
    }
    recorded |= tally.counted > 0;
    if (tally.refused > 0 && !warned) {
      warned = true;
      log.log(
          Level.WARNING,
          "more than {0} resources have spans within an interval, or the memory for series is used"
              + " up: further ones are not counted; resource_metrics_key_attributes can"
              + " distinguish them"
              + " apart by less",
          MAX_RESOURCES);
    }
    return tally;
  }

  @GuardedBy("this")
  private @Nullable SpanResource resource(Attributes attributes, long now) {
    Attributes key = attributes;
    if (!settings.keyAttributes().isEmpty()) {
      key = new Attributes();
      for (int i = 0; i < attributes.size(); i++) {
        if (settings.keyAttributes().contains(attributes.key(i))) {
          key.add(attributes.key(i), attributes.value(i));
        }
      }
    }
    SpanResource known = resources.get(key);
    if (known == null) {
      known = evicted.remove(key);
      if (known == null) {
        // as the key, and in the batch
        long bytes = 2 * new KeptBytes().attributes(attributes).bytes();
        if (resources.size() + evicted.size() >= MAX_RESOURCES || !room.take(0, bytes)) {
          return null;
        }
        known = new SpanResource(attributes.copy(), forms, room, bytes);
      }
      resources.put(key.copy(), known);
      if (resources.size() > settings.resources()) {
        Map.Entry<Attributes, SpanResource> eldest = resources.entrySet().iterator().next();
        resources.remove(eldest.getKey());
        evicted.put(eldest.getKey(), eldest.getValue());
      }
    }
    known.seen(now);
    return known;
  }

  /** Returns the batch of an interval, or null if there is nothing to send. */
  private synchronized @Nullable Batch take(boolean last) {
    if (last && !recorded) {
      return null; // everything was already sent
    }
    recorded = false;
    warned = false;
    long millis = clock.millis();
    MetricsData data = new MetricsData();
    resources.forEach((key, r) -> add(key, r, millis * 1_000_000, data));
    evicted.forEach((key, r) -> add(key, r, millis * 1_000_000, data));
    if (settings.delta()) {
      resources.clear();
      evicted.clear();
      room.close();
    } else {
      evicted.values().forEach(SpanResource::release);
      evicted.clear();
      expire(millis);
    }
    if (data.resources().isEmpty()) {
      return null;
    }
    Batch batch = Batch.of(Signal.METRICS, data, 0, Metadata.NONE);
    metrics.create(batch.items());
    return batch;
  }

  @GuardedBy("this")
  private void add(Attributes key, SpanResource r, long nanos, MetricsData to) {
    Set<SeriesKey> seen = new HashSet<>();
    Map<Stream, Long> former = sent;
    SeriesTable.Starts starts =
        settings.delta()
            ? (series, began) -> {
              seen.add(series);
              Long before = former.get(new Stream(key, series));
              return before == null ? began : before;
            }
            : (_, began) -> began;
    List<Metric> all =
        r.metrics(
            settings.delta() ? MetricData.TEMPORALITY_DELTA : MetricData.TEMPORALITY_CUMULATIVE,
            starts,
            nanos);
    for (SeriesKey series : seen) {
      Stream s = new Stream(key, series);
      if (sent.containsKey(s) || sentMemory.take(s.bytes())) {
        sent.put(s, nanos);
      }
    }
    if (all.isEmpty()) {
      return;
    }
    ScopeGroup<Metric> scope = new ScopeGroup<>();
    scope.scope().setName(SCOPE);
    scope.items().addAll(all);
    ResourceGroup<Metric> group = new ResourceGroup<>();
    group.resource().attributes().putAll(r.attributes());
    group.scopes().add(scope);
    to.resources().add(group);
  }

  @GuardedBy("this")
  private void expire(long millis) {
    if (!settings.seriesExpiration().isZero()) {
      long until = millis - settings.seriesExpiration().toMillis();
      resources.values().removeIf(r -> r.expire(until));
    }
    if (!settings.expiration().isZero()) {
      long until = millis - settings.expiration().toMillis();
      Iterator<Map.Entry<Attributes, SpanResource>> all = resources.entrySet().iterator();
      while (all.hasNext()) {
        Map.Entry<Attributes, SpanResource> e = all.next();
        if (e.getValue().seenMillis() <= until) {
          evicted.put(e.getKey(), e.getValue());
          all.remove();
        }
      }
    }
  }
}
