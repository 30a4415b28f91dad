package dev.tethys.pipeline.exporter.loadbalancing;

import dev.tethys.pipeline.Signal;
import java.util.EnumSet;
import java.util.Set;

/** Routing key of items that must reach the same backend. */
enum RoutingKey {
  TRACE_ID("traceID", EnumSet.of(Signal.TRACES, Signal.LOGS)),
  SERVICE("service", EnumSet.of(Signal.TRACES, Signal.LOGS, Signal.METRICS)),
  RESOURCE("resource", EnumSet.of(Signal.METRICS, Signal.LOGS)),
  METRIC("metric", EnumSet.of(Signal.METRICS)),
  STREAM_ID("streamID", EnumSet.of(Signal.METRICS)),
  ATTRIBUTES("attributes", EnumSet.of(Signal.TRACES, Signal.LOGS, Signal.METRICS));

  final String word;

  /** Signals to which the key applies. */
  final Set<Signal> signals;

  RoutingKey(String word, Set<Signal> signals) {
    this.word = word;
    this.signals = signals;
  }

  /** Returns the default key of a signal. */
  static RoutingKey of(Signal signal) {
    return signal == Signal.METRICS ? SERVICE : TRACE_ID;
  }
}
