package dev.tethys.collect.discovery.kubernetes;

import java.util.List;

/** Kind of object that becomes a target. */
enum Role {
  NODE("node", Resource.NODES, "node/"),
  POD("pod", Resource.PODS, "pod/"),
  SERVICE("service", Resource.SERVICES, "svc/"),
  ENDPOINTS("endpoints", Resource.ENDPOINTS, "endpoints/"),
  ENDPOINTSLICE("endpointslice", Resource.SLICES, "endpointslice/"),
  INGRESS("ingress", Resource.INGRESSES, "ingress/");

  private final String word;
  private final Resource resource;
  private final String source;

  Role(String word, Resource resource, String source) {
    this.word = word;
    this.resource = resource;
    this.source = source;
  }

  /** Returns the resource whose objects become groups. */
  Resource resource() {
    return resource;
  }

  /** Prefix of a group's source. */
  String source() {
    return source;
  }

  /** Returns the roles for which a configuration of this role may have selectors. */
  List<String> selectors() {
    return switch (this) {
      case POD -> List.of("pod", "node");
      case ENDPOINTS, ENDPOINTSLICE -> List.of("pod", "service", word);
      default -> List.of(word);
    };
  }

  /** Name in configurations. */
  @Override
  public String toString() {
    return word;
  }
}
