package dev.tethys.collect.kubernetes.state;

import dev.tethys.model.GoJson;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Pods with annotations that ask for scrapes, as target groups of HTTP discovery. Labels are those
 * of the discovery of Kubernetes, as far as scrapes by annotation need them. Other pods are not
 * kept.
 */
final class PodTargets {
  static final String PATH = "/api/v1/pods";

  private static final String META = "__meta_kubernetes_";
  private static final Set<String> SWITCHES =
      Set.of("coroot.com/scrape-metrics", "coroot.com/profile-scrape", "pyroscope.io/scrape");
  private static final int MAX_VALUE = 4 << 10;
  private static final int MAX_PORTS = 64;

  private PodTargets() {}

  /** A target group as JSON; null for a pod that no annotation asks to scrape. */
  static @Nullable String target(JsonNode pod) {
    JsonNode notes = pod.path("metadata").path("annotations");
    String ip = ObjectFields.text(pod.path("status").path("podIP"));
    if (ip.isEmpty()
        || SWITCHES.stream().noneMatch(s -> ObjectFields.text(notes.path(s)).equals("true"))) {
      return null;
    }
    Map<String, String> labels = new LinkedHashMap<>();
    labels.put("namespace", ObjectFields.text(pod.path("metadata").path("namespace")));
    labels.put("pod_name", ObjectFields.text(pod.path("metadata").path("name")));
    labels.put("pod_ip", ip);
    labels.put("pod_phase", ObjectFields.text(pod.path("status").path("phase")));
    labels.put("pod_node_name", ObjectFields.text(pod.path("spec").path("nodeName")));
    for (JsonNode owner : pod.path("metadata").path("ownerReferences")) {
      if (ObjectFields.isTrue(owner.path("controller"))) {
        labels.put("pod_controller_kind", ObjectFields.text(owner.path("kind")));
        labels.put("pod_controller_name", ObjectFields.text(owner.path("name")));
      }
    }
    for (Map.Entry<String, JsonNode> e : notes.properties()) {
      if (e.getKey().startsWith("coroot.com/") || e.getKey().startsWith("pyroscope.io/")) {
        labels.put(
            "pod_annotation_" + SeriesBuffer.sanitized(e.getKey()),
            ObjectFields.text(e.getValue()));
      }
    }
    StringBuilder out = new StringBuilder("{\"targets\":[");
    out.append(addresses(pod, ip)).append("],\"labels\":{");
    String comma = "";
    for (Map.Entry<String, String> e : labels.entrySet()) {
      String v = e.getValue();
      out.append(comma);
      GoJson.append(out, META + e.getKey()).append(':');
      GoJson.append(out, v.length() <= MAX_VALUE ? v : v.substring(0, MAX_VALUE));
      comma = ",";
    }
    return out.append("}}").toString();
  }

  private static StringJoiner addresses(JsonNode pod, String ip) {
    String host = ip.contains(":") ? "[" + ip + "]" : ip;
    StringJoiner out = new StringJoiner(",");
    int n = 0;
    for (JsonNode c : pod.path("spec").path("containers")) {
      for (JsonNode port : c.path("ports")) {
        int number = port.path("containerPort").asInt(0);
        if (number > 0 && n++ < MAX_PORTS) {
          out.add("\"" + host + ":" + number + "\"");
        }
      }
    }
    if (n == 0) {
      out.add("\"" + host + ":80\"");
    }
    return out;
  }

  /** All target groups as the JSON of HTTP discovery. */
  static String json(Collection<StateObject> pods) {
    StringJoiner out = new StringJoiner(",", "[", "]");
    for (StateObject o : pods) {
      String t = o.target();
      if (t != null) {
        out.add(t);
      }
    }
    return out.toString();
  }
}
