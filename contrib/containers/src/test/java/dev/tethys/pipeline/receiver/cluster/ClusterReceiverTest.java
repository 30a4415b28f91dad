package dev.tethys.pipeline.receiver.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.config.ConfigException;
import dev.tethys.config.HttpClientConfig;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.telemetry.MetricsData;
import dev.tethys.pipeline.receiver.HttpDouble;
import dev.tethys.pipeline.receiver.LogCapture;
import dev.tethys.pipeline.receiver.Scraped;
import dev.tethys.pipeline.receiver.TestPipeline;
import dev.tethys.pipeline.receiver.kubernetes.ClusterSettings;
import dev.tethys.pipeline.receiver.kubernetes.KubernetesEnvironment;
import dev.tethys.pipeline.receiver.scraping.ScrapedPoints;
import dev.tethys.testkit.KubernetesDouble;
import dev.tethys.testkit.Waiting;
import dev.tethys.web.client.HttpClientFactory;
import dev.tethys.web.kubernetes.ClusterAccess;
import dev.tethys.web.kubernetes.ResourceWatch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A receiver before the double of a cluster's API. */
@Tag("slow")
@Timeout(60)
class ClusterReceiverTest {
  /** Metric, unit, type, kind of numbers, whether by default, attributes: the Collector's table. */
  private static final String TABLE =
      """
      k8s.container.cpu_limit                     {cpu}       gauge double + -
      k8s.container.cpu_request                   {cpu}       gauge double + -
      k8s.container.ephemeralstorage_limit        By          gauge int    + -
      k8s.container.ephemeralstorage_request      By          gauge int    + -
      k8s.container.memory_limit                  By          gauge int    + -
      k8s.container.memory_request                By          gauge int    + -
      k8s.container.ready                         %           gauge int    + -
      k8s.container.restarts                      {restart}   gauge int    + -
      k8s.container.storage_limit                 By          gauge int    + -
      k8s.container.storage_request               By          gauge int    + -
      k8s.container.status.reason                 {container} sum   int    - k8s.container.status.reason
      k8s.container.status.state                  {container} sum   int    - k8s.container.status.state
      k8s.cronjob.active_jobs                     {job}       gauge int    + -
      k8s.daemonset.current_scheduled_nodes       {node}      gauge int    + -
      k8s.daemonset.desired_scheduled_nodes       {node}      gauge int    + -
      k8s.daemonset.misscheduled_nodes            {node}      gauge int    + -
      k8s.daemonset.ready_nodes                   {node}      gauge int    + -
      k8s.deployment.available                    {pod}       gauge int    + -
      k8s.deployment.desired                      {pod}       gauge int    + -
      k8s.hpa.current_replicas                    {pod}       gauge int    + -
      k8s.hpa.desired_replicas                    {pod}       gauge int    + -
      k8s.hpa.max_replicas                        {pod}       gauge int    + -
      k8s.hpa.min_replicas                        {pod}       gauge int    + -
      k8s.job.active_pods                         {pod}       gauge int    + -
      k8s.job.desired_successful_pods             {pod}       gauge int    + -
      k8s.job.failed_pods                         {pod}       gauge int    + -
      k8s.job.max_parallel_pods                   {pod}       gauge int    + -
      k8s.job.successful_pods                     {pod}       gauge int    + -
      k8s.namespace.phase                         %           gauge int    + -
      k8s.node.condition                          {condition} gauge int    - condition
      k8s.persistentvolume.status.phase           {persistentvolume} sum int - k8s.persistentvolume.status.phase
      k8s.persistentvolume.storage.capacity       By          sum   int    - -
      k8s.persistentvolumeclaim.status.phase      {persistentvolumeclaim} sum int - k8s.persistentvolumeclaim.status.phase
      k8s.persistentvolumeclaim.storage.capacity  By          sum   int    - -
      k8s.persistentvolumeclaim.storage.request   By          sum   int    - -
      k8s.pod.phase                               %           gauge int    + -
      k8s.pod.status_reason                       %           gauge int    - -
      k8s.replicaset.available                    {pod}       gauge int    + -
      k8s.replicaset.desired                      {pod}       gauge int    + -
      k8s.replication_controller.available        {pod}       gauge int    + -
      k8s.replication_controller.desired          {pod}       gauge int    + -
      k8s.resource_quota.hard_limit               {resource}  gauge int    + resource
      k8s.resource_quota.used                     {resource}  gauge int    + resource
      k8s.service.endpoint.count                  {endpoint}  gauge int    - k8s.service.endpoint.address_type,k8s.service.endpoint.condition,k8s.service.endpoint.zone
      k8s.service.load_balancer.ingress.count     {ingress}   gauge int    - -
      k8s.statefulset.current_pods                {pod}       gauge int    + -
      k8s.statefulset.desired_pods                {pod}       gauge int    + -
      k8s.statefulset.pod.available               {pod}       sum   int    - -
      k8s.statefulset.ready_pods                  {pod}       gauge int    + -
      k8s.statefulset.updated_pods                {pod}       gauge int    + -
      openshift.appliedclusterquota.limit         {resource}  gauge int    + k8s.namespace.name,resource
      openshift.appliedclusterquota.used          {resource}  gauge int    + k8s.namespace.name,resource
      openshift.clusterquota.limit                {resource}  gauge int    + resource
      openshift.clusterquota.used                 {resource}  gauge int    + resource
      """;

  private static final String META =
      "{\"metadata\":{\"name\":\"%s\",\"namespace\":\"shop\",\"uid\":\"u-%s\"},";
  private static final String BARE = "{\"metadata\":{\"name\":\"%s\",\"uid\":\"u-%s\"},";

  private static final String POD =
      """
      "spec":{"nodeName":"n1","containers":[{"name":"web","image":"reg.io:5000/web:2","resources":{
        "requests":{"cpu":"250m","memory":"1Ki","storage":"2k","ephemeral-storage":"1"},
        "limits":{"cpu":"2","memory":"2Ki","storage":"4k","ephemeral-storage":"3"}}}]},
      "status":{"phase":"Running","qosClass":"Burstable","containerStatuses":[{"name":"web","ready":true,"restartCount":3,
        "image":"reg.io:5000/web@sha256:00","containerID":"containerd://c0ffee","state":{"waiting":{"reason":"CrashLoopBackOff"}},
        "lastState":{"terminated":{"reason":"OOMKilled"}}}]}}
      """;

  private final HttpClientFactory clients = new HttpClientFactory("test");
  private final TestPipeline pipeline = new TestPipeline();
  private final LogCapture said = new LogCapture(WatchedKind.class);
  private KubernetesDouble api;
  private @Nullable ClusterReceiver receiver;
  @TempDir Path folder;

  @BeforeEach
  void begin() throws IOException {
    api = new KubernetesDouble();
  }

  @AfterEach
  void end() {
    if (receiver != null) {
      receiver.stop(Duration.ofSeconds(10));
    }
    said.close();
    api.close();
    clients.close();
  }

  private void put(String path, String meta, String name, String rest) {
    String key = meta.equals(META) ? "shop/" + name : name;
    api.put(path, key, meta.formatted(name, name) + rest);
  }

  private void fill() {
    put(
        "/api/v1/nodes",
        BARE,
        "n1",
        """
        "status":{"allocatable":{"cpu":"3920m","memory":"8Ki","pods":"110","nvidia.com/gpu":"2"},
          "conditions":[{"type":"Ready","status":"True"},{"type":"MemoryPressure","status":"False"}],
          "nodeInfo":{"kubeletVersion":"v1.34.0","osImage":"Debian","operatingSystem":"linux","containerRuntimeVersion":"containerd://2.1"}}}
        """);
    put("/api/v1/namespaces", BARE, "shop", "\"status\":{\"phase\":\"Active\"}}");
    put("/api/v1/pods", META, "web-0", POD);
    String replicas = "\"spec\":{\"replicas\":3},\"status\":{\"availableReplicas\":2}}";
    put("/apis/apps/v1/deployments", META, "d", replicas);
    put("/apis/apps/v1/replicasets", META, "rs", replicas);
    put("/api/v1/replicationcontrollers", META, "rc", replicas);
    put(
        "/apis/apps/v1/statefulsets",
        META,
        "s",
        "\"spec\":{\"replicas\":4},\"status\":{\"readyReplicas\":3,\"currentReplicas\":2,\"updatedReplicas\":1,\"availableReplicas\":3}}");
    put(
        "/apis/apps/v1/daemonsets",
        META,
        "ds",
        "\"status\":{\"currentNumberScheduled\":5,\"desiredNumberScheduled\":6,\"numberMisscheduled\":1,\"numberReady\":4}}");
    put(
        "/apis/batch/v1/jobs",
        META,
        "j",
        "\"spec\":{\"completions\":9,\"parallelism\":2},\"status\":{\"active\":1,\"failed\":2}}");
    put("/apis/batch/v1/cronjobs", META, "c", "\"status\":{\"active\":[{},{}]}}");
    put(
        "/apis/autoscaling/v2/horizontalpodautoscalers",
        META,
        "h",
        "\"spec\":{\"maxReplicas\":7,\"minReplicas\":2,\"scaleTargetRef\":{\"kind\":\"Deployment\",\"name\":\"d\",\"apiVersion\":\"apps/v1\"}},\"status\":{\"currentReplicas\":3,\"desiredReplicas\":4}}");
    put(
        "/api/v1/resourcequotas",
        META,
        "q",
        "\"status\":{\"hard\":{\"requests.cpu\":\"2\",\"pods\":\"10\",\"requests.memory\":\"1500m\"},\"used\":{\"requests.cpu\":\"250m\",\"pods\":\"3\"}}}");
    put(
        "/apis/quota.openshift.io/v1/clusterresourcequotas",
        BARE,
        "cq",
        "\"status\":{\"total\":{\"hard\":{\"pods\":\"20\"},\"used\":{\"pods\":\"7\"}},\"namespaces\":[{\"namespace\":\"shop\",\"status\":{\"hard\":{\"pods\":\"20\"},\"used\":{\"pods\":\"6\"}}}]}}");
    put(
        "/api/v1/persistentvolumes",
        BARE,
        "pv",
        "\"spec\":{\"storageClassName\":\"fast\",\"persistentVolumeReclaimPolicy\":\"Retain\",\"capacity\":{\"storage\":\"5Gi\"}},\"status\":{\"phase\":\"Bound\"}}");
    put(
        "/api/v1/persistentvolumeclaims",
        META,
        "pvc",
        "\"spec\":{\"storageClassName\":\"fast\",\"resources\":{\"requests\":{\"storage\":\"4Gi\"}}},\"status\":{\"phase\":\"Bound\",\"capacity\":{\"storage\":\"5Gi\"}}}");
    put(
        "/api/v1/services",
        META,
        "svc",
        "\"spec\":{\"type\":\"LoadBalancer\"},\"status\":{\"loadBalancer\":{\"ingress\":[{\"ip\":\"1.2.3.4\"}]}}}");
    for (String slice : new String[] {"svc-1", "svc-2"}) {
      api.put(
          "/apis/discovery.k8s.io/v1/endpointslices",
          "shop/" + slice,
          "{\"metadata\":{\"name\":\"%s\",\"namespace\":\"shop\",\"labels\":{\"kubernetes.io/service-name\":\"svc\"}},\"addressType\":\"IPv4\",\"endpoints\":[{\"addresses\":[\"10.0.0.1\",\"10.0.0.3\"],\"zone\":\"a\",\"conditions\":{}},{\"addresses\":[\"10.0.0.2\"],\"zone\":\"a\",\"conditions\":{\"ready\":false,\"serving\":true,\"terminating\":true}}]}"
              .formatted(slice));
    }
  }

  private ClusterReceiver start(String yaml) throws IOException {
    return start(yaml, api.url());
  }

  private ClusterReceiver start(String yaml, String url) throws IOException {
    Path kubeconfig = folder.resolve("config");
    Files.writeString(
        kubeconfig,
        "{current-context: a, contexts: [{name: a, context: {cluster: k}}], clusters: [{name: k, cluster: {server: \"%s\"}}]}"
            .formatted(url));
    ClusterReceiver r =
        new ClusterReceiver(
            TestPipeline.read(
                ClusterConfig.TYPE,
                "auth_type: kubeConfig\ninitial_delay: 1h\nkube_config_path: "
                    + kubeconfig
                    + "\n"
                    + yaml),
            new KubernetesEnvironment(
                (c, call) -> clients.client(c).send(call), _ -> null, folder, "1.2.3"),
            pipeline,
            null,
            "receiver k8s_cluster",
            new ScrapedPoints(new Registry(), "k8s_cluster"));
    receiver = r;
    r.start();
    return r;
  }

  /** First collection that meets the condition: watches deliver changes with a delay. */
  private static MetricsData await(ClusterReceiver r, Predicate<MetricsData> wanted)
      throws InterruptedException {
    long deadline = System.nanoTime() + 50_000_000_000L;
    while (true) {
      MetricsData data = r.gather();
      if (wanted.test(data)) {
        return data;
      }
      assertThat(System.nanoTime()).as(Scraped.shapes(data).toString()).isLessThan(deadline);
      Waiting.pause();
    }
  }

  private static Map<String, String> table(boolean all) {
    Map<String, String> t = Scraped.table(TABLE, all);
    t.replaceAll((_, s) -> s.replaceFirst("^%", ""));
    return t;
  }

  private static MetricsData awaitMetrics(ClusterReceiver r, int metrics)
      throws InterruptedException {
    return await(r, d -> Scraped.shapes(d).size() == metrics);
  }

  @Test
  void emitsDefaultMetricsWithoutSettings() throws Exception {
    fill();
    Map<String, String> wanted = table(false);
    wanted.keySet().removeIf(m -> m.startsWith("openshift"));
    wanted.put("k8s.node.condition_ready", " gauge int -");
    MetricsData data = awaitMetrics(start(""), wanted.size());
    assertThat(Scraped.shapes(data)).isEqualTo(wanted);
    assertThat(Scraped.resources(data))
        .contains(
            "{k8s.node.name=n1, k8s.node.uid=u-n1}",
            "{k8s.namespace.name=shop, k8s.namespace.uid=u-shop}",
            "{k8s.namespace.name=shop, k8s.node.name=n1, k8s.pod.name=web-0, k8s.pod.uid=u-web-0}",
            "{container.id=c0ffee, container.image.name=reg.io:5000/web,"
                + " container.image.tag=latest, k8s.container.name=web, k8s.namespace.name=shop,"
                + " k8s.node.name=n1, k8s.pod.name=web-0, k8s.pod.uid=u-web-0}");
    assertThat(api.requests)
        .as("what gives no metrics is not asked for")
        .noneMatch(q -> q.contains("services") || q.contains("persistentvolume"));
    assertThat(data.resources().getFirst().schemaUrl())
        .isEqualTo("https://opentelemetry.io/schemas/1.27.0");
  }

  @Test
  void emitsAllMetricsIfEnabled() throws Exception {
    fill();
    Map<String, String> wanted = table(true);
    wanted.put("k8s.node.condition_ready", " gauge int -");
    wanted.put("k8s.node.condition_memory_pressure", " gauge int -");
    wanted.put("k8s.node.condition_pid_pressure", " gauge int -");
    wanted.put("k8s.node.allocatable_cpu", "{cpu} gauge double -");
    wanted.put("k8s.node.allocatable_memory", "By gauge int -");
    wanted.put("k8s.node.allocatable_nvidia_com/gpu", "{nvidia.com/gpu} gauge int -");
    MetricsData data =
        awaitMetrics(
            start(
                Scraped.enabling(TABLE)
                    + """
                    distribution: openshift
                    node_conditions_to_report: [Ready, MemoryPressure, PIDPressure]
                    allocatable_types_to_report: [cpu, memory, nvidia.com/gpu, hugepages-1Gi]
                    """),
            wanted.size());
    assertThat(Scraped.shapes(data)).isEqualTo(wanted);
    assertThat(Scraped.values(data, "{k8s.node.name=n1, k8s.node.uid=u-n1}"))
        .containsEntry("k8s.node.condition_ready", "1")
        .containsEntry("k8s.node.condition_memory_pressure", "0")
        .containsEntry("k8s.node.condition_pid_pressure", "-1")
        .containsEntry("k8s.node.condition MemoryPressure", "0")
        .containsEntry("k8s.node.allocatable_cpu", "3.92")
        .containsEntry("k8s.node.allocatable_memory", "8192")
        .containsEntry("k8s.node.allocatable_nvidia_com/gpu", "2");
    String shop = "k8s.namespace.name=shop, ";
    assertThat(
            Scraped.values(
                data, "{" + shop + "k8s.resourcequota.name=q, k8s.resourcequota.uid=u-q}"))
        .containsEntry("k8s.resource_quota.hard_limit requests.cpu", "2000")
        .containsEntry("k8s.resource_quota.hard_limit requests.memory", "2")
        .containsEntry("k8s.resource_quota.used requests.cpu", "250")
        .containsEntry("k8s.resource_quota.used pods", "3");
    assertThat(
            Scraped.values(
                data,
                "{"
                    + shop
                    + "k8s.service.name=svc, k8s.service.type=LoadBalancer,"
                    + " k8s.service.uid=u-svc}"))
        .containsEntry("k8s.service.load_balancer.ingress.count", "1")
        .containsEntry("k8s.service.endpoint.count IPv4 ready a", "2")
        .containsEntry("k8s.service.endpoint.count IPv4 serving a", "4")
        .containsEntry("k8s.service.endpoint.count IPv4 terminating a", "2");
    assertThat(
            Scraped.values(data, "{" + shop + "k8s.statefulset.name=s, k8s.statefulset.uid=u-s}"))
        .containsEntry("k8s.statefulset.desired_pods", "4")
        .containsEntry("k8s.statefulset.updated_pods", "1");
    assertThat(Scraped.values(data, "{k8s.job.name=j, k8s.job.uid=u-j, k8s.namespace.name=shop}"))
        .containsEntry("k8s.job.successful_pods", "0")
        .containsEntry("k8s.job.max_parallel_pods", "2");
    String pod = shop + "k8s.node.name=n1, k8s.pod.name=web-0, k8s.pod.uid=u-web-0}";
    assertThat(
            Scraped.values(
                data,
                "{container.id=c0ffee, container.image.name=reg.io:5000/web,"
                    + " container.image.tag=latest, k8s.container.name=web, "
                    + pod))
        .containsEntry("k8s.container.cpu_request", "0.25")
        .containsEntry("k8s.container.memory_limit", "2048")
        .containsEntry("k8s.container.storage_request", "2000")
        .containsEntry("k8s.container.restarts", "3")
        .containsEntry("k8s.container.ready", "1")
        .containsEntry("k8s.container.status.state waiting", "1")
        .containsEntry("k8s.container.status.state running", "0")
        .containsEntry("k8s.container.status.reason CrashLoopBackOff", "1");
    assertThat(Scraped.values(data, "{" + pod))
        .containsEntry("k8s.pod.phase", "2")
        .containsEntry("k8s.pod.status_reason", "6");
    assertThat(
            Scraped.values(
                data,
                "{k8s.persistentvolume.name=pv, k8s.persistentvolume.uid=u-pv,"
                    + " k8s.storageclass.name=fast}"))
        .containsEntry("k8s.persistentvolume.status.phase Bound", "1")
        .containsEntry("k8s.persistentvolume.storage.capacity", "5368709120");
    assertThat(
            Scraped.values(
                data, "{openshift.clusterquota.name=cq, openshift.clusterquota.uid=u-cq}"))
        .containsEntry("openshift.appliedclusterquota.used shop pods", "6");
  }

  @Test
  void followsChangesAndDeletions() throws Exception {
    put("/api/v1/pods", META, "web-0", POD);
    ClusterReceiver r = start("");
    String pod =
        "{k8s.namespace.name=shop, k8s.node.name=n1, k8s.pod.name=web-0, k8s.pod.uid=u-web-0}";
    await(r, d -> "2".equals(Scraped.values(d, pod).get("k8s.pod.phase")));
    put("/api/v1/pods", META, "web-0", POD.replace("\"Running\"", "\"Failed\""));
    await(r, d -> "4".equals(Scraped.values(d, pod).get("k8s.pod.phase")));
    api.delete("/api/v1/pods", "shop/web-0");
    await(r, d -> d.itemCount() == 0);
  }

  @Test
  void addsOptionalAttributesIfEnabled() throws Exception {
    fill();
    ClusterReceiver r =
        start(
            """
            resource_attributes:
              k8s.kubelet.version: {enabled: true}
              container.runtime: {enabled: true}
              os.type: {enabled: true}
              k8s.node.uid: {enabled: false}
              k8s.pod.qos_class: {enabled: true, metrics_exclude: [{strict: Burstable}]}
              k8s.hpa.scaletargetref.kind: {enabled: true}
            """);
    MetricsData data = awaitMetrics(r, table(false).size() - 4);
    assertThat(Scraped.resources(data))
        .contains(
            "{container.runtime=containerd, k8s.kubelet.version=v1.34.0, k8s.node.name=n1,"
                + " os.type=linux}",
            "{k8s.hpa.name=h, k8s.hpa.scaletargetref.kind=Deployment, k8s.hpa.uid=u-h,"
                + " k8s.namespace.name=shop}")
        .noneMatch(s -> s.contains("qos_class"));
  }

  @Test
  void addsTheClusterIdToAllResources() throws Exception {
    try (HttpDouble plain = new HttpDouble()) {
      ClusterReceiver r =
          start("resource_attributes: {k8s.cluster.uid: {enabled: true}}", plain.url());
      assertThat(r.gather().itemCount()).isZero();
      plain.answer("/api/v1/namespaces/kube-system", "{\"metadata\":{\"uid\":\"c-1\"}}");
      plain.answer(
          "/api/v1/pods",
          "{\"metadata\":{\"resourceVersion\":\"1\"},\"items\":["
              + META.formatted("web-0", "web-0")
              + POD
              + "]}");
      MetricsData data = await(r, d -> d.itemCount() > 0);
      assertThat(Scraped.resources(data))
          .isNotEmpty()
          .allMatch(s -> s.contains("k8s.cluster.uid=c-1"));
    }
  }

  @Test
  void watchesOnlyConfiguredNamespaces() throws Exception {
    fill();
    api.put("/api/v1/pods", "other/x", "{\"metadata\":{\"name\":\"x\",\"namespace\":\"other\"}}");
    ClusterReceiver r = start("namespaces: [shop]");
    MetricsData data = await(r, d -> Scraped.shapes(d).containsKey("k8s.pod.phase"));
    assertThat(Scraped.resources(data))
        .noneMatch(s -> s.contains("=other") || s.contains("node.uid"));
    assertThat(api.requests).allMatch(q -> q.contains("/namespaces/shop/"));
  }

  @Test
  void reportsForbiddenKindsOnceAndCollectsTheOthers() throws Exception {
    fill();
    api.forbid("/api/v1/nodes", true);
    ClusterReceiver r = start("");
    await(r, d -> Scraped.shapes(d).containsKey("k8s.pod.phase") && !said.all.isEmpty());
    assertThat(said.all)
        .singleElement()
        .asString()
        .contains("cannot list /api/v1/nodes", "answered with status 403", "is forbidden");
    api.forbid("/api/v1/nodes", false);
    await(r, d -> Scraped.shapes(d).containsKey("k8s.node.condition_ready"));
  }

  @Test
  void usesTheRequestedImageIfTheStatusHasOnlyADigest() {
    for (String digest : new String[] {"sha256:00", "sha256:00@sha256:00"}) {
      JsonNode pod =
          JsonMapper.builder()
              .build()
              .readTree(
                  META.formatted("web-0", "web-0")
                      + POD.replace("reg.io:5000/web@sha256:00", digest));
      assertThat(PodReader.read(pod).getLast().attributes())
          .containsEntry("container.image.name", "reg.io:5000/web")
          .containsEntry("container.image.tag", "2");
    }
  }

  @Test
  void warnsOfThrottleSettings() throws Exception {
    LogCapture warned = new LogCapture(ClusterSettings.class);
    try {
      start("kube_api_qps: 20.5\nkube_api_burst: 40");
      assertThat(warned.all)
          .singleElement()
          .asString()
          .contains("kube_api_qps and kube_api_burst have no effect");
    } finally {
      warned.close();
    }
  }

  @Test
  void reportsAnErrorAgainAfterASuccessfulList() {
    WatchedKind kind =
        new WatchedKind(
            "receiver k8s_cluster",
            ClusterKind.POD,
            "",
            TestPipeline.read(ClusterConfig.TYPE, "{}"),
            new ResourceWatch.Connection(
                ClusterAccess.of(api.url(), HttpClientConfig.DEFAULT_HTTP1),
                (c, call) -> clients.client(c).send(call),
                Thread::sleep),
            null);
    kind.failed("list", "no");
    kind.failed("list", "no");
    assertThat(said.all).hasSize(1);
    kind.changed(List.of());
    kind.failed("list", "no");
    assertThat(said.all).hasSize(2);
  }

  @Test
  void recoversFromAFailingApi() throws Exception {
    put("/api/v1/pods", META, "web-0", POD);
    api.failNext(3);
    ClusterReceiver r = start("");
    await(r, d -> Scraped.shapes(d).containsKey("k8s.pod.phase"));
    api.forget();
    api.endWatches();
    put("/api/v1/pods", META, "web-1", POD);
    await(r, d -> Scraped.resources(d).stream().anyMatch(s -> s.contains("web-1")));
  }

  @Test
  void failsStartOutsideAClusterWithARemedy() {
    ClusterReceiver r =
        new ClusterReceiver(
            TestPipeline.read(ClusterConfig.TYPE, "{}"),
            new KubernetesEnvironment(
                (c, call) -> clients.client(c).send(call), _ -> null, folder, "1"),
            pipeline,
            null,
            "receiver k8s_cluster",
            new ScrapedPoints(new Registry(), "k8s_cluster"));
    assertThatThrownBy(r::start)
        .isInstanceOf(IOException.class)
        .hasMessageContaining("KUBERNETES_SERVICE_HOST")
        .hasMessageContaining("auth_type: kubeConfig");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "auth_type: tls | unknown auth_type \"tls\"",
        "timeout: 5s | unknown key \"timeout\"",
        "distribution: rancher | unknown distribution \"rancher\"",
        "{namespace: a, namespaces: [b]} | either namespace or namespaces",
        "kube_api_qps: many | must be a number",
        "namespaces: [A/b] | is not a valid namespace name",
        "metrics: {k8s.pod.phases: {enabled: true}} | did you mean \"k8s.pod.phase\"",
      })
  void reportsInvalidSettings(String yaml, String message) {
    assertThatThrownBy(() -> TestPipeline.read(ClusterConfig.TYPE, yaml))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(message);
  }

  @Test
  void readsExportersOfEntities() {
    assertThat(
            TestPipeline.read(ClusterConfig.TYPE, "metadata_exporters: [signalfx/a, otlp]")
                .exporters()
                .stream()
                .map(r -> r.id().toString()))
        .containsExactly("signalfx/a", "otlp");
  }

  @ParameterizedTest
  @CsvSource({
    "Ready, ready",
    "MemoryPressure, memory_pressure",
    "PIDPressure, pid_pressure",
    "ephemeral-storage, ephemeral_storage",
    "hugepages-1Gi, hugepages_1_gi",
    "nvidia.com/gpu, nvidia_com/gpu",
    "example.com/mig-1g.5gb, example_com/mig_1_g_5_gb",
    "rdma/hca_ipv4, rdma/hca_ipv_4",
    "HTTPServer2, http_server_2",
    "V2Ready, v_2_ready"
  })
  void convertsNamesOfConditions(String written, String metric) {
    assertThat(ClusterMetrics.snake(written)).isEqualTo(metric);
  }
}
