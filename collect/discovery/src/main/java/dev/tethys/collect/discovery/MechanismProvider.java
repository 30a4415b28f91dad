package dev.tethys.collect.discovery;

import java.util.List;

/** Discovery mechanisms of a module outside the core, found by {@link java.util.ServiceLoader}. */
public interface MechanismProvider {
  /** The module's mechanisms. */
  List<Mechanism> mechanisms();
}
