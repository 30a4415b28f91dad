package dev.tethys.pipeline.processor.detection;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.model.log.JulLogger;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.web.cloud.XmlReader;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.w3c.dom.Element;
import tools.jackson.databind.JsonNode;

/**
 * Detects a node of Amazon EKS from the instance metadata or, if a pod cannot reach them, from
 * Kubernetes and EC2.
 */
final class EksDetector implements Detector {
  private static final Section SECTION =
      new Section("eks", "Node of AWS Elastic Kubernetes Service (EKS).");
  private static final System.Logger LOG = JulLogger.of(EksDetector.class.getName());
  private static final Key<String> NODE =
      SECTION.key(
          "node_from_env_var",
          Type.STRING,
          "K8S_NODE_NAME",
          "Environment variable with the node name, used where the instance "
              + "metadata is not available.");
  private static final Key<RequestedAttributes> WANTED =
      RequestedAttributes.key(
          SECTION,
          Set.of("cloud.platform", "cloud.provider"),
          Set.of(
              "cloud.account.id",
              "cloud.availability_zone",
              "cloud.region",
              "host.id",
              "host.image.id",
              "host.name",
              "host.type",
              "k8s.cluster.name"));
  static final Type<Detector> TYPE = SECTION.type(o -> new EksDetector(o.get(NODE), o.get(WANTED)));

  private final String variable;
  private final RequestedAttributes wanted;

  private EksDetector(String variable, RequestedAttributes wanted) {
    this.variable = variable;
    this.wanted = wanted;
  }

  @Override
  public Attributes detect(DetectionEnvironment place) throws IOException, InterruptedException {
    Attributes a = new Attributes();
    if (!place.has("KUBERNETES_SERVICE_HOST")) {
      return a;
    }
    KubernetesApi api = KubernetesApi.own(place);
    if (!isThere(place, api)) {
      return a;
    }
    wanted.put(a, "cloud.provider", "aws");
    wanted.put(a, "cloud.platform", "aws_eks");
    Ec2Metadata metadata;
    try {
      metadata = Ec2Metadata.of(place, 1, java.time.Duration.ZERO);
    } catch (IOException e) {
      ofApis(place, api, a);
      return a;
    }
    metadata.describe(wanted, a);
    if (wanted.has("k8s.cluster.name")) {
      Element machine = machine(place, metadata.region(), metadata.id());
      wanted.put(a, "k8s.cluster.name", cluster(machine));
    }
    return a;
  }

  private static boolean isThere(DetectionEnvironment place, KubernetesApi api)
      throws IOException, InterruptedException {
    String web = place.variable("AWS_WEB_IDENTITY_TOKEN_FILE");
    String pod = place.variable("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
    if (web != null && web.contains("eks.amazonaws.com")
        || pod != null && pod.contains("eks-pod-identity")) {
      return true;
    }
    try {
      JsonNode about = api.ask("/.well-known/openid-configuration");
      if (about.path("issuer").asString("").contains("oidc.eks.")) {
        return true;
      }
    } catch (IOException e) {
      // the version also shows it
    }
    return api.ask("/version").path("gitVersion").asString("").contains("-eks-");
  }

  /** Adds attributes of the Kubernetes node, which names the instance, and of the EC2 instance. */
  private void ofApis(DetectionEnvironment place, KubernetesApi api, Attributes to)
      throws IOException, InterruptedException {
    String node = place.variable(variable);
    if (node == null || node.isEmpty()) {
      throw new IOException(
          "no EC2 metadata, and "
              + variable
              + " does not name this node: set it from spec.nodeName of the pod");
    }
    String provider = api.ask("/api/v1/nodes/" + node).path("spec").path("providerID").asString("");
    String[] parts = provider.split("/"); // aws:///us-west-2a/i-0123456789abcdef0
    if (parts.length < 5 || !parts[0].equals("aws:") || parts[3].isEmpty()) {
      throw new IOException("no EC2 machine is named " + provider);
    }
    String zone = parts[3];
    String region = zone.substring(0, zone.length() - 1);
    wanted.put(to, "host.id", parts[4]);
    wanted.put(to, "cloud.availability_zone", zone);
    wanted.put(to, "cloud.region", region);
    Element reservation = machine(place, region, parts[4]);
    wanted.put(to, "cloud.account.id", text(reservation, "ownerId"));
    Element machine = XmlReader.child(reservation, "instancesSet", "item");
    wanted.put(to, "host.image.id", text(machine, "imageId"));
    wanted.put(to, "host.type", text(machine, "instanceType"));
    wanted.put(to, "host.name", text(machine, "privateDnsName"));
    wanted.put(to, "k8s.cluster.name", cluster(reservation));
  }

  /**
   * Returns the reservation of an instance from EC2; null if there is none or the node's role lacks
   * permission, because the other attributes are still useful.
   */
  private static @Nullable Element machine(DetectionEnvironment place, String region, String id)
      throws InterruptedException {
    try {
      return new Ec2Api(place, region).reservation(id);
    } catch (IOException e) {
      LOG.log(
          Level.WARNING,
          "eks: EC2 instance {0} not described, cluster name is unknown: {1}",
          id,
          e.getMessage());
      return null;
    }
  }

  private static @Nullable String cluster(@Nullable Element reservation) {
    Element tags = XmlReader.child(reservation, "instancesSet", "item", "tagSet");
    for (Element tag : XmlReader.children(tags, "item")) {
      String key = XmlReader.text(tag, "key");
      if (key.equals("aws:eks:cluster-name") || key.equals("eks:cluster-name")) {
        return XmlReader.text(tag, "value");
      }
      if (key.startsWith("kubernetes.io/cluster/")) {
        return key.substring("kubernetes.io/cluster/".length());
      }
    }
    return null;
  }

  private static @Nullable String text(@Nullable Element e, String name) {
    String s = XmlReader.text(e, name);
    return s.isEmpty() ? null : s;
  }
}
