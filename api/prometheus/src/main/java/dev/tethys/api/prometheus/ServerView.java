package dev.tethys.api.prometheus;

import java.io.IOException;
import java.net.URI;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/** View of the process for the API. */
public interface ServerView {
  /** Whether it can answer. */
  Readiness readiness();

  /** Health of the stores of all signals. */
  default List<StoreForecast> stores() {
    return List.of();
  }

  /** The configuration as YAML, without secrets. */
  String configuration();

  /** All flags by name, with their values. */
  Map<String, String> flags();

  /** How the process is doing. */
  Runtime runtime();

  /** What it was built from. */
  Build build();

  /**
   * Features by category and name, and whether they are on. What the API knows itself (PromQL, its
   * own switches) is added where it is not said here.
   */
  Map<String, Map<String, Boolean>> features();

  /** Labels that federation adds to every series that lacks them. */
  Map<String, String> externalLabels();

  /** The address that others reach it under. */
  URI externalUrl();

  /** The port it listens on. */
  int listenPort();

  /**
   * Reads the configuration anew.
   *
   * @throws IOException when it could not be read or is invalid: the old one stays in use
   */
  void reload() throws IOException;

  /** Begins to shut down; false when that had begun. */
  boolean quit();

  /**
   * Content of {@code status/runtimeinfo}.
   *
   * @param corruptions repaired in the write-ahead log
   * @param threads alive, reported as Go's goroutines
   * @param processors that are used
   * @param memoryLimit maximum heap in bytes
   * @param retention in the notation of the flags: {@code 15d or 10GB}
   */
  record Runtime(
      Instant startTime,
      String workingDirectory,
      String hostname,
      Instant serverTime,
      boolean reloadSucceeded,
      Instant lastConfigTime,
      long corruptions,
      int threads,
      int processors,
      long memoryLimit,
      String retention) {}

  /** Content of {@code status/buildinfo} and {@code /version}. */
  record Build(
      String version,
      String revision,
      String branch,
      String buildUser,
      String buildDate,
      String javaVersion) {}
}
