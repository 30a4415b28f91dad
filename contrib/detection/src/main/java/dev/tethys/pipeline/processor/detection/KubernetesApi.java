package dev.tethys.pipeline.processor.detection;

import dev.tethys.web.client.ClientRequest;
import dev.tethys.web.kubernetes.ClusterAccess;
import dev.tethys.web.kubernetes.Kubeconfig;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import tools.jackson.databind.JsonNode;

/** Kubernetes API client for single objects. */
final class KubernetesApi {
  private static final Path ROOT = Path.of("/");

  private final DetectionEnvironment place;
  private final ClusterAccess access;

  KubernetesApi(DetectionEnvironment place, ClusterAccess access) {
    this.place = place;
    this.access = access;
  }

  /**
   * Returns the API of the cluster the process runs in, accessed with the pod's service account.
   */
  static KubernetesApi own(DetectionEnvironment place) throws IOException {
    try {
      return new KubernetesApi(
          place,
          ClusterAccess.inCluster(place.environment(), account(place), Kubeconfig.OTHERWISE));
    } catch (IllegalStateException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  /** Returns the directory of the pod's service account. */
  static Path account(DetectionEnvironment place) {
    return place.root().resolve(ROOT.relativize(ClusterAccess.SERVICE_ACCOUNT));
  }

  /** Address and credentials of the API. */
  ClusterAccess access() {
    return access;
  }

  /** Requests the object at a path. */
  JsonNode ask(String path) throws IOException, InterruptedException {
    return place.json(
        ClientRequest.get(URI.create(access.base() + path)), place.clients().of(access.client()));
  }
}
