package dev.tethys.pipeline.receiver.endpoint;

import dev.tethys.pipeline.operators.expr.Shape;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Kind of endpoint, with the fields available to expressions. */
public enum EndpointKind {
  POD(
      "pod",
      Map.of(
          "k8s.pod.name", "`name`", "k8s.pod.uid", "`uid`", "k8s.namespace.name", "`namespace`")),

  /** Port of a container in a pod. */
  PORT("port", ofPod(Map.of())),

  POD_CONTAINER(
      "pod.container",
      ofPod(
          Map.of(
              "container.name", "`container_name`",
              "k8s.container.name", "`container_name`",
              "container.image.name", "`container_image`",
              "container.id", "`container_id`"))),

  /** Port on which a local process listens. */
  HOST_PORT("hostport", Map.of()),

  /** Port of a Docker container. */
  CONTAINER("container", Map.of("container.name", "`name`", "container.image.name", "`image`")),
  SERVICE("k8s.service", Map.of("k8s.namespace.name", "`namespace`")),
  INGRESS("k8s.ingress", Map.of("k8s.namespace.name", "`namespace`")),
  NODE("k8s.node", Map.of("k8s.node.name", "`name`", "k8s.node.uid", "`uid`"));

  private final String word;
  private final Map<String, String> attributes;

  EndpointKind(String word, Map<String, String> attributes) {
    this.word = word;
    this.attributes = attributes;
  }

  private static Map<String, String> ofPod(Map<String, String> further) {
    Map<String, String> all = new LinkedHashMap<>(further);
    all.put("k8s.pod.name", "`pod.name`");
    all.put("k8s.pod.uid", "`pod.uid`");
    all.put("k8s.namespace.name", "`pod.namespace`");
    return all;
  }

  /** Returns the name used in rules. */
  public String word() {
    return word;
  }

  /** Returns the kind with a name. */
  public static Optional<EndpointKind> of(String word) {
    return Arrays.stream(values()).filter(k -> k.word.equals(word)).findFirst();
  }

  /**
   * Returns the default resource attributes of receivers at such endpoints, with their expressions.
   */
  public Map<String, String> attributes() {
    return Collections.unmodifiableMap(attributes);
  }

  /** Fields available to expressions. */
  public Shape.Fields fields() {
    return Fields.OF.getOrDefault(this, new Shape.Fields(Map.of()));
  }

  /** Holder class, because some kinds combine several. */
  private static final class Fields {
    static final Map<EndpointKind, Shape.Fields> OF = new LinkedHashMap<>();

    static {
      Map<String, Shape> pod = new LinkedHashMap<>();
      strings(pod, "name", "namespace", "uid");
      marks(pod);
      for (EndpointKind k : values()) {
        Map<String, Shape> f = new LinkedHashMap<>();
        strings(f, "type", "id", "endpoint", "host");
        switch (k) {
          case POD -> f.putAll(pod);
          case PORT -> {
            strings(f, "name", "transport", "protocol");
            strings(f, "container_name", "container_id", "container_image");
            f.put("port", Shape.NUMBER);
            f.put("pod", new Shape.Fields(pod));
          }
          case POD_CONTAINER -> {
            strings(f, "name", "container_name", "container_id", "container_image");
            f.put("pod", new Shape.Fields(pod));
          }
          case HOST_PORT -> {
            strings(f, "process_name", "command", "transport");
            f.put("is_ipv6", Shape.BOOL);
            f.put("port", Shape.NUMBER);
          }
          case CONTAINER -> {
            strings(f, "name", "image", "tag", "command", "container_id", "transport");
            f.put("port", Shape.NUMBER);
            f.put("alternate_port", Shape.NUMBER);
            f.put("labels", Shape.TEXTS);
          }
          case SERVICE -> {
            strings(f, "name", "namespace", "uid", "service_type", "cluster_ip");
            marks(f);
          }
          case INGRESS -> {
            strings(f, "name", "namespace", "uid", "scheme", "path");
            f.put("port", Shape.NUMBER);
            marks(f);
          }
          case NODE -> {
            strings(f, "name", "uid", "hostname");
            strings(f, "external_ip", "internal_ip", "external_dns", "internal_dns");
            f.put("kubelet_endpoint_port", Shape.NUMBER);
            marks(f);
          }
        }
        OF.put(k, new Shape.Fields(Collections.unmodifiableMap(f)));
      }
    }

    private static void strings(Map<String, Shape> to, String... names) {
      for (String n : names) {
        to.put(n, Shape.STRING);
      }
    }

    private static void marks(Map<String, Shape> to) {
      to.put("labels", Shape.TEXTS);
      to.put("annotations", Shape.TEXTS);
    }
  }
}
