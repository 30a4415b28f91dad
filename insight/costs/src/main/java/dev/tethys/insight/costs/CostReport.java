package dev.tethys.insight.costs;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Costs an hour, as means over a window.
 *
 * @param prices list that is valid at the end; null without one
 * @param from Unix milliseconds
 * @param to Unix milliseconds
 * @param nodes the most expensive first
 * @param services the most expensive first
 * @param workloads the most expensive first
 * @param notices what is left out or not observed
 */
public record CostReport(
    @Nullable PriceList prices,
    long from,
    long to,
    List<NodeCost> nodes,
    List<EntityCost> services,
    List<EntityCost> workloads,
    List<String> notices) {}
