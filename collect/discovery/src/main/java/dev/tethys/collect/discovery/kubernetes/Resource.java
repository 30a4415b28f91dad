package dev.tethys.collect.discovery.kubernetes;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** Watched kind of object, with the parts of it that are retained. */
enum Resource {
  NODES(
      "/api/v1",
      "nodes",
      false,
      "spec(providerID),status(conditions(type,status),addresses,daemonEndpoints)"),
  PODS(
      "/api/v1",
      "pods",
      true,
      "spec(nodeName,containers(name,image,ports),initContainers(name,image,ports)),"
          + "status(podIP,hostIP,phase,conditions(type,status),containerStatuses(name,containerID),"
          + "initContainerStatuses(name,containerID))"),
  SERVICES(
      "/api/v1",
      "services",
      true,
      "spec(ports,type,externalName,clusterIP,loadBalancerIP,ipFamilyPolicy,ipFamilies),"
          + "status(loadBalancer)"),
  ENDPOINTS("/api/v1", "endpoints", true, "subsets"),
  SLICES("/apis/discovery.k8s.io/v1", "endpointslices", true, "addressType,endpoints,ports"),
  INGRESSES(
      "/apis/networking.k8s.io/v1",
      "ingresses",
      true,
      "spec(ingressClassName,rules(host,http(paths(path))),tls(hosts))"),
  NAMESPACES("/api/v1", "namespaces", false, ""),
  REPLICASETS("/apis/apps/v1", "replicasets", true, ""),
  JOBS("/apis/batch/v1", "jobs", true, "");

  private final String api;
  private final String plural;
  private final boolean namespaced;
  private final Fields fields;

  Resource(String api, String plural, boolean namespaced, String fields) {
    this.api = api;
    this.plural = plural;
    this.namespaced = namespaced;
    this.fields =
        Fields.parse("metadata(name,namespace,uid,labels,annotations,ownerReferences)," + fields);
  }

  boolean namespaced() {
    return namespaced;
  }

  /** The path of the list, of one namespace or of all ({@code ""}). */
  String path(String namespace) {
    return api + (namespace.isEmpty() ? "/" : "/namespaces/" + namespace + "/") + plural;
  }

  /**
   * The part of an object that targets are built from. It has no times, counters or other
   * frequently changing fields, so that equal parts mean that nothing changed.
   */
  JsonNode keep(JsonNode object) {
    return fields.keep(object);
  }

  /** Field names, each with the fields to keep below it; an empty set means all. */
  private record Fields(Map<String, Fields> below) {
    static Fields parse(String text) {
      Map<String, Fields> out = new LinkedHashMap<>();
      for (String part : parts(text)) {
        int paren = part.indexOf('(');
        if (paren < 0) {
          out.put(part, new Fields(Map.of()));
        } else {
          out.put(part.substring(0, paren), parse(part.substring(paren + 1, part.length() - 1)));
        }
      }
      return new Fields(out);
    }

    private static List<String> parts(String text) {
      List<String> out = new ArrayList<>();
      int depth = 0;
      int from = 0;
      for (int i = 0; i <= text.length(); i++) {
        char c = i == text.length() ? ',' : text.charAt(i);
        depth += c == '(' ? 1 : c == ')' ? -1 : 0;
        if (c == ',' && depth == 0) {
          if (i > from) {
            out.add(text.substring(from, i));
          }
          from = i + 1;
        }
      }
      return out;
    }

    JsonNode keep(JsonNode n) {
      if (below.isEmpty()) {
        return n;
      }
      if (n instanceof ArrayNode a) {
        ArrayNode out = JsonNodeFactory.instance.arrayNode(a.size());
        a.forEach(i -> out.add(keep(i)));
        return out;
      }
      ObjectNode out = JsonNodeFactory.instance.objectNode();
      below.forEach(
          (name, fields) -> {
            JsonNode v = n.get(name);
            if (v != null && !v.isNull()) {
              out.set(name, fields.keep(v));
            }
          });
      return out;
    }
  }
}
