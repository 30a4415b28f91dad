package dev.tethys.collect.host.linux;

import dev.tethys.collect.host.HostReadings;
import dev.tethys.collect.host.internal.FileReadings;
import java.time.Duration;

/** Entry point to the readings of a host's files. */
public final class HostFiles {
  private HostFiles() {}

  /**
   * Creates the readings of a Linux host.
   *
   * @param timeLimit total time to wait for file systems
   */
  public static HostReadings readings(HostReadings.Sources sources, Duration timeLimit) {
    return new FileReadings(sources, timeLimit);
  }
}
