package dev.tethys.model.telemetry;

/** An event within a span. */
public final class SpanEvent extends AttributedMessage {
  private long timeUnixNano;
  private String name = "";

  /** In nanoseconds since 1970. */
  public long timeUnixNano() {
    return timeUnixNano;
  }

  public void setTimeUnixNano(long timeUnixNano) {
    this.timeUnixNano = timeUnixNano;
  }

  public String name() {
    return name;
  }

  public void setName(String name) {
    this.name = name;
  }

  /** A deep copy. */
  public SpanEvent copy() {
    SpanEvent c = new SpanEvent();
    c.copyAttributes(this);
    c.timeUnixNano = timeUnixNano;
    c.name = name;
    return c;
  }
}
