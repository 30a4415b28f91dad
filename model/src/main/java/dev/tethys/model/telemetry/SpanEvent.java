package dev.tethys.model.telemetry;

/** An event within a span. */
public final class SpanEvent extends Message implements Attributed {
  private long timeUnixNano;
  private String name = "";
  private Attributes attributes = new Attributes();
  private int droppedAttributesCount;

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

  @Override
  public Attributes attributes() {
    return attributes;
  }

  /** How many attributes the source left out. */
  public int droppedAttributesCount() {
    return droppedAttributesCount;
  }

  public void setDroppedAttributesCount(int droppedAttributesCount) {
    this.droppedAttributesCount = droppedAttributesCount;
  }

  /** A deep copy. */
  public SpanEvent copy() {
    SpanEvent c = new SpanEvent();
    c.setUnknownFields(unknownFields());
    c.timeUnixNano = timeUnixNano;
    c.name = name;
    c.attributes = attributes.copy();
    c.droppedAttributesCount = droppedAttributesCount;
    return c;
  }
}
