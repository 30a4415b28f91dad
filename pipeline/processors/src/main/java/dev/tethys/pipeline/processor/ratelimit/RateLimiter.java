package dev.tethys.pipeline.processor.ratelimit;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.DataPoint;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.MetricData;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.Telemetry;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.ProcessorFactory;
import dev.tethys.pipeline.ottl.ValueText;
import dev.tethys.pipeline.processor.TreeEditorFactory;
import java.util.List;
import java.util.Set;

/**
 * The {@code rate_limiter} processor: passes a number of items per second and drops the rest. With
 * labels, heavy senders cannot take the share of light ones.
 */
public final class RateLimiter {
  /** Reason for removed items. */
  static final String RATE_LIMITED = "rate_limited";

  /** Maximum number of label values with a separate limit. */
  static final int MAX_KEYS = 10_000;

  private static final Section SECTION =
      new Section("rate_limiter", "Limits the number of items per second, shared fairly.");
  private static final Key<Long> LIMIT =
      SECTION.required("items_per_second", Type.UINT, "Maximum number of items per second.");
  private static final Key<Long> PER_KEY =
      SECTION.optional(
          "items_per_second_and_key",
          Type.UINT,
          "Maximum number of items per second for one combination of labels.");
  private static final Key<List<String>> LABELS =
      SECTION.key(
          "labels",
          Type.list(Type.STRING),
          List.of(),
          "Attributes of items or resources by which the rate is shared.");

  /** The settings. */
  public record Settings(long limit, long perKey, List<String> labels) {}

  private final FairShare share; // guarded by this
  private final List<String> labels;
  private final Scheduler clock;

  private RateLimiter(Settings s, Scheduler clock) {
    share = new FairShare(s.limit(), s.perKey(), MAX_KEYS);
    labels = s.labels();
    this.clock = clock;
  }

  public static ProcessorFactory<Settings> factory() {
    return new TreeEditorFactory<>(
        "rate_limiter",
        List.of(),
        "Limits items per second, shared fairly among label values.",
        SECTION.type(
            o -> {
              if (o.get(LIMIT) <= 0) {
                throw o.error(LIMIT, "is at least 1");
              }
              Long perKey = o.find(PER_KEY);
              return new Settings(
                  o.get(LIMIT), perKey == null ? o.get(LIMIT) : perKey, o.get(LABELS));
            }),
        Set.of(Signal.TRACES, Signal.METRICS, Signal.LOGS),
        RATE_LIMITED,
        (s, _, context) -> {
          RateLimiter limiter = new RateLimiter(s, context.clock());
          return (data, _) -> limiter.edit(data);
        });
  }

  private synchronized boolean edit(Telemetry<?> data) {
    long now = clock.millis();
    boolean changed = false;
    for (ResourceGroup<?> r : data.resources()) {
      Attributes resource = r.resource().attributes();
      for (ScopeGroup<?> s : r.scopes()) {
        changed |=
            s.items()
                .removeIf(
                    i ->
                        switch ((Object) i) {
                          case LogRecord l -> !admit(resource, l.attributes(), now);
                          case Span x -> !admit(resource, x.attributes(), now);
                          case Metric m -> limited(resource, m, now);
                          default -> throw new AssertionError();
                        });
      }
    }
    return changed || dropped();
  }

  private boolean pointsDropped;

  private boolean dropped() {
    boolean d = pointsDropped;
    pointsDropped = false;
    return d;
  }

  /** Drops points of a metric; returns whether none is left. */
  private boolean limited(Attributes resource, Metric m, long now) {
    MetricData<?> data = m.data();
    if (data == null) {
      return false;
    }
    pointsDropped |= drop(data, resource, now);
    return data.points().isEmpty();
  }

  private <P extends DataPoint> boolean drop(MetricData<P> data, Attributes resource, long now) {
    return data.points().removeIf(p -> !admit(resource, p.attributes(), now));
  }

  private boolean admit(Attributes resource, Attributes item, long now) {
    if (labels.isEmpty()) {
      return share.admit("", now);
    }
    if (labels.size() == 1) {
      return share.admit(label(labels.getFirst(), resource, item), now);
    }
    StringBuilder key = new StringBuilder();
    for (String l : labels) {
      key.append(label(l, resource, item)).append('\u0000');
    }
    return share.admit(key.toString(), now);
  }

  private static String label(String key, Attributes resource, Attributes item) {
    Object v = item.get(key);
    return ValueText.of(v == null ? resource.get(key) : v);
  }
}
