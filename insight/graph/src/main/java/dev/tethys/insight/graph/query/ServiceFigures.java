package dev.tethys.insight.graph.query;

import dev.tethys.insight.graph.query.MetricAnswers.Sample;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** EdgeSums of a service that are being added up. */
final class ServiceFigures {
  boolean entry;
  double rate;
  double failed;
  final double[] latency = {Double.NaN, Double.NaN, Double.NaN};
  private final Map<String, Double> operations = new LinkedHashMap<>();

  /** Adds requests of an operation. */
  void operation(String name, double requests) {
    operations.merge(name, requests, Double::sum);
  }

  /** Raises a quantile. */
  void latency(int quantile, Sample s) {
    if (Double.isFinite(s.value())) {
      latency[quantile] = Latency.larger(latency[quantile], s.value());
    }
  }

  /** Creates the service with these figures. */
  Service service(String name, List<Service.Container> containers, boolean observed) {
    List<Service.Operation> busiest = new ArrayList<>();
    operations.forEach((operation, r) -> busiest.add(new Service.Operation(operation, r)));
    busiest.sort(Comparator.comparingDouble(Service.Operation::rate).reversed());
    return new Service(
        name,
        entry,
        rate,
        failed,
        new Latency(latency[0], latency[1], latency[2]),
        busiest,
        containers,
        observed);
  }
}
