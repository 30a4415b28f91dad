package dev.tethys.alert.manager;

/**
 * Optional labels of metrics, since they may have many values.
 *
 * @param alertNames name of dropped alerts
 * @param receiverNames name of the receiver
 * @param groupKeys the group of alerts that are counted by state
 */
public record MetricLabels(boolean alertNames, boolean receiverNames, boolean groupKeys) {
  public static final MetricLabels NONE = new MetricLabels(false, false, false);
}
