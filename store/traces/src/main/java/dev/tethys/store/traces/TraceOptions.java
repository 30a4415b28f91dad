package dev.tethys.store.traces;

import dev.tethys.store.events.EngineOptions;

/** Settings of a {@link TraceDatabase}. */
public record TraceOptions(EngineOptions engine, TraceLimits limits) {
  /** Defaults. */
  public static final TraceOptions DEFAULTS =
      new TraceOptions(EngineOptions.defaults(), TraceLimits.DEFAULTS);
}
