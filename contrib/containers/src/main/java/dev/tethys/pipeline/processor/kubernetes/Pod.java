package dev.tethys.pipeline.processor.kubernetes;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Stored data of a pod: its identity and the attributes that rules use. Attributes of owners are
 * resolved later, because owners may become known after the pod.
 *
 * @param addresses own addresses; empty if it shares the addresses of its node
 * @param nodeAddress address shared with its node, {@code ""} for none
 * @param node {@code ""} if no rule needs it
 * @param start start time in Unix milliseconds; {@link #UNKNOWN} for never
 * @param isOver whether the pod has completed or failed
 * @param isIgnored whether it is excluded from enrichment
 * @param attributes alternating names and values
 * @param hasService whether its labels or annotations name the service
 * @param containers containers by name
 */
record Pod(
    String name,
    String namespace,
    String uid,
    List<String> addresses,
    String nodeAddress,
    String node,
    long start,
    boolean isOver,
    boolean isIgnored,
    String[] attributes,
    boolean hasService,
    Owner owner,
    Container[] containers) {
  static final long UNKNOWN = Long.MIN_VALUE;

  /**
   * Pod owner.
   *
   * @param kind null for an unknown kind
   * @param guess name of the owner's owner derived from its own name; {@code ""} for none
   */
  record Owner(@Nullable KubernetesKind kind, String name, String uid, String guess) {
    static final Owner NONE = new Owner(null, "", "", "");
  }

  /** Container of a pod with its known runs. */
  record Container(
      String name, String image, String tag, String version, String instance, Run[] runs) {}

  /**
   * One run of a container.
   *
   * @param digest image name with digest; {@code ""} for none
   */
  record Run(String id, long restarts, String digest) {}

  /**
   * Whether telemetry that matches both pods belongs to the other: this one started earlier, or has
   * ended while the other runs. The other may have been scheduled first and got its address late.
   */
  boolean isSupersededBy(Pod other) {
    if (isOver != other.isOver) {
      return isOver;
    }
    return start != UNKNOWN && other.start != UNKNOWN && start < other.start;
  }

  @Nullable Container container(String named) {
    for (Container c : containers) {
      if (c.name.equals(named)) {
        return c;
      }
    }
    return null;
  }

  @Nullable Container containerWithId(String id) {
    for (Container c : containers) {
      for (Run r : c.runs) {
        if (r.id.equals(id)) {
          return c;
        }
      }
    }
    return null;
  }

  /** Returns the only container, or null. */
  @Nullable Container onlyContainer() {
    Container only = null;
    int running = 0;
    for (Container c : containers) {
      if (c.runs.length > 0) {
        only = c;
        running++;
      }
    }
    return running == 1 ? only : containers.length == 1 ? containers[0] : null;
  }

  /** Returns the value of an attribute, or null if missing. */
  @Nullable String attribute(String name) {
    for (int i = 0; i < attributes.length; i += 2) {
      if (attributes[i].equals(name)) {
        return attributes[i + 1];
      }
    }
    return null;
  }

  @Override
  public boolean equals(@Nullable Object o) {
    return this
        == o; // each event creates a new instance, and instances must not replace each other
  }

  @Override
  public int hashCode() {
    return System.identityHashCode(this);
  }

  @Override
  public String toString() {
    return namespace + "/" + name;
  }
}
