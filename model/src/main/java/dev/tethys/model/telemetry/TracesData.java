package dev.tethys.model.telemetry;

/** Spans of one export request. */
public final class TracesData extends Telemetry<Span> {
  @Override
  public TracesData copy() {
    TracesData c = new TracesData();
    c.copyResources(this);
    return c;
  }
}
