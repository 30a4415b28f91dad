package dev.tethys.demo;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Faults that are on. Safe for several threads. */
public final class Faults {
  private final Set<Fault> on = ConcurrentHashMap.newKeySet();

  public boolean isOn(Fault fault) {
    return on.contains(fault);
  }

  /** Switches a fault; false if it was so already. */
  public boolean set(Fault fault, boolean wanted) {
    return wanted ? on.add(fault) : on.remove(fault);
  }
}
