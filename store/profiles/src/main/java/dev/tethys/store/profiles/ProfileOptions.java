package dev.tethys.store.profiles;

import dev.tethys.store.events.EngineOptions;

/** Settings of a {@link ProfileDatabase}. */
public record ProfileOptions(EngineOptions engine, ProfileLimits limits) {
  /** Defaults. */
  public static final ProfileOptions DEFAULTS =
      new ProfileOptions(EngineOptions.defaults(), ProfileLimits.DEFAULTS);
}
