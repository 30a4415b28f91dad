package dev.tethys.api.prometheus;

import java.io.IOException;
import java.net.URI;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/** View of the process for the API. */
public interface ServerView {
  /** Whether it can respond. */
  Readiness readiness();

  /** Returns the health of all signal stores. */
  default List<StoreForecast> stores() {
    return List.of();
  }

  /** Returns the configuration as YAML, without secrets. */
  String configuration();

  /** Returns all flags by name, with their values. */
  Map<String, String> flags();

  /** Returns the process information. */
  Runtime runtime();

  /** Returns the version and source of the build. */
  Build build();

  /**
   * Features by category and name, and whether they are on. The API adds its own features (PromQL,
   * its flags) unless they are listed here.
   */
  Map<String, Map<String, Boolean>> features();

  /** Returns the labels that federation adds to series without them. */
  Map<String, String> externalLabels();

  /** Returns the external URL of the server. */
  URI externalUrl();

  /** Returns the listening port. */
  int listenPort();

  /**
   * Reloads the configuration.
   *
   * @throws IOException if it could not be read or is invalid; the old one stays in force
   */
  void reload() throws IOException;

  /** Starts the shutdown; returns false if it was started before. */
  boolean quit();

  /**
   * Content of {@code status/runtimeinfo}.
   *
   * @param corruptions repaired in the write-ahead log
   * @param threads alive, reported as Go's goroutines
   * @param processors number of processors in use
   * @param memoryLimit maximum heap in bytes
   * @param retention retention in flag notation: {@code 15d or 10GB}
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
