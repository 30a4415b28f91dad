package dev.tethys.insight.objectives.state;

import dev.tethys.config.Durations;
import dev.tethys.insight.graph.query.MetricAnswers;
import dev.tethys.insight.graph.query.MetricAnswers.Sample;
import dev.tethys.insight.objectives.TargetOverride;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Targets of the objectives that services have by default. The first override in files that matches
 * a service counts, else Coroot's annotations of its workload, else 99 % and 500 ms.
 */
final class DefaultTargets {
  /**
   * Targets.
   *
   * @param availability percent; 0 for no objective
   * @param latency percent; 0 for no objective
   * @param threshold longest good duration in seconds
   */
  record Targets(double availability, double latency, double threshold) {}

  static final Targets STANDARD = new Targets(99, 99, 0.5);

  private static final String LABEL = "annotation_coroot_com_slo_";
  private static final String AVAILABILITY = LABEL + "availability_objective";
  private static final String LATENCY = LABEL + "latency_objective";
  private static final String THRESHOLD = LABEL + "latency_threshold";
  private static final String METRICS =
      "{__name__=~\"kube_(deployment|statefulset|daemonset|cronjob)_annotations\",";
  private static final List<String> WORKLOADS =
      List.of("deployment", "statefulset", "daemonset", "cronjob");

  private final List<TargetOverride> overrides;
  private final Map<String, Targets> annotated = new HashMap<>();

  /**
   * Reads the annotations that kube-state-metrics exposes.
   *
   * @param problems takes annotations that are not valid
   */
  DefaultTargets(
      MetricAnswers answers, long time, List<TargetOverride> overrides, Consumer<String> problems) {
    this.overrides = overrides;
    String query =
        METRICS
            + AVAILABILITY
            + "!=\"\"} or "
            + METRICS
            + LATENCY
            + "!=\"\"} or "
            + METRICS
            + THRESHOLD
            + "!=\"\"}";
    for (Sample s : answers.at(query, time)) {
      for (String w : WORKLOADS) {
        String name = s.labels().getOrDefault(w, "");
        if (!name.isEmpty()) {
          Targets t = annotations(s.labels(), w + " " + name, problems);
          annotated.put(name, t);
          annotated.put("/k8s/" + s.labels().getOrDefault("namespace", "") + "/" + name, t);
        }
      }
    }
  }

  private static Targets annotations(
      Map<String, String> labels, String workload, Consumer<String> problems) {
    Double availability = percent(labels, AVAILABILITY, workload, problems);
    Double latency = percent(labels, LATENCY, workload, problems);
    Double threshold = null;
    String text = labels.getOrDefault(THRESHOLD, "");
    if (!text.isEmpty()) {
      try {
        threshold = Durations.parse(text).toMillis() / 1e3;
      } catch (IllegalArgumentException e) {
        problems.accept(
            workload
                + ": annotation slo-latency-threshold is \""
                + text
                + "\"; write one such as 500ms");
      }
    }
    return new Targets(
        availability == null ? STANDARD.availability : availability,
        latency == null ? STANDARD.latency : latency,
        threshold == null || threshold <= 0 ? STANDARD.threshold : threshold);
  }

  private static @Nullable Double percent(
      Map<String, String> labels, String label, String workload, Consumer<String> problems) {
    String text = labels.getOrDefault(label, "").strip();
    if (text.isEmpty()) {
      return null;
    }
    try {
      double p =
          Double.parseDouble(text.endsWith("%") ? text.substring(0, text.length() - 1) : text);
      if (p >= 0 && p < 100) {
        return p;
      }
    } catch (NumberFormatException e) {
      // reported below
    }
    problems.accept(
        workload
            + ": annotation "
            + label.substring("annotation_coroot_com_".length()).replace('_', '-')
            + " is \""
            + text
            + "\"; write a percentage from 0 to below 100, such as 99.5");
    return null;
  }

  /** Returns the targets for a service. */
  Targets of(String service) {
    Targets base = annotated.getOrDefault(service, STANDARD);
    for (TargetOverride o : overrides) {
      if (o.services().matches(service)) {
        Double availability = o.availability();
        Double latency = o.latency();
        Double threshold = o.threshold();
        return new Targets(
            availability == null ? base.availability : availability,
            latency == null ? base.latency : latency,
            threshold == null ? base.threshold : threshold);
      }
    }
    return base;
  }
}
