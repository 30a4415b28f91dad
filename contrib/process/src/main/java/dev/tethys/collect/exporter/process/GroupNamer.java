package dev.tethys.collect.exporter.process;

import org.jspecify.annotations.Nullable;

/** Determines the group of a process. Thread-safe. */
interface GroupNamer {
  /** Returns the group name; null if the process itself matches no group. */
  @Nullable String group(ProcessFacts p);
}
