package dev.tethys.collect.observe.trace;

import dev.tethys.model.telemetry.TracesData;

/** Receives spans. */
@FunctionalInterface
public interface SpanSink {
  /** Called on the thread that reads events; the batch belongs to the receiver. */
  void accept(TracesData batch, int spans);
}
