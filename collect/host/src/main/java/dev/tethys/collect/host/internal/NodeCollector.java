package dev.tethys.collect.host.internal;

import java.io.IOException;

/** One subject of the host. It is used by one thread at a time and may keep caches and buffers. */
@FunctionalInterface
public interface NodeCollector {
  /**
   * Reads the host and passes its metrics to {@code out}.
   *
   * @throws NoDataException if this host has nothing of the kind
   * @throws IOException if it has, and it could not be read; families passed before stay
   */
  void collect(HostFiles files, Families out) throws IOException;
}
