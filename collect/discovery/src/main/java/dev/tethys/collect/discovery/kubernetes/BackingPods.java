package dev.tethys.collect.discovery.kubernetes;

import dev.tethys.collect.discovery.MetaLabels;
import dev.tethys.model.Labels;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** The pods of one object's endpoints: their labels, and their ports without an endpoint. */
final class BackingPods {
  private record Seen(JsonNode pod, Set<Long> ports) {}

  private final ObjectLabels objects;
  private final ClusterState.Lookup others;
  private final Map<String, Seen> seen = new LinkedHashMap<>();

  BackingPods(ObjectLabels objects, ClusterState.Lookup others) {
    this.objects = objects;
    this.others = others;
  }

  /**
   * Adds a target's labels of the pod that a reference names, if any.
   *
   * @param port port of the endpoint, or null if it has none
   * @param protocol protocol of the endpoint; null to use the protocol of the container port
   */
  void add(MetaLabels target, JsonNode reference, @Nullable Long port, @Nullable String protocol) {
    if (!reference.path("kind").asString("").equals("Pod")) {
      return;
    }
    String key =
        reference.path("namespace").asString("") + "/" + reference.path("name").asString("");
    JsonNode pod = others.find(Resource.PODS, key);
    if (pod == null) {
      return;
    }
    Seen s = seen.computeIfAbsent(key, k -> new Seen(pod, new HashSet<>()));
    objects.addPod(target, pod, others);
    if (port == null) {
      return;
    }
    s.ports.add(port);
    for (ObjectLabels.Container c : ObjectLabels.containers(pod)) {
      for (JsonNode p : c.json().path("ports")) {
        if (p.path("containerPort").asLong(0) == port) {
          ObjectLabels.addContainer(
              target, c, p, protocol == null ? p.path("protocol").asString("") : protocol);
          break;
        }
      }
    }
  }

  /** Adds targets for the ports of these pods that no endpoint had. */
  void addOtherPorts(List<Labels> targets) {
    for (Seen s : seen.values()) {
      String ip = s.pod.path("status").path("podIP").asString("");
      if (ip.isEmpty()) {
        continue;
      }
      for (ObjectLabels.Container c : ObjectLabels.containers(s.pod)) {
        for (JsonNode p : c.json().path("ports")) {
          long port = p.path("containerPort").asLong(0);
          if (!s.ports.contains(port)) {
            MetaLabels t = ObjectLabels.labels().address(ip, port);
            ObjectLabels.addContainer(t, c, p, p.path("protocol").asString(""));
            objects.addPod(t, s.pod, others);
            targets.add(t.build());
          }
        }
      }
    }
  }
}
