package dev.tethys.pipeline.component;

import java.nio.file.Path;

/** Extension that provides components with a persistent folder. */
public interface Storage {
  /**
   * Returns the folder of a component; may not exist yet.
   *
   * @param part kind of content: {@code traces}, {@code offsets}
   */
  Path folder(String kind, ComponentId component, String part);

  /** Whether written data must survive a machine failure, not only a process failure. */
  boolean durable();

  /** Returns the maximum size of the files of each queue. */
  default long maxBytes() {
    return Long.MAX_VALUE;
  }
}
