package dev.tethys.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.testkit.Ports;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Databases of the service map that the server reads, or names to cluster agents. */
@Tag("slow")
@Tag("contrib")
class FoundDatabasesTest {
  private static final Duration SOON = Duration.ofSeconds(60);

  /** Both have the password {@code U*U}. */
  private static final String USERS =
      """
      basic_auth_users:
        agent: $2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW
        viewer: $2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW
      """;

  private static final String AGENT = "agent:U*U";
  private static final String VIEWER = "viewer:U*U";

  @TempDir Path dir;

  private static HttpResponse<String> get(TethysProcess p, String path, String key)
      throws Exception {
    HttpRequest.Builder b = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + p.port + path));
    if (!key.isEmpty()) {
      b.header("X-Api-Key", key);
    }
    return TethysProcess.CLIENT.send(b.build(), HttpResponse.BodyHandlers.ofString());
  }

  /** Stores what a node agent sees of a database. */
  private static void observe(TethysProcess p, String key, String type, String address)
      throws Exception {
    String id = "container_id=\"/system.slice/" + type + ".service\",machine_id=\"m1\"";
    String text =
        "container_info{"
            + id
            + "} 1\n"
            + "container_application_type{"
            + id
            + ",application_type=\""
            + type
            + "\"} 1\n"
            + "container_net_tcp_listen_info{"
            + id
            + ",listen_addr=\""
            + address
            + "\"} 1\n";
    HttpRequest.Builder b =
        HttpRequest.newBuilder(
                URI.create("http://127.0.0.1:" + p.port + "/api/v1/import/prometheus"))
            .POST(HttpRequest.BodyPublishers.ofByteArray(text.getBytes(UTF_8)));
    if (!key.isEmpty()) {
      b.header("X-Api-Key", key);
    }
    HttpResponse<String> r =
        TethysProcess.CLIENT.send(b.build(), HttpResponse.BodyHandlers.ofString());
    assertThat(r.statusCode()).as(r.body()).isLessThan(300);
  }

  private TethysProcess server(String agentFile, String users) throws Exception {
    Path file = dir.resolve("databases.yml");
    Files.writeString(file, agentFile);
    Path config = dir.resolve("prometheus.yml");
    Files.writeString(config, "{}");
    Path web = dir.resolve("web.yml");
    Files.writeString(web, users);
    int port = Ports.free();
    return TethysProcess.launch(
        dir,
        port,
        List.of(
            "server",
            "--config.file=" + config,
            "--storage.tsdb.path=" + dir.resolve("data"),
            "--web.enable-import-receiver",
            "--cluster-agent.config-file=" + file,
            "--web.listen-address=127.0.0.1:" + port,
            "--web.config.file=" + web));
  }

  private static void awaitReady(TethysProcess p, String key) throws Exception {
    p.await(
        "ready",
        SOON,
        () -> {
          try {
            return get(p, "/-/ready", key).statusCode() == 200;
          } catch (Exception e) {
            return false;
          }
        });
  }

  private static boolean has(TethysProcess p, String path, String key, String... parts) {
    try {
      String body = get(p, path, key).body();
      return List.of(parts).stream().allMatch(body::contains);
    } catch (Exception e) {
      return false;
    }
  }

  @Test
  void readsDatabasesOfTheServiceMap() throws Exception {
    try (TethysProcess p = server("interval: 1s", "{}")) {
      awaitReady(p, "");
      observe(p, "", "postgres", "192.0.2.1:5432");
      observe(p, "", "memcached", "192.0.2.2:11211");
      p.await(
          "found",
          SOON,
          () ->
              has(
                  p,
                  "/api/v1/databases",
                  "",
                  "\"address\":\"192.0.2.1:5432\"",
                  "\"status\":\"no credentials\"",
                  "\"foundBy\":\"service map\"",
                  "\"address\":\"192.0.2.2:11211\""));
      // They are read here, so agents do not read them a second time.
      assertThat(get(p, "/v1/config?incomplete=true", "").body())
          .isEqualTo("{\"application_instrumentation\":[]}");
    }
  }

  @Test
  void sendsCredentialsToNamedUsersOnly() throws Exception {
    String file =
        """
        found_databases: serve
        send_credentials_to: [agent]
        credentials: [{engine: postgres, user: tethys, password: p4ss}]
        """;
    try (TethysProcess p = server(file, USERS)) {
      awaitReady(p, AGENT);
      observe(p, AGENT, "postgres", "192.0.2.1:5432");
      p.await("found", SOON, () -> has(p, "/v1/config", AGENT, "192.0.2.1", "p4ss"));
      assertThat(get(p, "/v1/config", VIEWER).body())
          .isEqualTo("{\"application_instrumentation\":[]}");
      assertThat(get(p, "/v1/config?incomplete=true", VIEWER).body())
          .contains("192.0.2.1")
          .doesNotContain("p4ss", "tethys");
      assertThat(get(p, "/v1/config", "").statusCode()).isEqualTo(401);
      assertThat(get(p, "/api/v1/databases", AGENT).body()).doesNotContain("192.0.2.1", "p4ss");
    }
  }
}
