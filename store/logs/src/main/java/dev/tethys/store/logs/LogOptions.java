package dev.tethys.store.logs;

import dev.tethys.store.events.EngineOptions;

/** Settings of a {@link LogDatabase}. */
public record LogOptions(EngineOptions engine, LogLimits limits) {
  /** Defaults. */
  public static final LogOptions DEFAULTS =
      new LogOptions(EngineOptions.defaults(), LogLimits.DEFAULTS);
}
