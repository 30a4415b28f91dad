package dev.tethys.collect.kubernetes.state;

import java.util.List;
import tools.jackson.databind.JsonNode;

/** Metrics of services, their endpoints and ingresses. */
final class ServiceFamilies {
  private static final String NETWORKING = "/apis/networking.k8s.io/v1/";

  private ServiceFamilies() {}

  static List<StateKind> kinds() {
    return List.of(services(), endpoints(), slices(), ingresses(), ingressClasses());
  }

  private static StateKind services() {
    String p = "kube_service";
    return KindBuilder.namespaced("/api/v1/services", "service")
        .common("uid", "/metadata/uid")
        .metadata(p)
        .deletion(p)
        .info(
            p + "_info",
            "Information about service.",
            "cluster_ip=/spec/clusterIP",
            "external_name=/spec/externalName",
            "load_balancer_ip=/spec/loadBalancerIP",
            "external_traffic_policy=/spec/externalTrafficPolicy")
        .info(p + "_spec_type", "Type about service.", "type=/spec/type")
        .each(
            p + "_spec_external_ip",
            "Service external ips. One series for each ip.",
            "/spec/externalIPs",
            "external_ip=")
        .each(
            p + "_status_load_balancer_ingress",
            "Service load balancer ingress status.",
            "/status/loadBalancer/ingress",
            "ip=/ip",
            "hostname=/hostname")
        .build();
  }

  private static StateKind endpoints() {
    String p = "kube_endpoint";
    return KindBuilder.namespaced("/api/v1/endpoints", "endpoint")
        .created(p)
        .annotations(p)
        .info(p + "_info", "Information about endpoint.")
        .gauge(
            p + "_address",
            "Information about Endpoint available and non available addresses.",
            (o, to) -> {
              for (JsonNode s : o.path("subsets")) {
                addresses(s, "addresses", "true", to);
                addresses(s, "notReadyAddresses", "false", to);
              }
            },
            "port_protocol",
            "port_number",
            "port_name",
            "ip",
            "ready")
        .gauge(
            p + "_ports",
            "Information about the Endpoint ports.",
            (o, to) -> {
              for (JsonNode s : o.path("subsets")) {
                for (JsonNode port : s.path("ports")) {
                  to.add(
                      1,
                      ObjectFields.text(port.path("name")),
                      ObjectFields.text(port.path("protocol")),
                      ObjectFields.text(port.path("port")));
                }
              }
            },
            "port_name",
            "port_protocol",
            "port_number")
        .build();
  }

  private static void addresses(JsonNode subset, String key, String ready, SeriesBuffer to) {
    for (JsonNode port : subset.path("ports")) {
      for (JsonNode a : subset.path(key)) {
        to.add(
            1,
            ObjectFields.text(port.path("protocol")),
            ObjectFields.text(port.path("port")),
            ObjectFields.text(port.path("name")),
            ObjectFields.text(a.path("ip")),
            ready);
      }
    }
  }

  private static StateKind slices() {
    String p = "kube_endpointslice";
    return KindBuilder.namespaced("/apis/discovery.k8s.io/v1/endpointslices", "endpointslice")
        .created(p)
        .annotations(p)
        .info(p + "_info", "Information about endpointslice.", "addresstype=/addressType")
        .each(
            p + "_ports",
            "Ports attached to the endpointslice.",
            "/ports",
            "port_name=/name",
            "port_protocol=/protocol",
            "port_number=/port")
        .gauge(
            p + "_endpoints",
            "Endpoints attached to the endpointslice.",
            ServiceFamilies::sliceEndpoints,
            "ready",
            "serving",
            "terminating",
            "hostname",
            "targetref_kind",
            "targetref_name",
            "targetref_namespace",
            "nodename",
            "endpoint_zone",
            "address")
        .gauge(
            p + "_endpoints_hints",
            "Topology routing hints attached to endpoints.",
            (o, to) -> {
              for (JsonNode e : o.path("endpoints")) {
                for (JsonNode zone : e.path("hints").path("forZones")) {
                  to.add(
                      1,
                      ObjectFields.text(e.path("addresses").path(0)),
                      ObjectFields.text(zone.path("name")));
                }
              }
            },
            "address",
            "for_zone")
        .build();
  }

  private static void sliceEndpoints(JsonNode o, SeriesBuffer to) {
    for (JsonNode e : o.path("endpoints")) {
      JsonNode c = e.path("conditions");
      JsonNode target = e.path("targetRef");
      for (JsonNode address : e.path("addresses")) {
        to.add(
            1,
            ObjectFields.text(c.path("ready")),
            ObjectFields.text(c.path("serving")),
            ObjectFields.text(c.path("terminating")),
            ObjectFields.text(e.path("hostname")),
            ObjectFields.text(target.path("kind")),
            ObjectFields.text(target.path("name")),
            ObjectFields.text(target.path("namespace")),
            ObjectFields.text(e.path("nodeName")),
            ObjectFields.text(e.path("zone")),
            ObjectFields.text(address));
      }
    }
  }

  private static StateKind ingresses() {
    String p = "kube_ingress";
    return KindBuilder.namespaced(NETWORKING + "ingresses", "ingress")
        .metadata(p)
        .resourceVersion(p)
        .gauge(
            p + "_info",
            "Information about ingress.",
            (o, to) -> {
              String own = ObjectFields.text(o.path("spec").path("ingressClassName"));
              String old =
                  ObjectFields.text(
                      o.path("metadata").path("annotations").path("kubernetes.io/ingress.class"));
              to.add(1, !own.isEmpty() ? own : old.isEmpty() ? "_default" : old);
            },
            "ingressclass")
        .gauge(
            p + "_path",
            "Ingress host, paths and backend service information.",
            ServiceFamilies::paths,
            "host",
            "path",
            "path_type",
            "service_name",
            "service_port",
            "resource_api_group",
            "resource_kind",
            "resource_name")
        .gauge(
            p + "_tls",
            "Ingress TLS host and secret information.",
            (o, to) -> {
              for (JsonNode tls : o.path("spec").path("tls")) {
                for (JsonNode host : tls.path("hosts")) {
                  to.add(1, ObjectFields.text(host), ObjectFields.text(tls.path("secretName")));
                }
              }
            },
            "tls_host",
            "secret")
        .build();
  }

  private static void paths(JsonNode o, SeriesBuffer to) {
    for (JsonNode rule : o.path("spec").path("rules")) {
      for (JsonNode path : rule.path("http").path("paths")) {
        JsonNode service = path.path("backend").path("service");
        JsonNode resource = path.path("backend").path("resource");
        JsonNode port = service.path("port");
        String number = ObjectFields.text(port.path("number"));
        to.add(
            1,
            ObjectFields.text(rule.path("host")),
            ObjectFields.text(path.path("path")),
            ObjectFields.text(path.path("pathType")),
            ObjectFields.text(service.path("name")),
            number.isEmpty() ? ObjectFields.text(port.path("name")) : number,
            ObjectFields.text(resource.path("apiGroup")),
            ObjectFields.text(resource.path("kind")),
            ObjectFields.text(resource.path("name")));
      }
    }
  }

  private static StateKind ingressClasses() {
    String p = "kube_ingressclass";
    return new KindBuilder(NETWORKING + "ingressclasses", "ingressclass")
        .metadata(p)
        .info(p + "_info", "Information about ingressclass.", "controller=/spec/controller")
        .build();
  }
}
