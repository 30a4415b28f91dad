package dev.tethys.pipeline.receiver.kubelet;

import static dev.tethys.testkit.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.model.exposition.Registry;
import dev.tethys.model.telemetry.MetricsData;
import dev.tethys.model.telemetry.NumberDataPoint;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.receiver.HttpDouble;
import dev.tethys.pipeline.receiver.LogCapture;
import dev.tethys.pipeline.receiver.Scraped;
import dev.tethys.pipeline.receiver.TestPipeline;
import dev.tethys.pipeline.receiver.kubernetes.ClusterSettings;
import dev.tethys.pipeline.receiver.kubernetes.KubernetesEnvironment;
import dev.tethys.testkit.KubernetesDouble;
import dev.tethys.testkit.TestCertificates;
import dev.tethys.web.client.HttpClientFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A receiver before the double of a kubelet. */
@Tag("slow")
@Timeout(60)
class KubeletReceiverTest {
  private static final String SUMMARY = "/stats/summary";

  /** Metric, unit, type, kind of numbers, whether by default, attributes: the Collector's table. */
  private static final String TABLE =
      """
      container.cpu.time                          s        counter double + -
      container.cpu.usage                         {cpu}    gauge   double + -
      container.filesystem.available              By       gauge   int    + -
      container.filesystem.capacity               By       gauge   int    + -
      container.filesystem.usage                  By       gauge   int    + -
      container.memory.available                  By       gauge   int    + -
      container.memory.major_page_faults          1        gauge   int    + -
      container.memory.page_faults                1        gauge   int    + -
      container.memory.rss                        By       gauge   int    + -
      container.memory.usage                      By       gauge   int    + -
      container.memory.working_set                By       gauge   int    + -
      container.uptime                            s        counter int    - -
      k8s.container.cpu.node.utilization          1        gauge   double - -
      k8s.container.cpu_limit_utilization         1        gauge   double - -
      k8s.container.cpu_request_utilization       1        gauge   double - -
      k8s.container.ephemeral_storage.usage       By       sum     int    - fs.type
      k8s.container.memory.node.utilization       1        gauge   double - -
      k8s.container.memory_limit_utilization      1        gauge   double - -
      k8s.container.memory_request_utilization    1        gauge   double - -
      k8s.node.cpu.time                           s        counter double + -
      k8s.node.cpu.usage                          {cpu}    gauge   double + -
      k8s.node.filesystem.available               By       gauge   int    + -
      k8s.node.filesystem.capacity                By       gauge   int    + -
      k8s.node.filesystem.inode.count             {inode}  sum     int    - -
      k8s.node.filesystem.inode.free              {inode}  sum     int    - -
      k8s.node.filesystem.usage                   By       gauge   int    + -
      k8s.node.memory.available                   By       gauge   int    + -
      k8s.node.memory.major_page_faults           1        gauge   int    + -
      k8s.node.memory.page_faults                 1        gauge   int    + -
      k8s.node.memory.rss                         By       gauge   int    + -
      k8s.node.memory.usage                       By       gauge   int    + -
      k8s.node.memory.working_set                 By       gauge   int    + -
      k8s.node.network.errors                     1        counter int    + interface,direction
      k8s.node.network.io                         By       counter int    + interface,direction
      k8s.node.pid.limit                          {thread} sum     int    - -
      k8s.node.pid.usage                          {thread} sum     int    - -
      k8s.node.system_container.cpu.time          s        counter double - -
      k8s.node.system_container.cpu.usage         {cpu}    gauge   double - -
      k8s.node.system_container.memory.usage      By       gauge   int    - -
      k8s.node.system_container.memory.working_set By      gauge   int    - -
      k8s.node.uptime                             s        counter int    - -
      k8s.pod.cpu.node.utilization                1        gauge   double - -
      k8s.pod.cpu.time                            s        counter double + -
      k8s.pod.cpu.usage                           {cpu}    gauge   double + -
      k8s.pod.cpu_limit_utilization               1        gauge   double - -
      k8s.pod.cpu_request_utilization             1        gauge   double - -
      k8s.pod.filesystem.available                By       gauge   int    + -
      k8s.pod.filesystem.capacity                 By       gauge   int    + -
      k8s.pod.filesystem.usage                    By       gauge   int    + -
      k8s.pod.memory.available                    By       gauge   int    + -
      k8s.pod.memory.major_page_faults            1        gauge   int    + -
      k8s.pod.memory.node.utilization             1        gauge   double - -
      k8s.pod.memory.page_faults                  1        gauge   int    + -
      k8s.pod.memory.rss                          By       gauge   int    + -
      k8s.pod.memory.usage                        By       gauge   int    + -
      k8s.pod.memory.working_set                  By       gauge   int    + -
      k8s.pod.memory_limit_utilization            1        gauge   double - -
      k8s.pod.memory_request_utilization          1        gauge   double - -
      k8s.pod.network.errors                      1        counter int    + interface,direction
      k8s.pod.network.io                          By       counter int    + interface,direction
      k8s.pod.uptime                              s        counter int    - -
      k8s.pod.volume.usage                        By       sum     int    - -
      k8s.volume.available                        By       gauge   int    + -
      k8s.volume.capacity                         By       gauge   int    + -
      k8s.volume.inodes                           1        gauge   int    + -
      k8s.volume.inodes.free                      1        gauge   int    + -
      k8s.volume.inodes.used                      1        gauge   int    + -
      """;

  private static final String POD =
      "{k8s.namespace.name=shop, k8s.pod.name=web-0, k8s.pod.uid=u-1}";
  private static final String CONTAINER =
      "{k8s.container.name=web, k8s.namespace.name=shop, k8s.pod.name=web-0, k8s.pod.uid=u-1}";

  private final HttpClientFactory clients = new HttpClientFactory("test");
  private final Map<String, String> environment = new HashMap<>();
  private final TestPipeline pipeline = new TestPipeline();
  private final LogCapture said = new LogCapture(KubeletReceiver.class);
  private HttpDouble kubelet;
  private @Nullable KubeletReceiver receiver;
  private Registry registry = new Registry();
  @TempDir Path account;

  @BeforeEach
  void begin() throws IOException {
    kubelet = new HttpDouble();
    kubelet.answer(SUMMARY, KubeletFixture.SUMMARY);
    kubelet.answer("/pods", KubeletFixture.PODS);
  }

  @AfterEach
  void end() {
    said.close();
    if (receiver != null) {
      receiver.stop(Duration.ofSeconds(10));
    }
    kubelet.close();
    clients.close();
  }

  private KubeletReceiver receiver(String yaml) {
    registry = new Registry();
    KubernetesEnvironment around =
        new KubernetesEnvironment(
            (c, call) -> clients.client(c).send(call), environment::get, account, "1.2.3");
    KubeletReceiver r =
        new KubeletReceiver(
            TestPipeline.read(KubeletConfig.TYPE, yaml),
            around,
            Objects.requireNonNull(pipeline.of(Signal.METRICS).get(Signal.METRICS)),
            "receiver kubelet_stats",
            "kubelet_stats",
            registry);
    receiver = r;
    return r;
  }

  private KubeletReceiver open(String yaml) throws IOException {
    KubeletReceiver r = receiver("auth_type: none\nendpoint: " + kubelet.url() + "\n" + yaml);
    r.open();
    return r;
  }

  /** The second look, which has CPU usage. */
  private MetricsData second(String yaml) throws Exception {
    KubeletReceiver r = open(yaml);
    r.gather();
    kubelet.answer(SUMMARY, KubeletFixture.later());
    return r.gather();
  }

  private static Map<String, String> usual() {
    Map<String, String> t = Scraped.table(TABLE, false);
    t.keySet().removeIf(m -> m.startsWith("k8s.volume."));
    return t;
  }

  @Test
  void emitsDefaultMetricsWithoutSettings() throws Exception {
    MetricsData data = second("");
    assertThat(Scraped.shapes(data)).isEqualTo(usual());
    assertThat(Scraped.resources(data)).containsExactly("{k8s.node.name=node-1}", POD, CONTAINER);
    assertThat(kubelet.requests).as("pods are not asked for").containsOnly(SUMMARY);
    assertThat(data.resources().getFirst().scopes().getFirst().scope().name())
        .isEqualTo(
            "github.com/open-telemetry/opentelemetry-collector-contrib/receiver/kubeletstatsreceiver");
    assertThat(data.resources().getFirst().scopes().getFirst().scope().version())
        .isEqualTo("1.2.3");
  }

  @Test
  void emitsAllMetricsIfEnabled() throws Exception {
    try (KubernetesDouble api = new KubernetesDouble()) {
      api.put(
          "/api/v1/nodes",
          "node-1",
          "{\"metadata\":{\"name\":\"node-1\"},\"status\":{\"capacity\":{\"cpu\":\"4\",\"memory\":\"8Ki\"}}}");
      KubeletReceiver r =
          open(
              Scraped.enabling(TABLE)
                  + "metric_groups: [container, pod, node, volume]\nnode: node-1\nk8s_api_config: "
                  + "{auth_type: kubeConfig, kube_config_path: "
                  + kubeconfig(api.url())
                  + "}\ninitial_delay: 1h");
      r.start();
      r.gather();
      kubelet.answer(SUMMARY, KubeletFixture.later());
      // Capacity has its own watch, which has to come first.
      await(() -> api.requests.stream().anyMatch(q -> q.contains("watch")));
      MetricsData data = r.gather();
      assertThat(Scraped.shapes(data)).isEqualTo(Scraped.table(TABLE, true));
      assertThat(Scraped.values(data, CONTAINER))
          .containsEntry("container.cpu.usage", "0.5")
          .containsEntry("k8s.container.cpu.node.utilization", "0.125")
          .containsEntry("k8s.container.cpu_limit_utilization", "0.25")
          .containsEntry("k8s.container.cpu_request_utilization", "2.0")
          .containsEntry("k8s.container.memory.node.utilization", "0.244140625")
          .containsEntry("k8s.container.memory_limit_utilization", "0.5")
          .containsEntry("k8s.container.memory_request_utilization", "1.953125")
          .containsEntry("k8s.container.ephemeral_storage.usage rootfs", "50")
          .containsEntry("k8s.container.ephemeral_storage.usage logs", "5");
      assertThat(
              Scraped.values(
                  data, "{k8s.node.name=node-1, k8s.node.system_container.name=kubelet}"))
          .containsEntry("k8s.node.system_container.cpu.time", "251.0")
          .containsEntry("k8s.node.system_container.cpu.usage", "0.1")
          .containsEntry("k8s.node.system_container.memory.working_set", "800");
      assertThat(Scraped.values(data, "{k8s.node.name=node-1}"))
          .containsEntry("k8s.node.pid.limit", "32768")
          .containsEntry("k8s.node.pid.usage", "812")
          .containsEntry("k8s.node.filesystem.inode.count", "100")
          .containsEntry("k8s.node.filesystem.inode.free", "60");
      assertThat(api.requests.getFirst()).contains("metadata.name=node-1");
    }
  }

  private Path kubeconfig(String server) throws IOException {
    return Files.writeString(
        account.resolve("config"),
        """
        {current-context: a, contexts: [{name: a, context: {cluster: k, user: u}}],
         clusters: [{name: k, cluster: {server: "%s"}}], users: [{name: u, user: {token: t0}}]}
        """
            .formatted(server));
  }

  @Test
  void reportsTheKubeletsValues() throws Exception {
    MetricsData data = second("collect_all_network_interfaces: {node: true}");
    assertThat(Scraped.values(data, "{k8s.node.name=node-1}"))
        .containsEntry("k8s.node.cpu.time", "5020.0")
        .containsEntry("k8s.node.cpu.usage", "2.0")
        .containsEntry("k8s.node.memory.working_set", "2500")
        .containsEntry("k8s.node.network.io eth0 receive", "10")
        .containsEntry("k8s.node.network.io eth1 transmit", "40")
        .containsEntry("k8s.node.network.errors eth1 receive", "3")
        .containsEntry("k8s.node.filesystem.usage", "400");
    assertThat(Scraped.values(data, POD))
        .containsEntry("k8s.pod.cpu.usage", "0.6")
        .containsEntry("k8s.pod.filesystem.usage", "55")
        .containsEntry("k8s.pod.network.io eth0 transmit", "200");
    assertThat(Scraped.values(data, CONTAINER))
        .as("below 0, as kubelets write it")
        .containsEntry("container.memory.available", "-4096")
        .containsEntry("container.memory.page_faults", "11");
    NumberDataPoint p =
        (NumberDataPoint)
            Objects.requireNonNull(
                    data.resources().get(2).scopes().getFirst().items().getFirst().data())
                .points()
                .getFirst();
    assertThat(p.startTimeUnixNano()).as("its container's start").isEqualTo(1714554005000000000L);
    assertThat(Math.abs(p.timeUnixNano() / 1_000_000 - System.currentTimeMillis()))
        .isLessThan(60_000);
  }

  @Test
  void emitsNoRateAfterACounterReset() throws Exception {
    KubeletReceiver r = open("");
    r.gather();
    kubelet.answer(SUMMARY, KubeletFixture.later().replace("5020000000000", "1"));
    assertThat(Scraped.shapes(r.gather()))
        .doesNotContainKey("k8s.node.cpu.usage")
        .containsKey("k8s.pod.cpu.usage");
    assertThat(Scraped.shapes(r.gather()))
        .as("not measured anew")
        .doesNotContainKey("k8s.pod.cpu.usage");
  }

  @Test
  void addsLabelsFromPodsAndVolumesOfClaims() throws Exception {
    String yaml =
        """
        metric_groups: [container, volume]
        extra_metadata_labels: [container.id, k8s.volume.type]
        resource_attributes: {aws.volume.id: {enabled: true}, fs.type: {enabled: true}, partition: {enabled: true}}
        """;
    String of = "k8s.namespace.name=shop, k8s.pod.name=web-0, k8s.pod.uid=u-1, k8s.volume.";
    String conf = "{" + of + "name=conf, k8s.volume.type=configMap}";
    String container = CONTAINER.replace("{", "{container.id=c0ffee, ");
    assertThat(Scraped.resources(open(yaml).gather()))
        .containsExactly(
            container,
            "{k8s.namespace.name=shop, k8s.persistentvolumeclaim.name=data-web-0,"
                + " k8s.pod.name=web-0, k8s.pod.uid=u-1, k8s.volume.name=data,"
                + " k8s.volume.type=persistentVolumeClaim}",
            conf);

    try (HttpDouble api = new HttpDouble()) {
      api.answer(KubeletFixture.CLAIM, "{\"spec\": {\"volumeName\": \"pv-7\"}}");
      api.answer(
          KubeletFixture.VOLUME,
          "{\"spec\": {\"awsElasticBlockStore\": {\"volumeID\": \"vol-1\", \"fsType\": \"ext4\","
              + " \"partition\": 3}}}");
      KubeletReceiver r =
          open(
              yaml
                  + "k8s_api_config: {auth_type: kubeConfig, kube_config_path: "
                  + kubeconfig(api.url())
                  + "}");
      r.gather();
      assertThat(Scraped.resources(r.gather()))
          .containsExactly(
              container,
              "{aws.volume.id=vol-1, fs.type=ext4, k8s.namespace.name=shop,"
                  + " k8s.persistentvolumeclaim.name=data-web-0, k8s.pod.name=web-0,"
                  + " k8s.pod.uid=u-1, k8s.volume.name=data,"
                  + " k8s.volume.type=awsElasticBlockStore, partition=3}",
              conf);
      assertThat(api.requests)
          .as("asked once")
          .containsExactly(
              KubeletFixture.CLAIM + " Bearer t0", KubeletFixture.VOLUME + " Bearer t0");
    }
  }

  @Test
  void omitsAndReportsFailedLookupsOnce() throws Exception {
    kubelet.answer("/pods", KubeletFixture.PODS.replace("containerd://c0ffee", ""));
    try (HttpDouble api = new HttpDouble()) {
      api.answer(KubeletFixture.CLAIM, 403, "{\"message\": \"claims are forbidden\"}");
      KubeletReceiver r =
          open(
              "metric_groups: [container, volume]\n"
                  + "extra_metadata_labels: [container.id, k8s.volume.type]\n"
                  + "k8s_api_config: {auth_type: kubeConfig, kube_config_path: "
                  + kubeconfig(api.url())
                  + "}");
      assertThat(Scraped.resources(r.gather())).singleElement().asString().contains("=conf");
      r.gather();
    }
    assertThat(said.all)
        .hasSize(2)
        .anyMatch(s -> s.contains("no metrics of container shop/web-0/web: no id yet"))
        .anyMatch(
            s -> s.contains("volume shop/web-0/data: ") && s.contains("claims are forbidden"));
  }

  @Test
  void filtersResourcesByAttributes() throws Exception {
    assertThat(
            Scraped.resources(
                open("resource_attributes: {k8s.pod.uid: {enabled: false}, k8s.node.name:"
                        + " {metrics_exclude: [{regexp: node-.}]}}")
                    .gather()))
        .containsExactly(
            "{k8s.namespace.name=shop, k8s.pod.name=web-0}",
            "{k8s.container.name=web, k8s.namespace.name=shop, k8s.pod.name=web-0}");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "401 | Unauthorized | answered with status 401: Unauthorized; it rejects auth_type: none",
        "403 | no | answered with status 403: no; the client requires the permission to get"
            + " nodes/stats",
        "500 | {\"message\": \"oops\"} | answered with status 500: oops",
        "200 | {\"node\": {\"nodeName\": | returned an unreadable response",
        "200 | [] | the response is not a JSON object",
        "0 | - | context deadline exceeded",
      })
  void reportsInvalidResponses(int status, String body, String told) throws Exception {
    kubelet.answer(SUMMARY, status, body);
    KubeletReceiver r = open("timeout: " + (status == 0 ? "100ms" : "10s"));
    assertThat(r.gather().itemCount()).isZero();
    r.gather();
    assertThat(said.all).singleElement().asString().contains(told).contains(SUMMARY);
    kubelet.answer(SUMMARY, KubeletFixture.SUMMARY);
    assertThat(open("").gather().itemCount()).isPositive();
  }

  @ParameterizedTest
  @ValueSource(strings = {"kube_api_qps: 5", "kube_api_burst: 5"})
  void warnsOfThrottleSettings(String yaml) throws Exception {
    LogCapture warned = new LogCapture(ClusterSettings.class);
    try {
      assertThat(open(yaml).gather().itemCount()).isPositive();
      assertThat(warned.all).singleElement().asString().contains("have no effect");
    } finally {
      warned.close();
    }
  }

  @Test
  void reportsAFailureAgainAfterASuccess() throws Exception {
    KubeletReceiver r = open("");
    kubelet.answer(SUMMARY, 500, "no");
    r.gather();
    kubelet.answer(SUMMARY, KubeletFixture.SUMMARY);
    assertThat(r.gather().itemCount()).isPositive();
    assertThat(said.all).hasSize(1);
    kubelet.answer(SUMMARY, 500, "no");
    r.gather();
    assertThat(said.all).hasSize(2);
  }

  @Test
  void emitsNothingWithoutRequiredPods() throws Exception {
    kubelet.answer("/pods", 403, "no");
    assertThat(open("extra_metadata_labels: [container.id]").gather().itemCount()).isZero();
    assertThat(said.all).singleElement().asString().contains("the permission to get nodes/pods");
  }

  @Test
  void recoversAfterAKubeletRestart() throws Exception {
    int port = kubelet.port();
    KubeletReceiver r =
        receiver(
            "{auth_type: none, endpoint: '127.0.0.1:"
                + port
                + "', initial_delay: 0s, collection_interval: 50ms}");
    r.start();
    await(() -> pipeline.batches.size() >= 2);
    kubelet.close();
    await(() -> said.all.stream().anyMatch(s -> s.contains("connection refused")));
    int before = pipeline.batches.size();
    kubelet = new HttpDouble(null, port);
    kubelet.answer(SUMMARY, KubeletFixture.SUMMARY);
    await(() -> pipeline.batches.size() > before + 1);
  }

  @Test
  void authenticatesWithThePodsAccountOverTls() throws Exception {
    TestCertificates certificates = new TestCertificates(account);
    certificates.issue("kubelet", "ip:127.0.0.1");
    Files.writeString(account.resolve("token"), "s3cret\n");
    try (HttpDouble secure = new HttpDouble(certificates.context("kubelet"), 0)) {
      secure.answer(SUMMARY, KubeletFixture.SUMMARY);
      String yaml = "{auth_type: serviceAccount, endpoint: '127.0.0.1:" + secure.port() + "'";
      KubeletReceiver r = receiver(yaml + "}");
      r.open();
      assertThat(r.gather().itemCount()).isPositive();
      assertThat(secure.requests).containsExactly(SUMMARY + " Bearer s3cret");

      Files.writeString(account.resolve("token"), "renewed");
      r.gather();
      assertThat(secure.requests.getLast()).endsWith("Bearer renewed");

      Files.delete(account.resolve("token"));
      assertThat(r.gather().itemCount()).isZero();
      assertThat(said.all.getLast()).contains(account.resolve("token").toString());
    }
  }

  @Test
  void rejectsUnknownCertificatesUnlessConfigured() throws Exception {
    TestCertificates theirs =
        new TestCertificates(Files.createDirectory(account.resolve("theirs")));
    theirs.issue("kubelet", "dns:elsewhere");
    TestCertificates own = new TestCertificates(account);
    own.issue("client", "dns:client");
    try (HttpDouble secure = new HttpDouble(theirs.context("kubelet"), 0)) {
      secure.answer(SUMMARY, KubeletFixture.SUMMARY);
      String yaml =
          "endpoint: "
              + secure.url()
              + "\nkey_file: "
              + own.key("client")
              + "\ncert_file: "
              + own.certificate("client")
              + "\nca_file: ";
      KubeletReceiver unknown = receiver(yaml + own.ca());
      unknown.open();
      assertThat(unknown.gather().itemCount()).isZero();
      assertThat(said.all.getLast()).contains("/stats/summary\": tls: ");
      KubeletReceiver other = receiver(yaml + theirs.ca());
      other.open();
      other.gather();
      assertThat(said.all.getLast()).contains("certificate is not valid for 127.0.0.1");
    }
    try (HttpDouble secure = new HttpDouble(own.context("client"), 0)) {
      secure.answer(SUMMARY, KubeletFixture.SUMMARY);
      KubeletReceiver r =
          receiver(
              "endpoint: "
                  + secure.url()
                  + "\ninsecure_skip_verify: true\nkey_file: "
                  + own.key("client")
                  + "\ncert_file: "
                  + own.certificate("client")
                  + "\nca_file: "
                  + own.ca());
      r.open();
      assertThat(r.gather().itemCount()).isPositive();
    }
  }

  @Test
  void usesTheApiProxyWithAKubeconfig() throws Exception {
    String path = "/api/v1/nodes/node-1/proxy/stats/summary";
    kubelet.answer(path, KubeletFixture.SUMMARY);
    environment.put("KUBECONFIG", kubeconfig(kubelet.url()).toString());
    KubeletReceiver r = receiver("{auth_type: kubeConfig, endpoint: node-1}");
    r.open();
    assertThat(r.gather().itemCount()).isPositive();
    assertThat(kubelet.requests).containsExactly(path + " Bearer t0");
  }

  @Test
  void reportsAMissingKubeconfigAtStart() {
    environment.put("HOME", account.resolve("nobody").toString());
    KubeletReceiver r = receiver("{auth_type: kubeConfig, endpoint: node-1}");
    assertThatThrownBy(r::start).isInstanceOf(IOException.class).hasMessageContaining("kubeconfig");
  }
}
