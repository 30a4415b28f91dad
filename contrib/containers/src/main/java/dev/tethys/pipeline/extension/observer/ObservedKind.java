package dev.tethys.pipeline.extension.observer;

import dev.tethys.model.telemetry.Attributes;
import dev.tethys.pipeline.receiver.endpoint.Endpoint;
import dev.tethys.pipeline.receiver.endpoint.EndpointKind;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import tools.jackson.databind.JsonNode;

/** Kind of cluster objects, with the endpoints of such an object. */
enum ObservedKind {
  POD("/api/v1", "pods", true, "spec.nodeName", ObservedKind::pod),
  NODE("/api/v1", "nodes", false, "metadata.name", ObservedKind::node),
  SERVICE("/api/v1", "services", true, "", ObservedKind::service),
  INGRESS("/apis/networking.k8s.io/v1", "ingresses", true, "", ObservedKind::ingress);

  private final String group;
  private final String plural;
  private final boolean namespaced;
  private final String nodeField;
  private final BiFunction<String, JsonNode, List<Endpoint>> reader;

  ObservedKind(
      String group,
      String plural,
      boolean namespaced,
      String nodeField,
      BiFunction<String, JsonNode, List<Endpoint>> reader) {
    this.group = group;
    this.plural = plural;
    this.namespaced = namespaced;
    this.nodeField = nodeField;
    this.reader = reader;
  }

  boolean namespaced() {
    return namespaced;
  }

  /** Returns the list path for one namespace; {@code ""} for all. */
  String path(String namespace) {
    return group + (namespace.isEmpty() ? "" : "/namespaces/" + namespace) + "/" + plural;
  }

  /**
   * Returns the field selector for the objects on a node; {@code ""} for all objects, or if the
   * kind has no node.
   */
  String selector(String node) {
    return node.isEmpty() || nodeField.isEmpty() ? "" : nodeField + "=" + node;
  }

  /**
   * Returns the endpoints of an object.
   *
   * @param observer observer ID, used as the prefix of endpoint IDs
   */
  List<Endpoint> endpoints(String observer, JsonNode object) {
    return reader.apply(observer, object);
  }

  private static Attributes meta(JsonNode object, boolean namespaced) {
    JsonNode m = object.path("metadata");
    Attributes a = new Attributes();
    text(a, "name", m.path("name"));
    text(a, "uid", m.path("uid"));
    if (namespaced) {
      text(a, "namespace", m.path("namespace"));
    }
    a.put("labels", texts(m.path("labels")));
    a.put("annotations", texts(m.path("annotations")));
    return a;
  }

  private static void text(Attributes to, String key, JsonNode value) {
    to.put(key, value.asString(""));
  }

  private static Attributes texts(JsonNode map) {
    Attributes a = new Attributes();
    map.properties().forEach(e -> text(a, e.getKey(), e.getValue()));
    return a;
  }

  private static String uid(JsonNode object) {
    return object.path("metadata").path("uid").asString("");
  }

  /** Returns endpoints for a running pod, its running containers and their ports. */
  private static List<Endpoint> pod(String observer, JsonNode pod) {
    JsonNode status = pod.path("status");
    if (!status.path("phase").asString("").equals("Running")) {
      return List.of();
    }
    String id = observer + "/" + uid(pod);
    String ip = status.path("podIP").asString("");
    List<Endpoint> out = new ArrayList<>();
    Attributes meta = meta(pod, true);
    out.add(Endpoint.of(id, ip, EndpointKind.POD, meta.copy()));
    Map<String, String> running = new HashMap<>();
    for (JsonNode s : status.path("containerStatuses")) {
      if (s.path("state").path("running").isObject()) {
        running.put(
            s.path("name").asString(""),
            s.path("containerID").asString("").replaceFirst("^[\\w.-]+://", ""));
      }
    }
    for (JsonNode c : pod.path("spec").path("containers")) {
      String name = c.path("name").asString("");
      String container = running.get(name);
      if (container == null) {
        continue;
      }
      Attributes own = inPod(meta, name, container, c);
      own.put("name", name);
      out.add(Endpoint.of(id + "/" + name, ip, EndpointKind.POD_CONTAINER, own));
      for (JsonNode p : c.path("ports")) {
        Attributes port = inPod(meta, name, container, c);
        long number = p.path("containerPort").asLong(0);
        String portName = p.path("name").asString("");
        String protocol = p.path("protocol").asString("TCP");
        port.put("name", portName);
        port.put("port", number);
        port.put("transport", protocol);
        port.put("protocol", protocol);
        out.add(
            Endpoint.of(
                id + "/" + portName + "(" + number + ")",
                Endpoint.address(ip, number),
                EndpointKind.PORT,
                port));
      }
    }
    return out;
  }

  /** Returns container attributes; pod attributes are shared by all containers. */
  private static Attributes inPod(Attributes pod, String name, String id, JsonNode container) {
    Attributes a = new Attributes();
    a.put("container_name", name);
    a.put("container_id", id);
    text(a, "container_image", container.path("image"));
    a.put("pod", pod);
    return a;
  }

  private static List<Endpoint> node(String observer, JsonNode node) {
    Map<String, String> addresses = new HashMap<>();
    for (JsonNode a : node.path("status").path("addresses")) {
      addresses.put(a.path("type").asString(""), a.path("address").asString(""));
    }
    Attributes own = meta(node, false);
    String target = "";
    for (String type :
        List.of("InternalIP", "InternalDNS", "Hostname", "ExternalIP", "ExternalDNS")) {
      String address = addresses.getOrDefault(type, "");
      target = target.isEmpty() ? address : target;
      own.put(
          switch (type) {
            case "InternalIP" -> "internal_ip";
            case "InternalDNS" -> "internal_dns";
            case "Hostname" -> "hostname";
            case "ExternalIP" -> "external_ip";
            default -> "external_dns";
          },
          address);
    }
    own.put(
        "kubelet_endpoint_port",
        node.path("status").path("daemonEndpoints").path("kubeletEndpoint").path("Port").asLong(0));
    String id = observer + "/" + node.path("metadata").path("name").asString("") + "-" + uid(node);
    return List.of(Endpoint.of(id, target, EndpointKind.NODE, own));
  }

  private static List<Endpoint> service(String observer, JsonNode service) {
    Attributes own = meta(service, true);
    text(own, "service_type", service.path("spec").path("type"));
    text(own, "cluster_ip", service.path("spec").path("clusterIP"));
    return List.of(
        Endpoint.of(
            observer + "/" + uid(service),
            own.get("name") + "." + own.get("namespace") + ".svc.cluster.local",
            EndpointKind.SERVICE,
            own));
  }

  /** Returns an endpoint for each path of an ingress. */
  private static List<Endpoint> ingress(String observer, JsonNode ingress) {
    List<String> secure = new ArrayList<>();
    for (JsonNode tls : ingress.path("spec").path("tls")) {
      tls.path("hosts").forEach(h -> secure.add(h.asString("")));
    }
    List<Endpoint> out = new ArrayList<>();
    for (JsonNode rule : ingress.path("spec").path("rules")) {
      String host = rule.path("host").asString("");
      boolean https = secure.stream().anyMatch(pattern -> isHost(pattern, host));
      for (JsonNode p : rule.path("http").path("paths")) {
        Attributes own = meta(ingress, true);
        String path = p.path("path").asString("");
        own.put("scheme", https ? "https" : "http");
        own.put("host", host);
        own.put("path", path);
        own.put("port", https ? 443L : 80L);
        out.add(
            Endpoint.of(
                observer + "/" + uid(ingress) + "/" + host + path,
                own.get("scheme") + "://" + host + path,
                EndpointKind.INGRESS,
                own));
      }
    }
    return out;
  }

  /** Whether a host matches, including {@code *} as its first part. */
  private static boolean isHost(String pattern, String host) {
    int dot = host.indexOf('.');
    return pattern.equals(host)
        || pattern.startsWith("*.") && dot > 0 && pattern.substring(1).equals(host.substring(dot));
  }
}
