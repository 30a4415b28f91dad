package dev.tethys.collect.discovery.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.collect.discovery.Discovery;
import dev.tethys.collect.discovery.Setting;
import dev.tethys.config.ConfigException;
import dev.tethys.web.kubernetes.ResourceWatch;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("slow")
class KubernetesDiscoveryTest {
  private static final String POD =
      """
      {"metadata":{"name":"testpod","namespace":"%s","uid":"abc123"%s},
       "spec":{"nodeName":"testnode","containers":[
         {"name":"c0","image":"c0:latest","ports":[
           {"name":"testport","protocol":"TCP","containerPort":9000},
           {"name":"other","protocol":"UDP","containerPort":9001}]},
         {"name":"c1","image":"c1:latest"}],
         "initContainers":[{"name":"init","image":"init:1"}]},
       "status":{"podIP":"%s","hostIP":"2.3.4.5","phase":"Running",
         "conditions":[{"type":"Ready","status":"True","lastProbeTime":null}],
         "containerStatuses":[{"name":"c0","containerID":"docker://a1b2"},
           {"name":"c1","containerID":"containerd://6f5e"}]}}
      """;
  private static final String NODE =
      """
      {"metadata":{"name":"%s","labels":{"test-label":"%s"},
         "annotations":{"test-annotation":"a value"}},
       "spec":{"providerID":"aws:///nl-north-7b/i-03149834983492827"},
       "status":{"addresses":[{"type":"Hostname","address":"h"},
          {"type":"InternalIP","address":"1.2.3.4"},{"type":"InternalIP","address":"5.6.7.8"}],
         "conditions":[{"type":"Ready","status":"True"},{"type":"DiskPressure","status":"Unknown"}],
         "daemonEndpoints":{"kubeletEndpoint":{"Port":10250}}}}
      """;

  private final Setting setting = new Setting();
  private final Setting.Seen seen = new Setting.Seen();
  private final ClusterDouble cluster = new ClusterDouble();
  private final List<Thread> threads = new ArrayList<>();

  KubernetesDiscoveryTest() throws IOException {
    setting.goOn.release(1000);
  }

  @AfterEach
  void stop() throws InterruptedException {
    for (Thread t : threads) {
      t.interrupt();
    }
    cluster.close();
    for (Thread t : threads) {
      t.join();
    }
  }

  private void start(String keys) {
    Discovery d =
        Setting.read("kubernetes_sd_configs: [{api_server: '" + cluster.url() + "', " + keys + "}]")
            .getFirst()
            .discovery(setting.context);
    run(d);
  }

  private void run(Discovery d) {
    threads.add(
        Thread.ofVirtual()
            .start(
                () -> {
                  try {
                    d.run(seen);
                  } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                  }
                }));
  }

  private String shown(int groups) throws InterruptedException {
    seen.await(s -> s.groups.size() == groups);
    synchronized (seen) {
      return Setting.show(List.copyOf(seen.groups.values()));
    }
  }

  @Test
  void unlistableNamespaceDoesNotAffectOthers() throws InterruptedException {
    cluster.forbid(Resource.PODS.path("secret"), true);
    cluster.put(Resource.PODS, POD.formatted("default", "", "1.2.3.4"));
    cluster.put(Resource.PODS, POD.formatted("secret", "", "1.2.3.5"));
    start("role: pod, namespaces: {names: [secret, default]}");
    assertThat(shown(1)).startsWith("pod/default/testpod");
    cluster.forbid(Resource.PODS.path("secret"), false);
    assertThat(shown(2)).contains("pod/secret/testpod");
  }

  @Test
  void podsAreTargetsByContainerAndPort() throws InterruptedException {
    cluster.put(
        Resource.PODS,
        POD.formatted(
            "default",
            ",\"labels\":{\"test/label\":\"v\"},\"annotations\":{\"test/annotation\":\"w\"},"
                + "\"ownerReferences\":[{\"kind\":\"K\",\"name\":\"N\",\"controller\":true}]",
            "1.2.3.4"));
    start("role: pod");
    assertThat(shown(1))
        .isEqualTo(
            """
            pod/default/testpod
              __meta_kubernetes_namespace: default
              __meta_kubernetes_pod_annotation_test_annotation: w
              __meta_kubernetes_pod_annotationpresent_test_annotation: true
              __meta_kubernetes_pod_controller_kind: K
              __meta_kubernetes_pod_controller_name: N
              __meta_kubernetes_pod_host_ip: 2.3.4.5
              __meta_kubernetes_pod_ip: 1.2.3.4
              __meta_kubernetes_pod_label_test_label: v
              __meta_kubernetes_pod_labelpresent_test_label: true
              __meta_kubernetes_pod_name: testpod
              __meta_kubernetes_pod_node_name: testnode
              __meta_kubernetes_pod_phase: Running
              __meta_kubernetes_pod_ready: true
              __meta_kubernetes_pod_uid: abc123
              - __address__: 1.2.3.4:9000
                __meta_kubernetes_pod_container_id: docker://a1b2
                __meta_kubernetes_pod_container_image: c0:latest
                __meta_kubernetes_pod_container_init: false
                __meta_kubernetes_pod_container_name: c0
                __meta_kubernetes_pod_container_port_name: testport
                __meta_kubernetes_pod_container_port_number: 9000
                __meta_kubernetes_pod_container_port_protocol: TCP
              - __address__: 1.2.3.4:9001
                __meta_kubernetes_pod_container_id: docker://a1b2
                __meta_kubernetes_pod_container_image: c0:latest
                __meta_kubernetes_pod_container_init: false
                __meta_kubernetes_pod_container_name: c0
                __meta_kubernetes_pod_container_port_name: other
                __meta_kubernetes_pod_container_port_number: 9001
                __meta_kubernetes_pod_container_port_protocol: UDP
              - __address__: 1.2.3.4
                __meta_kubernetes_pod_container_id: containerd://6f5e
                __meta_kubernetes_pod_container_image: c1:latest
                __meta_kubernetes_pod_container_init: false
                __meta_kubernetes_pod_container_name: c1
              - __address__: 1.2.3.4
                __meta_kubernetes_pod_container_image: init:1
                __meta_kubernetes_pod_container_init: true
                __meta_kubernetes_pod_container_name: init
            """);
  }

  @Test
  void podsComeChangeAndGo() throws InterruptedException {
    start("role: pod");
    seen.await(s -> !s.sizes.isEmpty());
    cluster.put(Resource.PODS, POD.formatted("a", "", "1.1.1.1"));
    seen.await(s -> s.addresses().contains("1.1.1.1:9000"));
    cluster.put(Resource.PODS, POD.formatted("b", "", "1.1.1.2"));
    seen.await(s -> s.groups.size() == 2);
    cluster.put(Resource.PODS, POD.formatted("a", "", "::1"));
    seen.await(s -> s.addresses().contains("[::1]:9000"));
    cluster.put(Resource.PODS, POD.formatted("a", "", "")); // evicted
    seen.await(s -> s.groups.size() == 1);
    cluster.delete(Resource.PODS, "b/testpod");
    seen.await(s -> s.groups.isEmpty());
    assertThat(setting.metric("prometheus_sd_kubernetes_events_total")).isEqualTo(5);
    assertThat(setting.metric("prometheus_sd_kubernetes_failures_total")).isZero();
  }

  @Test
  void readsListPageByPage() throws InterruptedException {
    for (int i = 0; i < 2 * ResourceWatch.PAGE + 1; i++) {
      cluster.put(Resource.PODS, POD.formatted("ns" + i, "", "1.1.1.1"));
    }
    start("role: pod");
    seen.await(s -> s.groups.size() == 2 * ResourceWatch.PAGE + 1);
    assertThat(cluster.requests.stream().filter(r -> r.contains("limit=500"))).hasSize(3);
    assertThat(cluster.requests.stream().filter(r -> r.contains("continue=")))
        .hasSize(2)
        .noneMatch(r -> r.contains("resourceVersion"));
    assertThat(seen.sizes).as("handed over at once").hasSize(1);
  }

  @Test
  void watchResumesAtItsLastVersion() throws InterruptedException {
    cluster.put(Resource.PODS, POD.formatted("a", "", "1.1.1.1"));
    start("role: pod");
    seen.await(s -> s.groups.size() == 1);
    cluster.bookmark(Resource.PODS); // version 102
    cluster.put(Resource.PODS, POD.formatted("b", "", "1.1.1.1")); // 103
    seen.await(s -> s.groups.size() == 2);
    cluster.endWatches();
    seen.await(x -> cluster.requests.stream().filter(r -> r.contains("watch=true")).count() == 2);
    cluster.put(Resource.PODS, POD.formatted("c", "", "1.1.1.1"));
    seen.await(s -> s.groups.size() == 3);
    assertThat(cluster.requests.stream().filter(r -> r.contains("limit="))).hasSize(1);
    assertThat(cluster.requests.stream().filter(r -> r.contains("watch=true")).toList().get(1))
        .contains("resourceVersion=103")
        .contains("allowWatchBookmarks=true");
  }

  @Test
  void relistsAfterAForgottenVersion() throws InterruptedException {
    cluster.put(Resource.PODS, POD.formatted("a", "", "1.1.1.1"));
    cluster.put(Resource.PODS, POD.formatted("b", "", "1.1.1.1"));
    start("role: pod");
    seen.await(s -> s.groups.size() == 2);
    synchronized (cluster) {
      cluster.delete(Resource.PODS, "a/testpod");
      cluster.forget();
      cluster.endWatches();
    }
    seen.await(s -> s.groups.size() == 1 && s.groups.containsKey("pod/b/testpod"));
    assertThat(cluster.requests.stream().filter(r -> r.contains("limit=")))
        .as("first what the server has at hand, then what is in its store")
        .satisfiesExactly(
            r -> assertThat(r).contains("resourceVersion=0"),
            r -> assertThat(r).doesNotContain("resourceVersion"));
    assertThat(setting.metric("prometheus_sd_kubernetes_failures_total")).isZero();
  }

  @Test
  void failuresKeepLastTargetsAndAreRetried() throws InterruptedException {
    cluster.failNext(2);
    cluster.put(Resource.PODS, POD.formatted("a", "", "1.1.1.1"));
    start("role: pod");
    seen.await(s -> s.groups.size() == 1);
    assertThat(setting.metric("prometheus_sd_kubernetes_failures_total")).isEqualTo(2);
    cluster.failNext(3);
    cluster.endWatches();
    seen.await(x -> cluster.stillToFail() == 0);
    cluster.put(Resource.PODS, POD.formatted("b", "", "1.1.1.1"));
    seen.await(s -> s.groups.size() == 2);
    assertThat(setting.metric("prometheus_sd_kubernetes_failures_total")).isEqualTo(5);
    assertThat(seen.sizes).as("never fewer in between").isSorted();
  }

  @Test
  void nodesAreKubelets() throws InterruptedException {
    cluster.put(Resource.NODES, NODE.formatted("test", "testvalue"));
    start("role: node");
    assertThat(shown(1))
        .isEqualTo(
            """
            node/test
              __meta_kubernetes_node_annotation_test_annotation: a value
              __meta_kubernetes_node_annotationpresent_test_annotation: true
              __meta_kubernetes_node_condition_diskpressure: unknown
              __meta_kubernetes_node_condition_ready: true
              __meta_kubernetes_node_label_test_label: testvalue
              __meta_kubernetes_node_labelpresent_test_label: true
              __meta_kubernetes_node_name: test
              __meta_kubernetes_node_provider_id: aws:///nl-north-7b/i-03149834983492827
              - __address__: 1.2.3.4:10250
                __meta_kubernetes_node_address_Hostname: h
                __meta_kubernetes_node_address_InternalIP: 1.2.3.4
                instance: test
            """);
  }

  @Test
  void servicesAreTargetsByPort() throws InterruptedException {
    cluster.put(
        Resource.SERVICES,
        """
        {"metadata":{"name":"s","namespace":"n","labels":{"l":"v"}},
         "spec":{"type":"LoadBalancer","clusterIP":"10.0.0.1","loadBalancerIP":"9.9.9.9",
           "ports":[{"name":"p","protocol":"TCP","port":30900}]},
         "status":{"loadBalancer":{"ingress":[{"ip":"127.0.0.1"},{"ip":"127.0.0.2"}]}}}
        """);
    cluster.put(
        Resource.SERVICES,
        """
        {"metadata":{"name":"t","namespace":"n"},
         "spec":{"type":"ExternalName","externalName":"example.org",
           "ports":[{"protocol":"TCP","port":1}]}}
        """);
    start("role: service");
    assertThat(shown(2))
        .isEqualTo(
            """
            svc/n/s
              __meta_kubernetes_namespace: n
              __meta_kubernetes_service_label_l: v
              __meta_kubernetes_service_labelpresent_l: true
              __meta_kubernetes_service_name: s
              - __address__: s.n.svc:30900
                __meta_kubernetes_service_cluster_ip: 10.0.0.1
                __meta_kubernetes_service_loadbalancer_ip: 127.0.0.1,127.0.0.2
                __meta_kubernetes_service_port_name: p
                __meta_kubernetes_service_port_number: 30900
                __meta_kubernetes_service_port_protocol: TCP
                __meta_kubernetes_service_type: LoadBalancer
            svc/n/t
              __meta_kubernetes_namespace: n
              __meta_kubernetes_service_name: t
              - __address__: t.n.svc:1
                __meta_kubernetes_service_external_name: example.org
                __meta_kubernetes_service_port_number: 1
                __meta_kubernetes_service_port_protocol: TCP
                __meta_kubernetes_service_type: ExternalName
            """);
  }

  @Test
  void ingressesAreTargetsByRuleAndPath() throws InterruptedException {
    cluster.put(
        Resource.INGRESSES,
        """
        {"metadata":{"name":"i","namespace":"n"},
         "spec":{"ingressClassName":"c","tls":[{"hosts":["*.example.com"]}],
          "rules":[{"host":"a.example.com","http":{"paths":[{"path":"/"},{"path":"/foo"}]}},
                   {"host":"nobackend.example.org","http":{"paths":[{}]}},
                   {"host":"b.a.example.com"}]}}
        """);
    start("role: ingress");
    assertThat(shown(1))
        .isEqualTo(
            """
            ingress/n/i
              __meta_kubernetes_ingress_class_name: c
              __meta_kubernetes_ingress_name: i
              __meta_kubernetes_namespace: n
              - __address__: a.example.com
                __meta_kubernetes_ingress_host: a.example.com
                __meta_kubernetes_ingress_path: /
                __meta_kubernetes_ingress_scheme: https
              - __address__: a.example.com
                __meta_kubernetes_ingress_host: a.example.com
                __meta_kubernetes_ingress_path: /foo
                __meta_kubernetes_ingress_scheme: https
              - __address__: nobackend.example.org
                __meta_kubernetes_ingress_host: nobackend.example.org
                __meta_kubernetes_ingress_path: /
                __meta_kubernetes_ingress_scheme: http
              - __address__: b.a.example.com
                __meta_kubernetes_ingress_host: b.a.example.com
                __meta_kubernetes_ingress_path: /
                __meta_kubernetes_ingress_scheme: http
            """);
  }

  @Test
  void slicesGetLabelsOfServicePodNodeNamespaceAndOwners() throws InterruptedException {
    cluster.put(
        Resource.SLICES,
        """
        {"metadata":{"name":"s-1","namespace":"n","labels":{"kubernetes.io/service-name":"s"}},
         "addressType":"IPv4",
         "endpoints":[{"addresses":["1.2.3.4"],"nodeName":"testnode","zone":"z","hostname":"h",
            "conditions":{"ready":true,"serving":true,"terminating":false},
            "deprecatedTopology":{"topology.k/x":"v"},
            "targetRef":{"kind":"Pod","name":"testpod","namespace":"n"}},
           {"addresses":["4.4.4.4"],"targetRef":{"kind":"Node","name":"testnode"}}],
         "ports":[{"name":"testport","port":9000,"protocol":"TCP","appProtocol":"http"}]}
        """);
    cluster.put(
        Resource.SERVICES,
        """
        {"metadata":{"name":"s","namespace":"n"},
          "spec":{"ipFamilyPolicy":"PreferDualStack","ipFamilies":["IPv4","IPv6"]}}
        """);
    cluster.put(
        Resource.SLICES,
        """
        {"metadata":{"name":"s-2","namespace":"n","labels":{"kubernetes.io/service-name":"s"}},
         "addressType":"IPv6","endpoints":[{"addresses":["::1"]}],"ports":[{"port":9000}]}
        """);
    cluster.put(
        Resource.PODS,
        POD.formatted(
            "n",
            ",\"ownerReferences\":[{\"kind\":\"ReplicaSet\",\"name\":\"r\",\"controller\":true}]",
            "1.2.3.4"));
    cluster.put(Resource.NODES, NODE.formatted("testnode", "x"));
    cluster.put(Resource.NAMESPACES, "{\"metadata\":{\"name\":\"n\",\"labels\":{\"team\":\"t\"}}}");
    cluster.put(
        Resource.REPLICASETS,
        """
        {"metadata":{"name":"r","namespace":"n","ownerReferences":[
          {"kind":"Deployment","name":"d","controller":true}]}}
        """);
    start("role: endpointslice, attach_metadata: {node: true, namespace: true, deployment: true}");
    assertThat(shown(1))
        .isEqualTo(
            """
            endpointslice/n/s-1
              __meta_kubernetes_endpointslice_address_type: IPv4
              __meta_kubernetes_endpointslice_label_kubernetes_io_service_name: s
              __meta_kubernetes_endpointslice_labelpresent_kubernetes_io_service_name: true
              __meta_kubernetes_endpointslice_name: s-1
              __meta_kubernetes_namespace: n
              __meta_kubernetes_namespace_label_team: t
              __meta_kubernetes_namespace_labelpresent_team: true
              __meta_kubernetes_service_name: s
              - __address__: 1.2.3.4:9000
                __meta_kubernetes_endpointslice_address_target_kind: Pod
                __meta_kubernetes_endpointslice_address_target_name: testpod
                __meta_kubernetes_endpointslice_endpoint_conditions_ready: true
                __meta_kubernetes_endpointslice_endpoint_conditions_serving: true
                __meta_kubernetes_endpointslice_endpoint_conditions_terminating: false
                __meta_kubernetes_endpointslice_endpoint_hostname: h
                __meta_kubernetes_endpointslice_endpoint_node_name: testnode
                __meta_kubernetes_endpointslice_endpoint_topology_present_topology_k_x: true
                __meta_kubernetes_endpointslice_endpoint_topology_topology_k_x: v
                __meta_kubernetes_endpointslice_endpoint_zone: z
                __meta_kubernetes_endpointslice_port: 9000
                __meta_kubernetes_endpointslice_port_app_protocol: http
                __meta_kubernetes_endpointslice_port_name: testport
                __meta_kubernetes_endpointslice_port_protocol: TCP
                __meta_kubernetes_node_annotation_test_annotation: a value
                __meta_kubernetes_node_annotationpresent_test_annotation: true
                __meta_kubernetes_node_label_test_label: x
                __meta_kubernetes_node_labelpresent_test_label: true
                __meta_kubernetes_node_name: testnode
                __meta_kubernetes_pod_container_image: c0:latest
                __meta_kubernetes_pod_container_init: false
                __meta_kubernetes_pod_container_name: c0
                __meta_kubernetes_pod_container_port_name: testport
                __meta_kubernetes_pod_container_port_number: 9000
                __meta_kubernetes_pod_container_port_protocol: TCP
                __meta_kubernetes_pod_controller_kind: ReplicaSet
                __meta_kubernetes_pod_controller_name: r
                __meta_kubernetes_pod_deployment_name: d
                __meta_kubernetes_pod_host_ip: 2.3.4.5
                __meta_kubernetes_pod_ip: 1.2.3.4
                __meta_kubernetes_pod_name: testpod
                __meta_kubernetes_pod_node_name: testnode
                __meta_kubernetes_pod_phase: Running
                __meta_kubernetes_pod_ready: true
                __meta_kubernetes_pod_uid: abc123
              - __address__: 4.4.4.4:9000
                __meta_kubernetes_endpointslice_address_target_kind: Node
                __meta_kubernetes_endpointslice_address_target_name: testnode
                __meta_kubernetes_endpointslice_port: 9000
                __meta_kubernetes_endpointslice_port_app_protocol: http
                __meta_kubernetes_endpointslice_port_name: testport
                __meta_kubernetes_endpointslice_port_protocol: TCP
                __meta_kubernetes_node_annotation_test_annotation: a value
                __meta_kubernetes_node_annotationpresent_test_annotation: true
                __meta_kubernetes_node_label_test_label: x
                __meta_kubernetes_node_labelpresent_test_label: true
                __meta_kubernetes_node_name: testnode
              - __address__: 1.2.3.4:9001
                __meta_kubernetes_pod_container_image: c0:latest
                __meta_kubernetes_pod_container_init: false
                __meta_kubernetes_pod_container_name: c0
                __meta_kubernetes_pod_container_port_name: other
                __meta_kubernetes_pod_container_port_number: 9001
                __meta_kubernetes_pod_container_port_protocol: UDP
                __meta_kubernetes_pod_controller_kind: ReplicaSet
                __meta_kubernetes_pod_controller_name: r
                __meta_kubernetes_pod_deployment_name: d
                __meta_kubernetes_pod_host_ip: 2.3.4.5
                __meta_kubernetes_pod_ip: 1.2.3.4
                __meta_kubernetes_pod_name: testpod
                __meta_kubernetes_pod_node_name: testnode
                __meta_kubernetes_pod_phase: Running
                __meta_kubernetes_pod_ready: true
                __meta_kubernetes_pod_uid: abc123
            """);
    // What a group was made of makes it anew when it changes, also what was not there before.
    cluster.put(Resource.NODES, NODE.formatted("testnode", "changed"));
    seen.await(s -> s.groups.toString().contains("changed"));
    cluster.delete(Resource.REPLICASETS, "n/r");
    seen.await(s -> !s.groups.toString().contains("pod_deployment_name"));
    cluster.delete(Resource.SERVICES, "n/s");
    seen.await(s -> s.groups.containsKey("endpointslice/n/s-2"));
  }

  @Test
  void readsOlderEndpoints() throws InterruptedException {
    cluster.put(
        Resource.ENDPOINTS,
        """
        {"metadata":{"name":"e","namespace":"n"},"subsets":[
          {"addresses":[{"ip":"1.2.3.4","hostname":"h","nodeName":"foobar"}],
           "notReadyAddresses":[{"ip":"2.3.4.5","targetRef":{"kind":"Pod","namespace":"n","name":"no"}}],
           "ports":[{"name":"testport","port":9000,"protocol":"TCP"}]}]}
        """);
    cluster.put(Resource.SERVICES, "{\"metadata\":{\"name\":\"e\",\"namespace\":\"n\"}}");
    start("role: endpoints, namespaces: {names: [n, m]}");
    assertThat(shown(1))
        .isEqualTo(
            """
            endpoints/n/e
              __meta_kubernetes_endpoints_name: e
              __meta_kubernetes_namespace: n
              __meta_kubernetes_service_name: e
              - __address__: 1.2.3.4:9000
                __meta_kubernetes_endpoint_hostname: h
                __meta_kubernetes_endpoint_node_name: foobar
                __meta_kubernetes_endpoint_port_name: testport
                __meta_kubernetes_endpoint_port_protocol: TCP
                __meta_kubernetes_endpoint_ready: true
              - __address__: 2.3.4.5:9000
                __meta_kubernetes_endpoint_address_target_kind: Pod
                __meta_kubernetes_endpoint_address_target_name: no
                __meta_kubernetes_endpoint_port_name: testport
                __meta_kubernetes_endpoint_port_protocol: TCP
                __meta_kubernetes_endpoint_ready: false
            """);
    assertThat(cluster.requests)
        .anyMatch(r -> r.startsWith("/api/v1/namespaces/m/pods "))
        .noneMatch(r -> r.startsWith("/api/v1/pods "));
    // A pod that comes later than its address.
    cluster.put(Resource.PODS, POD.formatted("n", "", "2.3.4.5").replace("\"testpod\"", "\"no\""));
    seen.await(s -> s.addresses().contains("2.3.4.5:9001"));
  }

  @Test
  void selectorsExcludeJobsAndNodes() throws InterruptedException {
    cluster.put(
        Resource.PODS,
        POD.formatted(
            "n",
            ",\"ownerReferences\":[{\"kind\":\"Job\",\"name\":\"j\",\"controller\":true}]",
            "1.2.3.4"));
    cluster.put(
        Resource.JOBS,
        """
        {"metadata":{"name":"j","namespace":"n","ownerReferences":[
          {"kind":"CronJob","name":"cj","controller":true}]}}
        """);
    start(
        "role: pod, attach_metadata: {node: true, job: true, cronjob: true}, selectors: [{role:"
            + " pod, label: 'a in (b,c),!d', field: 'status.phase!=Failed'}, {role: node, label:"
            + " x=y}]");
    seen.await(s -> !s.sizes.isEmpty());
    assertThat(seen.groups).isEmpty(); // its node is not there
    cluster.put(Resource.NODES, NODE.formatted("testnode", "x"));
    assertThat(shown(1))
        .contains("__meta_kubernetes_pod_job_name: j")
        .contains("__meta_kubernetes_pod_cronjob_name: cj")
        .contains("__meta_kubernetes_node_label_test_label: x");
    assertThat(cluster.requests)
        .anyMatch(
            r ->
                r.startsWith("/api/v1/pods {fieldSelector=status.phase!=Failed")
                    && r.contains("labelSelector=a in (b,c),!d"))
        .anyMatch(r -> r.startsWith("/api/v1/nodes {labelSelector=x=y, limit"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{}                                               | role missing",
        "{role: vacation}                                 | unknown Kubernetes SD role \"vacation\"",
        "{role: pod, api_server: 'http://a', kubeconfig_file: x} | cannot use 'kubeconfig_file' and 'api_server'",
        "{role: pod, kubeconfig_file: x, basic_auth: {username: a}} | custom HTTP client configuration together",
        "{role: pod, basic_auth: {username: a}}           | please provide the 'api_server' URL explicitly",
        "{role: pod, api_server: 'http://a', namespaces: {own_namespace: true}} | cannot use 'api_server' and 'namespaces.own_namespace'",
        "{role: pod, kubeconfig_file: x, namespaces: {own_namespace: true}} | cannot use 'kubeconfig_file' and 'namespaces.own_namespace'",
        "{role: pod, api_server: 'a'}                     | is not an HTTP or HTTPS URL",
        "{role: pod, selectors: [{role: pod}, {role: pod}]} | duplicated selector role: pod",
        "{role: node, selectors: [{role: pod}]}           | node role supports only node selectors",
        "{role: endpoints, selectors: [{role: node}]}     | endpoints role supports only pod, service, endpoints selectors",
        "{role: pod, selectors: [{role: pod, field: 'a'}]} | can't understand 'a'",
        "{role: pod, selectors: [{role: pod, label: 'a in b'}]} | unable to parse requirement",
        "{role: pod, attach_metadata: {nodes: true}}      | did you mean \"node\"",
      })
  void describesErrors(String entry, String error) {
    assertThatThrownBy(() -> Setting.read("kubernetes_sd_configs: [" + entry + "]"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(error);
  }
}
