package dev.tethys.insight.costs;

import dev.tethys.insight.entities.Entity;

/**
 * Cost of a node an hour.
 *
 * @param cores processors; NaN if not observed
 * @param memoryGib memory; NaN if not observed
 * @param total NaN if a size is not observed or no rate matches
 * @param used cost of the use by its containers; NaN without total
 * @param requested cost of the requests of its containers; NaN without total or without requests
 * @param note reason for which there is no total; "" otherwise
 */
public record NodeCost(
    Entity node,
    double cores,
    double memoryGib,
    double total,
    double used,
    double requested,
    String note) {
  /** Cost of the unused part. */
  public double idle() {
    return Math.max(0, total - used);
  }
}
