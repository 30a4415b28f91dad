package dev.tethys.model.telemetry;

/** The instrumentation that made telemetry. */
public final class Scope extends Message implements Attributed {
  private String name = "";
  private String version = "";
  private Attributes attributes = new Attributes();
  private int droppedAttributesCount;

  public String name() {
    return name;
  }

  public void setName(String name) {
    this.name = name;
  }

  public String version() {
    return version;
  }

  public void setVersion(String version) {
    this.version = version;
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
  public Scope copy() {
    Scope c = new Scope();
    c.setUnknownFields(unknownFields());
    c.name = name;
    c.version = version;
    c.attributes = attributes.copy();
    c.droppedAttributesCount = droppedAttributesCount;
    return c;
  }
}
