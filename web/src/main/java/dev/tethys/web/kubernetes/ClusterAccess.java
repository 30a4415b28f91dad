package dev.tethys.web.kubernetes;

import dev.tethys.config.HttpClientConfig;
import dev.tethys.config.HttpClientConfig.Authorization;
import dev.tethys.config.ProxyConfig;
import dev.tethys.config.Secret;
import dev.tethys.config.TlsConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Address and credentials of a cluster's API. Requests use HTTP/1.1 even where the server offers
 * HTTP/2: with HTTP/2 all watches would share one connection, its failure and its limit of streams.
 */
public interface ClusterAccess {
  /** Returns the base URL that paths are appended to, without a trailing slash. */
  String base();

  /** Returns the client configuration with current credentials. */
  HttpClientConfig client() throws IOException, InterruptedException;

  /** The server rejected the credentials; cached ones are outdated. */
  default void refused() {}

  /** An API server with a configured address. */
  static ClusterAccess of(String url, HttpClientConfig client) {
    String base = url.replaceAll("/+$", "");
    HttpClientConfig http1 = client.withoutHttp2();
    return new ClusterAccess() {
      @Override
      public String base() {
        return base;
      }

      @Override
      public HttpClientConfig client() {
        return http1;
      }
    };
  }

  /** Directory of a pod's service account. */
  Path SERVICE_ACCOUNT = Path.of("/var/run/secrets/kubernetes.io/serviceaccount");

  /**
   * Returns access to the cluster this process runs in, using its pod's service account.
   *
   * @param outside remedy in the error outside a cluster
   */
  static ClusterAccess inCluster(
      Function<String, @Nullable String> environment, Path account, String outside) {
    return ofAccount(ownCluster(environment, outside), account);
  }

  /** The cluster at a URL, as a pod's service account. */
  static ClusterAccess ofAccount(String base, Path account) {
    Path ca = account.resolve("ca.crt");
    TlsConfig tls =
        new TlsConfig(
            "",
            Files.exists(ca) ? ca.toString() : "",
            "",
            "",
            Secret.NONE,
            "",
            "",
            false,
            null,
            null);
    HttpClientConfig client =
        client(
            new Authorization("Bearer", Secret.NONE, account.resolve("token").toString()),
            null,
            tls,
            ProxyConfig.NONE);
    return of(base, client);
  }

  /** Variant without credentials and without verification of the certificate. */
  static ClusterAccess anonymous(Function<String, @Nullable String> environment, String outside) {
    TlsConfig tls =
        new TlsConfig("", "", "", "", Secret.NONE, "", Secret.NONE, "", true, null, null);
    return of(ownCluster(environment, outside), client(null, null, tls, ProxyConfig.NONE));
  }

  private static String ownCluster(Function<String, @Nullable String> environment, String outside) {
    String host = environment.apply("KUBERNETES_SERVICE_HOST");
    String port = environment.apply("KUBERNETES_SERVICE_PORT");
    if (host == null || host.isEmpty() || port == null || port.isEmpty()) {
      throw new IllegalStateException(
          "unable to load in-cluster configuration, KUBERNETES_SERVICE_HOST and"
              + " KUBERNETES_SERVICE_PORT must be defined (outside of a cluster, "
              + outside
              + ")");
    }
    return "https://" + (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
  }

  /** Returns the namespace of this process's pod. */
  static String ownNamespace(Path account) {
    try {
      String s = Files.readString(account.resolve("namespace")).strip();
      if (s.isEmpty()) {
        throw new IllegalStateException("could not read own namespace name (empty file)");
      }
      return s;
    } catch (IOException e) {
      throw new IllegalStateException(
          "could not determine the pod's namespace: " + e.getMessage(), e);
    }
  }

  /** A client that authenticates in one of two ways, or only with a certificate. */
  static HttpClientConfig client(
      @Nullable Authorization authorization,
      HttpClientConfig.@Nullable BasicAuth basic,
      TlsConfig tls,
      ProxyConfig proxy) {
    return new HttpClientConfig(basic, authorization, null, tls, true, false, proxy, Map.of());
  }
}
