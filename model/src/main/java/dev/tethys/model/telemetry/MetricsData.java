package dev.tethys.model.telemetry;

/** The metrics of one request. */
public final class MetricsData extends Telemetry<Metric> {
  @Override
  public MetricsData copy() {
    MetricsData c = new MetricsData();
    c.copyResources(this);
    return c;
  }
}
