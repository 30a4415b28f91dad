package dev.tethys.api.prometheus;

/** Server readiness. */
public enum Readiness {
  /** The store is still being opened. */
  STARTING,
  READY,
  STOPPING
}
