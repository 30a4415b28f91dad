package dev.tethys.collect.discovery.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.collect.discovery.RestClient;
import dev.tethys.collect.discovery.Setting;
import dev.tethys.collect.discovery.TargetGroup;
import dev.tethys.model.Labels;
import dev.tethys.testkit.KubernetesProcess;
import dev.tethys.testkit.Ports;
import dev.tethys.testkit.ServerProcess;
import dev.tethys.testkit.Shared;
import dev.tethys.web.kubernetes.ResourceWatch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** A real API server, and Prometheus beside ours at it. */
class RealKubernetesTest {
  private static final String CONDITION = "__meta_kubernetes_node_condition_";
  private static final String PODS = "/api/v1/namespaces/%s/pods";

  /**
   * With its cache of watches off a server follows etcd itself, whose versions outlive a restart;
   * with it, a version from before the start is forgotten as soon as anything was written since.
   */
  private static final String FROM_ETCD = "--watch-cache=false";

  @TempDir static Path folder;
  private static KubernetesProcess cluster;

  @TempDir Path dir;
  private final List<Thread> threads = new ArrayList<>();

  /** A discovery that runs: its environment and the groups that it has passed. */
  private record Running(Setting setting, Setting.Seen seen) {
    double failures() {
      return setting.metric("prometheus_sd_kubernetes_failures_total");
    }
  }

  @BeforeAll
  static void begin() throws Exception {
    cluster = new KubernetesProcess(folder, FROM_ETCD);
  }

  @AfterAll
  static void end() {
    if (cluster != null) {
      cluster.close();
    }
  }

  @AfterEach
  void stop() throws InterruptedException {
    for (Thread t : threads) {
      t.interrupt();
    }
    for (Thread t : threads) {
      t.join();
    }
  }

  private Running run(String keys, int permits) {
    Running r = new Running(new Setting(), new Setting.Seen());
    r.setting.goOn.release(permits);
    var d =
        Setting.read("kubernetes_sd_configs: [{" + keys + "}]")
            .getFirst()
            .discovery(r.setting.context);
    threads.add(
        Thread.ofVirtual()
            .start(
                () -> {
                  try {
                    d.run(r.seen);
                  } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                  }
                }));
    return r;
  }

  /** Keys that name the server and the user. */
  private String as(String user) throws IOException {
    Path token = Files.writeString(dir.resolve(user), "token-of-" + user + "\n");
    return keys(token);
  }

  private static String keys(Path token) {
    return "api_server: '%s', tls_config: {ca_file: '%s'}, authorization: {credentials_file: '%s'}, "
        .formatted(cluster.url(), cluster.ca(), token);
  }

  private static void namespace(String name, String more) throws Exception {
    cluster.create(
        "/api/v1/namespaces", "{\"metadata\":{\"name\":\"%s\"%s}}".formatted(name, more));
  }

  /** A pod that runs, as a kubelet would say it. */
  private static void pod(String namespace, String name, String address, String meta, String spec)
      throws Exception {
    cluster.create(
        PODS.formatted(namespace),
        """
        {"metadata":{"name":"%s"%s},"spec":{%s"containers":[
          {"name":"web","image":"web:1","ports":[{"name":"metrics","containerPort":9100},
            {"name":"dns","containerPort":53,"protocol":"UDP"}]},
          {"name":"side","image":"side:2"}],
         "initContainers":[{"name":"first","image":"first:3","ports":[{"containerPort":81}]}]}}
        """
            .formatted(name, meta, spec));
    cluster.patch(
        PODS.formatted(namespace) + "/" + name + "/status",
        """
        {"status":{"phase":"Running","podIP":"%s","podIPs":[{"ip":"%s"}],"hostIP":"192.0.2.7",
          "conditions":[{"type":"Ready","status":"True"}],
          "containerStatuses":[{"name":"web","image":"web:1","imageID":"i","ready":true,
             "restartCount":0,"containerID":"containerd://abc"}]}}
        """
            .formatted(address, address));
  }

  private static void aClusterWithEverything() throws Exception {
    namespace("shop", ",\"labels\":{\"team\":\"till\"}");
    cluster.create(
        "/api/v1/nodes",
        """
        {"metadata":{"name":"n1","labels":{"zone.example/x":"a"},"annotations":{"odd key":"ü"}},
         "spec":{"providerID":"aws:///z/i-1"}}
        """
            .replace("odd key", "odd.key"));
    cluster.patch(
        "/api/v1/nodes/n1/status",
        """
        {"status":{"addresses":[{"type":"Hostname","address":"n1.example"},
            {"type":"ExternalIP","address":"203.0.113.9"},{"type":"InternalIP","address":"192.0.2.7"}],
          "conditions":[{"type":"Ready","status":"True"},{"type":"DiskPressure","status":"Unknown"}],
          "daemonEndpoints":{"kubeletEndpoint":{"Port":10250}}}}
        """);
    pod(
        "shop",
        "till-1",
        "10.1.0.1",
        ",\"labels\":{\"app\":\"till\"},\"annotations\":{\"prometheus.io/scrape\":\"true\"},"
            + "\"ownerReferences\":[{\"apiVersion\":\"apps/v1\",\"kind\":\"ReplicaSet\",\"name\":\"till-5d\","
            + "\"uid\":\"u-1\",\"controller\":true}]",
        "\"nodeName\":\"n1\",");
    pod("shop", "till-6", "2001:db8::6", ",\"labels\":{\"app\":\"till\"}", "\"nodeName\":\"n1\",");
    cluster.create( // not yet anywhere
        PODS.formatted("shop"),
        """
        {"metadata":{"name":"waits","labels":{"app":"till"}},
         "spec":{"containers":[{"name":"c","image":"c:1"}]}}
        """);
    cluster.create(
        "/api/v1/namespaces/shop/services",
        """
        {"metadata":{"name":"till","labels":{"app":"till"}},"spec":{"clusterIP":"10.96.0.50",
          "ports":[{"name":"metrics","port":80,"targetPort":9100},{"name":"u","port":53,"protocol":"UDP"}]}}
        """);
    cluster.create(
        "/api/v1/namespaces/shop/services",
        """
        {"metadata":{"name":"out"},"spec":{"type":"ExternalName","externalName":"till.example.org",
          "ports":[{"port":443}]}}
        """);
    cluster.create(
        "/api/v1/namespaces/shop/services",
        """
        {"metadata":{"name":"front"},"spec":{"type":"LoadBalancer","clusterIP":"10.96.0.51",
          "loadBalancerIP":"203.0.113.1","ports":[{"port":443}]}}
        """);
    cluster.create(
        "/api/v1/namespaces/shop/endpoints",
        """
        {"metadata":{"name":"till","labels":{"app":"till"}},"subsets":[{
          "addresses":[{"ip":"10.1.0.1","nodeName":"n1","targetRef":
             {"kind":"Pod","namespace":"shop","name":"till-1"}},{"ip":"10.1.0.9","hostname":"bare"}],
          "notReadyAddresses":[{"ip":"10.1.0.8"}],
          "ports":[{"name":"metrics","port":9100}]}]}
        """);
    cluster.create(
        "/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices",
        """
        {"apiVersion":"discovery.k8s.io/v1","kind":"EndpointSlice",
         "metadata":{"name":"till-abc","labels":{"kubernetes.io/service-name":"till"}},
         "addressType":"IPv4","ports":[{"name":"metrics","port":9100,"protocol":"TCP","appProtocol":"http"}],
         "endpoints":[{"addresses":["10.1.0.1"],"nodeName":"n1","zone":"z1","hostname":"h",
            "conditions":{"ready":true,"serving":true,"terminating":false},
            "deprecatedTopology":{"topology.example/rack":"r4"},
            "targetRef":{"kind":"Pod","namespace":"shop","name":"till-1"}},
           {"addresses":["10.1.0.9"],"conditions":{"ready":false}}]}
        """);
    cluster.create(
        "/apis/networking.k8s.io/v1/namespaces/shop/ingresses",
        """
        {"metadata":{"name":"door","annotations":{"a/b":"c"}},"spec":{"ingressClassName":"nginx",
          "tls":[{"hosts":["*.shop.example"]}],
          "rules":[{"host":"a.shop.example","http":{"paths":[
              {"path":"/","pathType":"Prefix","backend":{"service":{"name":"till","port":{"number":80}}}},
              {"path":"/x","pathType":"Exact","backend":{"service":{"name":"till","port":{"number":80}}}}]}},
            {"host":"plain.example","http":{"paths":[
              {"pathType":"ImplementationSpecific","backend":{"service":{"name":"till","port":{"number":80}}}}]}}]}}
        """);
  }

  /**
   * Servers before 1.21 have slices as {@code v1beta1} alone, which neither Prometheus nor we ask
   * for: as an object of {@code v1} that it does not look into, the same server lists and watches
   * them.
   */
  private static void slices() throws Exception {
    if (cluster.status("/apis/discovery.k8s.io/v1") == 200) {
      return;
    }
    cluster.create(
        "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
        """
        {"metadata":{"name":"endpointslices.discovery.k8s.io","annotations":
           {"api-approved.kubernetes.io":"unapproved, for a test"}},
         "spec":{"group":"discovery.k8s.io","scope":"Namespaced",
          "names":{"plural":"endpointslices","singular":"endpointslice","kind":"EndpointSlice","listKind":"EndpointSliceList"},
          "versions":[{"name":"v1","served":true,"storage":true,"schema":{"openAPIV3Schema":
            {"type":"object","x-kubernetes-preserve-unknown-fields":true}}}]}}
        """);
    long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (cluster.status("/apis/discovery.k8s.io/v1/endpointslices") != 200) {
      assertThat(System.nanoTime()).as("slices are not served").isLessThan(until);
      TimeUnit.MILLISECONDS.sleep(50);
    }
  }

  @Test
  void everyRoleFindsTheSameAsPrometheus() throws Exception {
    slices();
    aClusterWithEverything();
    String who = as("admin");
    Map<String, String> entries = new TreeMap<>();
    for (Role r : Role.values()) {
      String node =
          r == Role.POD || r.name().startsWith("ENDPOINT") ? "attach_metadata: {node: true}, " : "";
      String of = r == Role.NODE ? "" : "namespaces: {names: [shop]}, ";
      entries.put(r.toString(), who + node + of + "role: " + r);
    }
    entries.put(
        "selected",
        who
            + "role: pod, selectors: [{role: pod, label: 'app in (till),!x', field:"
            + " 'spec.nodeName=n1'}]");
    Map<String, TreeSet<String>> theirs = prometheus(entries);
    SoftAssertions all = new SoftAssertions();
    for (Map.Entry<String, String> e : entries.entrySet()) {
      int wanted = Objects.requireNonNull(theirs.get(e.getKey())).size();
      assertThat(wanted).as(e.getKey()).isPositive();
      Running r = run(e.getValue(), 1000);
      r.seen.await(s -> s.addresses().size() >= wanted);
      all.assertThat(labels(r.seen.groups.values()))
          .as(e.getKey())
          .isEqualTo(theirs.get(e.getKey()));
      assertThat(r.failures()).isZero();
    }
    all.assertAll();
    Running nodes = run(String.valueOf(entries.get("node")), 1000);
    nodes.seen.await(s -> s.groups.containsKey("node/n1"));
    assertThat(String.valueOf(nodes.seen.groups.get("node/n1")))
        .contains(CONDITION + "ready=\"true\"", CONDITION + "diskpressure=\"unknown\"");
  }

  /** Without labels that Prometheus has since it was at the version of the peer. */
  private static TreeSet<String> labels(Iterable<TargetGroup> groups) {
    TreeSet<String> out = new TreeSet<>();
    for (TargetGroup g : groups) {
      for (Labels t : g.targets()) {
        Map<String, String> all = new TreeMap<>(g.labels().toMap());
        all.putAll(t.toMap());
        all.keySet().removeIf(n -> n.startsWith(CONDITION));
        out.add(all.toString());
      }
    }
    return out;
  }

  /** What the real one finds: by job, the labels that each target was found with. */
  private Map<String, TreeSet<String>> prometheus(Map<String, String> entries) throws Exception {
    StringBuilder config = new StringBuilder("scrape_configs:\n");
    entries.forEach(
        (job, keys) ->
            config.append(
                """
                - job_name: %s
                  kubernetes_sd_configs: [{%s}]
                  relabel_configs: [{action: drop}]
                """
                    .formatted(job, keys)));
    Path file = Files.writeString(dir.resolve("prometheus.yml"), config);
    int port = Ports.free();
    try (ServerProcess p =
        new ServerProcess(
            port,
            dir.resolve("prometheus.log"),
            Map.of(),
            List.of(
                Shared.peer("prometheus").toString(),
                "--config.file=" + file,
                "--storage.tsdb.path=" + dir.resolve("data"),
                "--web.listen-address=127.0.0.1:" + port))) {
      long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
      Map<String, TreeSet<String>> found = new TreeMap<>();
      while (found.size() < entries.size()) {
        assertThat(System.nanoTime()).as("found: " + found + p.log()).isLessThan(until);
        TimeUnit.MILLISECONDS.sleep(100);
        found.clear();
        String answer = p.get("/api/v1/targets?state=dropped");
        if (!answer.startsWith("{")) {
          continue; // it has not read its configuration yet
        }
        for (JsonNode t : RestClient.JSON.readTree(answer).path("data").path("droppedTargets")) {
          Map<String, String> labels = new TreeMap<>();
          t.path("discoveredLabels")
              .properties()
              .forEach(e -> labels.put(e.getKey(), e.getValue().asString("")));
          String job = String.valueOf(labels.remove("job"));
          labels
              .keySet()
              .removeIf(
                  n ->
                      n.equals("__scheme__")
                          || n.equals("__metrics_path__")
                          || n.startsWith("__scrape"));
          found.computeIfAbsent(job, j -> new TreeSet<>()).add(labels.toString());
        }
      }
      return found;
    }
  }

  @Test
  void readsListOfSeveralPagesAndItsWatch() throws Exception {
    namespace("many", "");
    int count = ResourceWatch.PAGE + 3;
    try (ExecutorService all = Executors.newFixedThreadPool(8)) {
      List<Future<?>> made = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        String json =
            "{\"metadata\":{\"name\":\"e%d\"},\"subsets\":[{\"addresses\":[{\"ip\":\"10.2.0.1\"}],\"ports\":[{\"port\":%d}]}]}"
                .formatted(i, 1000 + i);
        made.add(all.submit(() -> cluster.create("/api/v1/namespaces/many/endpoints", json)));
      }
      for (Future<?> f : made) {
        f.get();
      }
    }
    Running r = run(as("admin") + "role: endpoints, namespaces: {names: [many]}", 1000);
    r.seen.await(s -> s.groups.size() == count);
    assertThat(r.seen.sizes).as("handed over at once").hasSize(1);
    cluster.delete("/api/v1/namespaces/many/endpoints/e0");
    r.seen.await(s -> s.groups.size() == count - 1);
    cluster.patch(
        "/api/v1/namespaces/many/endpoints/e1",
        "{\"subsets\":[{\"addresses\":[{\"ip\":\"10.2.0.2\"}],\"ports\":[{\"port\":9}]}]}");
    r.seen.await(s -> s.addresses().contains("10.2.0.2:9"));
    assertThat(r.failures()).isZero();
  }

  @Test
  void findsChangesMadeDuringAServerOutage() throws Exception {
    namespace("away", "");
    pod("away", "stays", "10.3.0.1", "", "");
    pod("away", "goes", "10.3.0.2", "", "");
    cluster.users("watcher", "system:masters");
    cluster.kill();
    cluster.start(FROM_ETCD);
    Running r = run(as("watcher") + "role: pod, namespaces: {names: [away]}", 0);
    r.seen.await(s -> s.groups.size() == 2);
    cluster.kill();
    awaitFailures(r, 1); // it waits for a permit, and does not see what follows
    cluster.start(FROM_ETCD);
    cluster.delete("/api/v1/namespaces/away/pods/goes");
    pod("away", "comes", "10.3.0.3", "", "");
    assertThat(r.seen.groups).as("the last targets stay").hasSize(2);
    r.setting.goOn.release(1);
    r.seen.await(
        s -> s.groups.containsKey("pod/away/comes") && !s.groups.containsKey("pod/away/goes"));
    assertThat(lists("watcher")).as("goes on where it was").hasSize(1);

    cluster.kill();
    awaitFailures(r, 2);
    cluster.start(FROM_ETCD);
    cluster.delete("/api/v1/namespaces/away/pods/comes");
    pod("away", "late", "10.3.0.4", "", "");
    cluster.compact(); // the version it knows is gone: 410
    r.setting.goOn.release(2);
    r.seen.await(
        s -> s.groups.containsKey("pod/away/late") && !s.groups.containsKey("pod/away/comes"));
    long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (lists("watcher").size() < 2) { // it is logged when the answer has been given
      assertThat(System.nanoTime()).as("is not listed again").isLessThan(until);
      TimeUnit.MILLISECONDS.sleep(10);
    }
    assertThat(lists("watcher")).as("is listed again").hasSize(2);
    assertThat(r.seen.groups).containsOnlyKeys("pod/away/stays", "pod/away/late");
    assertThat(r.failures()).as("a forgotten version is no failure").isEqualTo(2);
  }

  private static List<String> lists(String user) throws IOException {
    return cluster.requestsOf(user).stream().filter(u -> u.contains("limit=")).toList();
  }

  private static void awaitFailures(Running r, int wanted) throws InterruptedException {
    long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (r.failures() < wanted) {
      assertThat(System.nanoTime()).as("failures: " + r.failures()).isLessThan(until);
      TimeUnit.MILLISECONDS.sleep(10);
    }
  }

  @Test
  void findsObjectsOnceAccessIsGranted() throws Exception {
    namespace("open", "");
    pod("open", "p", "10.4.0.1", "", "");
    // The users of this test are known by certificate, which needs no start of the server.
    Path kubeconfig =
        Files.writeString(
            dir.resolve("config"),
            """
            apiVersion: v1
            kind: Config
            current-context: c
            contexts: [{name: c, context: {cluster: k, user: u}}]
            clusters: [{name: k, cluster: {server: '%s', certificate-authority: '%s'}}]
            users: [{name: u, user: {client-certificate: '%s', client-key: '%s'}}]
            """
                .formatted(
                    cluster.url(),
                    cluster.ca(),
                    cluster.certificate(),
                    cluster.certificate().resolveSibling("someone.key")));
    String role = "kubeconfig_file: '" + kubeconfig + "', role: pod";
    Running one = run(role + ", namespaces: {names: [open]}", 0);
    Running all = run(role, 0);
    awaitFailures(one, 1);
    awaitFailures(all, 1);
    String rbac = "/apis/rbac.authorization.k8s.io/v1/namespaces/open/";
    cluster.create(
        rbac + "roles",
        """
        {"metadata":{"name":"sees"},"rules":[
          {"apiGroups":[""],"resources":["pods"],"verbs":["list","watch"]}]}
        """);
    cluster.create(
        rbac + "rolebindings",
        """
        {"metadata":{"name":"b"},"roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"Role","name":"sees"},
         "subjects":[{"apiGroup":"rbac.authorization.k8s.io","kind":"User","name":"someone"}]}
        """);
    // The server's own view of its rules follows a moment later.
    for (int tries = 1; one.seen.groups.isEmpty(); tries++) {
      one.setting.goOn.release(1);
      awaitTriedOrSeen(one, tries + 1);
      assertThat(tries).isLessThan(1000);
    }
    assertThat(one.seen.groups).containsOnlyKeys("pod/open/p");
    all.setting.goOn.release(1);
    awaitFailures(all, 2);
    assertThat(all.seen.sizes).as("it is not allowed to see all").isEmpty();
  }

  private static void awaitTriedOrSeen(Running r, int failures) throws InterruptedException {
    r.seen.await(s -> !s.groups.isEmpty() || r.failures() >= failures);
  }

  @Test
  void rereadsTokenFromItsFile() throws Exception {
    namespace("keys", "");
    pod("keys", "p", "10.5.0.1", "", "");
    Path token = Files.writeString(dir.resolve("token"), "token-of-nobody");
    Running r = run(keys(token) + "role: pod, namespaces: {names: [keys]}", 0);
    awaitFailures(r, 1);
    assertThat(r.seen.sizes).isEmpty();
    Files.writeString(token, "token-of-admin\n");
    r.setting.goOn.release(1);
    r.seen.await(s -> s.groups.containsKey("pod/keys/p"));
    assertThat(r.failures()).isEqualTo(1);
  }
}
