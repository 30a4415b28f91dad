package dev.tethys.collect.kubernetes.state;

import java.util.Locale;

/**
 * Status of the watch of one resource.
 *
 * @param resource as in rules of roles
 * @param group API group, empty for the core group
 * @param problem last failure, empty if none
 * @param objects number of objects
 */
public record ResourceStatus(
    String resource, String group, Status status, String problem, int objects) {
  /** Status of a watch. */
  public enum Status {
    /** Not listed yet. */
    WAITING,
    OK,
    FAILING,
    /** The cluster has no such resources. */
    ABSENT;

    /** Text of the status. */
    public String text() {
      return name().toLowerCase(Locale.ROOT);
    }
  }
}
