package dev.tethys.alert.rule;

import dev.tethys.model.exposition.Registry;
import java.util.List;

/** Metrics of rule evaluation, named as in Prometheus. */
final class RuleMetrics {
  private static final double[] BOUNDS = {.01, .1, 1, 10};
  private static final String GROUP = "rule_group";

  private final Registry.Summary evaluationDuration;
  private final Registry.BucketHistogram evaluationDurations;
  private final Registry.Summary groupDuration;
  private final Registry.BucketHistogram groupDurations;
  private final Registry.Vector<Registry.Counter> missed;
  private final Registry.Vector<Registry.Counter> iterations;
  private final Registry.Vector<Registry.Counter> evaluations;
  private final Registry.Vector<Registry.Counter> failures;
  private final Registry.Vector<Registry.Gauge> interval;
  private final Registry.Vector<Registry.Gauge> lastEvaluation;
  private final Registry.Vector<Registry.Gauge> lastDuration;
  private final Registry.Vector<Registry.Gauge> lastRuleDurations;
  private final Registry.Vector<Registry.Gauge> lastRestore;
  private final Registry.Vector<Registry.Gauge> rules;
  private final Registry.Vector<Registry.Gauge> samples;

  RuleMetrics(Registry r) {
    evaluationDuration =
        r.summaries(
                "prometheus_rule_evaluation_duration_seconds",
                "The duration for a rule to execute.",
                new double[] {.5, .9, .99})
            .with();
    evaluationDurations =
        r.histograms(
                "prometheus_rule_evaluation_duration_histogram_seconds",
                "The duration for a rule to execute.",
                BOUNDS)
            .with();
    groupDuration =
        r.summaries(
                "prometheus_rule_group_duration_seconds",
                "The duration of rule group evaluations.",
                new double[] {.01, .05, .5, .9, .99})
            .with();
    groupDurations =
        r.histograms(
                "prometheus_rule_group_duration_histogram_seconds",
                "The duration of rule group evaluations.",
                BOUNDS)
            .with();
    missed =
        r.counters(
            "prometheus_rule_group_iterations_missed_total",
            "The total number of rule group evaluations missed due to slow rule group evaluation.",
            GROUP);
    iterations =
        r.counters(
            "prometheus_rule_group_iterations_total",
            "The total number of scheduled rule group evaluations, whether executed or missed.",
            GROUP);
    evaluations =
        r.counters(
            "prometheus_rule_evaluations_total", "The total number of rule evaluations.", GROUP);
    failures =
        r.counters(
            "prometheus_rule_evaluation_failures_total",
            "The total number of rule evaluation failures.",
            GROUP);
    interval =
        r.gauges("prometheus_rule_group_interval_seconds", "The interval of a rule group.", GROUP);
    lastEvaluation =
        r.gauges(
            "prometheus_rule_group_last_evaluation_timestamp_seconds",
            "The timestamp of the last rule group evaluation in seconds.",
            GROUP);
    lastDuration =
        r.gauges(
            "prometheus_rule_group_last_duration_seconds",
            "The duration of the last rule group evaluation.",
            GROUP);
    lastRuleDurations =
        r.gauges(
            "prometheus_rule_group_last_rule_duration_sum_seconds",
            "The sum of the evaluation times of the group's rules in its last evaluation.",
            GROUP);
    lastRestore =
        r.gauges(
            "prometheus_rule_group_last_restore_duration_seconds",
            "The duration of restoring the group's alerts.",
            GROUP);
    rules = r.gauges("prometheus_rule_group_rules", "The number of rules.", GROUP);
    samples =
        r.gauges(
            "prometheus_rule_group_last_evaluation_samples",
            "The number of samples returned during the last rule group evaluation.",
            GROUP);
  }

  void added(GroupSpec g, double intervalSeconds) {
    String key = g.key();
    List.of(missed, iterations, evaluations, failures).forEach(v -> v.with(key));
    List.of(lastEvaluation, lastDuration, samples).forEach(v -> v.with(key));
    rules.with(key).set(g.rules().size());
    interval.with(key).set(intervalSeconds);
  }

  void removed(String key) {
    List.of(missed, iterations, evaluations, failures).forEach(v -> v.remove(key));
    List.of(interval, lastEvaluation, lastDuration, lastRuleDurations, lastRestore, rules, samples)
        .forEach(v -> v.remove(key));
  }

  void missed(String key, long n) {
    missed.with(key).add(n);
    iterations.with(key).add(n);
  }

  void iteration(String key) {
    iterations.with(key).inc();
  }

  void evaluation(String key, double seconds) {
    evaluations.with(key).inc();
    evaluationDuration.observe(seconds);
    evaluationDurations.observe(seconds);
  }

  void failed(String key) {
    failures.with(key).inc();
  }

  void evaluated(
      String key, double atSeconds, double seconds, double ruleSeconds, long sampleCount) {
    groupDuration.observe(seconds);
    groupDurations.observe(seconds);
    lastEvaluation.with(key).set(atSeconds);
    lastDuration.with(key).set(seconds);
    lastRuleDurations.with(key).set(ruleSeconds);
    samples.with(key).set(sampleCount);
  }

  void restored(String key, double seconds) {
    lastRestore.with(key).set(seconds);
  }
}
