package dev.tethys.api;

/** Whether the server can answer. */
public enum Readiness {
  /** The store is still being opened. */
  STARTING,
  READY,
  STOPPING
}
