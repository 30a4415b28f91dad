package dev.tethys.pipeline.processor.sampling.tail;

import dev.tethys.model.telemetry.Span;

/** The id of a trace, as two halves. */
record TraceId(long high, long low) {
  static TraceId of(Span span) {
    return new TraceId(span.traceIdHigh(), span.traceIdLow());
  }
}
