package dev.tethys.pipeline.extension.observer;

import static dev.tethys.testkit.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.config.ConfigException;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.pipeline.receiver.LogCapture;
import dev.tethys.pipeline.receiver.TestPipeline;
import dev.tethys.pipeline.receiver.endpoint.Endpoint;
import dev.tethys.pipeline.receiver.endpoint.EndpointKind;
import dev.tethys.pipeline.receiver.kubernetes.KubernetesEnvironment;
import dev.tethys.testkit.KubernetesDouble;
import dev.tethys.web.client.HttpClientFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** An observer before the double of a cluster's API. */
@Timeout(60)
class KubernetesObserverTest {
  private static final String POD =
      """
      {"metadata": {"name": "%1$s", "namespace": "default", "uid": "%1$s-uid",
        "labels": {"app": "redis"}, "annotations": {"team": "%3$s"}},
       "spec": {"nodeName": "node-1", "containers": [
         {"name": "redis", "image": "redis:7", "ports": [
           {"name": "tcp", "containerPort": 6379, "protocol": "TCP"},
           {"containerPort": 53, "protocol": "UDP"}]},
         {"name": "side", "image": "side:1", "ports": [{"containerPort": 1}]}]},
       "status": {"phase": "%2$s", "podIP": "10.0.0.1", "containerStatuses": [
         {"name": "redis", "containerID": "containerd://abc", "state": {"running": {}}},
         {"name": "side", "containerID": "containerd://def", "state": {"waiting": {}}}]}}
      """;

  private final HttpClientFactory clients = new HttpClientFactory("test");
  private final Map<String, Endpoint> known = new ConcurrentHashMap<>();
  private KubernetesDouble api;
  private @Nullable KubernetesObserver observer;
  @TempDir Path folder;

  @BeforeEach
  void begin() throws IOException {
    api = new KubernetesDouble();
  }

  @AfterEach
  void end() {
    if (observer != null) {
      observer.stop(Duration.ofSeconds(1));
    }
    api.close();
    clients.close();
  }

  private void start(String keys) throws IOException {
    Path kubeconfig = folder.resolve("config");
    Files.writeString(
        kubeconfig,
        "{current-context: a, contexts: [{name: a, context: {cluster: k}}], clusters: [{name: k, cluster: {server: \"%s\"}}]}"
            .formatted(api.url()));
    KubernetesObserver o =
        new KubernetesObserver(
            TestPipeline.read(
                KubernetesObserverConfig.TYPE,
                "{auth_type: kubeConfig, kube_config_path: "
                    + kubeconfig
                    + (keys.isEmpty() ? "" : ", " + keys)
                    + "}"),
            new KubernetesEnvironment(
                (c, call) -> clients.client(c).send(call), _ -> null, folder, "1.2.3"),
            "extension k8s_observer",
            "k8s_observer");
    observer = o;
    o.start();
    o.follow(this::changed);
  }

  private void changed(Collection<Endpoint> now, Collection<String> gone) {
    now.forEach(e -> known.put(e.id(), e));
    gone.forEach(known::remove);
  }

  private Endpoint endpoint(String id) {
    return Objects.requireNonNull(known.get("k8s_observer/" + id), () -> known.keySet().toString());
  }

  private static Object at(Endpoint e, String... path) {
    Object v = e.values();
    for (String p : path) {
      v = Objects.requireNonNull(((Attributes) Objects.requireNonNull(v)).get(p), p);
    }
    return v;
  }

  @Test
  void findsContainersAndPortsOfRunningPods() throws Exception {
    api.put("/api/v1/pods", "default/a", POD.formatted("a", "Running", "blue"));
    api.put("/api/v1/pods", "default/b", POD.formatted("b", "Pending", "blue"));
    start("");
    await(() -> known.size() == 4);
    Endpoint pod = endpoint("a-uid");
    assertThat(pod.kind()).isEqualTo(EndpointKind.POD);
    assertThat(pod.target()).isEqualTo("10.0.0.1");
    assertThat(at(pod, "name")).isEqualTo("a");
    assertThat(at(pod, "labels", "app")).isEqualTo("redis");
    Endpoint container = endpoint("a-uid/redis");
    assertThat(container.kind()).isEqualTo(EndpointKind.POD_CONTAINER);
    assertThat(container.target()).isEqualTo("10.0.0.1");
    assertThat(at(container, "container_id")).isEqualTo("abc");
    assertThat(at(container, "container_image")).isEqualTo("redis:7");
    assertThat(at(container, "pod", "annotations", "team")).isEqualTo("blue");
    Endpoint port = endpoint("a-uid/tcp(6379)");
    assertThat(port.kind()).isEqualTo(EndpointKind.PORT);
    assertThat(port.target()).isEqualTo("10.0.0.1:6379");
    assertThat(at(port, "port")).isEqualTo(6379L);
    assertThat(at(port, "host")).isEqualTo("10.0.0.1");
    assertThat(at(port, "pod", "uid")).isEqualTo("a-uid");
    assertThat(at(endpoint("a-uid/(53)"), "transport")).isEqualTo("UDP");

    api.put("/api/v1/pods", "default/b", POD.formatted("b", "Running", "red"));
    await(() -> known.size() == 8);
    api.put("/api/v1/pods", "default/a", POD.formatted("a", "Running", "green"));
    await(() -> at(endpoint("a-uid"), "annotations", "team").equals("green"));
    api.put("/api/v1/pods", "default/b", POD.formatted("b", "Succeeded", "red"));
    await(() -> known.size() == 4);
    api.delete("/api/v1/pods", "default/a");
    await(known::isEmpty);
  }

  @Test
  void correctsMissedChangesWithTheNextList() throws Exception {
    api.put("/api/v1/pods", "default/a", POD.formatted("a", "Running", "blue"));
    start("");
    await(() -> known.size() == 4);
    api.delete("/api/v1/pods", "default/a");
    api.put("/api/v1/pods", "default/c", POD.formatted("c", "Running", "blue"));
    api.forget();
    api.endWatches();
    await(() -> known.size() == 4 && known.containsKey("k8s_observer/c-uid"));
  }

  @Test
  void findsEndpointsOfOtherObjects() throws Exception {
    api.put(
        "/api/v1/nodes",
        "node-1",
        """
        {"metadata": {"name": "node-1", "uid": "n1", "labels": {"zone": "a"}},
         "status": {"addresses": [{"type": "Hostname", "address": "host-1"},
           {"type": "InternalIP", "address": "192.0.2.1"},
           {"type": "ExternalIP", "address": "192.0.2.9"}],
           "daemonEndpoints": {"kubeletEndpoint": {"Port": 10250}}}}
        """);
    api.put("/api/v1/nodes", "node-2", "{\"metadata\": {\"name\": \"node-2\", \"uid\": \"n2\"}}");
    api.put(
        "/api/v1/services",
        "default/web",
        """
        {"metadata": {"name": "web", "namespace": "default", "uid": "s1"},
         "spec": {"type": "ClusterIP", "clusterIP": "10.96.0.1"}}
        """);
    api.put(
        "/apis/networking.k8s.io/v1/ingresses",
        "default/in",
        """
        {"metadata": {"name": "in", "namespace": "default", "uid": "i1",
          "annotations": {"probe": "true"}},
         "spec": {"tls": [{"hosts": ["*.example.org"]}], "rules": [
           {"host": "a.example.org", "http": {"paths": [{"path": "/x"}, {"path": "/y"}]}},
           {"host": "plain.test", "http": {"paths": [{"path": "/"}]}}, {"host": "none.test"}]}}
        """);
    start(
        "observe_pods: false, observe_nodes: true, observe_services: true, observe_ingresses: true,"
            + " node: node-1");
    await(() -> known.size() == 5);
    Endpoint node = endpoint("node-1-n1");
    assertThat(node.kind()).isEqualTo(EndpointKind.NODE);
    assertThat(node.target()).isEqualTo("192.0.2.1");
    assertThat(at(node, "hostname")).isEqualTo("host-1");
    assertThat(at(node, "external_ip")).isEqualTo("192.0.2.9");
    assertThat(at(node, "internal_dns")).isEqualTo("");
    assertThat(at(node, "kubelet_endpoint_port")).isEqualTo(10250L);
    Endpoint service = endpoint("s1");
    assertThat(service.target()).isEqualTo("web.default.svc.cluster.local");
    assertThat(at(service, "service_type")).isEqualTo("ClusterIP");
    assertThat(at(service, "cluster_ip")).isEqualTo("10.96.0.1");
    Endpoint path = endpoint("i1/a.example.org/y");
    assertThat(path.target()).isEqualTo("https://a.example.org/y");
    assertThat(at(path, "scheme")).isEqualTo("https");
    assertThat(at(path, "host")).isEqualTo("a.example.org");
    assertThat(at(path, "path")).isEqualTo("/y");
    assertThat(at(path, "port")).isEqualTo(443L);
    assertThat(endpoint("i1/plain.test/").target()).isEqualTo("http://plain.test/");
    assertThat(known.values().stream().map(Endpoint::kind)).contains(EndpointKind.INGRESS);
  }

  /** Each kind has exactly the documented fields. */
  @Test
  void endpointsHaveExactlyTheFieldsOfTheirKind() throws Exception {
    findsEndpointsOfOtherObjects();
    KubernetesObserver first = Objects.requireNonNull(observer);
    api.put("/api/v1/pods", "default/a", POD.formatted("a", "Running", "blue"));
    start("");
    first.stop(Duration.ofSeconds(1));
    await(() -> known.size() == 9);
    for (Endpoint e : known.values()) {
      assertThat(java.util.stream.IntStream.range(0, e.values().size()).mapToObj(e.values()::key))
          .as("%s", e)
          .containsExactlyInAnyOrderElementsOf(e.kind().fields().fields().keySet());
    }
  }

  @Test
  void watchesOnlyConfiguredKinds() throws Exception {
    api.put("/api/v1/pods", "default/a", POD.formatted("a", "Running", "blue"));
    start("namespaces: [default, other], node: node-1, observe_nodes: true");
    await(() -> known.size() == 4);
    await(() -> api.requests.stream().filter(r -> r.contains("watch=true")).count() == 3);
    assertThat(api.requests)
        .filteredOn(r -> r.contains("limit="))
        .extracting(r -> r.replaceFirst(" .*fieldSelector=([\\w.=-]*).*", " $1"))
        .containsExactlyInAnyOrder(
            "/api/v1/namespaces/default/pods spec.nodeName=node-1",
            "/api/v1/namespaces/other/pods spec.nodeName=node-1",
            "/api/v1/nodes metadata.name=node-1");
  }

  @Test
  void reportsForbiddenKindsAndWatchesTheOthers() throws Exception {
    api.put("/api/v1/pods", "default/a", POD.formatted("a", "Running", "blue"));
    api.forbid("/api/v1/services", true);
    try (LogCapture log = new LogCapture(KubernetesObserver.class)) {
      start("observe_services: true");
      await(() -> known.size() == 4 && !log.all.isEmpty());
      assertThat(log.all.getFirst())
          .contains("extension k8s_observer: cannot list /api/v1/services", "403", "is forbidden");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{observe_pods: false} | at least one of observe_pods",
        "{auth_type: nobody} | unknown auth_type \"nobody\"",
        "{namespaces: [A_b]} | \"A_b\" is not a valid namespace name",
        "{observe_pod: true} | did you mean \"observe_pods\"",
        "{kube_config_path: /x} | with auth_type: kubeConfig only",
      })
  void reportsInvalidSettings(String yaml, String problem) {
    assertThatThrownBy(() -> TestPipeline.read(KubernetesObserverConfig.TYPE, yaml))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("test.yaml:1:")
        .hasMessageContaining(problem);
  }
}
