package dev.tethys.insight.deployments;

import java.util.Locale;

/** Source of the version of an instance, the most telling first. */
public enum VersionKind {
  /** {@code service.version} of OpenTelemetry. */
  VERSION,
  /** Tag of a container image. */
  IMAGE,
  /** Hash of the pod template, from the name of the ReplicaSet. */
  REVISION;

  /** Name in responses. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }
}
