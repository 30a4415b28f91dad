package dev.tethys.collect.discovery.kubernetes;

import dev.tethys.collect.discovery.RestClient;
import dev.tethys.testkit.KubernetesDouble;
import dev.tethys.web.kubernetes.ResourceWatch;
import java.io.IOException;

/** The double of a cluster's API, spoken to in resources. */
final class ClusterDouble extends KubernetesDouble {
  ClusterDouble() throws IOException {}

  void put(Resource resource, String json) {
    put(resource.path(""), ResourceWatch.key(RestClient.JSON.readTree(json)), json);
  }

  void delete(Resource resource, String key) {
    delete(resource.path(""), key);
  }

  void bookmark(Resource resource) {
    bookmark(resource.path(""));
  }
}
