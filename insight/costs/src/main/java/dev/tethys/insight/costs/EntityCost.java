package dev.tethys.insight.costs;

import dev.tethys.insight.entities.Entity;

/**
 * Cost of a service or workload an hour.
 *
 * @param cores processors that it uses, as a mean
 * @param memoryGib memory that it uses, as a mean
 * @param used cost of processors and memory that it uses; NaN if no price of its nodes is known
 * @param requested cost of its requests; NaN without requests
 * @param disk cost of its volumes; NaN if not observed or without a price
 * @param zones cost of its traffic to other zones; NaN if not observed or without a price
 * @param internet cost of its traffic to public addresses; NaN if not observed or without a price
 */
public record EntityCost(
    Entity entity,
    double cores,
    double memoryGib,
    double used,
    double requested,
    double disk,
    double zones,
    double internet) {
  /** Sum of the known costs, with the use of processors and memory; NaN if none is known. */
  public double total() {
    boolean isKnown =
        !(Double.isNaN(used)
            && Double.isNaN(disk)
            && Double.isNaN(zones)
            && Double.isNaN(internet));
    return isKnown ? known(used) + known(disk) + known(zones) + known(internet) : Double.NaN;
  }

  private static double known(double v) {
    return Double.isNaN(v) ? 0 : v;
  }
}
