package dev.tethys.model.telemetry;

/** A sample of an open profile. */
public final class OpenSample extends OpenMessage {
  private static final long[] NONE = {};

  private int stackIndex;
  private int linkIndex;
  private long[] values = NONE;
  private long[] timestampsUnixNano = NONE;

  public OpenSample(ProfileTerms terms) {
    super(terms);
  }

  /** Index of its stack in the dictionary; 0 if none. */
  public int stackIndex() {
    return stackIndex;
  }

  public void setStackIndex(int index) {
    stackIndex = index;
  }

  /** Index of its span link in the dictionary; 0 if none. */
  public int linkIndex() {
    return linkIndex;
  }

  public void setLinkIndex(int index) {
    linkIndex = index;
  }

  /** Measured values, of each observation or in total; callers must not modify them. */
  public long[] values() {
    return values;
  }

  public void setValues(long[] values) {
    this.values = values;
  }

  /** When it was observed, in nanoseconds since 1970; not to be written into. */
  public long[] timestampsUnixNano() {
    return timestampsUnixNano;
  }

  public void setTimestampsUnixNano(long[] times) {
    timestampsUnixNano = times;
  }

  /** A copy with the same dictionary. */
  public OpenSample copy() {
    OpenSample c = new OpenSample(terms());
    c.setUnknownFields(unknownFields());
    c.setAttributeIndices(attributeIndices());
    c.stackIndex = stackIndex;
    c.linkIndex = linkIndex;
    c.values = values;
    c.timestampsUnixNano = timestampsUnixNano;
    return c;
  }
}
