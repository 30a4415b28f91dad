package dev.tethys.insight.objectives.state;

import dev.tethys.config.Durations;
import dev.tethys.insight.graph.query.MetricAnswers;
import dev.tethys.insight.graph.query.ServiceRequests;
import dev.tethys.insight.graph.query.ServiceRequests.Source;
import dev.tethys.insight.graph.query.Window;
import dev.tethys.insight.objectives.BucketBounds;
import dev.tethys.insight.objectives.BurnPair;
import dev.tethys.insight.objectives.BurnPolicy;
import dev.tethys.insight.objectives.BurnWindows;
import dev.tethys.insight.objectives.ErrorRatio;
import dev.tethys.insight.objectives.Objective;
import dev.tethys.insight.objectives.ObjectiveSet;
import dev.tethys.insight.objectives.ServiceIndicators;
import dev.tethys.insight.objectives.state.ObjectiveState.Status;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * Default objectives for services with requests: availability and latency over a day, with Coroot's
 * burn rates. They have no rules and no alerts. A service with an objective in a file gets none.
 */
final class DefaultObjectives {
  static final Duration WINDOW = Duration.ofDays(1);

  /** Maximum number of services with default objectives. */
  static final int MAX_SERVICES = 500;

  private static final BurnWindows BURN = BurnWindows.of(BurnPolicy.COROOT, WINDOW);

  private final MetricAnswers answers;
  private final long time;
  private final List<ObjectiveState> states = new ArrayList<>();
  private final List<String> problems = new ArrayList<>();

  /** Requests by window and service. */
  private final Map<Duration, Map<String, ServiceRequests>> requests = new LinkedHashMap<>();

  private final Map<Duration, Map<String, Double>> presence = new HashMap<>();

  DefaultObjectives(MetricAnswers answers, ObjectiveSet set, long time) {
    this.answers = answers;
    this.time = time;
    List<Duration> windows = new ArrayList<>(BURN.all());
    windows.add(WINDOW);
    for (Duration w : windows) {
      requests.put(w, ServiceRequests.find(answers, window(w)));
    }
    Set<String> own = new HashSet<>();
    set.objectives().forEach(o -> own.add(o.service()));
    Set<String> services = new TreeSet<>();
    requests.values().forEach(m -> services.addAll(m.keySet()));
    services.removeAll(own);
    if (services.isEmpty()) {
      return;
    }
    DefaultTargets targets = new DefaultTargets(answers, time, set.overrides(), problems::add);
    if (services.size() > MAX_SERVICES) {
      problems.add(
          services.size()
              + " services have requests; the first "
              + MAX_SERVICES
              + " by name have default objectives");
    }
    services.stream().limit(MAX_SERVICES).forEach(s -> add(s, targets.of(s)));
  }

  List<ObjectiveState> states() {
    return states;
  }

  List<String> problems() {
    return problems;
  }

  private Window window(Duration d) {
    return new Window(time - d.toMillis(), time);
  }

  private void add(String service, DefaultTargets.Targets t) {
    if (t.availability() > 0) {
      add(
          service,
          "availability",
          t.availability(),
          ratios(service, ServiceRequests::failedRatio),
          query(service, null),
          List.of());
    }
    if (t.latency() > 0 && source(service) != Source.CLIENTS) {
      add(
          service,
          "latency",
          t.latency(),
          ratios(service, r -> r.slowRatio(t.threshold())),
          query(service, t.threshold()),
          notes(service, t.threshold()));
    }
  }

  private @Nullable ServiceRequests latest(String service) {
    for (Map<String, ServiceRequests> m : requests.values()) {
      ServiceRequests r = m.get(service);
      if (r != null) {
        return r;
      }
    }
    return null;
  }

  private @Nullable Source source(String service) {
    ServiceRequests r = latest(service);
    return r == null ? null : r.source();
  }

  private Map<Duration, Double> ratios(String service, ToDoubleFunction<ServiceRequests> ratio) {
    Map<Duration, Double> out = new HashMap<>();
    requests.forEach(
        (w, m) -> {
          ServiceRequests r = m.get(service);
          double v = r == null ? Double.NaN : ratio.applyAsDouble(r);
          if (!Double.isNaN(v)) {
            out.put(w, v);
          }
        });
    return out;
  }

  private String query(String service, @Nullable Double threshold) {
    Source from = source(service);
    if (from == null || from == Source.CLIENTS) {
      return "";
    }
    ServiceIndicators.Source source =
        from == Source.SPANS ? ServiceIndicators.Source.SPANS : ServiceIndicators.Source.NODE_AGENT;
    ErrorRatio ratio;
    if (threshold == null) {
      ratio = ServiceIndicators.availability(service, source, "http");
    } else {
      BigDecimal seconds =
          BigDecimal.valueOf(threshold)
              .max(BucketBounds.MIN)
              .min(BucketBounds.MAX.subtract(BigDecimal.ONE));
      ratio = ServiceIndicators.latency(service, source, "http", seconds);
    }
    return ratio.expression(Objective.CURRENT);
  }

  private List<String> notes(String service, double threshold) {
    ServiceRequests r = latest(service);
    double bound = r == null ? Double.NaN : r.bound(threshold);
    return r == null || r.buckets().isEmpty()
        ? List.of()
        : List.of(
            BucketNotes.text(seconds(threshold), threshold, bound, DefaultObjectives::seconds));
  }

  private static String seconds(double s) {
    return Durations.format(Duration.ofMillis(Math.round(s * 1000)));
  }

  private void add(
      String service,
      String name,
      double percent,
      Map<Duration, Double> ratios,
      String query,
      List<String> notes) {
    double failed = (100 - percent) / 100;
    Assessment a = Assessment.of(failed, WINDOW, BURN, ratios);
    Status status = a.status();
    String severity = a.severity();
    if (!severity.isEmpty() && !hasPoints(service, a)) {
      severity = "";
      status = status == Status.BURNING ? Status.OK : status;
    }
    states.add(
        new ObjectiveState(
            name,
            service,
            "",
            "",
            "default",
            ObjectiveStates.ratio(percent),
            WINDOW,
            a.ratio(),
            a.budget(),
            a.burn(),
            status,
            severity,
            null,
            query,
            notes));
  }

  /** Whether half of the points are present in the long window of a pair that is exceeded. */
  private boolean hasPoints(String service, Assessment a) {
    Map<Duration, Double> rates = new HashMap<>();
    a.burn().forEach(b -> rates.put(b.window(), b.rate()));
    for (BurnPair p : BURN.page()) {
      boolean exceeds =
          rates.getOrDefault(p.shortWindow(), 0.0) > p.factor()
              && rates.getOrDefault(p.longWindow(), 0.0) > p.factor();
      if (exceeds) {
        Map<String, Double> shares =
            presence.computeIfAbsent(
                p.longWindow(), w -> ServiceRequests.presence(answers, window(w)));
        // Those that only clients see have no points of their own side.
        if (shares.getOrDefault(service, 1.0) >= BURN.minPoints()) {
          return true;
        }
      }
    }
    return false;
  }
}
