package dev.tethys.collect.discovery;

import java.time.Duration;

/**
 * What every mechanism needs of its surroundings.
 *
 * @param pause how it waits until the next refresh; tests own it
 * @param metrics where it counts
 * @param http how it reaches HTTP servers
 */
public record DiscoveryContext(Pause pause, DiscoveryMetrics metrics, HttpFetch.Client http) {
  /** Waits. */
  @FunctionalInterface
  public interface Pause {
    void pause(Duration duration) throws InterruptedException;
  }
}
