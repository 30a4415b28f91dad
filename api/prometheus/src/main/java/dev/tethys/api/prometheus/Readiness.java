package dev.tethys.api.prometheus;

/** Readiness of the server. */
public enum Readiness {
  /** The store is still being opened. */
  STARTING,
  READY,
  STOPPING
}
