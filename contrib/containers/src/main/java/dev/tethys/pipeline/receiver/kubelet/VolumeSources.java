package dev.tethys.pipeline.receiver.kubelet;

import dev.tethys.pipeline.receiver.kubernetes.JsonDocumentClient;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Attributes of the sources of volumes, with claims resolved if the API of the cluster is
 * available. An entry is cached for as long as each scrape sees its volume.
 */
final class VolumeSources {
  /** Volume types by key, for those without further attributes. */
  private static final String[] PLAIN = {
    "configMap", "downwardAPI", "emptyDir", "secret", "hostPath", "local"
  };

  private final @Nullable JsonDocumentClient api;
  private Map<String, JsonNode> before = Map.of();
  private Map<String, JsonNode> now = new HashMap<>();
  private @Nullable IOException failed; // in this look

  VolumeSources(@Nullable JsonDocumentClient api) {
    this.api = api;
  }

  /** Starts a collection. */
  void begin() {
    before = now;
    now = new HashMap<>();
    failed = null;
  }

  /**
   * Returns the attributes of a volume.
   *
   * @param id volume ID, unique within the node
   * @throws IOException if a claim cannot be looked up; no further claims are looked up in the same
   *     scrape
   */
  Map<String, Object> attributes(JsonNode volume, String id, String namespace, Duration timeout)
      throws IOException, InterruptedException {
    Map<String, Object> out = new LinkedHashMap<>();
    String claim = volume.path("persistentVolumeClaim").path("claimName").asString("");
    if (claim.isEmpty()) {
      describe(volume, out);
      return out;
    }
    out.put("k8s.volume.type", "persistentVolumeClaim");
    out.put("k8s.persistentvolumeclaim.name", claim);
    JsonDocumentClient asked = api;
    if (asked != null) {
      JsonNode known = before.get(id);
      JsonNode spec = known != null ? known : behind(asked, claim, namespace, timeout);
      now.put(id, spec);
      describe(spec, out);
    }
    return out;
  }

  private JsonNode behind(
      JsonDocumentClient asked, String claim, String namespace, Duration timeout)
      throws IOException, InterruptedException {
    if (failed != null) {
      throw failed;
    }
    try {
      String name =
          asked
              .get("/api/v1/namespaces/" + namespace + "/persistentvolumeclaims/" + claim, timeout)
              .path("spec")
              .path("volumeName")
              .asString("");
      if (name.isEmpty()) {
        throw new JsonDocumentClient.RefusedException(
            0, "claim " + claim + " is not bound to a " + "volume yet");
      }
      return asked.get("/api/v1/persistentvolumes/" + name, timeout).path("spec");
    } catch (JsonDocumentClient.RefusedException e) {
      if (e.status() != 0 && e.status() != 404) {
        failed = e; // the others would fail too
      }
      throw e;
    } catch (IOException e) {
      failed = e;
      throw e;
    }
  }

  private static void describe(JsonNode volume, Map<String, Object> out) {
    for (String kind : PLAIN) {
      if (volume.has(kind)) {
        out.put("k8s.volume.type", kind);
        return;
      }
    }
    JsonNode aws = volume.path("awsElasticBlockStore");
    JsonNode gce = volume.path("gcePersistentDisk");
    JsonNode gluster = volume.path("glusterfs");
    if (aws.isObject()) {
      out.put("k8s.volume.type", "awsElasticBlockStore");
      out.put("aws.volume.id", aws.path("volumeID").asString(""));
      disk(aws, out);
    } else if (gce.isObject()) {
      out.put("k8s.volume.type", "gcePersistentDisk");
      out.put("gce.pd.name", gce.path("pdName").asString(""));
      disk(gce, out);
    } else if (gluster.isObject()) {
      out.put("k8s.volume.type", "glusterfs");
      out.put("glusterfs.endpoints.name", gluster.path("endpoints").asString(""));
      out.put("glusterfs.path", gluster.path("path").asString(""));
    }
  }

  private static void disk(JsonNode disk, Map<String, Object> out) {
    out.put("fs.type", disk.path("fsType").asString(""));
    out.put("partition", Integer.toString(disk.path("partition").asInt(0)));
  }
}
