package dev.tethys.pipeline.processor.detection;

import dev.tethys.config.HttpClientConfig;
import dev.tethys.config.ProxyConfig;
import dev.tethys.config.Secret;
import dev.tethys.config.TlsConfig;
import dev.tethys.web.client.Call;
import dev.tethys.web.cloud.Surroundings;
import java.io.IOException;
import java.net.URI;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/** The API of the Kubernetes that the process is in. */
final class KubernetesApi {
  private static final String ACCOUNT = "var/run/secrets/kubernetes.io/serviceaccount/";

  private final Place place;
  private final boolean account;
  private final Surroundings.Caller caller;

  /**
   * @param account whether the token of the pod's service account says who asks
   */
  KubernetesApi(Place place, boolean account) throws IOException {
    this.place = place;
    this.account = account;
    TlsConfig tls =
        new TlsConfig(
            "",
            place.root().resolve(ACCOUNT + "ca.crt").toString(),
            "",
            "",
            Secret.NONE,
            "",
            "",
            false,
            null,
            null);
    this.caller =
        place
            .clients()
            .of(
                new HttpClientConfig(
                    null, null, null, tls, true, false, ProxyConfig.NONE, Map.of()));
  }

  /** What is at a path. */
  JsonNode ask(String path) throws IOException, InterruptedException {
    String host = place.variable("KUBERNETES_SERVICE_HOST");
    String port = place.variable("KUBERNETES_SERVICE_PORT");
    if (host == null || port == null) {
      throw new IOException(
          "this is no pod of Kubernetes: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are"
              + " not set");
    }
    String at = host.contains(":") ? "[" + host + "]" : host;
    Call call = Call.get(URI.create("https://" + at + ":" + port + path));
    if (account) {
      String token = place.file(ACCOUNT + "token");
      if (token == null) {
        throw new IOException("there is no token of a service account in /" + ACCOUNT + "token");
      }
      call = call.withHeader("Authorization", "Bearer " + token);
    }
    return place.json(call, caller);
  }
}
