package dev.tethys.insight.graph.query;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Services and their map over a range of time. A service that has spans and is seen by the node
 * agent is one; its figures are those of its spans.
 */
public final class ServiceQueries {
  private record Pair(String from, String to) {}

  private final MetricAnswers answers;
  private final CallGraph calls;

  public ServiceQueries(MetricAnswers answers) {
    this.answers = answers;
    this.calls = new CallGraph(answers);
  }

  /** Returns the services with their containers. */
  public List<Service> services(Window w) {
    ObservedServices observed = ObservedServices.find(answers, w);
    List<Service> spans = new ArrayList<>();
    SpanServices.find(answers, w)
        .forEach((name, f) -> spans.add(f.service(name, observed.containers(name), false)));
    return join(spans, observed.services());
  }

  /**
   * Joins services with spans and services seen only by the node agent. Spans from a node agent
   * itself name services by their IDs; these are observed as well.
   */
  static List<Service> join(List<Service> spans, List<Service> observed) {
    Set<String> known = new HashSet<>();
    spans.stream().filter(Service::entry).forEach(s -> known.add(s.name()));
    List<Service> added = observed.stream().filter(s -> !known.contains(s.name())).toList();
    Set<String> shown = new HashSet<>();
    for (Service s : added) {
      shown.add(s.name());
      s.containers().forEach(c -> shown.add(c.service()));
    }
    List<Service> out = new ArrayList<>();
    spans.stream().filter(s -> !shown.contains(s.name())).forEach(out::add);
    out.addAll(added);
    return out;
  }

  /** Calls between services. */
  public ServiceMap map(Window w) {
    return join(calls.map(w), ObservedCalls.map(answers, w));
  }

  /** Joins the calls from spans with those seen only by the node agent. */
  static ServiceMap join(ServiceMap spans, ServiceMap observed) {
    Map<String, String> containers = new HashMap<>();
    Set<String> ids = new HashSet<>(); // names of services in the spans of a node agent
    for (ServiceNode n : observed.nodes()) {
      if (n.container() != null) {
        containers.put(n.name(), n.container());
        if (!n.container().equals(n.name())) {
          ids.add(n.container());
        }
      }
    }
    List<CallEdge> edges = new ArrayList<>();
    Set<Pair> pairs = new HashSet<>();
    for (CallEdge e : spans.edges()) {
      if (!ids.contains(e.from()) || !ids.contains(e.to())) {
        edges.add(e);
        pairs.add(new Pair(e.from(), e.to()));
      }
    }
    observed.edges().stream()
        .filter(e -> !pairs.contains(new Pair(e.from(), e.to())))
        .forEach(edges::add);
    Set<String> used = new HashSet<>();
    for (CallEdge e : edges) {
      used.add(e.from());
      used.add(e.to());
    }
    List<ServiceNode> nodes = new ArrayList<>();
    Set<String> known = new HashSet<>();
    for (ServiceNode n : spans.nodes()) {
      known.add(n.name());
      if (!ids.contains(n.name()) || used.contains(n.name())) {
        nodes.add(n.withContainer(containers.get(n.name())));
      }
    }
    for (ServiceNode n : observed.nodes()) {
      if (!known.contains(n.name()) && used.contains(n.name())) {
        nodes.add(n);
      }
    }
    return new ServiceMap(nodes, edges);
  }
}
