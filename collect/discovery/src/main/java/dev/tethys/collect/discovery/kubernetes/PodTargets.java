package dev.tethys.collect.discovery.kubernetes;

import dev.tethys.collect.discovery.MetaLabels;
import dev.tethys.collect.discovery.TargetGroup;
import dev.tethys.model.Labels;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;

/** A target for each declared port of each container, and for each container without any. */
final class PodTargets implements ClusterState.Targets {
  private final ObjectLabels objects;

  PodTargets(ObjectLabels objects) {
    this.objects = objects;
  }

  @Override
  public TargetGroup group(String source, JsonNode pod, ClusterState.Lookup others) {
    String ip = pod.path("status").path("podIP").asString("");
    String node = pod.path("spec").path("nodeName").asString("");
    if (ip.isEmpty()) {
      return TargetGroup.removed(source); // it starts, or was evicted
    }
    if (objects.attach().node() && others.find(Resource.NODES, node) == null) {
      return TargetGroup.removed(source); // a selector leaves its node out
    }
    MetaLabels labels = ObjectLabels.labels();
    objects.addPod(labels, pod, others);
    labels.put("namespace", ObjectLabels.namespace(pod));
    objects.addNode(labels, node, others);
    objects.addNamespace(labels, pod, others);
    List<Labels> targets = new ArrayList<>();
    for (ObjectLabels.Container c : ObjectLabels.containers(pod)) {
      String id = id(pod, c);
      JsonNode ports = c.json().path("ports");
      if (ports.isEmpty()) {
        MetaLabels t = ObjectLabels.labels().address(ip).put("pod_container_id", id);
        ObjectLabels.addContainer(t, c, null, null);
        targets.add(t.build());
      }
      for (JsonNode port : ports) {
        MetaLabels t =
            ObjectLabels.labels()
                .address(ip, port.path("containerPort").asLong(0))
                .put("pod_container_id", id);
        ObjectLabels.addContainer(t, c, port, port.path("protocol").asString(""));
        targets.add(t.build());
      }
    }
    return new TargetGroup(source, targets, labels.build());
  }

  private static String id(JsonNode pod, ObjectLabels.Container c) {
    for (JsonNode s :
        pod.path("status").path(c.init() ? "initContainerStatuses" : "containerStatuses")) {
      if (s.path("name").asString("").equals(c.name())) {
        return s.path("containerID").asString("");
      }
    }
    return "";
  }
}
