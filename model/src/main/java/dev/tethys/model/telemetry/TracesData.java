package dev.tethys.model.telemetry;

/** The traces of one request. */
public final class TracesData extends Telemetry<Span> {
  @Override
  public TracesData copy() {
    TracesData c = new TracesData();
    c.copyResources(this);
    return c;
  }
}
