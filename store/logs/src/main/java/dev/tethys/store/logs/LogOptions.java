package dev.tethys.store.logs;

import dev.tethys.store.events.EngineOptions;
import java.util.function.Function;

/**
 * Settings of a {@link LogDatabase}.
 *
 * @param limits limits by tenant
 */
public record LogOptions(EngineOptions engine, Function<String, LogLimits> limits) {
  /** Defaults. */
  public static final LogOptions DEFAULTS =
      new LogOptions(EngineOptions.defaults(), LogLimits.DEFAULTS);

  /** Options with the same limits for all tenants. */
  public LogOptions(EngineOptions engine, LogLimits limits) {
    this(engine, _ -> limits);
  }
}
