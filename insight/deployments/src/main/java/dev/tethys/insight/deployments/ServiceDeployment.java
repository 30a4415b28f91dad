package dev.tethys.insight.deployments;

import java.util.List;

/**
 * New version of a service.
 *
 * @param id stable while the history has the deployment
 * @param service id of the entity
 * @param name of the service
 * @param start Unix milliseconds at which the first instance of the new version was seen
 * @param end Unix milliseconds at which the rollout ended; {@link Long#MAX_VALUE} while it
 *     continues
 * @param changes the most telling first, at least one
 * @param instancesBefore instances of earlier versions at the start
 * @param instancesAfter instances of the new version at the end, or at present
 */
public record ServiceDeployment(
    String id,
    String service,
    String name,
    long start,
    long end,
    DeploymentStatus status,
    List<VersionChange> changes,
    int instancesBefore,
    int instancesAfter) {
  public ServiceDeployment {
    changes = List.copyOf(changes);
  }

  /** Id of a deployment of a service. */
  static String id(String service, long start) {
    return Long.toString(start / 1000, 36) + "-" + Integer.toHexString(service.hashCode());
  }

  /** True while instances of an earlier version run. */
  public boolean isOpen() {
    return end == Long.MAX_VALUE;
  }
}
