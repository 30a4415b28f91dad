package dev.tethys.pipeline.component;

import java.nio.file.Path;

/** An extension that gives components a folder that survives the process. */
public interface Storage {
  /**
   * The folder of a component; may not exist yet.
   *
   * @param part what of it: {@code traces}, {@code offsets}
   */
  Path folder(String kind, ComponentId component, String part);

  /** Whether what is written must survive the machine, not only the process. */
  boolean durable();

  /** Maximum size of the files of each queue. */
  default long maxBytes() {
    return Long.MAX_VALUE;
  }
}
