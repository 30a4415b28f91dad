package dev.tethys.pipeline.extension.docker;

import static dev.tethys.testkit.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.config.ConfigException;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.pipeline.receiver.HttpDouble;
import dev.tethys.pipeline.receiver.LogCapture;
import dev.tethys.pipeline.receiver.TestPipeline;
import dev.tethys.pipeline.receiver.endpoint.Endpoint;
import dev.tethys.pipeline.receiver.endpoint.EndpointKind;
import dev.tethys.pipeline.receiver.kubernetes.KubernetesEnvironment;
import dev.tethys.web.client.HttpClientFactory;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** An observer before the double of a daemon. */
@Timeout(60)
class DockerObserverTest {
  private static final String WEB =
      """
      {"Id": "aa11", "Name": "/web",
       "State": {"Running": true, "Paused": %s},
       "Config": {"Hostname": "web-1", "Image": "registry.test:5000/shop/web:2@sha256:01",
         "Cmd": ["serve", "--fast"], "ExposedPorts": {"80/tcp": {}, "53/udp": {}},
         "Labels": {"tier": "front"}},
       "NetworkSettings": {"IPAddress": "",
         "Networks": {"shop": {"IPAddress": "172.18.0.5"}, "other": {"IPAddress": ""}},
         "Ports": {"80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "8080"}], "53/udp": null}}}
      """;

  private final HttpClientFactory clients = new HttpClientFactory("test");
  private final Map<String, Endpoint> known = new ConcurrentHashMap<>();
  private final List<String> seen = new CopyOnWriteArrayList<>();
  private HttpDouble daemon;
  private @Nullable DockerObserver observer;
  @TempDir Path folder;

  @BeforeEach
  void begin() throws IOException {
    daemon = new HttpDouble();
    daemon.answer("/containers/json", "[{\"Id\": \"aa11\", \"Image\": \"web\"}]");
    daemon.answer("/containers/aa11/json", WEB.formatted(false));
    daemon.answer("/events", "");
  }

  @AfterEach
  void end() {
    if (observer != null) {
      observer.stop(Duration.ofSeconds(1));
    }
    daemon.close();
    clients.close();
  }

  private void start(String keys) throws IOException {
    DockerObserver o =
        new DockerObserver(
            TestPipeline.read(
                DockerObserverConfig.TYPE, "{endpoint: '" + daemon.url() + "'" + keys + "}"),
            new KubernetesEnvironment(
                (c, call) -> clients.client(c).send(call), _ -> null, folder, "1.2.3"),
            "extension docker_observer",
            "docker_observer",
            _ -> Thread.sleep(5),
            InstantSource.system());
    observer = o;
    o.start();
    o.follow(
        (now, gone) -> {
          now.forEach(e -> known.put(e.id(), e));
          now.forEach(e -> seen.add(e.id()));
          gone.forEach(known::remove);
        });
  }

  @Test
  void findsPortsOfRunningContainers() throws Exception {
    start("");
    await(() -> known.size() == 2);
    Endpoint e = Objects.requireNonNull(known.get("docker_observer/aa11:8080"));
    assertThat(e.kind()).isEqualTo(EndpointKind.CONTAINER);
    assertThat(e.target()).isEqualTo("172.18.0.5:80");
    Attributes v = e.values();
    assertThat(v.get("name")).isEqualTo("web");
    assertThat(v.get("image")).isEqualTo("registry.test:5000/shop/web");
    assertThat(v.get("tag")).isEqualTo("2");
    assertThat(v.get("command")).isEqualTo("serve --fast");
    assertThat(v.get("container_id")).isEqualTo("aa11");
    assertThat(v.get("port")).isEqualTo(80L);
    assertThat(v.get("alternate_port")).isEqualTo(8080L);
    assertThat(v.get("transport")).isEqualTo("TCP");
    assertThat(String.valueOf(v.get("labels"))).contains("tier", "front");
    assertThat(java.util.stream.IntStream.range(0, v.size()).mapToObj(v::key))
        .containsExactlyInAnyOrderElementsOf(e.kind().fields().fields().keySet());
    assertThat(known).containsKey("docker_observer/aa11:53/udp");

    daemon.answer("/containers/aa11/json", WEB.formatted(true));
    await(known::isEmpty);
    daemon.answer("/containers/aa11/json", WEB.formatted(false));
    await(() -> known.size() == 2);
    daemon.answer("/containers/json", "[]");
    await(known::isEmpty);
  }

  @Test
  void inspectsAContainerAfterAnEvent() throws Exception {
    daemon.answer("/containers/json", "[]");
    daemon.answer(
        "/events",
        """
        {"Type": "container", "Action": "start", "Actor": {"ID": "aa11"}}
        {"Type": "container", "Action": "die", "Actor": {"ID": "gone"}}
        """);
    start("");
    await(() -> seen.contains("docker_observer/aa11:8080"));
    assertThat(daemon.requests)
        .anyMatch(
            r ->
                r.startsWith("/events?filters=%7B%22type%22%3A%5B%22container%22")
                    && r.matches(".*&since=\\d+&until=\\d+"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        ", use_host_bindings: true | aa11:8080 | 127.0.0.1:8080 | 2",
        ", use_hostname_if_present: true | aa11:8080 | web-1:80 | 2",
        ", ignore_non_host_bindings: true | aa11:8080 | 172.18.0.5:80 | 1",
      })
  void resolvesAddressesAsConfigured(String keys, String id, String target, int count)
      throws Exception {
    start(keys);
    await(() -> known.size() == count);
    assertThat(Objects.requireNonNull(known.get("docker_observer/" + id)).target())
        .isEqualTo(target);
  }

  @Test
  void excludesImages() throws Exception {
    daemon.answer(
        "/containers/json", "[{\"Id\": \"aa11\", \"Image\": \"web\"}, {\"Id\": \"bb22\"}]");
    daemon.answer(
        "/containers/bb22/json",
        WEB.formatted(false).replace("aa11", "bb22").replace("shop/web:2", "shop/db:2"));
    start(", excluded_images: ['*/shop/web:*']");
    await(() -> known.size() == 2);
    assertThat(known).containsKey("docker_observer/bb22:8080");
  }

  @Test
  void reportsAnUnreachableDaemonAndRetries() throws Exception {
    try (LogCapture log = new LogCapture(DockerObserver.class)) {
      start("");
      await(() -> known.size() == 2);
      daemon.answer("/containers/json", 500, "{\"message\": \"broken\"}");
      await(() -> !log.all.isEmpty());
      assertThat(log.all.getFirst())
          .contains("extension docker_observer: keeping the known endpoints", "500");
      assertThat(known).hasSize(2);
      daemon.answer("/containers/json", "[]");
      await(known::isEmpty);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{endpoint: my/path/to/docker.sock} | is not a daemon address",
        "{api_version: 1.21} | is too old: 1.22 at least",
        "{timeout: 0s} | timeout must be greater",
        "{cache_sync_interval: 0s} | cache_sync_interval must be greater",
        "{exclude_images: []} | did you mean \"excluded_images\"",
      })
  void reportsInvalidSettings(String yaml, String problem) {
    assertThatThrownBy(() -> TestPipeline.read(DockerObserverConfig.TYPE, yaml))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("test.yaml:1:")
        .hasMessageContaining(problem);
  }
}
