package dev.tethys.collect.exporter.blackbox;

import java.io.IOException;

/** Probes targets by one protocol. Thread-safe. */
@FunctionalInterface
interface Prober {
  /**
   * Probes once; results and messages are added to the attempt.
   *
   * @return whether the target satisfies the module
   * @throws IOException if the target is unreachable or its response is invalid
   */
  boolean probe(String target, Module module, ProbeAttempt attempt)
      throws IOException, InterruptedException;
}
