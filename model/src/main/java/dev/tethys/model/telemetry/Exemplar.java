package dev.tethys.model.telemetry;

/**
 * Measurement that contributed to a data point. It holds only the attributes that the point lacks.
 */
public final class Exemplar extends Message {
  private Attributes attributes = new Attributes();
  private long timeUnixNano;
  private byte valueKind;
  private long valueBits;
  private long traceIdHigh;
  private long traceIdLow;
  private long spanId;

  /** The attributes, which may be changed in place. */
  public Attributes attributes() {
    return attributes;
  }

  /** In nanoseconds since 1970. */
  public long timeUnixNano() {
    return timeUnixNano;
  }

  public void setTimeUnixNano(long timeUnixNano) {
    this.timeUnixNano = timeUnixNano;
  }

  /** Whether the value is a double. */
  public boolean isDouble() {
    return valueKind == DataPoint.DOUBLE;
  }

  /** Whether the value is an integer. */
  public boolean isInt() {
    return valueKind == DataPoint.INT;
  }

  /** The value as a double; 0 if there is none. */
  public double doubleValue() {
    return valueKind == DataPoint.DOUBLE ? Double.longBitsToDouble(valueBits) : valueBits;
  }

  /** The value as an integer, cut as Java casts; 0 if there is none. */
  public long longValue() {
    return valueKind == DataPoint.DOUBLE ? (long) Double.longBitsToDouble(valueBits) : valueBits;
  }

  public void setDouble(double value) {
    valueKind = DataPoint.DOUBLE;
    valueBits = Double.doubleToRawLongBits(value);
  }

  public void setLong(long value) {
    valueKind = DataPoint.INT;
    valueBits = value;
  }

  /** The first eight bytes of the trace id; the whole id is 0 if there is none. */
  public long traceIdHigh() {
    return traceIdHigh;
  }

  /** The last eight bytes of the trace id. */
  public long traceIdLow() {
    return traceIdLow;
  }

  public void setTraceId(long high, long low) {
    traceIdHigh = high;
    traceIdLow = low;
  }

  /** The span id; 0 if there is none. */
  public long spanId() {
    return spanId;
  }

  public void setSpanId(long spanId) {
    this.spanId = spanId;
  }

  /** A deep copy. */
  public Exemplar copy() {
    Exemplar c = new Exemplar();
    c.setUnknownFields(unknownFields());
    c.attributes = attributes.copy();
    c.timeUnixNano = timeUnixNano;
    c.valueKind = valueKind;
    c.valueBits = valueBits;
    c.traceIdHigh = traceIdHigh;
    c.traceIdLow = traceIdLow;
    c.spanId = spanId;
    return c;
  }
}
