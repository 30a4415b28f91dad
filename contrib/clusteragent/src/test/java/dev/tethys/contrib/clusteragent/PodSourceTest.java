package dev.tethys.contrib.clusteragent;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.config.HttpClientConfig;
import dev.tethys.testkit.KubernetesDouble;
import dev.tethys.testkit.Waiting;
import dev.tethys.web.client.HttpClientFactory;
import dev.tethys.web.kubernetes.ClusterAccess;
import dev.tethys.web.kubernetes.ResourceWatch;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.json.JsonMapper;

@Tag("slow")
@Timeout(60)
class PodSourceTest {
  private static final String PODS = "/api/v1/pods";
  private static final String SECRETS = "/api/v1/secrets";

  private static String pod(String name, String ip, String annotations) {
    return """
        {"apiVersion":"v1","kind":"Pod",
         "metadata":{"name":"%s","namespace":"shop","annotations":{%s}},
         "status":{"phase":"Running","podIP":"%s"}}
        """
        .formatted(name, annotations, ip);
  }

  private static String base64(String s) {
    return Base64.getEncoder().encodeToString(s.getBytes(StandardCharsets.UTF_8));
  }

  private static FoundDatabase one(PodSource s, String host) {
    return s.databases().stream().filter(d -> d.host().equals(host)).findFirst().orElseThrow();
  }

  @Test
  void readsAnnotationsAndSecrets() throws Exception {
    try (KubernetesDouble api = new KubernetesDouble();
        HttpClientFactory clients = new HttpClientFactory("test")) {
      api.put(
          PODS,
          "shop/db-0",
          pod(
              "db-0",
              "10.1.0.1",
              "\"coroot.com/postgres-scrape\":\"true\","
                  + "\"coroot.com/postgres-scrape-port\":\"5433\","
                  + "\"coroot.com/postgres-scrape-param-sslmode\":\"require\","
                  + "\"coroot.com/postgres-scrape-credentials-secret-name\":\"db\","
                  + "\"coroot.com/postgres-scrape-credentials-secret-username-key\":\"user\","
                  + "\"coroot.com/postgres-scrape-credentials-secret-password-key\":\"pass\""));
      api.put(
          PODS,
          "shop/lost-0",
          pod(
              "lost-0",
              "10.1.0.2",
              "\"coroot.com/mysql-scrape\":\"true\","
                  + "\"coroot.com/mysql-scrape-credentials-secret-name\":\"none\""));
      api.put(
          PODS, "shop/cache-0", pod("cache-0", "10.1.0.3", "\"coroot.com/redis-scrape\":\"true\""));
      api.put(PODS, "shop/web-0", pod("web-0", "10.1.0.4", ""));
      api.put(
          PODS, "shop/off-0", pod("off-0", "10.1.0.5", "\"coroot.com/redis-scrape\":\"false\""));
      api.put(
          SECRETS,
          "shop/db",
          "{\"metadata\":{\"name\":\"db\",\"namespace\":\"shop\"},\"data\":{\"user\":\""
              + base64("tethys")
              + "\",\"pass\":\""
              + base64("p4")
              + "\"}}");
      ResourceWatch.Connection connection =
          new ResourceWatch.Connection(
              ClusterAccess.of(api.url(), HttpClientConfig.DEFAULT),
              (c, call) -> clients.client(c).send(call),
              Thread::sleep);
      try (PodSource s =
          new PodSource(
              connection, List.of(), new SecretReader(connection, InstantSource.system()))) {
        s.awaitFirst(Duration.ofSeconds(20));
        assertThat(s.databases())
            .extracting(FoundDatabase::address)
            .containsExactlyInAnyOrder("10.1.0.1:5433", "10.1.0.2:3306", "10.1.0.3:6379");
        FoundDatabase db = one(s, "10.1.0.1");
        DatabaseLogin login = db.login();
        assertThat(login).isNotNull();
        if (login != null) {
          assertThat(login.user()).isEqualTo("tethys");
          assertThat(login.password().password().value()).isEqualTo("p4");
          assertThat(login.tls()).isNotNull();
        }
        assertThat(db.foundBy()).isEqualTo("annotations of pod shop/db-0");
        assertThat(db).asString().doesNotContain("p4");
        assertThat(one(s, "10.1.0.2").problem()).isEqualTo("secret shop/none does not exist");
        api.delete(PODS, "shop/cache-0");
        Waiting.await(() -> s.databases().size() == 2);
      }
    }
  }

  @Test
  void namesTheMissingRight() throws Exception {
    try (KubernetesDouble api = new KubernetesDouble();
        HttpClientFactory clients = new HttpClientFactory("test")) {
      api.forbid("/api/v1/namespaces/shop/pods", true);
      ResourceWatch.Connection connection =
          new ResourceWatch.Connection(
              ClusterAccess.of(api.url(), HttpClientConfig.DEFAULT),
              (c, call) -> clients.client(c).send(call),
              Thread::sleep);
      try (PodSource s =
          new PodSource(
              connection, List.of("shop"), new SecretReader(connection, InstantSource.system()))) {
        Waiting.await(() -> s.problem().contains("grant the verbs get, list and watch on pods"));
      }
    }
  }

  @Test
  void reportsAnnotationsThatAreNotValid() throws Exception {
    PodAnnotations a =
        PodAnnotations.of(
            JsonMapper.builder()
                .build()
                .readTree(
                    pod(
                        "x",
                        "10.0.0.1",
                        "\"coroot.com/mysql-scrape\":\"true\","
                            + "\"coroot.com/mysql-scrape-port\":\"70000\","
                            + "\"coroot.com/redis-scrape\":\"true\","
                            + "\"coroot.com/redis-scrape-credentials-secret-name\":\"../x\","
                            + "\"coroot.com/postgres-scrape\":true,"
                            + "\"coroot.com/memcached-scrape\":{\"a\":1}")));
    assertThat(a.databases())
        .extracting(PodAnnotations.Named::problem)
        .anyMatch(p -> p.contains("-port \"70000\" is not a port"))
        .anyMatch(p -> p.contains("-secret-name is not a name"));
  }
}
