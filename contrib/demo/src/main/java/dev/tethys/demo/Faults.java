package dev.tethys.demo;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/** Faults that are on. Thread-safe. */
public final class Faults {
  private final Set<Fault> on = ConcurrentHashMap.newKeySet();
  private volatile Consumer<Fault> changed = _ -> {};

  /** Sets the receiver of changes by {@link #set}. */
  public void onChange(Consumer<Fault> receiver) {
    changed = receiver;
  }

  public boolean isOn(Fault fault) {
    return on.contains(fault);
  }

  /** Switches a fault; returns false if it was so already. */
  public boolean set(Fault fault, boolean wanted) {
    boolean change = wanted ? on.add(fault) : on.remove(fault);
    if (change) {
      changed.accept(fault);
    }
    return change;
  }
}
