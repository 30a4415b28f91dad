package dev.tethys.pipeline.receiver.kubelet;

import dev.tethys.config.HttpClientConfig;
import dev.tethys.config.HttpClientConfig.Authorization;
import dev.tethys.config.ProxyConfig;
import dev.tethys.config.Secret;
import dev.tethys.config.TlsConfig;
import dev.tethys.pipeline.receiver.kubernetes.ClusterSettings.Auth;
import dev.tethys.pipeline.receiver.kubernetes.JsonDocumentClient;
import dev.tethys.pipeline.receiver.kubernetes.KubernetesEnvironment;
import dev.tethys.web.kubernetes.ClusterAccess;
import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/** Client of a kubelet, at its own port or through the API of its cluster. */
final class Kubelet {
  private static final int SECURE_PORT = 10250;
  private static final int READ_ONLY_PORT = 10255;

  private final KubeletConfig config;
  private final JsonDocumentClient asking;

  /**
   * @throws IOException if its address is unknown
   */
  Kubelet(KubeletConfig config, KubernetesEnvironment environment) throws IOException {
    this.config = config;
    if (config.access().auth() != Auth.KUBECONFIG) { // otherwise the API has the address
      config.access().logUnused();
    }
    this.asking = new JsonDocumentClient(access(config, environment), environment.sender());
  }

  /** Requests the measurements. */
  JsonNode summary(Duration timeout) throws IOException, InterruptedException {
    return get("/stats/summary", "nodes/stats", timeout);
  }

  /** Requests the pods of its node. */
  JsonNode pods(Duration timeout) throws IOException, InterruptedException {
    return get("/pods", "nodes/pods (before Kubernetes 1.33 nodes/proxy)", timeout);
  }

  private JsonNode get(String path, String right, Duration timeout)
      throws IOException, InterruptedException {
    try {
      return asking.get(path, timeout);
    } catch (JsonDocumentClient.RefusedException e) {
      String hint =
          switch (e.status()) {
            case 401 -> "; it rejects auth_type: " + config.access().auth().word();
            case 403 ->
                "; the client requires the permission to get "
                    + (config.access().auth() == Auth.KUBECONFIG ? "nodes/proxy" : right);
            default -> "";
          };
      throw new IOException(e.getMessage() + hint, e);
    }
  }

  private static ClusterAccess access(KubeletConfig c, KubernetesEnvironment environment)
      throws IOException {
    return switch (c.access().auth()) {
      case KUBECONFIG -> proxied(c, c.access().access(environment));
      case SERVICE_ACCOUNT -> {
        Path own = environment.account().resolve("ca.crt");
        String ca = !c.caFile().isEmpty() ? c.caFile() : Files.exists(own) ? own.toString() : "";
        Authorization token =
            new Authorization(
                "Bearer", Secret.NONE, environment.account().resolve("token").toString());
        yield at(c, SECURE_PORT, ClusterAccess.client(token, null, tls(c, ca), ProxyConfig.NONE));
      }
      case TLS ->
          at(
              c,
              SECURE_PORT,
              ClusterAccess.client(null, null, tls(c, c.caFile()), ProxyConfig.NONE));
      case NONE ->
          at(
              c,
              READ_ONLY_PORT,
              ClusterAccess.client(null, null, tls(c, c.caFile()), ProxyConfig.NONE));
    };
  }

  private static TlsConfig tls(KubeletConfig c, String ca) {
    return new TlsConfig(
            "", ca, "", c.certFile(), Secret.NONE, c.keyFile(), "", c.skipVerify(), null, null)
        .with(List.of(), List.of(), !ca.isEmpty());
  }

  private static ClusterAccess at(KubeletConfig c, int usualPort, HttpClientConfig client)
      throws IOException {
    String scheme = usualPort == SECURE_PORT ? "https://" : "http://";
    String url = c.endpoint();
    if (url.isEmpty()) {
      url = scheme + ownName() + ":" + usualPort;
    } else if (!url.startsWith("http://") && !url.startsWith("https://")) {
      url = scheme + url;
    }
    try {
      if (URI.create(url).getHost() == null) {
        throw new IllegalArgumentException("it has no host");
      }
    } catch (IllegalArgumentException e) {
      throw new IOException(
          "endpoint: \"" + c.endpoint() + "\" is not a valid kubelet address: " + e.getMessage(),
          e);
    }
    return ClusterAccess.of(url, client);
  }

  private static String ownName() throws IOException {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      throw new IOException("this host has no name; say which kubelet with endpoint", e);
    }
  }

  /** Access through the API, which forwards requests to a node. */
  private static ClusterAccess proxied(KubeletConfig c, ClusterAccess api) {
    return new ClusterAccess() {
      @Override
      public String base() {
        return api.base() + "/api/v1/nodes/" + c.endpoint() + "/proxy";
      }

      @Override
      public HttpClientConfig client() throws IOException, InterruptedException {
        HttpClientConfig as = api.client();
        return c.skipVerify() ? trusting(as) : as;
      }

      @Override
      public void refused() {
        api.refused();
      }
    };
  }

  private static HttpClientConfig trusting(HttpClientConfig c) {
    TlsConfig t = c.tls();
    TlsConfig any =
        new TlsConfig(
            "",
            "",
            t.cert(),
            t.certFile(),
            t.key(),
            t.keyFile(),
            t.serverName(),
            true,
            t.minVersion(),
            t.maxVersion());
    return new HttpClientConfig(
        c.basicAuth(), c.authorization(), null, any, true, false, c.proxy(), Map.of());
  }
}
