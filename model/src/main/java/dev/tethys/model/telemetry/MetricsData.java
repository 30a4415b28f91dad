package dev.tethys.model.telemetry;

/** Metrics of one export request. */
public final class MetricsData extends Telemetry<Metric> {
  @Override
  public MetricsData copy() {
    MetricsData c = new MetricsData();
    c.copyResources(this);
    return c;
  }
}
