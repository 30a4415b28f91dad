package dev.tethys.collect.discovery.kubernetes;

import dev.tethys.collect.discovery.MetaLabels;
import dev.tethys.collect.discovery.TargetGroup;
import dev.tethys.model.Labels;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;

/** A target for each port of each service, by its name in the cluster's DNS. */
final class ServiceTargets implements ClusterState.Targets {
  private final ObjectLabels objects;

  ServiceTargets(ObjectLabels objects) {
    this.objects = objects;
  }

  @Override
  public TargetGroup group(String source, JsonNode service, ClusterState.Lookup others) {
    MetaLabels labels = ObjectLabels.labels();
    ObjectLabels.addService(labels, service);
    objects.addNamespace(labels, service, others);
    JsonNode spec = service.path("spec");
    String type = spec.path("type").asString("");
    List<Labels> targets = new ArrayList<>();
    for (JsonNode port : spec.path("ports")) {
      MetaLabels t =
          ObjectLabels.labels()
              .address(
                  ObjectLabels.name(service) + "." + ObjectLabels.namespace(service) + ".svc",
                  port.path("port").asLong(0));
      t.put("service_port_name", port.path("name"));
      t.put("service_port_number", port.path("port"));
      t.put("service_port_protocol", port.path("protocol"));
      t.put("service_type", type);
      if (type.equals("ExternalName")) {
        t.put("service_external_name", spec.path("externalName"));
      } else {
        t.put("service_cluster_ip", spec.path("clusterIP"));
      }
      if (type.equals("LoadBalancer")) {
        t.put("service_loadbalancer_ip", balancer(service));
      }
      targets.add(t.build());
    }
    return new TargetGroup(source, targets, labels.build());
  }

  private static String balancer(JsonNode service) {
    List<String> ips = new ArrayList<>();
    for (JsonNode i : service.path("status").path("loadBalancer").path("ingress")) {
      String ip = i.path("ip").asString("");
      if (!ip.isEmpty()) {
        ips.add(ip);
      }
    }
    return ips.isEmpty()
        ? service.path("spec").path("loadBalancerIP").asString("")
        : String.join(",", ips);
  }
}
