package dev.tethys.pipeline.processor.detection;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.web.kubernetes.ClusterAccess;
import dev.tethys.web.kubernetes.Kubeconfig;
import java.io.IOException;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Reads attributes of the node and cluster from the Kubernetes API. */
final class KubernetesDetector implements Detector {
  private static final Section SECTION = new Section("k8s_api", "Kubernetes node.");
  private static final Key<String> AUTH =
      SECTION.key(
          "auth_type",
          Type.oneOf("auth_type", List.of("serviceAccount", "kubeConfig", "none")),
          "serviceAccount",
          "Authentication to the Kubernetes API.");
  private static final Key<String> CONTEXT =
      SECTION.key(
          "context",
          Type.STRING,
          "",
          "Context of the kubeconfig file, instead of the current one; only with "
              + "auth_type kubeConfig.");
  private static final Key<String> NODE =
      SECTION.key(
          "node_from_env_var",
          Type.STRING,
          "",
          "Environment variable with the node name; K8S_NODE_NAME if empty.");
  private static final Key<RequestedAttributes> WANTED =
      RequestedAttributes.key(
          SECTION, Set.of("k8s.cluster.uid", "k8s.node.name", "k8s.node.uid"), Set.of());

  static {
    SECTION.notBuilt("kube_api_qps", "The detector sends only three requests.");
    SECTION.notBuilt("kube_api_burst", "The detector sends only three requests.");
  }

  static final Type<Detector> TYPE =
      SECTION.type(
          o ->
              new KubernetesDetector(
                  o.get(AUTH),
                  o.get(CONTEXT),
                  o.get(NODE).isEmpty() ? "K8S_NODE_NAME" : o.get(NODE),
                  o.get(WANTED)));

  private final String auth;
  private final String context;
  private final String variable;
  private final RequestedAttributes wanted;

  private KubernetesDetector(
      String auth, String context, String variable, RequestedAttributes wanted) {
    this.auth = auth;
    this.context = context;
    this.variable = variable;
    this.wanted = wanted;
  }

  @Override
  public Attributes detect(DetectionEnvironment place) throws IOException, InterruptedException {
    String node = place.variable(variable);
    if (node == null || node.isEmpty()) {
      throw new DetectionEnvironment.UnsetException(
          variable + " does not name this node: set it from spec.nodeName of the pod");
    }
    KubernetesApi api = api(place);
    Attributes a = new Attributes();
    if (wanted.has("k8s.node.name") || wanted.has("k8s.node.uid")) {
      JsonNode n = api.ask("/api/v1/nodes/" + node).path("metadata");
      wanted.put(a, "k8s.node.name", n.path("name").asString(""));
      wanted.put(a, "k8s.node.uid", n.path("uid").asString(""));
    }
    if (wanted.has("k8s.cluster.uid")) {
      wanted.put(a, "k8s.cluster.uid", cluster(api));
    }
    return a;
  }

  private KubernetesApi api(DetectionEnvironment place) throws IOException {
    try {
      return switch (auth) {
        case "kubeConfig" ->
            new KubernetesApi(
                place,
                new Kubeconfig(
                    Kubeconfig.ofUser(place.environment()), context, InstantSource.system()));
        case "none" ->
            new KubernetesApi(
                place, ClusterAccess.anonymous(place.environment(), Kubeconfig.OTHERWISE));
        default -> KubernetesApi.own(place);
      };
    } catch (IllegalStateException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  /** Returns the cluster ID from the kube-system namespace; null without permission. */
  private static @Nullable String cluster(KubernetesApi api)
      throws IOException, InterruptedException {
    try {
      return api.ask("/api/v1/namespaces/kube-system").path("metadata").path("uid").asString("");
    } catch (DetectionEnvironment.StatusException e) {
      if (e.status() == 401 || e.status() == 403) {
        return null;
      }
      throw e;
    }
  }
}
