package dev.tethys.pipeline.processor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.config.ConfigException;
import dev.tethys.config.HttpClientConfig;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.telemetry.ArrayValue;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.TracesData;
import dev.tethys.pipeline.Metadata;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Processor;
import dev.tethys.pipeline.processor.kubernetes.KubernetesAttributes;
import dev.tethys.pipeline.processor.kubernetes.Reach;
import dev.tethys.testkit.KubernetesDouble;
import dev.tethys.web.client.Call;
import dev.tethys.web.client.HttpClientFactory;
import dev.tethys.web.kubernetes.ResourceWatch;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Resources get what a cluster's API, spoken by a double, says of their pods. */
@Timeout(60)
class KubernetesAttributesTest {
  private static final String PODS = "/api/v1/pods";

  /** As the Collector's own tests have it, and what a kubelet adds. */
  private static final String AUTH =
      """
      {"metadata":{"name":"auth-service-66f5996c7c-xyz3","namespace":"ns1",
         "uid":"aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee","creationTimestamp":"2022-10-31T05:20:04Z",
         "labels":{"label1":"lv1","pod-template-hash":"66f5996c7c","app.kubernetes.io/name":"auth",
           "empty":""},
         "annotations":{"annotation1":"av1","resource.opentelemetry.io/foo":"bar",
           "resource.opentelemetry.io/service.version":"2.5"},
         "ownerReferences":[{"kind":"ReplicaSet","name":"auth-service-66f5996c7c",
           "uid":"207ea729-c779-401d-8347-008ecbc137e3","controller":true}]},
       "spec":{"nodeName":"node1","hostname":"auth-hostname3","containers":[
         {"name":"container1","image":"example.com:5000/test/image1:0.1.0"}]},
       "status":{"podIP":"1.1.1.1","podIPs":[{"ip":"1.1.1.1"},{"ip":"fd00::1"}],
         "startTime":"2022-10-31T05:20:05Z",
         "containerStatuses":[{"name":"container1","containerID":"docker://container1-id-123",
           "imageID":"docker.io/otel/collector@sha256:55d008bc28344c3178645d40e7d07df30f9d90abe4b53c3fc4e5e9c0295533da",
           "restartCount":2}]}}
      """;

  private static final String PLAIN =
      """
      {"metadata":{"name":"%s","namespace":"%s","uid":"%s"},
       "spec":{"nodeName":"node1"%s},"status":{"podIP":"%s","startTime":"%s"}}
      """;

  private final Rig rig = new Rig();
  private final Map<String, String> environment =
      new HashMap<>(
          Map.of("KUBERNETES_SERVICE_HOST", "10.96.0.1", "KUBERNETES_SERVICE_PORT", "443"));
  private final HttpClientFactory clients = new HttpClientFactory("test");
  private final List<HttpClientConfig> asked = new ArrayList<>();
  private final Semaphore pauses = new Semaphore(0);
  private final List<Processor> started = new ArrayList<>();

  @TempDir Path folder;
  private KubernetesDouble cluster;
  private KubernetesAttributes factory;

  @BeforeEach
  void begin() throws IOException {
    cluster = new KubernetesDouble();
    pauses.release(1000);
    ResourceWatch.Sender sender =
        (config, call) -> {
          synchronized (asked) {
            asked.add(config);
          }
          assertThat(call.uri().toString()).startsWith("https://10.96.0.1:443/");
          URI to =
              URI.create(cluster.url() + call.uri().getRawPath() + "?" + call.uri().getRawQuery());
          return clients
              .client(HttpClientConfig.DEFAULT_HTTP1)
              .send(new Call("GET", to, call.headers(), null, call.timeout(), null));
        };
    factory =
        new KubernetesAttributes(
            new Reach(sender, _ -> pauses.acquire(), environment::get, folder));
  }

  @AfterEach
  void end() {
    started.forEach(p -> p.stop(Duration.ZERO));
    cluster.close();
    clients.close();
  }

  private Processor make(String yaml) {
    return rig.processor(factory, Signal.TRACES, yaml);
  }

  private Processor start(String yaml) throws IOException {
    Processor p = make("{wait_for_metadata: true, wait_for_metadata_timeout: 50s, " + yaml + "}");
    p.start();
    started.add(p);
    return p;
  }

  private static Metadata from(String address) {
    return new Metadata(
        Map.of(),
        new Metadata.Client(new InetSocketAddress(InetAddress.ofLiteral(address), 4711), Map.of()));
  }

  /** What becomes of a resource; pairs of names and values. */
  private Attributes sent(Processor p, String address, Object... attributes) {
    TracesData d = Rig.traces("x", Rig.span("s"));
    Attributes a = d.resources().getFirst().resource().attributes();
    a.clear();
    for (int i = 0; i < attributes.length; i += 2) {
      a.put((String) attributes[i], attributes[i + 1]);
    }
    p.consume(Rig.batch(d, address.isEmpty() ? Metadata.NONE : from(address)), rig.outcomes::add);
    assertThat(rig.balanced()).isTrue();
    return rig.traces().resources().getFirst().resource().attributes();
  }

  private Attributes until(
      Predicate<Attributes> wanted, Processor p, String address, Object... attributes) {
    while (true) {
      Attributes a = sent(p, address, attributes);
      if (wanted.test(a)) {
        return a;
      }
      LockSupport.parkNanos(1_000_000);
    }
  }

  private static Attributes attributes(Object... pairs) {
    Attributes a = new Attributes();
    for (int i = 0; i < pairs.length; i += 2) {
      a.put((String) pairs[i], pairs[i + 1]);
    }
    return a;
  }

  private void pod(String name, String uid, String ip, String startTime) {
    cluster.put(PODS, "ns/" + name, PLAIN.formatted(name, "ns", uid, "", ip, startTime));
  }

  private void auth() {
    cluster.put(PODS, "ns1/auth-service-66f5996c7c-xyz3", AUTH);
  }

  @Test
  void aConnectionsAddressIsThatOfAPod() throws IOException {
    auth();
    Processor p = start("");
    Attributes known =
        attributes(
            "k8s.pod.name", "auth-service-66f5996c7c-xyz3",
            "k8s.namespace.name", "ns1",
            "k8s.pod.start_time", "2022-10-31T05:20:04Z",
            "k8s.pod.uid", "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee",
            "k8s.node.name", "node1",
            "k8s.deployment.name", "auth-service",
            "container.image.name", "example.com:5000/test/image1",
            "container.image.tags", ArrayValue.of("0.1.0"));
    assertThat(sent(p, "1.1.1.1")).isEqualTo(known);
    assertThat(sent(p, "fd00:0:0:0:0:0:0:1")).as("its other address").isEqualTo(known);
    assertThat(sent(p, "", "k8s.pod.ip", "1.1.1.1", "k8s.pod.name", "mine", "k8s.node.name", ""))
        .as("what it says itself stays, unless it says nothing")
        .satisfies(
            a -> {
              assertThat(a.get("k8s.pod.name")).isEqualTo("mine");
              assertThat(a.get("k8s.node.name")).isEqualTo("node1");
            });
    assertThat(sent(p, "9.9.9.9", "ip", "1.1.1.1").get("k8s.namespace.name")).isEqualTo("ns1");
    assertThat(sent(p, "", "host.name", "1.1.1.1").get("k8s.namespace.name")).isEqualTo("ns1");
    assertThat(sent(p, "", "host.name", "web-1")).isEqualTo(attributes("host.name", "web-1"));
    assertThat(sent(p, "9.9.9.9", "a", "b")).isEqualTo(attributes("a", "b"));
    assertThat(cluster.requests).as("nothing else is asked for").allMatch(r -> r.startsWith(PODS));
    assertThat(asked.getFirst().authorization().credentialsFile())
        .isEqualTo(folder.resolve("token").toString());
  }

  @Test
  void theFirstAssociationThatIsCompleteDecides() throws IOException {
    auth();
    pod("b", "uid-b", "1.1.1.2", "2023-01-01T00:00:00Z");
    Processor p =
        start(
            """
            pod_association: [
              {sources: [{from: resource_attribute, name: k8s.pod.uid}]},
              {sources: [{from: resource_attribute, name: k8s.pod.name},
                         {from: resource_attribute, name: k8s.namespace.name}]},
              {sources: [{from: resource_attribute, name: container.id}]},
              {sources: [{from: resource_attribute, name: app}]},
              {sources: [{from: connection, name: ip}]}],
            extract: {metadata: [k8s.pod.uid, k8s.pod.ip],
                      labels: [{key: label1, tag_name: app}]}
            """);
    String uid = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee";
    assertThat(sent(p, "1.1.1.2", "k8s.pod.uid", uid).get("app")).isEqualTo("lv1");
    assertThat(sent(p, "1.1.1.2", "k8s.pod.uid", "unknown"))
        .as("a pod that is named and not known is not another")
        .isEqualTo(attributes("k8s.pod.uid", "unknown"));
    assertThat(sent(p, "", "k8s.pod.name", "b", "k8s.namespace.name", "ns").get("k8s.pod.uid"))
        .isEqualTo("uid-b");
    assertThat(sent(p, "", "k8s.pod.name", "b", "k8s.namespace.name", "ns1").get("k8s.pod.uid"))
        .isNull();
    assertThat(sent(p, "1.1.1.1", "k8s.pod.name", "b").get("k8s.pod.uid"))
        .as("half an association is none")
        .isEqualTo(uid);
    assertThat(sent(p, "", "container.id", "container1-id-123").get("k8s.pod.uid")).isEqualTo(uid);
    assertThat(sent(p, "", "app", "lv1").get("k8s.pod.uid")).isEqualTo(uid);
    assertThat(sent(p, "1.1.1.2"))
        .isEqualTo(attributes("k8s.pod.ip", "1.1.1.2", "k8s.pod.uid", "uid-b"));
    assertThat(sent(p, "7.7.7.7"))
        .as("known or not")
        .isEqualTo(attributes("k8s.pod.ip", "7.7.7.7"));
  }

  @Test
  void podsWithTheirNodesAddressAreNotFoundByIt() throws IOException {
    cluster.put(
        PODS,
        "kube-system/proxy",
        PLAIN.formatted(
            "proxy",
            "kube-system",
            "uid-p",
            ",\"hostNetwork\":true",
            "192.0.2.7",
            "2023-01-01T00:00:00Z"));
    Processor p =
        start(
            """
            pod_association: [
              {sources: [{from: resource_attribute, name: k8s.pod.ip},
                         {from: resource_attribute, name: k8s.pod.name}]},
              {sources: [{from: resource_attribute, name: k8s.pod.ip}]},
              {sources: [{from: resource_attribute, name: k8s.pod.uid}]},
              {sources: [{from: connection}]}]
            """);
    assertThat(sent(p, "192.0.2.7").get("k8s.pod.name")).isNull();
    assertThat(sent(p, "", "k8s.pod.ip", "192.0.2.7").get("k8s.pod.name")).isNull();
    assertThat(sent(p, "", "k8s.pod.uid", "uid-p").get("k8s.pod.name")).isEqualTo("proxy");
    assertThat(sent(p, "", "k8s.pod.ip", "192.0.2.7", "k8s.pod.name", "proxy").get("k8s.pod.uid"))
        .isEqualTo("uid-p");
  }

  @Test
  void ownersNodesAndNamespacesSayMore() throws IOException {
    auth();
    cluster.put(
        "/api/v1/namespaces",
        "ns1",
        "{\"metadata\":{\"name\":\"ns1\",\"uid\":\"u1\",\"labels\":{\"team\":\"till\"}}}");
    cluster.put(
        "/api/v1/namespaces",
        "kube-system",
        "{\"metadata\":{\"name\":\"kube-system\",\"uid\":\"the-cluster\"}}");
    cluster.put(
        "/api/v1/nodes",
        "node1",
        "{\"metadata\":{\"name\":\"node1\",\"uid\":\"u-node\",\"labels\":{\"zone\":\"z\"}}}");
    cluster.put(
        "/apis/apps/v1/deployments",
        "ns1/auth-service",
        "{\"metadata\":{\"name\":\"auth-service\",\"namespace\":\"ns1\",\"uid\":\"d1\","
            + "\"annotations\":{\"rev\":\"7\"}}}");
    Processor p =
        start(
            """
            extract: {metadata: [k8s.deployment.name, k8s.deployment.uid, k8s.replicaset.name,
                k8s.replicaset.uid, k8s.cluster.uid, k8s.node.uid, service.name,
                service.namespace, k8s.pod.hostname],
              labels: [{key: team, from: namespace}, {key: zone, from: node, tag_name: zone}],
              annotations: [{key_regex: 're(.*)', from: deployment},
                {key_regex: 'annotation(\\d)', tag_name: 'a$1'}]}
            """);
    Attributes known =
        attributes(
            "k8s.deployment.name", "auth-service",
            "k8s.replicaset.name", "auth-service-66f5996c7c",
            "k8s.replicaset.uid", "207ea729-c779-401d-8347-008ecbc137e3",
            "k8s.pod.hostname", "auth-hostname3",
            "k8s.cluster.uid", "the-cluster",
            "k8s.node.uid", "u-node",
            "service.name", "auth",
            "service.namespace", "ns1",
            "k8s.namespace.label.team", "till",
            "zone", "z",
            "a1", "av1");
    assertThat(sent(p, "1.1.1.1")).isEqualTo(known);
    cluster.put(
        "/apis/apps/v1/replicasets",
        "ns1/auth-service-66f5996c7c",
        """
        {"metadata":{"name":"auth-service-66f5996c7c","namespace":"ns1",
          "uid":"207ea729-c779-401d-8347-008ecbc137e3","ownerReferences":[
            {"kind":"Deployment","name":"not-in-control","uid":"d0"},
            {"kind":"Deployment","name":"auth-service","uid":"d1","controller":true}]}}
        """);
    known.put("k8s.deployment.uid", "d1");
    known.put("k8s.deployment.annotation.rev", "7");
    assertThat(until(a -> a.contains("k8s.deployment.uid"), p, "1.1.1.1"))
        .as("a replica set that came after its pod")
        .isEqualTo(known);
    assertThat(
            sent(
                p,
                "",
                "k8s.namespace.name",
                "ns1",
                "k8s.node.name",
                "node1",
                "k8s.deployment.uid",
                "d1"))
        .as("of no pod, but of what it names")
        .isEqualTo(
            attributes(
                "k8s.namespace.name", "ns1",
                "k8s.node.name", "node1",
                "k8s.deployment.uid", "d1",
                "k8s.namespace.label.team", "till",
                "service.namespace", "ns1",
                "zone", "z",
                "k8s.node.uid", "u-node",
                "k8s.deployment.annotation.rev", "7"));
  }

  @Test
  void jobsOfCronJobsAreTheirs() throws IOException {
    cluster.put(
        PODS,
        "ns/hello-27786560-abc",
        """
        {"metadata":{"name":"hello-27786560-abc","namespace":"ns","uid":"p1",
           "creationTimestamp":"2022-10-31T05:20:04Z",
           "ownerReferences":[{"kind":"Job","name":"hello-27786560","uid":"j1"}]},
         "status":{"podIP":"1.1.1.1"}}
        """);
    cluster.put(
        "/apis/batch/v1/jobs",
        "ns/hello-27786560",
        "{\"metadata\":{\"name\":\"hello-27786560\",\"namespace\":\"ns\",\"uid\":\"j1\","
            + "\"labels\":{\"a\":\"of job\"},\"ownerReferences\":[{\"kind\":\"CronJob\","
            + "\"name\":\"hello\",\"uid\":\"c1\",\"controller\":true}]}}");
    cluster.put(
        "/apis/batch/v1/cronjobs",
        "ns/hello",
        "{\"metadata\":{\"name\":\"hello\",\"namespace\":\"ns\",\"uid\":\"c1\","
            + "\"labels\":{\"a\":\"of cron job\"}}}");
    Processor guessing =
        start("extract: {metadata: [k8s.cronjob.name, k8s.job.name, service.name]}");
    assertThat(sent(guessing, "1.1.1.1"))
        .isEqualTo(
            attributes(
                "k8s.job.name",
                "hello-27786560",
                "k8s.cronjob.name",
                "hello",
                "service.name",
                "hello"));
    assertThat(cluster.requests).allMatch(r -> r.startsWith(PODS));
    Processor asking =
        start(
            """
            extract: {metadata: [k8s.cronjob.uid, k8s.job.uid], conventions: both,
              labels: [{key: a, from: job}, {key: a, from: cronjob}]}
            """);
    assertThat(sent(asking, "1.1.1.1"))
        .isEqualTo(
            attributes(
                "k8s.job.uid", "j1",
                "k8s.cronjob.uid", "c1",
                "k8s.job.label.a", "of job",
                "k8s.cronjob.label.a", "of cron job"));
  }

  @Test
  void containersAreKnownByNameOrIdAndRun() throws IOException {
    cluster.put(
        PODS,
        "ns/two",
        """
        {"metadata":{"name":"two","namespace":"ns","uid":"u"},
         "spec":{"containers":[{"name":"a","image":"test/a:0.1.0"},
            {"name":"b","image":"example.com:81/b@sha256:430ac608abaa332de4ce45d68534447c7a206edc5e98aaff9923ecc12f8a80d9"}]},
         "status":{"podIP":"1.1.1.1","containerStatuses":[
            {"name":"a","containerID":"docker://a-id","restartCount":3,
             "imageID":"docker.io/test/a@sha256:55d008bc28344c3178645d40e7d07df30f9d90abe4b53c3fc4e5e9c0295533da"},
            {"name":"b","containerID":"containerd://b-id","restartCount":0,"imageID":"sha256:4b0b1b6f6cdd3e5b9e55f74a1e8d19ed93a3f5a04c6b6c3c57c4e6d19f6b7c4d"}]}}
        """);
    Processor p =
        start(
            """
            extract: {metadata: [k8s.container.name, container.id, container.image.name,
               container.image.tag, container.image.repo_digests, service.version,
               service.instance.id]}
            """);
    Object[] a = {
      "k8s.container.name", "a",
      "container.image.name", "test/a",
      "container.image.tag", "0.1.0",
      "service.instance.id", "ns.two.a",
      "service.version", "0.1.0",
      "container.id", "a-id",
      "container.image.repo_digests",
          ArrayValue.of(
              "docker.io/test/a@sha256:55d008bc28344c3178645d40e7d07df30f9d90abe4b53c3fc4e5e9c0295533da")
    };
    assertThat(sent(p, "1.1.1.1")).as("which of the two?").isEqualTo(new Attributes());
    assertThat(sent(p, "1.1.1.1", "k8s.container.name", "a")).isEqualTo(attributes(a));
    assertThat(sent(p, "1.1.1.1", "container.id", "a-id")).isEqualTo(attributes(a));
    assertThat(sent(p, "1.1.1.1", "k8s.container.name", "c"))
        .isEqualTo(attributes("k8s.container.name", "c"));
    Attributes other =
        sent(p, "1.1.1.1", "k8s.container.name", "a", "k8s.container.restart_count", "2");
    assertThat(other.contains("container.id")).as("another run").isFalse();
    assertThat(other.get("service.version")).isEqualTo("0.1.0");
    assertThat(
            sent(p, "1.1.1.1", "k8s.container.name", "a", "k8s.container.restart_count", 3L)
                .get("container.id"))
        .isEqualTo("a-id");
    assertThat(sent(p, "1.1.1.1", "k8s.container.name", "b"))
        .isEqualTo(
            attributes(
                "k8s.container.name", "b",
                "container.image.name", "example.com:81/b",
                "container.image.tag", "latest",
                "service.instance.id", "ns.two.b",
                "service.version",
                    "sha256:430ac608abaa332de4ce45d68534447c7a206edc5e98aaff9923ecc12f8a80d9",
                "container.id", "b-id"));
  }

  @Test
  void annotationsOfOpenTelemetryHaveTheLastWord() throws IOException {
    auth();
    Processor p =
        start(
            """
            extract: {metadata: [service.version, service.name], otel_annotations: true,
              labels: [{key_regex: 'l.*'}, {key: empty, tag_name: e}], conventions: v0}
            """);
    assertThat(sent(p, "1.1.1.1"))
        .isEqualTo(
            attributes(
                "k8s.pod.labels.label1", "lv1",
                "e", "",
                "service.name", "auth",
                "service.version", "2.5",
                "foo", "bar"));
  }

  @Test
  void whatWasDeletedIsKnownForAWhile() throws IOException {
    pod("a", "uid-a", "1.1.1.1", "2023-01-01T00:00:00Z");
    Processor p = start("pod_delete_grace_period: 60s");
    assertThat(sent(p, "1.1.1.1").get("k8s.pod.name")).isEqualTo("a");
    cluster.delete(PODS, "ns/a");
    pod("witness", "uid-w", "1.1.1.9", "2023-01-01T00:00:00Z");
    until(a -> a.contains("k8s.pod.name"), p, "1.1.1.9");
    rig.clock.pass(Duration.ofSeconds(59));
    assertThat(sent(p, "1.1.1.1").get("k8s.pod.name")).isEqualTo("a");
    rig.clock.pass(Duration.ofSeconds(60));
    assertThat(sent(p, "1.1.1.1").get("k8s.pod.name")).isNull();
    assertThat(sent(p, "1.1.1.9").get("k8s.pod.name")).isEqualTo("witness");
  }

  @Test
  void anAddressIsThePodsThatWasScheduledLast() throws IOException {
    pod("old", "uid-1", "1.1.1.1", "2023-01-01T00:00:00Z");
    Processor p = start("extract: {metadata: [k8s.pod.name, k8s.pod.uid]}");
    pod("new", "uid-2", "1.1.1.1", "2023-01-02T00:00:00Z");
    until(a -> "new".equals(a.get("k8s.pod.name")), p, "1.1.1.1");
    pod("old", "uid-1", "1.1.1.1", "2023-01-01T00:00:00Z");
    pod("witness", "uid-w", "1.1.1.9", "2023-01-01T00:00:00Z");
    until(a -> a.contains("k8s.pod.name"), p, "1.1.1.9");
    assertThat(sent(p, "1.1.1.1").get("k8s.pod.name")).as("news of the old one").isEqualTo("new");
    cluster.delete(PODS, "ns/old");
    pod("witness2", "uid-v", "1.1.1.8", "2023-01-01T00:00:00Z");
    until(a -> a.contains("k8s.pod.name"), p, "1.1.1.8");
    rig.clock.pass(Duration.ofSeconds(300));
    assertThat(sent(p, "1.1.1.1").get("k8s.pod.name")).isEqualTo("new");
  }

  @Test
  void watchesGoOnAndListsAreMadeAnewWhenTheyMustBe() throws IOException {
    for (int i = 0; i < 2 * ResourceWatch.PAGE + 1; i++) {
      pod("p" + i, "uid-" + i, "1.2." + i / 256 + "." + i % 256, "2023-01-01T00:00:00Z");
    }
    Processor p = start("pod_delete_grace_period: 0s, kube_api_qps: -1");
    assertThat(sent(p, "1.2.3.232").get("k8s.pod.name")).isEqualTo("p1000");
    assertThat(cluster.requests.stream().filter(r -> r.contains("limit="))).hasSize(3);
    cluster.endWatches();
    pod("late", "uid-late", "1.1.1.1", "2023-01-01T00:00:00Z");
    until(a -> a.contains("k8s.pod.name"), p, "1.1.1.1");
    assertThat(cluster.requests.stream().filter(r -> r.contains("limit="))).hasSize(3);
    cluster.delete(PODS, "ns/p7");
    until(a -> !a.contains("k8s.pod.name"), p, "1.2.0.7");
    cluster.failNext(2);
    cluster.delete(PODS, "ns/p8");
    cluster.forget();
    cluster.endWatches();
    until(a -> !a.contains("k8s.pod.name"), p, "1.2.0.8");
    pod("latest", "uid-latest", "1.1.1.2", "2023-01-01T00:00:00Z");
    until(a -> a.contains("k8s.pod.name"), p, "1.1.1.2");
  }

  @Test
  void anApiThatIsNotThereYetIsTriedAgain() throws IOException {
    pauses.drainPermits();
    auth();
    cluster.forbid(PODS, true);
    Processor p = make("{}");
    p.start();
    started.add(p);
    while (metric("tethys_k8s_attributes_watch_failures_total") == 0) {
      LockSupport.parkNanos(1_000_000);
    }
    assertThat(sent(p, "1.1.1.1", "a", "b")).isEqualTo(attributes("a", "b"));
    cluster.forbid(PODS, false);
    pauses.release(1000);
    until(a -> a.contains("k8s.pod.name"), p, "1.1.1.1");
    assertThat(metric("otelcol_otelsvc_k8s_pod_added_total")).isEqualTo(1);
    assertThat(metric("otelcol_processor_k8sattributes_pod_association_success_total"))
        .isPositive();
    assertThat(metric("otelcol_otelsvc_k8s_pod_table_size")).isEqualTo(2);
  }

  @Test
  void aStartThatWaitsFailsInTheEnd() {
    cluster.forbid(PODS, true);
    pauses.drainPermits();
    Processor p = make("{wait_for_metadata: true, wait_for_metadata_timeout: 200ms}");
    assertThatThrownBy(p::start)
        .isInstanceOf(IOException.class)
        .hasMessageContaining("wait_for_metadata_timeout");
    environment.remove("KUBERNETES_SERVICE_HOST");
    assertThatThrownBy(() -> make("{}").start())
        .isInstanceOf(IOException.class)
        .hasMessageContaining("KUBERNETES_SERVICE_HOST")
        .hasMessageContaining("auth_type: kubeConfig");
    environment.put("KUBECONFIG", folder.resolve("nothing").toString());
    environment.put("HOME", folder.toString());
    assertThatThrownBy(() -> make("{auth_type: kubeConfig}").start())
        .isInstanceOf(IOException.class)
        .hasMessageContaining(folder.resolve(".kube/config").toString());
  }

  private double metric(String name) {
    double sum = 0;
    for (MetricFamily f : rig.registry.gather()) {
      if (f.name().equals(name)) {
        sum +=
            f.metrics().stream().mapToDouble(m -> ((MetricFamily.Value) m.point()).value()).sum();
      }
    }
    return sum;
  }

  @Test
  void processorsThatAskTheSameShareWhatIsKnown() throws IOException {
    auth();
    Processor a = start("");
    Processor b = start("");
    assertThat(cluster.requests.stream().filter(r -> r.contains("limit="))).hasSize(1);
    assertThat(sent(b, "1.1.1.1").get("k8s.namespace.name")).isEqualTo("ns1");
    assertThat(metric("otelcol_otelsvc_k8s_pod_added_total")).as("told once").isEqualTo(1);
    a.stop(Duration.ZERO);
    assertThat(sent(b, "1.1.1.1").get("k8s.namespace.name")).isEqualTo("ns1");
    assertThat(metric("otelcol_otelsvc_k8s_pod_added_total")).isEqualTo(1);
    start("pod_delete_grace_period: 1s");
    assertThat(cluster.requests.stream().filter(r -> r.contains("limit="))).hasSize(2);
    b.stop(Duration.ZERO);
    assertThat(sent(b, "1.1.1.1", "a", "b")).isEqualTo(attributes("a", "b"));
  }

  @Test
  void addressesArePassedThroughWithoutAnybodyBeingAsked() throws IOException {
    environment.clear();
    Processor p = start("passthrough: true");
    assertThat(sent(p, "1.1.1.1")).isEqualTo(attributes("k8s.pod.ip", "1.1.1.1"));
    assertThat(sent(p, "fd00:0:0:0:0:0:0:1")).isEqualTo(attributes("k8s.pod.ip", "fd00::1"));
    assertThat(sent(p, "1.1.1.1", "k8s.pod.ip", "1.1.1.2"))
        .isEqualTo(attributes("k8s.pod.ip", "1.1.1.2"));
    assertThat(sent(p, "", "a", "b")).isEqualTo(attributes("a", "b"));
    assertThat(cluster.requests).isEmpty();
  }

  @Test
  void onlySomePodsAreAskedFor() throws IOException {
    environment.put("K8S_NODE", "node1");
    start(
        """
        filter: {node: other, node_from_env_var: K8S_NODE, namespace: [ns1, ns2],
           labels: [{key: k1, value: v1}, {key: k2, value: v2, op: not-equals},
             {key: k3, op: exists}, {key: a.b/k4, op: does-not-exist}],
           fields: [{key: status.phase, value: Running}, {key: x, value: 'a,b', op: not-equals}]},
        extract: {metadata: [k8s.node.uid, k8s.cluster.uid, k8s.deployment.uid]}
        """);
    String pods =
        "fieldSelector=status.phase=Running,x!=a\\,b,spec.nodeName=node1,"
            + " labelSelector=k1=v1,k2!=v2,k3,!a.b/k4, limit=500}";
    assertThat(cluster.requests)
        .contains(
            "/api/v1/namespaces/ns1/pods {" + pods,
            "/api/v1/namespaces/ns2/pods {" + pods,
            "/api/v1/nodes {fieldSelector=metadata.name=node1, limit=500}",
            "/api/v1/namespaces {fieldSelector=metadata.name=kube-system, limit=500}",
            "/apis/apps/v1/namespaces/ns1/replicasets {limit=500}",
            "/apis/apps/v1/namespaces/ns2/replicasets {limit=500}");
    assertThatThrownBy(() -> make("{filter: {node_from_env_var: NOT_SET}}"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("NOT_SET is not set");
  }

  @ParameterizedTest
  @CsvSource({"jaeger-agent-b2zdv, ''", "test-pod-name, 'True '", "loki-1, ''"})
  void somePodsAreLeftAlone(String name, String annotation) throws IOException {
    cluster.put(
        PODS,
        "ns/" + name,
        """
        {"metadata":{"name":"%s","namespace":"ns","uid":"u","annotations":{
           "opentelemetry.io/k8s-processor/ignore":"%s"}},"status":{"podIP":"1.1.1.1"}}
        """
            .formatted(name, annotation));
    pod("other", "uid-o", "1.1.1.2", "2023-01-01T00:00:00Z");
    Processor p = start(name.startsWith("loki") ? "exclude: {pods: [{name: '^lo.i'}]}" : "");
    assertThat(sent(p, "1.1.1.1", "a", "b")).isEqualTo(attributes("a", "b"));
    assertThat(sent(p, "1.1.1.2").get("k8s.pod.name")).isEqualTo("other");
  }

  @Test
  void podsAreFoundByWhatTheirOwnersSayLater() throws IOException {
    auth();
    Processor p =
        start(
            """
            watch_sync_period: 1m,
            pod_association: [{sources: [{from: resource_attribute, name: k8s.deployment.uid}]}],
            extract: {metadata: [k8s.pod.name, k8s.deployment.uid]}
            """);
    cluster.put(
        "/apis/apps/v1/replicasets",
        "ns1/auth-service-66f5996c7c",
        "{\"metadata\":{\"name\":\"auth-service-66f5996c7c\",\"namespace\":\"ns1\","
            + "\"uid\":\"207ea729-c779-401d-8347-008ecbc137e3\",\"ownerReferences\":["
            + "{\"kind\":\"Deployment\",\"name\":\"x\",\"uid\":\"d1\",\"controller\":true}]}}");
    while (metric("otelcol_otelsvc_k8s_replicaset_added_total") == 0) {
      LockSupport.parkNanos(1_000_000);
    }
    rig.clock.pass(Duration.ofSeconds(61));
    until(a -> a.contains("k8s.pod.name"), p, "", "k8s.deployment.uid", "d1");
  }

  /** Those that the Collector's tests take. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{auth_type: kubeConfig, passthrough: false}",
        "{auth_type: none, kube_api_qps: 20.5, kube_api_burst: 40, context: c}",
        "{extract: {deployment_name_from_replicaset: false}}",
        "{extract: {metadata: [container.image.tag, container.image.tags]}}",
        "{extract: {labels: [{tag_name: l, key: app, from: replicaset}]}}",
        "{watch_sync_period: 0s, pod_delete_grace_period: 30s}",
        "{pod_association: [{sources: [{from: resource_attribute, name: ip}]},"
            + " {sources: [{from: connection, name: ip}]}]}",
        "{filter: {labels: [{key: app, op: exists}], namespace: ns2}}"
      })
  void configurationsThatAreTaken(String yaml) {
    assertThat(make(yaml)).isNotNull();
  }

  /** Those that the Collector's tests refuse, and some more. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {extract: {metadata: [k8s.cluster.name]}} | k8s.cluster.name
          {extract: {labels: [{tag_name: l1, key: label1, key_regex: 'label\\d'}]}} | key_regex
          {extract: {annotations: [{tag_name: a1, from: pod}]}} | key_regex
          {extract: {labels: [{key: label1, from: unknown}]}} | unknown
          {extract: {labels: [{key_regex: '['}]}} | regular expression
          {extract: {labels: [{key: a, regex: b}]}} | regex
          {filter: {labels: [{key: label, value: v1, op: unknown}]}} | unknown
          {filter: {labels: [{key: label, value: 'a b'}]}} | a b
          {filter: {fields: [{key: field, value: v1, op: exists}]}} | exists
          {exclude: {pods: [{name: '['}]}} | regular expression
          {watch_sync_period: -20s} | -20s
          {pod_delete_grace_period: -30s} | -30s
          {auth_type: tls} | tls
          {pod_association: [{sources: []}]} | sources
          {pod_association: [{sources: [{from: resource_attribute}]}]} | name
          {pod_association: [{sources: [{from: other}]}]} | other
          """)
  void configurationsThatAreRefused(String yaml, String problem) {
    assertThatThrownBy(() -> make(yaml))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(problem)
        .hasMessageContaining("c.yaml:1:");
  }

  @Test
  void associationsAreBoundedAndEachIsAnother() {
    String a = "{from: resource_attribute, name: a%d}";
    String five = "";
    for (int i = 0; i < 5; i++) {
      five += (i == 0 ? "" : ", ") + a.formatted(i);
    }
    String many = "{pod_association: [{sources: [" + five + "]}]}";
    assertThatThrownBy(() -> make(many)).hasMessageContaining("4");
    String same =
        "{pod_association: [{sources: [%s, %s]}, {sources: [%s, %s]}]}"
            .formatted(a.formatted(1), a.formatted(2), a.formatted(2), a.formatted(1));
    assertThatThrownBy(() -> make(same)).hasMessageContaining("same sources");
  }
}
