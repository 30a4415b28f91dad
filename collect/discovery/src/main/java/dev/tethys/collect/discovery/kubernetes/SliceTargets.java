package dev.tethys.collect.discovery.kubernetes;

import dev.tethys.collect.discovery.MetaLabels;
import dev.tethys.collect.discovery.TargetGroup;
import dev.tethys.model.Labels;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** A target for each address and port of endpoint slices. */
final class SliceTargets implements ClusterState.Targets {
  private static final String SERVICE_NAME = "kubernetes.io/service-name";
  private static final String SLICE = "endpointslice_";
  private static final String ENDPOINT = "endpointslice_endpoint_";

  private final ObjectLabels objects;

  SliceTargets(ObjectLabels objects) {
    this.objects = objects;
  }

  @Override
  public TargetGroup group(String source, JsonNode slice, ClusterState.Lookup others) {
    MetaLabels labels = ObjectLabels.labels();
    labels.put("namespace", ObjectLabels.namespace(slice));
    labels.put(SLICE + "address_type", slice.path("addressType"));
    String name = slice.path("metadata").path("labels").path(SERVICE_NAME).asString("");
    JsonNode service =
        name.isEmpty()
            ? null
            : others.find(Resource.SERVICES, ObjectLabels.namespace(slice) + "/" + name);
    ObjectLabels.addMeta(labels, slice, "endpointslice");
    if (service != null) {
      ObjectLabels.addService(labels, service);
    }
    objects.addNamespace(labels, slice, others);
    if (isSecond(service, slice)) {
      return TargetGroup.removed(source);
    }
    BackingPods pods = new BackingPods(objects, others);
    List<Labels> targets = new ArrayList<>();
    for (JsonNode endpoint : slice.path("endpoints")) {
      for (JsonNode port : slice.path("ports")) {
        for (JsonNode address : endpoint.path("addresses")) {
          targets.add(target(address.asString(""), endpoint, port, pods, others));
        }
      }
    }
    pods.addOtherPorts(targets);
    return new TargetGroup(source, targets, labels.build());
  }

  /** Whether the slice repeats another one in the other address family. */
  private static boolean isSecond(@Nullable JsonNode service, JsonNode slice) {
    if (service == null) {
      return false;
    }
    String policy = service.path("spec").path("ipFamilyPolicy").asString("");
    String first = service.path("spec").path("ipFamilies").path(0).asString("");
    return (policy.equals("PreferDualStack") || policy.equals("RequireDualStack"))
        && !first.isEmpty()
        && !first.equals(slice.path("addressType").asString(""));
  }

  private Labels target(
      String address,
      JsonNode endpoint,
      JsonNode port,
      BackingPods pods,
      ClusterState.Lookup others) {
    JsonNode p = port.path("port");
    Long number = p.isNumber() ? p.asLong() : null;
    MetaLabels t = ObjectLabels.labels();
    if (number == null) {
      t.address(address);
    } else {
      t.address(address, number);
    }
    t.put(SLICE + "port_name", port.path("name"));
    t.put(SLICE + "port_protocol", port.path("protocol"));
    t.put(SLICE + "port", p);
    t.put(SLICE + "port_app_protocol", port.path("appProtocol"));
    JsonNode conditions = endpoint.path("conditions");
    t.put(ENDPOINT + "conditions_ready", conditions.path("ready"));
    t.put(ENDPOINT + "conditions_serving", conditions.path("serving"));
    t.put(ENDPOINT + "conditions_terminating", conditions.path("terminating"));
    t.put(ENDPOINT + "hostname", endpoint.path("hostname"));
    JsonNode reference = endpoint.path("targetRef");
    t.put(SLICE + "address_target_kind", reference.path("kind"));
    t.put(SLICE + "address_target_name", reference.path("name"));
    String node = endpoint.path("nodeName").asString("");
    t.put(ENDPOINT + "node_name", node);
    t.put(ENDPOINT + "zone", endpoint.path("zone"));
    for (var e : endpoint.path("deprecatedTopology").properties()) {
      t.keyed(ENDPOINT + "topology_", e.getKey(), MetaLabels.text(e.getValue()));
      t.keyed(ENDPOINT + "topology_present_", e.getKey(), "true");
    }
    if (reference.path("kind").asString("").equals("Node")) {
      node = reference.path("name").asString("");
    }
    objects.addNode(t, node, others);
    pods.add(t, reference, number, null);
    return t.build();
  }
}
