package dev.tethys.pipeline.processor.detection;

import com.google.re2j.Pattern;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.web.client.ClientRequest;
import java.io.IOException;
import java.net.URI;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Azure virtual machines, including nodes of Azure Kubernetes Service. */
final class AzureDetectors {
  private static final URI METADATA =
      URI.create(
          "http://169.254.169.254/metadata/instance/compute?api-version=2020-09-01&format=json");

  private static final Section AZURE = new Section("azure", "Azure virtual machine.");
  private static final Key<List<Pattern>> TAGS =
      AZURE.key("tags", Type.list(Type.REGEX), List.of(), "Names of tags that become attributes.");
  private static final Key<RequestedAttributes> WANTED =
      RequestedAttributes.key(
          AZURE,
          Set.of(
              "azure.resourcegroup.name",
              "azure.vm.name",
              "azure.vm.scaleset.name",
              "azure.vm.size",
              "cloud.account.id",
              "cloud.platform",
              "cloud.provider",
              "cloud.region",
              "host.id",
              "host.name"),
          Set.of("cloud.availability_zone"));
  static final Type<Detector> TYPE =
      AZURE.type(
          o -> {
            RequestedAttributes wanted = o.get(WANTED);
            List<Pattern> tags = o.get(TAGS);
            return place -> machine(place, wanted, tags);
          });

  private static final Section AKS = new Section("aks", "Node of Azure Kubernetes Service (AKS).");
  private static final Key<RequestedAttributes> AKS_WANTED =
      RequestedAttributes.key(
          AKS, Set.of("cloud.platform", "cloud.provider"), Set.of("k8s.cluster.name"));
  static final Type<Detector> AKS_TYPE =
      AKS.type(
          o -> {
            RequestedAttributes wanted = o.get(AKS_WANTED);
            return place -> node(place, wanted);
          });

  private AzureDetectors() {}

  /** Returns Azure's instance metadata, or null outside Azure. */
  private static @Nullable JsonNode metadata(DetectionEnvironment place)
      throws InterruptedException {
    try {
      return place.json(ClientRequest.get(METADATA).withHeader("Metadata", "true"));
    } catch (IOException e) {
      return null;
    }
  }

  private static Attributes machine(
      DetectionEnvironment place, RequestedAttributes wanted, List<Pattern> tags)
      throws InterruptedException {
    Attributes a = new Attributes();
    JsonNode m = metadata(place);
    if (m == null) {
      return a;
    }
    wanted.put(a, "cloud.provider", "azure");
    wanted.put(a, "cloud.platform", "azure.vm");
    JsonNode os = m.path("osProfile");
    boolean named = !os.path("computerName").asString("").isEmpty();
    wanted.putText(a, "host.name", named ? os : m, named ? "computerName" : "name");
    wanted.putText(a, "cloud.region", m, "location");
    wanted.putText(a, "host.id", m, "vmId");
    wanted.putText(a, "cloud.account.id", m, "subscriptionId");
    wanted.putText(a, "cloud.availability_zone", m, "zone");
    wanted.putText(a, "azure.vm.name", m, "name");
    wanted.putText(a, "azure.vm.size", m, "vmSize");
    wanted.putText(a, "azure.vm.scaleset.name", m, "vmScaleSetName");
    wanted.putText(a, "azure.resourcegroup.name", m, "resourceGroupName");
    for (JsonNode tag : m.path("tagsList")) {
      String key = tag.path("name").asString("");
      if (tags.stream().anyMatch(p -> p.matcher(key).find())) {
        a.put("azure.tag." + key, tag.path("value").asString(""));
      }
    }
    return a;
  }

  private static Attributes node(DetectionEnvironment place, RequestedAttributes wanted)
      throws InterruptedException {
    Attributes a = new Attributes();
    JsonNode m = place.has("KUBERNETES_SERVICE_HOST") ? metadata(place) : null;
    if (m == null) {
      return a;
    }
    wanted.put(a, "cloud.provider", "azure");
    wanted.put(a, "cloud.platform", "azure.aks");
    wanted.put(a, "k8s.cluster.name", cluster(m.path("resourceGroupName").asString("")));
    return a;
  }

  /**
   * Returns the cluster from {@code MC_<group>_<cluster>_<location>}, if the name has this form.
   */
  private static String cluster(String group) {
    String[] parts = group.split("_", -1);
    return parts.length == 4 && parts[0].equalsIgnoreCase("mc") ? parts[2] : group;
  }
}
