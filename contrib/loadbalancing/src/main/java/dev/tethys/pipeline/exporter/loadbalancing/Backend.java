package dev.tethys.pipeline.exporter.loadbalancing;

import dev.tethys.pipeline.component.QueuePart;

/**
 * Backend of a load balancer.
 *
 * @param target host and port, used as the name
 */
record Backend(String target, QueuePart queue) {
  @Override
  public boolean equals(@org.jspecify.annotations.Nullable Object o) {
    return this == o;
  }

  @Override
  public int hashCode() {
    return System.identityHashCode(this);
  }
}
