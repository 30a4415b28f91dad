package dev.tethys.model.telemetry;

/** A link from a span to another. */
public final class SpanLink extends AttributedMessage {
  private long traceIdHigh;
  private long traceIdLow;
  private long spanId;
  private String traceState = "";
  private int flags;

  public String traceState() {
    return traceState;
  }

  public void setTraceState(String traceState) {
    this.traceState = traceState;
  }

  /** W3C trace flags in the low 8 bits; bits 8 and 9 say whether the other is remote. */
  public int flags() {
    return flags;
  }

  public void setFlags(int flags) {
    this.flags = flags;
  }

  /** The first eight bytes of the trace id; the whole id is 0 when there is none. */
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

  /** The span id; 0 when there is none. */
  public long spanId() {
    return spanId;
  }

  public void setSpanId(long spanId) {
    this.spanId = spanId;
  }

  /** A deep copy. */
  public SpanLink copy() {
    SpanLink c = new SpanLink();
    c.copyAttributes(this);
    c.traceIdHigh = traceIdHigh;
    c.traceIdLow = traceIdLow;
    c.spanId = spanId;
    c.traceState = traceState;
    c.flags = flags;
    return c;
  }
}
