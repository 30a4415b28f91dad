package dev.tethys.web.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.config.HttpClientConfig.Authorization;
import dev.tethys.config.Secret;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("slow")
class ClusterAccessTest {
  private final Map<String, String> environment = new HashMap<>();
  private Instant now = Instant.parse("2026-01-02T03:04:05Z");

  @Test
  void kubeconfigFileNamesServerAndToken(@TempDir Path folder) throws Exception {
    Path script = folder.resolve("give");
    Files.writeString(
        script,
        """
        #!/bin/sh
        echo '{"kind":"ExecCredential","status":{"token":"'$T'","expirationTimestamp":"2026-01-02T03:05:05Z"}}'
        """);
    assertThat(script.toFile().setExecutable(true)).isTrue();
    Path file = folder.resolve("config");
    Files.writeString(
        file,
        """
        apiVersion: v1
        kind: Config
        current-context: c
        contexts: [{name: c, context: {cluster: k, user: u}}]
        clusters: [{name: k, cluster: {server: 'http://h:1/', certificate-authority: ca.crt}}]
        users: [{name: u, user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: ./give,
          env: [{name: T, value: secret}]}}}]
        """);
    Kubeconfig k = new Kubeconfig(file, "", () -> now);
    assertThat(k.base()).isEqualTo("http://h:1");
    assertThat(k.client().authorization())
        .isEqualTo(new Authorization("Bearer", new Secret("secret"), ""));
    assertThat(k.client().tls().caFile()).isEqualTo(folder.resolve("ca.crt").toString());
    Files.delete(script);
    assertThat(k.client()).as("kept while it lasts").isNotNull();
    now = now.plusSeconds(55);
    assertThatThrownBy(k::client).isInstanceOf(IOException.class).hasMessageContaining("exec");
    String good = Files.readString(file);
    for (String proxy : List.of("http://a b/", "ftp://p:1", "p:1")) {
      Files.writeString(
          file, good.replace("'http://h:1/'", "'http://h:1/', proxy-url: '" + proxy + "'"));
      assertThatThrownBy(() -> new Kubeconfig(file, "", () -> now))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("proxy-url of the cluster must be a URL such as");
    }
    Files.writeString(file, good.replace("current-context: c", ""));
    assertThatThrownBy(() -> new Kubeconfig(file, "", () -> now))
        .hasMessageContaining("context \"\" does not exist");
  }

  /** Its child keeps the output open that is read. */
  @Test
  void killsHangingProgramWithItsChildren(@TempDir Path folder) throws Exception {
    Path script = folder.resolve("hang");
    Path child = folder.resolve("child");
    Files.writeString(script, "#!/bin/sh\nsleep 600 &\necho $! > " + child + "\nwait\n");
    assertThat(script.toFile().setExecutable(true)).isTrue();
    Path file = folder.resolve("config");
    Files.writeString(
        file,
        """
        current-context: c
        contexts: [{name: c, context: {cluster: k, user: u}}]
        clusters: [{name: k, cluster: {server: 'http://h:1/'}}]
        users: [{name: u, user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: ./hang}}}]
        """);
    Kubeconfig k = new Kubeconfig(file, "", () -> now, Duration.ofSeconds(3));
    assertThatThrownBy(k::client)
        .isInstanceOf(IOException.class)
        .hasMessageContaining("did not end within 3000 ms");
    ProcessHandle sleeper =
        ProcessHandle.of(Long.parseLong(Files.readString(child).strip())).orElse(null);
    if (sleeper != null) {
      sleeper.onExit().get(30, TimeUnit.SECONDS);
    }
  }

  @Test
  void podFindsItsOwnCluster(@TempDir Path account) throws Exception {
    Files.writeString(account.resolve("namespace"), "mine\n");
    Files.writeString(account.resolve("ca.crt"), "x");
    assertThatThrownBy(() -> ClusterAccess.inCluster(environment::get, account, "name it"))
        .hasMessageContaining("KUBERNETES_SERVICE_HOST");
    environment.put("KUBERNETES_SERVICE_HOST", "::1");
    environment.put("KUBERNETES_SERVICE_PORT", "443");
    ClusterAccess a = ClusterAccess.inCluster(environment::get, account, "name it");
    assertThat(a.base()).isEqualTo("https://[::1]:443");
    assertThat(a.client().authorization())
        .isEqualTo(new Authorization("Bearer", Secret.NONE, account.resolve("token").toString()));
    assertThat(a.client().tls().caFile()).isEqualTo(account.resolve("ca.crt").toString());
    assertThat(ClusterAccess.ownNamespace(account)).isEqualTo("mine");
  }
}
