package dev.tethys.insight.graph.query;

import dev.tethys.insight.graph.Request;
import dev.tethys.insight.graph.query.MapBuilder.EdgeSums;
import dev.tethys.insight.graph.query.MapBuilder.Pair;
import dev.tethys.insight.graph.query.MetricAnswers.Sample;
import dev.tethys.insight.graph.query.ServiceNode.Kind;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Calls between containers, and to external addresses, out of the node agent's metrics. */
final class ObservedCalls {
  /**
   * Share of the requests served by a container above which those of unknown clients are shown:
   * rates of both sides differ a little.
   */
  private static final double UNKNOWN_SHARE = 0.1;

  /** Query results from which the calls are built. */
  record Answers(
      List<Sample> listens,
      List<Sample> rate,
      List<Sample> failed,
      List<List<Sample>> quantiles,
      List<Sample> connections,
      List<Sample> retransmits,
      List<Sample> answered) {}

  private final Answers answers;
  private final Listeners listeners;
  private final ContainerLabels labels;
  private final MapBuilder map = new MapBuilder();

  /** Requests of services to themselves, which have no edge. */
  private final Map<String, Double> inside = new HashMap<>();

  private ObservedCalls(Answers answers) {
    this.answers = answers;
    this.listeners = new Listeners(answers.listens);
    this.labels = new ContainerLabels(List.of(answers.listens, answers.connections, answers.rate));
  }

  /** Builds the map of a range; empty if no node agent sends metrics. */
  static ServiceMap map(MetricAnswers a, Window w) {
    List<Sample> listens = w.ask(a, AgentQueries.LISTENS);
    if (listens.isEmpty()) {
      return ServiceMap.EMPTY;
    }
    AgentQueries q = AgentQueries.of(a, w);
    List<List<Sample>> quantiles =
        Arrays.stream(CallGraph.QUANTILES)
            .mapToObj(each -> w.ask(a, q.quantile(each, false)))
            .toList();
    return map(
        new Answers(
            listens,
            w.ask(a, q.rate(false, false)),
            w.ask(a, q.rate(false, true)),
            quantiles,
            w.ask(a, q.connections()),
            w.ask(a, q.retransmits()),
            w.ask(a, q.rate(true, false))));
  }

  /** Builds a service map from query results. */
  static ServiceMap map(Answers answers) {
    return new ObservedCalls(answers).build();
  }

  private ServiceMap build() {
    answers.rate.forEach(this::addRequests);
    for (Sample s : answers.failed) {
      EdgeSums f = known(s);
      if (f != null && s.value() > 0) {
        f.failed += s.value();
      }
    }
    for (int i = 0; i < answers.quantiles.size(); i++) {
      for (Sample s : answers.quantiles.get(i)) {
        EdgeSums f = known(s);
        if (f != null && Double.isFinite(s.value())) {
          f.client[i] = Latency.larger(f.client[i], s.value());
        }
      }
    }
    addConnections();
    addCallsOfUsers();
    return onlyUsed();
  }

  /** Ends of a call, which become nodes. */
  private Pair ends(Sample s) {
    String from = labels.name(s);
    map.node(from, Kind.SERVICE, "", s.label("container_id"));
    String actual = s.label("actual_destination");
    String destination = s.label("destination");
    String address = actual.isEmpty() ? destination : actual;
    Sample server = listeners.find(s.label("machine_id"), address);
    String to =
        server != null ? labels.name(server) : destination.isEmpty() ? address : destination;
    map.node(
        to,
        server == null ? Kind.EXTERNAL : Kind.SERVICE,
        "",
        server == null ? null : server.label("container_id"));
    return new Pair(from, to);
  }

  private @Nullable EdgeSums edge(Pair ends, String type) {
    if (ends.from().equals(ends.to()) || ends.to().isEmpty()) {
      return null;
    }
    EdgeSums f = map.edge(ends.from(), ends.to(), type);
    f.connections(0);
    f.retransmits(0);
    return f;
  }

  private @Nullable EdgeSums known(Sample s) {
    Pair ends = ends(s);
    return map.find(ends.from(), ends.to(), s.label("protocol"));
  }

  private void addRequests(Sample s) {
    if (!(s.value() > 0)) {
      return;
    }
    Pair ends = ends(s);
    String protocol = s.label("protocol");
    EdgeSums f = edge(ends, protocol);
    if (f == null) {
      inside.merge(ends.from(), s.value(), Double::sum);
      return;
    }
    f.rate += s.value();
    if (Protocols.isDatabase(protocol)) {
      map.kind(f.to, Kind.DATABASE);
    }
  }

  /**
   * Adds connections to the busiest calls over them; those without calls become edges of an unknown
   * protocol.
   */
  private void addConnections() {
    Map<Pair, EdgeSums> busiest = new HashMap<>();
    for (EdgeSums f : map.edges()) {
      busiest.merge(new Pair(f.from, f.to), f, (a, b) -> b.rate > a.rate ? b : a);
    }
    for (Sample s : answers.connections) {
      EdgeSums f = s.value() > 0 ? over(s, busiest) : null;
      if (f != null) {
        f.connections(s.value());
      }
    }
    for (Sample s : answers.retransmits) {
      EdgeSums f = s.value() > 0 ? over(s, busiest) : null;
      if (f != null) {
        f.retransmits(s.value());
      }
    }
  }

  private @Nullable EdgeSums over(Sample s, Map<Pair, EdgeSums> busiest) {
    Pair ends = ends(s);
    EdgeSums f = busiest.get(ends);
    return f == null ? edge(ends, Protocols.CONNECTIONS) : f;
  }

  /** Adds the requests that containers serve beyond those of observed clients. */
  private void addCallsOfUsers() {
    Map<String, Double> seen = new HashMap<>(inside);
    map.edges().forEach(f -> seen.merge(f.to, f.rate, Double::sum));
    Map<String, Double> rates = new LinkedHashMap<>();
    Map<String, String> containers = new HashMap<>();
    for (Sample s : answers.answered) {
      if (s.value() > 0) {
        String name = labels.name(s);
        rates.merge(name, s.value(), Double::sum);
        containers.put(name, s.label("container_id"));
      }
    }
    rates.forEach(
        (to, all) -> {
          double rate = all - seen.getOrDefault(to, 0.0);
          if (rate > all * UNKNOWN_SHARE) {
            map.node(Request.USER, Kind.EXTERNAL, "", null);
            map.node(to, Kind.SERVICE, "", containers.get(to));
            map.edge(Request.USER, to, "").rate = rate;
          }
        });
  }

  /** Keeps only nodes with a call; a database that calls is a service. */
  private ServiceMap onlyUsed() {
    Set<String> callers = new HashSet<>();
    Set<String> used = new HashSet<>();
    for (EdgeSums f : map.edges()) {
      callers.add(f.from);
      used.add(f.from);
      used.add(f.to);
    }
    for (ServiceNode n : map.nodes()) {
      if (n.kind() == Kind.DATABASE && callers.contains(n.name())) {
        map.kind(n.name(), Kind.SERVICE);
      }
    }
    ServiceMap all = map.build();
    return new ServiceMap(
        all.nodes().stream().filter(n -> used.contains(n.name())).toList(), all.edges());
  }
}
