package dev.tethys.model.telemetry;

/** Instrumentation scope that produced telemetry. */
public final class Scope extends AttributedMessage {
  private String name = "";
  private String version = "";

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

  /** A deep copy. */
  public Scope copy() {
    Scope c = new Scope();
    c.copyAttributes(this);
    c.name = name;
    c.version = version;
    return c;
  }
}
