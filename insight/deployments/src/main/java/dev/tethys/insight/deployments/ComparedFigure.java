package dev.tethys.insight.deployments;

/**
 * Figure before and after a deployment.
 *
 * @param unit {@code per_second}, {@code ratio}, {@code seconds}, {@code cores}, {@code bytes},
 *     {@code count} or {@code per_minute}
 * @param before NaN without data
 * @param after NaN without data
 * @param dayBefore value of the window after the deployment, a day earlier; NaN without data
 * @param limit difference from which the figure counts as changed; NaN if not compared
 * @param language {@code promql}, {@code logql} or {@code traceql}
 * @param query of the value after the deployment, at the end of the window
 * @param note reason for which a value is missing; "" otherwise
 */
public record ComparedFigure(
    String id,
    String title,
    String category,
    String unit,
    double before,
    double after,
    double dayBefore,
    double limit,
    SignalJudgement judgement,
    String language,
    String query,
    String note) {}
