package dev.tethys.alert.manager;

/**
 * Labels that metrics have only when they are asked for, since there may be many of them.
 *
 * @param alertNames {@code alertname}, of alerts that were dropped
 * @param receiverNames {@code receiver_name}, of notifications
 * @param groupKeys {@code group_key}, of the numbers of alerts by state, counted in groups then
 */
public record MetricLabels(boolean alertNames, boolean receiverNames, boolean groupKeys) {
  public static final MetricLabels NONE = new MetricLabels(false, false, false);
}
