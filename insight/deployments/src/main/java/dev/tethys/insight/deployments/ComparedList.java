package dev.tethys.insight.deployments;

import java.util.List;

/**
 * Items that are new or more frequent after a deployment.
 *
 * @param unit of the amounts: {@code count} or {@code ratio}
 * @param items the largest difference first
 * @param compared items of both windows
 * @param language of the query: {@code logql}, {@code traceql} or {@code profile}
 * @param query that selects the data of all items
 * @param note reason for which there are no items; "" otherwise
 */
public record ComparedList(
    String id,
    String title,
    String unit,
    List<Item> items,
    int compared,
    String language,
    String query,
    String note) {
  /**
   * Item of a list.
   *
   * @param before amount before the deployment; 0 without any
   */
  public record Item(String name, double before, double after, SignalJudgement judgement) {}
}
