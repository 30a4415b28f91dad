package dev.tethys.collect.observe.connection;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Container, unit or process that a socket belongs to.
 *
 * @param containerId label {@code container_id}
 * @param appId label {@code app_id}, empty if it is equal to the container's
 */
public record Owner(String containerId, String appId) {
  private static final String UNIT = ".service";

  /** Service name as in Coroot: that of the application, or of the container. */
  public String service() {
    return appId.isEmpty() ? containerId : appId;
  }

  /** Name of the service as on the service map: the last part of {@link #service}. */
  public String shortName() {
    return shortName(service());
  }

  /** Returns the last part of a service name, without the unit suffix. */
  public static String shortName(String service) {
    String last = service.substring(service.lastIndexOf('/') + 1);
    return last.endsWith(UNIT) ? last.substring(0, last.length() - UNIT.length()) : last;
  }

  /** Finds the owners of sockets. */
  @FunctionalInterface
  public interface Resolver {
    /**
     * Owner of a socket; null if it must not be observed.
     *
     * @param cgroup number of its cgroup in the unified hierarchy, 0 if unknown
     * @param process process that uses it, 0 if unknown
     */
    @Nullable Owner ownerOf(long cgroup, int process);

    /** Ports of the machine that are passed on to containers. */
    default Map<Owner, List<PublishedPort>> published() {
      return Map.of();
    }
  }
}
