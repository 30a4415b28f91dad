package dev.tethys.pipeline;

/** A kind of telemetry; a pipeline carries one. */
public enum Signal {
  TRACES,
  METRICS,
  LOGS,
  PROFILES
}
