package dev.tethys.api.prometheus;

import dev.tethys.model.storage.StoreHealth;

/**
 * Health of one store with its growth.
 *
 * @param name such as {@code log store}
 * @param bytesPerSecond growth of its data on disk; NaN if unknown
 * @param diskFullAt Unix time in milliseconds at which the store will reject data for lack of disk
 *     space; negative if unknown or not within a year
 * @param sizeLimitAt Unix time in milliseconds when retention by size removes the oldest data;
 *     negative if unknown, without a limit or not within a year
 */
public record StoreForecast(
    String name, StoreHealth health, double bytesPerSecond, long diskFullAt, long sizeLimitAt) {

  /** Whether the store currently rejects all data. */
  public boolean isRefusing() {
    StoreHealth.Problem p = health.problem();
    return p != null && p.refusing();
  }
}
