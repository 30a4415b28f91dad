package dev.tethys.collect.exporter.process;

import org.jspecify.annotations.Nullable;

/** Determines the group of a process. Thread-safe. */
interface GroupNamer {
  /** The name of the group; null if the process is in none by itself. */
  @Nullable String group(ProcessFacts p);
}
