package dev.tethys.collect.exporter.blackbox;

import java.io.IOException;

/** Probes targets by one protocol. Thread-safe. */
@FunctionalInterface
interface Prober {
  /**
   * Looks once; what is found out and what is to be said go to the look.
   *
   * @return whether the target is as the module requires
   * @throws IOException when the target cannot be reached or says what makes no sense
   */
  boolean probe(String target, Module module, ProbeAttempt attempt)
      throws IOException, InterruptedException;
}
