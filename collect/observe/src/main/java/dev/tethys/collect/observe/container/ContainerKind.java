package dev.tethys.collect.observe.container;

import java.util.Locale;

/** Kinds of groups of processes. */
public enum ContainerKind {
  DOCKER,
  CONTAINERD,
  CRI_O,
  PODMAN,
  LXC,
  SYSTEMD,
  TALOS,
  /** Pod without kernel containers, as in gVisor. */
  SANDBOX,
  /** Process outside containers and units. */
  STANDALONE;

  /** Name as in Coroot's node agent, like {@code cri-o}. */
  public String label() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
