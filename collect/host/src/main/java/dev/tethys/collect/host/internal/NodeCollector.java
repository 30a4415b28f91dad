package dev.tethys.collect.host.internal;

import java.io.IOException;

/**
 * One subject of the host. It is asked by one thread at a time and may keep caches and its own
 * buffers.
 */
@FunctionalInterface
public interface NodeCollector {
  /**
   * Reads the host and passes what it found.
   *
   * @throws NoDataException when this host has nothing of the kind
   * @throws IOException when it has, and it could not be read; what was passed before stays
   */
  void collect(HostFiles files, Families out) throws IOException;
}
