package dev.tethys.app;

import static dev.tethys.testkit.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.tethys.testkit.Ports;
import dev.tethys.testkit.Shared;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/** Two of our Alertmanagers and a real one as one cluster, of which the first member is killed. */
@Timeout(300)
@Tag("slow")
class AlertmanagerClusterTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path dir;

  private final List<String> posted = new CopyOnWriteArrayList<>();
  private final List<TethysProcess> ours = new ArrayList<>();
  private final HttpServer hook =
      HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);

  AlertmanagerClusterTest() throws IOException {}

  @AfterEach
  void stop() {
    TethysProcess.closeAll(ours);
    hook.stop(0);
  }

  private static String cluster(String name, int port, int... peers) {
    StringBuilder sb =
        new StringBuilder(
            "--cluster.listen-address=127.0.0.1:"
                + port
                + " --cluster.peer-name="
                + name
                + " --cluster.peer-timeout=15s --cluster.pushpull-interval=2s"
                + " --cluster.reconnect-interval=2s");
    for (int p : peers) {
      sb.append(" --cluster.peer=127.0.0.1:").append(p);
    }
    return sb.toString();
  }

  private TethysProcess start(String name, String flags) throws IOException {
    int port = Ports.free();
    List<String> args = new ArrayList<>();
    args.addAll(
        List.of(
            "alertmanager",
            "--config.file=" + dir.resolve("am.yml"),
            "--storage.path=" + dir.resolve(name),
            "--web.listen-address=127.0.0.1:" + port));
    args.addAll(List.of(flags.split(" ")));
    TethysProcess p = TethysProcess.launch(dir, port, args);
    ours.add(p);
    return p;
  }

  private static JsonNode get(int port, String path) {
    try {
      return JSON.readTree(RealAlertmanager.send(port, "GET", "/api/v2" + path, "").body());
    } catch (IOException e) {
      return JSON.missingNode();
    }
  }

  private static boolean sees(int port, int members) {
    JsonNode c = get(port, "/status").path("cluster");
    return c.path("status").asString("").equals("ready") && c.path("peers").size() == members;
  }

  private static double metric(int port, String name) {
    try {
      for (String line : RealAlertmanager.send(port, "GET", "/metrics", "").body().split("\n")) {
        if (line.startsWith(name)) {
          return Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1));
        }
      }
    } catch (IOException e) {
      return -1;
    }
    return 0;
  }

  private static void silence(int port, String comment) throws IOException {
    String body =
        """
        {"matchers":[{"name":"alertname","value":"quiet.*","isRegex":true,"isEqual":true}],
        "startsAt":"2026-01-01T00:00:00Z","endsAt":"2099-01-01T00:00:00Z","createdBy":"me",
        "comment":"%s"}\
        """
            .formatted(comment);
    assertThat(RealAlertmanager.send(port, "POST", "/api/v2/silences", body).statusCode())
        .isEqualTo(200);
  }

  private static boolean knows(int port, String comment) {
    return get(port, "/silences").toString().contains("\"" + comment + "\"");
  }

  private static void alert(int port, String name) throws IOException {
    String body = "[{\"labels\":{\"alertname\":\"%s\",\"ü\":\"1\"}}]".formatted(name);
    assertThat(RealAlertmanager.send(port, "POST", "/api/v2/alerts", body).statusCode())
        .isEqualTo(200);
  }

  private long told(String alert) {
    return posted.stream().filter(p -> p.contains("\"" + alert + "\"")).count();
  }

  @Test
  void formsAClusterWithRealAlertmanagers() throws IOException, InterruptedException {
    Shared.peer("prometheus-alertmanager");
    hook.createContext(
        "/",
        x -> {
          posted.add(new String(x.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
          x.sendResponseHeaders(200, -1);
          x.close();
        });
    hook.start();
    String config =
        """
        route: {receiver: x, group_by: [alertname], group_wait: 1s, group_interval: 5m}
        receivers: [{name: x, webhook_configs: [{url: 'http://127.0.0.1:%d/'}]}]
        """
            .formatted(hook.getAddress().getPort());
    Files.writeString(dir.resolve("am.yml"), config);
    int portA = Ports.free();
    int portM = Ports.free();
    int portZ = Ports.free();
    TethysProcess a = start("a", cluster("a", portA, portM));
    TethysProcess z = start("z", cluster("z", portZ, portM));
    try (RealAlertmanager real =
        RealAlertmanager.start(dir, "real", config, cluster("m", portM, portA))) {
      a.awaitReady();
      z.awaitReady();
      List<Integer> all = List.of(a.port, real.port(), z.port);
      await("all to be ready", () -> all.stream().allMatch(p -> sees(p, 3)));

      silence(real.port(), "of the real one");
      silence(z.port, "of ours");
      silence(a.port, "large " + "x".repeat(4000));
      for (String s : List.of("of the real one", "of ours", "large " + "x".repeat(4000))) {
        await("silence " + s + " everywhere", () -> all.stream().allMatch(p -> knows(p, s)));
      }
      assertThat(get(a.port, "/status").path("cluster").path("peers").toString())
          .isEqualTo(get(real.port(), "/status").path("cluster").path("peers").toString());

      // The first notifies; the real one, and ours after it, find that in their logs.
      for (int p : all) {
        alert(p, "first");
        alert(p, "quiet1");
      }
      await("a notification", () -> told("first") > 0);
      await(
          "the real one to have looked whether it is to be sent",
          () -> metric(real.port(), "alertmanager_nflog_queries_total") > 0);
      a.kill();
      List<Integer> left = List.of(real.port(), z.port);
      await("the rest to notice", () -> left.stream().allMatch(p -> sees(p, 2)));

      // Now the real one is the first, and ours finds in its log what that has sent.
      for (int p : left) {
        alert(p, "second");
      }
      await("a notification of the real one", () -> told("second") > 0);
      assertThat(metric(real.port(), "alertmanager_notifications_total{integration=\"webhook\""))
          .isEqualTo(1);
      // A new member is the first in the order, too: it receives the whole state when it joins.
      TethysProcess again = start("a2", cluster("a", portA, portZ));
      again.awaitReady();
      await("it to be ready", () -> sees(again.port, 3));
      alert(again.port, "first");
      alert(again.port, "second");
      alert(again.port, "third");
      await("the third", () -> told("third") > 0);
      await(
          "ours to have looked at all groups",
          () -> metric(z.port, "alertmanager_nflog_queries_total") >= 2);
      assertThat(List.of(told("first"), told("second"), told("third"), told("quiet1")))
          .containsExactly(1L, 1L, 1L, 0L);
      assertThat(again.get("/metrics").body())
          .contains(
              "alertmanager_cluster_members 3", "alertmanager_cluster_peer_info{peer=\"a\"} 1");
      assertThat(again.stop()).isZero();
      await("its leaving to be heard", () -> sees(real.port(), 2));
    }
  }
}
