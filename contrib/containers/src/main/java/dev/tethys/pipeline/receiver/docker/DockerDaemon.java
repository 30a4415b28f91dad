package dev.tethys.pipeline.receiver.docker;

import dev.tethys.config.HttpClientConfig;
import dev.tethys.config.Key;
import dev.tethys.config.ProxyConfig;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.pipeline.client.ClientTlsSettings;
import dev.tethys.pipeline.receiver.kubernetes.JsonDocumentClient;
import dev.tethys.pipeline.receiver.kubernetes.KubernetesEnvironment;
import dev.tethys.web.client.DockerAddress;
import dev.tethys.web.kubernetes.ClusterAccess;
import java.io.IOException;
import java.net.URI;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Address and API version of a daemon.
 *
 * @param endpoint {@code unix://…}, {@code tcp://…}, {@code http://…} or {@code https://…}; {@code
 *     ""} for {@code DOCKER_HOST}, or the default socket
 * @param version API version, or {@code ""} for the daemon's own
 */
public record DockerDaemon(String endpoint, @Nullable ClientTlsSettings tls, String version) {
  private static final Pattern VERSION = Pattern.compile("(\\d{1,3})\\.(\\d{1,3})");

  /** The keys, inline in a section. */
  public static final class Keys {
    private final Key<String> endpoint;
    private final Key<ClientTlsSettings> tls;
    private final Key<String> version;
    private final int oldest;

    /**
     * Adds the keys.
     *
     * @param oldest minimum minor version of the API, after {@code 1.}
     */
    public Keys(Section s, int oldest) {
      this.oldest = oldest;
      endpoint =
          s.key(
              "endpoint",
              Type.STRING,
              DockerAddress.USUAL,
              "Address of the daemon: unix://, tcp://, http:// or https://.");
      tls = s.optional("tls", ClientTlsSettings.TYPE, "TLS settings for TCP.");
      version =
          s.key(
              "api_version",
              Type.STRING,
              "",
              "Version of the Docker API; by default that of the daemon.");
    }

    /** Reads the settings. */
    public DockerDaemon read(YamlObject o) {
      String at = o.get(endpoint);
      if (!at.isEmpty()) {
        String problem = problem(at);
        if (problem != null) {
          throw o.error(endpoint, problem);
        }
      }
      ClientTlsSettings t = o.find(tls);
      String plain = at.isEmpty() ? null : plain(at, t);
      if (plain != null) {
        throw o.error(tls, plain);
      }
      return new DockerDaemon(at, t, version(o));
    }

    private String version(YamlObject o) {
      String v = o.get(version).strip();
      if (v.isEmpty()) {
        return v;
      }
      Matcher m = VERSION.matcher(v);
      if (!m.matches()) {
        throw o.error(version, "api_version must be a version such as \"1.44\", not \"" + v + "\"");
      }
      if (Integer.parseInt(m.group(1)) < 1
          || (Integer.parseInt(m.group(1)) == 1 && Integer.parseInt(m.group(2)) < oldest)) {
        throw o.error(
            version,
            "api_version " + v + " is too old: 1." + oldest + " at least (1.40 requires quotes)");
      }
      return v;
    }
  }

  /** Validates an address; returns an error, or null if it is valid. */
  private static @Nullable String problem(String endpoint) {
    String wants = "\"" + endpoint + "\" is not a daemon address; it must be unix:///path,";
    wants += " tcp://host:port, http://host:port or https://host:port";
    if (endpoint.startsWith("unix:///") && endpoint.length() > "unix:///".length()) {
      return null;
    }
    try {
      return endpoint.matches("(tcp|https?)://.+") && URI.create(endpoint).getHost() != null
          ? null
          : wants;
    } catch (IllegalArgumentException e) {
      return wants;
    }
  }

  /** Returns the reason why {@code tls} has no effect at an address, or null if it has. */
  private static @Nullable String plain(String address, @Nullable ClientTlsSettings tls) {
    if (tls == null) {
      return null;
    }
    if (DockerAddress.isSocket(address)) {
      return "tls requires a TCP endpoint";
    }
    return address.startsWith("http://") && !tls.insecure()
        ? "\"" + address + "\" is without TLS: write tcp:// or https://, or leave tls out"
        : null;
  }

  /**
   * Resolves the daemon's address without a request.
   *
   * @throws IOException if the environment names none
   */
  public JsonDocumentClient createClient(KubernetesEnvironment environment) throws IOException {
    String address = endpoint;
    if (address.isEmpty()) {
      address = DockerAddress.ofEnvironment(environment.environment());
      String problem = problem(address);
      if (problem == null) {
        problem = plain(address, tls);
      }
      if (problem != null) {
        throw new IOException("DOCKER_HOST: " + problem);
      }
    }
    DockerAddress at = DockerAddress.of(address, tls != null && !tls.insecure());
    HttpClientConfig client =
        tls == null
            ? HttpClientConfig.DEFAULT_HTTP1
            : ClusterAccess.client(null, null, tls.config(), ProxyConfig.NONE);
    String base = at.base() + (version.isEmpty() ? "" : "/v" + version);
    return new JsonDocumentClient(
        ClusterAccess.of(base, client), environment.sender(), at.socket());
  }
}
