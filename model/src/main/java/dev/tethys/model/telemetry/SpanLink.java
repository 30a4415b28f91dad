package dev.tethys.model.telemetry;

/** A link from a span to another. */
public final class SpanLink extends TracedMessage {
  private String traceState = "";
  private int flags;

  public String traceState() {
    return traceState;
  }

  public void setTraceState(String traceState) {
    this.traceState = traceState;
  }

  /** W3C trace flags in the low 8 bits; bits 8 and 9 record whether the linked span is remote. */
  public int flags() {
    return flags;
  }

  public void setFlags(int flags) {
    this.flags = flags;
  }

  /** A deep copy. */
  public SpanLink copy() {
    SpanLink c = new SpanLink();
    c.copyTraced(this);
    c.traceState = traceState;
    c.flags = flags;
    return c;
  }
}
