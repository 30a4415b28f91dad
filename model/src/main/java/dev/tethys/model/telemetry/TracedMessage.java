package dev.tethys.model.telemetry;

/** A message with attributes that is, or belongs to, or points to a span of a trace. */
public abstract class TracedMessage extends AttributedMessage {
  private long traceIdHigh;
  private long traceIdLow;
  private long spanId;

  TracedMessage() {}

  /** The first eight bytes of the trace id; the whole id is 0 if there is none. */
  public final long traceIdHigh() {
    return traceIdHigh;
  }

  /** The last eight bytes of the trace id. */
  public final long traceIdLow() {
    return traceIdLow;
  }

  public final void setTraceId(long high, long low) {
    traceIdHigh = high;
    traceIdLow = low;
  }

  /** The span id; 0 if there is none. */
  public final long spanId() {
    return spanId;
  }

  public final void setSpanId(long spanId) {
    this.spanId = spanId;
  }

  final void copyTraced(TracedMessage from) {
    copyAttributes(from);
    traceIdHigh = from.traceIdHigh;
    traceIdLow = from.traceIdLow;
    spanId = from.spanId;
  }
}
