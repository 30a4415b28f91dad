package dev.tethys.collect.discovery.kubernetes;

import dev.tethys.collect.discovery.MetaLabels;
import dev.tethys.collect.discovery.TargetGroup;
import dev.tethys.model.Labels;
import dev.tethys.model.log.JulLogger;
import dev.tethys.web.kubernetes.ResourceWatch;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;

/** A target for each address and port of the older endpoints objects. */
final class EndpointsTargets implements ClusterState.Targets {
  private static final System.Logger LOG = JulLogger.of(EndpointsTargets.class.getName());

  private final ObjectLabels objects;

  EndpointsTargets(ObjectLabels objects) {
    this.objects = objects;
  }

  @Override
  public TargetGroup group(String source, JsonNode endpoints, ClusterState.Lookup others) {
    MetaLabels labels = ObjectLabels.labels();
    labels.put("namespace", ObjectLabels.namespace(endpoints));
    JsonNode service = others.find(Resource.SERVICES, ResourceWatch.key(endpoints));
    if (service != null) {
      ObjectLabels.addService(labels, service);
    }
    ObjectLabels.addMeta(labels, endpoints, "endpoints");
    objects.addNamespace(labels, endpoints, others);
    BackingPods pods = new BackingPods(objects, others);
    List<Labels> targets = new ArrayList<>();
    for (JsonNode subset : endpoints.path("subsets")) {
      for (JsonNode port : subset.path("ports")) {
        for (JsonNode a : subset.path("addresses")) {
          targets.add(target(a, port, "true", pods, others));
        }
        for (JsonNode a : subset.path("notReadyAddresses")) {
          targets.add(target(a, port, "false", pods, others));
        }
      }
    }
    String over =
        endpoints
            .path("metadata")
            .path("labels")
            .path("endpoints.kubernetes.io/over-capacity")
            .asString("");
    if (over.equals("truncated") || over.equals("warning")) {
      LOG.log(
          Level.WARNING,
          "endpoints {0} have more than 1000 addresses{1}; role endpointslice has all of them",
          ResourceWatch.key(endpoints),
          over.equals("truncated") ? ", of which some are missing" : "");
    }
    pods.addOtherPorts(targets);
    return new TargetGroup(source, targets, labels.build());
  }

  private Labels target(
      JsonNode address, JsonNode port, String ready, BackingPods pods, ClusterState.Lookup others) {
    long number = port.path("port").asLong(0);
    String protocol = port.path("protocol").asString("");
    MetaLabels t = ObjectLabels.labels().address(address.path("ip").asString(""), number);
    t.put("endpoint_port_name", port.path("name"));
    t.put("endpoint_port_protocol", protocol);
    t.put("endpoint_ready", ready);
    JsonNode reference = address.path("targetRef");
    t.put("endpoint_address_target_kind", reference.path("kind"));
    t.put("endpoint_address_target_name", reference.path("name"));
    String node = address.path("nodeName").asString("");
    t.put("endpoint_node_name", node);
    t.put("endpoint_hostname", address.path("hostname"));
    if (node.isEmpty() && reference.path("kind").asString("").equals("Node")) {
      node = reference.path("name").asString("");
    }
    objects.addNode(t, node, others);
    pods.add(t, reference, number, protocol);
    return t.build();
  }
}
