package dev.tethys.alert.rule;

import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Rule that is evaluated periodically. One thread at a time evaluates it; any thread may read its
 * published state.
 */
public abstract sealed class AlertRule permits RecordingRule, AlertingRule {
  /** Result of the last rule evaluation. */
  public enum Health {
    UNKNOWN("unknown"),
    GOOD("ok"),
    BAD("err");

    private final String text;

    Health(String text) {
      this.text = text;
    }

    /** Returns the text in API responses. */
    public String text() {
      return text;
    }
  }

  /**
   * Inputs to a rule evaluation.
   *
   * @param query query used by templates
   * @param own the rule's query
   * @param time evaluation time
   * @param offset how far before the evaluation time the query is evaluated and the result stored
   * @param limit maximum number of series or alerts; 0 for no limit
   */
  record Context(
      RuleQuery query,
      RuleQuery.Prepared own,
      Instant time,
      Duration offset,
      long limit,
      URI externalUrl,
      Labels externalLabels) {
    long queryTime() {
      return time.minus(offset).toEpochMilli();
    }
  }

  /** One sample to be stored at the query's time. */
  record Output(Labels labels, double value, @Nullable Histogram histogram) {}

  /** Thrown if a rule cannot produce a result. */
  static final class Failure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Failure(String message) {
      super(message, null, false, false);
    }
  }

  private record Run(Health health, @Nullable String error) {}

  private volatile Run run = new Run(Health.UNKNOWN, null);
  private volatile Duration evaluationTime = Duration.ZERO;
  private volatile @Nullable Instant lastEvaluation;

  AlertRule() {}

  /** Returns the rule as defined in its file. */
  public abstract RuleSpec spec();

  /**
   * Runs the query and converts its result to samples.
   *
   * @throws RuntimeException if it fails
   */
  abstract List<Output> evaluate(Context c);

  /** Returns the health of the last evaluation. */
  public Health health() {
    return run.health();
  }

  /** Returns the reason why the last evaluation failed; null if it did not. */
  public @Nullable String lastError() {
    return run.error();
  }

  /** Returns the duration of the last evaluation. */
  public Duration evaluationTime() {
    return evaluationTime;
  }

  /** Returns the wall-clock time of the last evaluation; null before the first one. */
  public @Nullable Instant lastEvaluation() {
    return lastEvaluation;
  }

  void succeeded() {
    run = new Run(Health.GOOD, null);
  }

  void failed(String reason) {
    run = new Run(Health.BAD, reason);
  }

  void evaluated(Instant at, Duration took) {
    evaluationTime = took;
    lastEvaluation = at;
  }

  /** Returns the identity of a rule across changes of its file. */
  String identity() {
    return spec().name() + Labels.of(spec().labels());
  }
}
