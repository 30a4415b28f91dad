package dev.tethys.pipeline.processor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.config.HttpClientConfig.Authorization;
import dev.tethys.config.Secret;
import dev.tethys.model.telemetry.ArrayValue;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.pipeline.component.Processor;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Attributes added to resources. */
@Timeout(60)
class KubernetesAttributesTest extends KubernetesCase {
  @Test
  void findsPodsByConnectionAddress() throws IOException {
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
    assertThat(asked.getFirst().authorization())
        .isEqualTo(new Authorization("Bearer", Secret.NONE, folder.resolve("token").toString()));
  }

  @Test
  void usesTheFirstCompleteAssociation() throws IOException {
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
  void doesNotFindHostNetworkPodsByAddress() throws IOException {
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
  void addsAttributesOfOwnersNodesAndNamespaces() throws IOException {
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
  void assignsJobsToTheirCronJobs() throws IOException {
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
  void findsContainersByNameOrIdAndRun() throws IOException {
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
  void prefersOpenTelemetryAnnotations() throws IOException {
    auth();
    pod("bare", "uid-b", "1.1.1.2", "2023-01-01T00:00:00Z");
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
    assertThat(sent(p, "1.1.1.2")).isEqualTo(attributes("service.name", "bare"));
  }

  @Test
  void passthroughAddsAddressesWithoutApiCalls() throws IOException {
    environment.clear();
    Processor p = start("passthrough: true");
    assertThat(sent(p, "1.1.1.1")).isEqualTo(attributes("k8s.pod.ip", "1.1.1.1"));
    assertThat(sent(p, "fd00:0:0:0:0:0:0:1")).isEqualTo(attributes("k8s.pod.ip", "fd00::1"));
    assertThat(sent(p, "1.1.1.1", "k8s.pod.ip", "1.1.1.2"))
        .isEqualTo(attributes("k8s.pod.ip", "1.1.1.2"));
    assertThat(sent(p, "", "a", "b")).isEqualTo(attributes("a", "b"));
    assertThat(cluster.requests).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"jaeger-agent-b2zdv, ''", "test-pod-name, 'True '", "loki-1, ''"})
  void skipsExcludedPods(String name, String annotation) throws IOException {
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
}
