package dev.tethys.insight.graph.query;

import dev.tethys.insight.graph.query.MetricAnswers.Sample;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Requests served by services in a range, by outcome and duration. If a service has several
 * sources, only one counts: its spans, else the node agent on its side, else the node agent on its
 * clients' side, which knows no durations here.
 *
 * @param total requests a second
 * @param failed failed requests a second
 * @param buckets requests a second up to a duration in seconds, the last bound infinite; empty if
 *     durations are unknown
 */
public record ServiceRequests(
    Source source, double total, double failed, NavigableMap<Double, Double> buckets) {
  /** Source of a service's figures. */
  public enum Source {
    SPANS,
    NODE_AGENT,
    CLIENTS
  }

  private static final class Sums {
    double total;
    double failed;
    final NavigableMap<Double, Double> buckets = new TreeMap<>();

    void bucket(Sample s) {
      try {
        String le = s.label("le");
        double bound = le.equals("+Inf") ? Double.POSITIVE_INFINITY : Double.parseDouble(le);
        buckets.merge(bound, s.value(), Double::sum);
      } catch (NumberFormatException e) {
        // the bound of a series that is not a histogram
      }
    }
  }

  /** Finds the requests by service. */
  public static Map<String, ServiceRequests> find(MetricAnswers answers, Window w) {
    Map<String, ServiceRequests> out = new LinkedHashMap<>();
    spans(answers, w).forEach((k, v) -> put(out, k, Source.SPANS, v));
    observed(answers, w).forEach((k, v) -> put(out, k, Source.NODE_AGENT, v));
    clients(answers, w, out.keySet()).forEach((k, v) -> put(out, k, Source.CLIENTS, v));
    return out;
  }

  private static void put(Map<String, ServiceRequests> out, String name, Source from, Sums s) {
    if (s.total > 0) {
      out.putIfAbsent(name, new ServiceRequests(from, s.total, s.failed, s.buckets));
    }
  }

  private static boolean isFinite(Sample s) {
    return Double.isFinite(s.value());
  }

  private static Map<String, Sums> spans(MetricAnswers answers, Window w) {
    Map<String, Sums> out = new LinkedHashMap<>();
    for (Sample s : w.ask(answers, SpanServices.requests(w, false))) {
      if (!s.label("service").isEmpty() && isFinite(s)) {
        out.computeIfAbsent(s.label("service"), _ -> new Sums()).total = s.value();
      }
    }
    if (out.isEmpty()) {
      return out;
    }
    for (Sample s : w.ask(answers, SpanServices.requests(w, true))) {
      Sums f = out.get(s.label("service"));
      if (f != null && isFinite(s)) {
        f.failed = s.value();
      }
    }
    for (Sample s : w.ask(answers, SpanServices.buckets(w))) {
      Sums f = out.get(s.label("service"));
      if (f != null && isFinite(s)) {
        f.bucket(s);
      }
    }
    return out;
  }

  private static Map<String, Sums> observed(MetricAnswers answers, Window w) {
    AgentQueries q = AgentQueries.of(answers, w);
    if (q.isEmpty()) {
      return Map.of();
    }
    ContainerLabels labels = new ContainerLabels(List.of(w.ask(answers, q.containers())));
    Map<String, Sums> out = new LinkedHashMap<>();
    for (Sample s : w.ask(answers, q.rate(true, false))) {
      if (isFinite(s)) {
        out.computeIfAbsent(labels.name(s), _ -> new Sums()).total += s.value();
      }
    }
    for (Sample s : w.ask(answers, q.rate(true, true))) {
      Sums f = out.get(labels.name(s));
      if (f != null && isFinite(s)) {
        f.failed += s.value();
      }
    }
    for (Sample s : w.ask(answers, q.buckets())) {
      Sums f = out.get(labels.name(s));
      if (f != null && isFinite(s)) {
        f.bucket(s);
      }
    }
    return out;
  }

  /** Finds the requests to services whose own side is not observed. */
  private static Map<String, Sums> clients(MetricAnswers answers, Window w, Set<String> known) {
    ServiceMap map = ObservedCalls.map(answers, w);
    Set<String> services =
        map.nodes().stream()
            .filter(n -> n.kind() == ServiceNode.Kind.SERVICE && n.container() != null)
            .map(ServiceNode::name)
            .filter(n -> !known.contains(n))
            .collect(Collectors.toSet());
    Map<String, Sums> out = new HashMap<>();
    for (CallEdge e : map.edges()) {
      if (services.contains(e.to())) {
        Sums f = out.computeIfAbsent(e.to(), _ -> new Sums());
        f.total += e.rate();
        f.failed += e.failed();
      }
    }
    return out;
  }

  /** Returns the fraction of failed requests. */
  public double failedRatio() {
    return Math.min(1, failed / total);
  }

  /**
   * Returns the bucket bound used for a threshold: the smallest bound that is not below it; NaN if
   * none.
   */
  public double bound(double threshold) {
    Double b = buckets.ceilingKey(threshold);
    return b == null ? Double.NaN : b;
  }

  /** Returns the ratio of requests above the bound of a threshold; NaN if durations are unknown. */
  public double slowRatio(double threshold) {
    Map.Entry<Double, Double> fast = buckets.ceilingEntry(threshold);
    Double all = buckets.get(Double.POSITIVE_INFINITY);
    return fast == null || all == null || all <= 0
        ? Double.NaN
        : Math.max(0, 1 - fast.getValue() / all);
  }

  /**
   * Returns the fraction of minutes in a range with requests to each service, by name. Services
   * seen only by clients are omitted.
   */
  public static Map<String, Double> presence(MetricAnswers answers, Window w) {
    Window recent = new Window(w.to() - 300_000, w.to());
    String minutes = ") > 0)[" + (w.to() - w.from()) + "ms:1m])";
    double all = (w.to() - w.from()) / 60_000.0;
    Map<String, Double> out = new HashMap<>();
    AgentQueries q = AgentQueries.of(answers, w);
    if (!q.isEmpty()) {
      String rate = AgentQueries.of(answers, recent).rate(true, false);
      if (!rate.isEmpty()) {
        ContainerLabels labels = new ContainerLabels(List.of(w.ask(answers, q.containers())));
        for (Sample s : w.ask(answers, "count_over_time(((" + rate + minutes)) {
          out.merge(labels.name(s), s.value() / all, Math::max);
        }
      }
    }
    String spans = SpanServices.requests(recent, false);
    for (Sample s : w.ask(answers, "count_over_time(((" + spans + minutes)) {
      out.put(s.label("service"), s.value() / all);
    }
    return out;
  }
}
