package dev.tethys.alert.manager;

/**
 * Labels that metrics have only when they are asked for, since there may be many of them.
 *
 * @param alertNames the name of alerts that were dropped
 * @param receiverNames who was notified
 * @param groupKeys the group of alerts that are counted by state
 */
public record MetricLabels(boolean alertNames, boolean receiverNames, boolean groupKeys) {
  public static final MetricLabels NONE = new MetricLabels(false, false, false);
}
