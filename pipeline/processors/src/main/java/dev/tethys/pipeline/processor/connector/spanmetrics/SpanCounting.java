package dev.tethys.pipeline.processor.connector.spanmetrics;

import dev.tethys.insight.graph.SpanCodes;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.Scope;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.SpanEvent;
import dev.tethys.pipeline.processor.sampling.AdjustedCount;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Finds the series of spans. Guarded by the connector. */
final class SpanCounting {
  static final String SERVICE = "service.name";
  static final String NAME = "span.name";
  static final String KIND = "span.kind";
  static final String STATUS = "status.code";
  static final String INSTANCE = "collector.instance.id";

  private static final String SCOPE_NAME = "span.instrumentation.scope.name";
  private static final String SCOPE_VERSION = "span.instrumentation.scope.version";
  private static final String SAMPLING = "sampling.method";
  private static final Attributes NONE = new Attributes();

  private final SpanMetricsSettings settings;
  private final String instance;
  private final boolean service;
  private final boolean name;
  private final boolean kind;
  private final boolean status;
  private final Dimensions dimensions;
  private final Dimensions calls;
  private final Dimensions durations;
  private final @Nullable Dimensions events;
  private final SeriesKey key = new SeriesKey();
  private final SplittableRandom random = new SplittableRandom();

  /** Most recent trace state and the number of spans that its span represents; 0 if unknown. */
  private String state = "";

  private double adjusted;

  SpanCounting(SpanMetricsSettings settings, String instance) {
    this.settings = settings;
    this.instance = instance;
    this.service = !settings.excluded().contains(SERVICE);
    this.name = !settings.excluded().contains(NAME);
    this.kind = !settings.excluded().contains(KIND);
    this.status = !settings.excluded().contains(STATUS);
    this.dimensions = settings.dimensions().dimensions();
    this.calls = settings.callsDimensions().dimensions();
    this.durations = settings.histogram().dimensions().dimensions();
    SpanMetricsSettings.ResourceDimensions e = settings.events();
    this.events = e == null ? null : e.dimensions();
  }

  /**
   * Counts a span in the series of its resource.
   *
   * @param selfNanos duration without its children; null if unknown
   */
  void count(
      Span span,
      Scope scope,
      Attributes resource,
      SpanResource to,
      @Nullable Long selfNanos,
      long nowMillis) {
    long nanos = Math.max(0, span.endTimeUnixNano() - span.startTimeUnixNano());
    double duration = settings.unit().of(nanos);
    long times = times(span.traceState());
    fixed(span, scope, resource);
    dimensions.addTo(key, span.attributes(), NONE, resource);
    key.mark();
    calls.addTo(key, span.attributes(), NONE, resource);
    to.calls.count(
        key,
        () -> attributes(span, scope, NONE, resource, calls),
        span,
        duration,
        times,
        nowMillis);
    if (to.durations != null || to.selfTimes != null) {
      key.backToMark();
      durations.addTo(key, span.attributes(), NONE, resource);
      Supplier<Attributes> attributes = () -> attributes(span, scope, NONE, resource, durations);
      if (to.durations != null) {
        to.durations.count(key, attributes, span, duration, times, nowMillis);
      }
      if (to.selfTimes != null && selfNanos != null) {
        double self = settings.unit().of(selfNanos);
        to.selfTimes.count(key, attributes, span, self, times, nowMillis);
      }
    }
    if (to.events == null || events == null || !span.hasEvents()) {
      return;
    }
    fixed(span, scope, resource);
    key.mark();
    for (SpanEvent event : span.events()) {
      key.backToMark();
      dimensions.addTo(key, span.attributes(), event.attributes(), resource);
      events.addTo(key, span.attributes(), event.attributes(), resource);
      Supplier<Attributes> attributes =
          () -> attributes(span, scope, event.attributes(), resource, events);
      to.events.count(key, attributes, span, duration, times, nowMillis);
    }
  }

  /**
   * Returns the number of spans that one represents, rounded randomly to an integer so that the
   * mean is correct.
   */
  private long times(String traceState) {
    if (!traceState.equals(state)) {
      state = traceState;
      adjusted = AdjustedCount.find(traceState);
    }
    if (adjusted == 0) {
      return 1;
    }
    long whole = (long) adjusted;
    return random.nextDouble() < adjusted - whole ? whole + 1 : whole;
  }

  /** Starts a key with the parts that all series have. */
  private void fixed(Span span, Scope scope, Attributes resource) {
    key.clear();
    if (service) {
      key.add(text(resource));
    }
    if (name) {
      key.add(span.name());
    }
    if (kind) {
      key.add(SpanCodes.kindName(span.kind()));
    }
    if (status) {
      key.add(SpanCodes.statusName(span.statusCode()));
    }
    if (!settings.scopes().isEmpty()) {
      boolean shown = isShown(scope);
      key.add(shown ? scope.name() : null);
      key.add(shown ? scope.version() : null);
    }
    if (settings.samplingMethod()) {
      key.add(method());
    }
  }

  private Attributes attributes(
      Span span, Scope scope, Attributes event, Attributes resource, Dimensions more) {
    Attributes a = new Attributes();
    if (service) {
      a.put(SERVICE, text(resource));
    }
    if (name) {
      a.put(NAME, span.name());
    }
    if (kind) {
      a.put(KIND, SpanCodes.kindName(span.kind()));
    }
    if (status) {
      a.put(STATUS, SpanCodes.statusName(span.statusCode()));
    }
    if (!settings.excluded().contains(INSTANCE)) {
      a.put(INSTANCE, instance);
    }
    if (isShown(scope)) {
      a.put(SCOPE_NAME, scope.name());
      if (!scope.version().isEmpty()) {
        a.put(SCOPE_VERSION, scope.version());
      }
    }
    if (settings.samplingMethod()) {
      a.put(SAMPLING, method());
    }
    dimensions.putInto(a, span.attributes(), event, resource);
    more.putInto(a, span.attributes(), event, resource);
    return a;
  }

  private boolean isShown(Scope scope) {
    return !scope.name().isEmpty() && settings.scopes().contains(scope.name());
  }

  private String method() {
    return adjusted == 0 ? "counted" : "extrapolated";
  }

  private static String text(Attributes resource) {
    String s = resource.getString(SERVICE);
    return s == null ? "" : s;
  }
}
