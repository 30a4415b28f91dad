package dev.tethys.collect.observe.connection;

import org.jspecify.annotations.Nullable;

/**
 * Container, unit or process that a socket belongs to.
 *
 * @param containerId label {@code container_id}
 * @param appId label {@code app_id}, empty when it is equal to the container's
 */
public record Owner(String containerId, String appId) {

  /** Finds the owners of sockets. */
  @FunctionalInterface
  public interface Resolver {
    /**
     * Owner of a socket; null when it is not to be observed.
     *
     * @param cgroup number of its cgroup in the unified hierarchy, 0 when unknown
     * @param process process that uses it, 0 when unknown
     */
    @Nullable Owner ownerOf(long cgroup, int process);
  }
}
