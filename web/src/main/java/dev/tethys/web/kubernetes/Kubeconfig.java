package dev.tethys.web.kubernetes;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.config.ConfigException;
import dev.tethys.config.HttpClientConfig;
import dev.tethys.config.HttpClientConfig.Authorization;
import dev.tethys.config.HttpClientConfig.BasicAuth;
import dev.tethys.config.ProxyConfig;
import dev.tethys.config.Secret;
import dev.tethys.config.TlsConfig;
import dev.tethys.config.UrlHost;
import dev.tethys.config.UrlText;
import dev.tethys.config.YamlDocument;
import dev.tethys.web.cloud.CredentialProgram;
import dev.tethys.web.cloud.CredentialProgram.Printed;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Context of a kubeconfig file: server, certificates and tokens. Tokens may come from a program
 * ({@code exec}), which runs again when its credentials have expired or were rejected.
 */
public final class Kubeconfig implements ClusterAccess {
  /** Remedy in the error outside a cluster, in the Collector's terms. */
  public static final String OTHERWISE = "auth_type: kubeConfig uses kubectl's credentials";

  /** Timeout of the program that provides credentials. */
  private static final Duration EXEC_TIMEOUT = Duration.ofSeconds(60);

  private static final JsonMapper JSON = JsonMapper.builder().build();

  private static final Duration EARLY = Duration.ofSeconds(10);

  private final Path file;
  private final String server;
  private final JsonNode cluster;
  private final JsonNode user;
  private final ProxyConfig proxy;
  private final InstantSource clock;
  private final Duration execTimeout;
  private final ReentrantLock lock = new ReentrantLock();

  @GuardedBy("lock")
  private @Nullable HttpClientConfig kept;

  @GuardedBy("lock")
  private Instant until = Instant.MAX;

  /**
   * @param context instead of the current one; {@code ""} for that
   * @throws IllegalStateException if the file cannot be used
   */
  public Kubeconfig(Path file, String context, InstantSource clock) {
    this(file, context, clock, EXEC_TIMEOUT);
  }

  Kubeconfig(Path file, String chosen, InstantSource clock, Duration execTimeout) {
    this.execTimeout = execTimeout;
    this.file = file.toAbsolutePath();
    this.clock = clock;
    JsonNode all;
    try {
      all = JSON.valueToTree(YamlDocument.read(file).root().asTree());
    } catch (NoSuchFileException e) {
      throw new IllegalStateException("kubeconfig: file not found: " + file, e);
    } catch (IOException | ConfigException e) {
      throw new IllegalStateException("kubeconfig: " + e.getMessage(), e);
    }
    String current = chosen.isEmpty() ? all.path("current-context").asString("") : chosen;
    JsonNode context = named(all, "contexts", "context", current);
    this.cluster = named(all, "clusters", "cluster", context.path("cluster").asString(""));
    String userName = context.path("user").asString("");
    this.user =
        userName.isEmpty() ? JSON.createObjectNode() : named(all, "users", "user", userName);
    this.server = cluster.path("server").asString("").replaceAll("/+$", "");
    if (server.isEmpty()) {
      throw new IllegalStateException(file + ": the cluster has no \"server\"");
    }
    this.proxy = proxy(cluster.path("proxy-url").asString(""));
    if (user.has("auth-provider")) {
      throw new IllegalStateException(
          file
              + ": auth-provider is not built in Tethys yet; kubectl has left it for \"exec\","
              + " which is");
    }
  }

  /** The file that kubectl reads; the first that exists, if {@code KUBECONFIG} names several. */
  public static Path ofUser(Function<String, @Nullable String> environment) {
    String named = environment.apply("KUBECONFIG");
    for (String s : named == null ? new String[0] : named.split(File.pathSeparator, -1)) {
      if (!s.isEmpty() && Files.exists(Path.of(s))) {
        return Path.of(s);
      }
    }
    String home = environment.apply("HOME");
    return Path.of(
        home == null || home.isEmpty() ? System.getProperty("user.home", "/") : home,
        ".kube",
        "config");
  }

  private JsonNode named(JsonNode all, String list, String what, String name) {
    for (JsonNode e : all.path(list)) {
      if (e.path("name").asString("").equals(name)) {
        return e.path(what);
      }
    }
    throw new IllegalStateException(file + ": " + what + " \"" + name + "\" does not exist");
  }

  @Override
  public String base() {
    return server;
  }

  @Override
  public void refused() {
    lock.lock();
    try {
      if (user.has("exec")) {
        kept = null;
      }
    } finally {
      lock.unlock();
    }
  }

  @Override
  public HttpClientConfig client() throws IOException, InterruptedException {
    lock.lockInterruptibly();
    try {
      HttpClientConfig c = kept;
      if (c == null || !clock.instant().isBefore(until)) {
        c = make();
        kept = c;
      }
      return c;
    } finally {
      lock.unlock();
    }
  }

  @GuardedBy("lock")
  private HttpClientConfig make() throws IOException, InterruptedException {
    until = Instant.MAX;
    JsonNode given = user.has("exec") ? execute(user.path("exec")) : JSON.createObjectNode();
    String certificate =
        given.path("clientCertificateData").asString(decoded(user, "client-certificate-data"));
    String key = given.path("clientKeyData").asString(decoded(user, "client-key-data"));
    TlsConfig tls =
        new TlsConfig(
            decoded(cluster, "certificate-authority-data"),
            cluster.has("certificate-authority-data") ? "" : path(cluster, "certificate-authority"),
            certificate,
            certificate.isEmpty() ? path(user, "client-certificate") : "",
            new Secret(key),
            key.isEmpty() ? path(user, "client-key") : "",
            cluster.path("tls-server-name").asString(""),
            cluster.path("insecure-skip-tls-verify").asBoolean(false),
            null,
            null);
    String token = given.path("token").asString(user.path("token").asString(""));
    String tokenFile = token.isEmpty() ? path(user, "tokenFile") : "";
    Authorization authorization =
        token.isEmpty() && tokenFile.isEmpty()
            ? null
            : new Authorization("Bearer", new Secret(token), tokenFile);
    String name = user.path("username").asString("");
    BasicAuth basic =
        name.isEmpty() || authorization != null
            ? null
            : new BasicAuth(name, "", new Secret(user.path("password").asString("")), "");
    return ClusterAccess.client(authorization, basic, tls, proxy);
  }

  private ProxyConfig proxy(String url) {
    if (url.isEmpty()) {
      return ProxyConfig.NONE;
    }
    try {
      URI uri = UrlText.read(url);
      String scheme = String.valueOf(uri.getScheme()).toLowerCase(Locale.ROOT);
      if (UrlHost.of(uri) != null && ProxyConfig.SCHEMES.contains(scheme)) {
        return new ProxyConfig(uri, "", false, Map.of());
      }
    } catch (URISyntaxException e) {
      // as below; its message contains the URL, which may have a password
    }
    throw new IllegalStateException(
        file
            + ": proxy-url of the cluster must be a URL such as http://proxy:3128, with one of the"
            + " schemes "
            + String.join(", ", ProxyConfig.SCHEMES));
  }

  private String path(JsonNode in, String key) {
    String s = in.path(key).asString("");
    return s.isEmpty() ? "" : file.resolveSibling(s).toString();
  }

  private String decoded(JsonNode in, String key) throws IOException {
    String s = in.path(key).asString("");
    try {
      return new String(Base64.getMimeDecoder().decode(s), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      throw new IOException(file + ": " + key + " is not base64", e);
    }
  }

  @GuardedBy("lock")
  private JsonNode execute(JsonNode exec) throws IOException, InterruptedException {
    String command = exec.path("command").asString("");
    List<String> line = new ArrayList<>();
    line.add(command.contains("/") ? file.resolveSibling(command).normalize().toString() : command);
    exec.path("args").forEach(a -> line.add(a.asString("")));
    ProcessBuilder b = new ProcessBuilder(line);
    exec.path("env")
        .forEach(
            e -> b.environment().put(e.path("name").asString(""), e.path("value").asString("")));
    b.environment()
        .put(
            "KUBERNETES_EXEC_INFO",
            "{\"kind\":\"ExecCredential\",\"apiVersion\":\""
                + exec.path("apiVersion").asString("")
                + "\",\"spec\":{\"interactive\":false}}");
    Printed printed;
    try {
      printed = CredentialProgram.run(b, execTimeout);
    } catch (IOException e) {
      throw new IOException(file + ": exec: " + command + ": " + e.getMessage(), e);
    }
    if (printed.status() != 0) {
      throw new IOException(file + ": exec: " + command + " ended with status " + printed.status());
    }
    try {
      JsonNode status = JSON.readTree(printed.text()).path("status");
      String expires = status.path("expirationTimestamp").asString("");
      if (!expires.isEmpty()) {
        until = Instant.parse(expires).minus(EARLY);
      }
      return status;
    } catch (JacksonException | DateTimeParseException e) {
      throw new IOException(file + ": exec: " + command + " did not print an ExecCredential", e);
    }
  }
}
