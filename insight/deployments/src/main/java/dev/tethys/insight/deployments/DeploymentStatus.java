package dev.tethys.insight.deployments;

import java.util.Locale;

/** Status of the rollout of a deployment. */
public enum DeploymentStatus {
  /** Instances of an earlier version still run. */
  IN_PROGRESS,
  /** No instance of an earlier version runs. */
  COMPLETE,
  /** The new version ended before the earlier one. */
  CANCELLED,
  /** A newer version came before the earlier one ended. */
  SUPERSEDED;

  /** Name in responses. */
  public String text() {
    return name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }
}
