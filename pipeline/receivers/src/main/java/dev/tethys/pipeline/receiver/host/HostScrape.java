package dev.tethys.pipeline.receiver.host;

import dev.tethys.collect.host.HostProcess;
import dev.tethys.collect.host.HostReadings;
import dev.tethys.model.telemetry.MetricsData;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** One scrape of the host: readings, destination of points, and failures. */
final class HostScrape {
  /** Maximum number of failures to log; others are only counted. */
  private static final int MAX_TOLD = 10;

  private final HostReadings host;
  private final MetricsData data;
  private final long nanos;
  private final BootTime boot;
  private final BooleanSupplier late;
  private final List<String> errors = new ArrayList<>();
  private long failures;
  private long failedPoints;

  /** Boot time of the host, read once because the kernel's value follows the clock. */
  static final class BootTime {
    private long seconds = -1;

    long seconds(HostReadings host) throws IOException {
      if (seconds < 0) {
        seconds = host.totals().bootSeconds();
      }
      return seconds;
    }
  }

  HostScrape(HostReadings host, MetricsData data, long nanos, BootTime boot, BooleanSupplier late) {
    this.host = host;
    this.data = data;
    this.nanos = nanos;
    this.boot = boot;
    this.late = late;
  }

  HostReadings host() {
    return host;
  }

  MetricsData data() {
    return data;
  }

  /** Returns the time of the scrape in nanoseconds since 1970. */
  long nanos() {
    return nanos;
  }

  long bootNanos() throws IOException {
    return boot.seconds(host) * 1_000_000_000;
  }

  /** Whether the scrape has exceeded its time limit. */
  boolean isLate() {
    return late.getAsBoolean();
  }

  /**
   * Records a value of a process that cannot be read.
   *
   * @param points number of missing metrics
   */
  void failed(int points, String what, HostProcess p, String name, IOException e) {
    failed(
        points,
        "error reading "
            + what
            + " for process \""
            + name
            + "\" (pid "
            + p.pid()
            + "): "
            + e.getMessage());
  }

  /**
   * Records values that cannot be read.
   *
   * @param points number of missing metrics
   */
  void failed(int points, @Nullable String reason) {
    failures++;
    failedPoints += points;
    if (errors.size() < MAX_TOLD) {
      errors.add(String.valueOf(reason));
    }
  }

  boolean hasFailures() {
    return failures > 0;
  }

  long failedPoints() {
    return failedPoints;
  }

  /** Describes the failures. */
  String failures() {
    String all = String.join("; ", errors);
    return failures > errors.size() ? all + "; and " + (failures - errors.size()) + " more" : all;
  }
}
