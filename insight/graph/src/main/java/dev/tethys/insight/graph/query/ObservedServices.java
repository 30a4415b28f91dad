package dev.tethys.insight.graph.query;

import dev.tethys.insight.graph.query.MetricAnswers.Sample;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Finds services by the requests that their containers serve, from the node agent's metrics. */
final class ObservedServices {
  private final Map<String, ServiceFigures> figures = new LinkedHashMap<>();
  private final Map<String, List<Service.Container>> containers = new LinkedHashMap<>();

  private ObservedServices() {}

  /** Finds the services in a range; none if no node agent sends metrics. */
  static ObservedServices find(MetricAnswers answers, Window w) {
    ObservedServices out = new ObservedServices();
    AgentQueries q = AgentQueries.of(answers, w);
    List<Sample> all = w.ask(answers, q.containers());
    if (all.isEmpty()) {
      return out;
    }
    List<List<Sample>> quantiles = new ArrayList<>();
    for (double each : CallGraph.QUANTILES) {
      quantiles.add(w.ask(answers, q.quantile(each, true)));
    }
    out.read(
        all, w.ask(answers, q.rate(true, false)), w.ask(answers, q.rate(true, true)), quantiles);
    return out;
  }

  private void read(
      List<Sample> all, List<Sample> rates, List<Sample> failed, List<List<Sample>> quantiles) {
    ContainerLabels labels = new ContainerLabels(List.of(all));
    all.forEach(s -> container(labels.name(s), s));
    for (Sample s : rates) {
      if (s.value() > 0) {
        ServiceFigures f = of(labels, s);
        f.entry = true;
        f.rate += s.value();
        f.operation(s.label("protocol"), s.value());
      }
    }
    for (Sample s : failed) {
      if (s.value() > 0) {
        of(labels, s).failed += s.value();
      }
    }
    for (int i = 0; i < quantiles.size(); i++) {
      for (Sample s : quantiles.get(i)) {
        of(labels, s).latency(i, s);
      }
    }
  }

  private ServiceFigures of(ContainerLabels labels, Sample s) {
    String name = labels.name(s);
    if (!containers.containsKey(name)) {
      container(name, s);
    }
    return figures.computeIfAbsent(name, _ -> new ServiceFigures());
  }

  private void container(String service, Sample s) {
    containers
        .computeIfAbsent(service, _ -> new ArrayList<>())
        .add(
            new Service.Container(
                s.label("machine_id"),
                s.label("container_id"),
                s.label("app_id"),
                s.label("image")));
  }

  /** Returns the containers of a service; empty if the node agent does not see it. */
  List<Service.Container> containers(String name) {
    return containers.getOrDefault(name, List.of());
  }

  /** Returns the services that serve requests. */
  List<Service> services() {
    List<Service> out = new ArrayList<>();
    figures.forEach(
        (name, f) -> {
          if (f.entry) {
            out.add(f.service(name, containers(name), true));
          }
        });
    return out;
  }
}
