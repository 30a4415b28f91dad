package dev.tethys.pipeline.receiver.endpoint;

import dev.tethys.model.telemetry.Attributes;

/**
 * Observed source of telemetry.
 *
 * @param id unique at any time
 * @param target its address, with a port if it has one; may be empty
 * @param values variables of expressions, by {@link EndpointKind#fields}; immutable
 */
public record Endpoint(String id, String target, EndpointKind kind, Attributes values) {
  /**
   * Creates an endpoint.
   *
   * @param own further values, which the endpoint takes over
   */
  public static Endpoint of(String id, String target, EndpointKind kind, Attributes own) {
    own.put("type", kind.word());
    own.put("id", id);
    own.put("endpoint", target);
    if (!own.contains("host")) {
      own.put("host", host(target));
    }
    return new Endpoint(id, target, kind, own);
  }

  /** Returns the host without the port, if any. */
  private static String host(String target) {
    if (target.startsWith("[")) {
      int end = target.indexOf(']');
      return end < 0 ? target : target.substring(1, end);
    }
    int colon = target.indexOf(':');
    return colon < 0 || target.indexOf(':', colon + 1) >= 0 ? target : target.substring(0, colon);
  }

  /** Formats a host as needed before a port. */
  public static String address(String host, long port) {
    return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
  }

  @Override
  public String toString() {
    return kind.word() + " " + (target.isEmpty() ? id : target + " (" + id + ")");
  }
}
