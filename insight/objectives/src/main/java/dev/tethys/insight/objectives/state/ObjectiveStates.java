package dev.tethys.insight.objectives.state;

import dev.tethys.config.Durations;
import dev.tethys.insight.graph.query.MetricAnswers;
import dev.tethys.insight.graph.query.MetricAnswers.Sample;
import dev.tethys.insight.objectives.Objective;
import dev.tethys.insight.objectives.ObjectiveSet;
import dev.tethys.insight.objectives.state.ObjectiveState.Status;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * States of objectives at a time. Those of files are read from the series that their rules record,
 * by a few queries for all of them; those that services have by default are computed from counters.
 */
public final class ObjectiveStates {
  /** Maximum number of queries for the states of one time. */
  public static final int MAX_QUERIES = 300;

  /** Maximum time range searched for the start of a burn. */
  public static final Duration SINCE = Duration.ofDays(1);

  private static final String RATIOS =
      "max by (sloth_id, sloth_window) ({__name__=~\"slo:sli_error:ratio_rate.+\"})";
  private static final String START =
      "max by (sloth_id) (max_over_time(timestamp(slo:current_burn_rate:ratio <= 1)["
          + Durations.format(SINCE)
          + ":1m]))";

  private final MetricAnswers answers;
  private final BucketNotes notes = new BucketNotes();

  /**
   * States at a time.
   *
   * @param problems errors that left states out
   */
  public record Report(long time, List<ObjectiveState> states, List<String> problems) {
    public Report {
      states = List.copyOf(states);
      problems = List.copyOf(problems);
    }
  }

  public ObjectiveStates(MetricAnswers answers) {
    this.answers = answers;
  }

  /**
   * Computes all states. An error of a query is a problem of the report.
   *
   * @param defaults whether services have objectives by default
   * @param time Unix milliseconds
   */
  public Report at(ObjectiveSet set, boolean defaults, long time) {
    MetricAnswers counted = new CountedQueries(answers, MAX_QUERIES);
    List<ObjectiveState> states = new ArrayList<>();
    List<String> problems = new ArrayList<>(set.notices());
    try {
      configured(set.objectives(), counted, time, states);
    } catch (RuntimeException e) {
      problems.add("states of objectives of files not computed: " + e.getMessage());
    }
    if (defaults) {
      try {
        DefaultObjectives d = new DefaultObjectives(counted, set, time);
        states.addAll(d.states());
        problems.addAll(d.problems());
      } catch (RuntimeException e) {
        problems.add("default objectives not computed: " + e.getMessage());
      }
    }
    return new Report(time, states, problems);
  }

  private void configured(
      List<Objective> all, MetricAnswers answers, long time, List<ObjectiveState> out) {
    if (all.isEmpty()) {
      return;
    }
    Map<String, Map<Duration, Double>> ratios = new HashMap<>();
    for (Sample s : answers.at(RATIOS, time)) {
      Map<String, String> labels = s.labels();
      String window = labels.getOrDefault("sloth_window", "");
      if (!window.isEmpty() && !Double.isNaN(s.value())) {
        ratios
            .computeIfAbsent(labels.getOrDefault("sloth_id", ""), _ -> new HashMap<>())
            .put(window(window), s.value());
      }
    }
    List<Assessment> assessed = new ArrayList<>();
    boolean burns = false;
    for (Objective o : all) {
      Assessment a =
          Assessment.of(
              o.budget(), o.window(), o.burnWindows(), ratios.getOrDefault(o.id(), Map.of()));
      assessed.add(a);
      burns |= isFast(a);
    }
    Map<String, Long> since = new HashMap<>();
    if (burns) {
      for (Sample s : answers.at(START, time)) {
        since.put(s.labels().getOrDefault("sloth_id", ""), Math.round(s.value() * 1000));
      }
    }
    for (int i = 0; i < all.size(); i++) {
      Objective o = all.get(i);
      Assessment a = assessed.get(i);
      out.add(
          new ObjectiveState(
              o.name(),
              o.service(),
              o.entity(),
              o.description(),
              o.source(),
              ratio(o.percent()),
              o.window(),
              a.ratio(),
              a.budget(),
              a.burn(),
              a.status(),
              a.severity(),
              isFast(a) ? since.get(o.id()) : null,
              o.indicator().expression(Objective.CURRENT),
              notes.of(o, answers, time)));
    }
  }

  /** Ratio of a percentage with the same digits. */
  static double ratio(double percent) {
    return BigDecimal.valueOf(percent).movePointLeft(2).doubleValue();
  }

  /** Whether the budget would not last for the window at the current burn rate. */
  private static boolean isFast(Assessment a) {
    return a.status() != Status.NO_DATA
        && a.burn().stream().anyMatch(b -> b.window().equals(Objective.CURRENT) && b.rate() > 1);
  }

  private static Duration window(String text) {
    try {
      return Durations.parse(text);
    } catch (IllegalArgumentException e) {
      return Duration.ZERO; // of a rule that another program has generated
    }
  }
}
