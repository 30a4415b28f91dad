package dev.tethys.pipeline.processor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import dev.tethys.config.HttpClientConfig;
import dev.tethys.model.telemetry.ArrayValue;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.TracesData;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Processor;
import dev.tethys.pipeline.processor.detection.DetectionEnvironment;
import dev.tethys.pipeline.processor.detection.HostNames;
import dev.tethys.pipeline.processor.detection.ResourceDetection;
import dev.tethys.web.client.ClientRequest;
import dev.tethys.web.client.HttpClientFactory;
import dev.tethys.web.client.WebClient;
import dev.tethys.web.cloud.CredentialDependencies;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Runs detectors in simulated environments. */
class DetectionTest {
  private final Map<String, String> environment = new HashMap<>();
  private final Map<String, String> answers = new HashMap<>();
  private final AtomicInteger refused = new AtomicInteger();
  private final Rig rig = new Rig();
  private final HttpClientFactory clients = new HttpClientFactory("test");

  /** Runs in a lookup of the machine's name before it fails. */
  private volatile Runnable lookups = () -> {};

  @TempDir Path root;
  private HttpServer server;

  /** Names of a machine that a test makes. */
  private final class Names extends HostNames {
    Names() {
      super(root);
    }

    @Override
    public String canonical(String name) throws IOException {
      lookups.run();
      throw new IOException("nobody knows " + name);
    }

    @Override
    public List<InetAddress> addresses(String name) throws IOException {
      return List.of(InetAddress.getByAddress(new byte[] {10, 0, 0, 7}));
    }

    @Override
    public String name(InetAddress a) {
      return "reverse.example.com.";
    }
  }

  @BeforeEach
  void begin() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        q -> {
          String token = q.getRequestHeaders().getFirst("X-aws-ec2-metadata-token");
          String path = q.getRequestMethod() + " " + q.getRequestURI();
          String a = answers.get(path);
          boolean open =
              !path.contains("/latest/")
                  || path.contains("/api/token")
                  || "the token".equals(token);
          byte[] body = (a == null ? "" : a).getBytes(StandardCharsets.UTF_8);
          if (a == null || !open) {
            refused.incrementAndGet();
          }
          q.sendResponseHeaders(
              a == null || !open ? 404 : 200, body.length == 0 ? -1 : body.length);
          q.getResponseBody().write(body);
          q.close();
        });
    server.start();
    Files.createDirectories(root.resolve("proc/sys/kernel"));
    Files.createDirectories(root.resolve("etc"));
    write("proc/sys/kernel/hostname", "web7\n");
  }

  @AfterEach
  void end() {
    server.stop(0);
    clients.close();
  }

  private void write(String file, String text) throws IOException {
    Files.writeString(root.resolve(file), text);
  }

  private String address() {
    return "127.0.0.1:" + server.getAddress().getPort();
  }

  /** All lookups are answered by the test. */
  private DetectionEnvironment place() throws IOException {
    WebClient client = clients.client(HttpClientConfig.DEFAULT_HTTP1);
    CredentialDependencies.Caller caller =
        call -> {
          URI u = call.uri();
          String query = u.getRawQuery() == null ? "" : "?" + u.getRawQuery();
          return client.send(
              new ClientRequest(
                  call.method(),
                  URI.create("http://" + address() + u.getRawPath() + query),
                  call.headers(),
                  call.body(),
                  call.timeout(),
                  null));
        };
    return new DetectionEnvironment(environment::get, caller, _ -> caller, root, new Names());
  }

  private Processor processor(String yaml) throws IOException {
    return rig.processor(new ResourceDetection(place()), Signal.TRACES, yaml);
  }

  /** Attributes added to an empty resource. */
  private Attributes found(String yaml) throws IOException {
    Processor p = processor(yaml);
    p.start();
    TracesData d = Rig.traces("s", Rig.span("a"));
    d.resources().getFirst().resource().attributes().clear();
    rig.send(p, d);
    p.stop(Duration.ZERO);
    return rig.traces().resources().getFirst().resource().attributes();
  }

  private static Map<String, Object> map(Attributes a) {
    Map<String, Object> m = new HashMap<>();
    a.forEach((k, v) -> m.put(k, v instanceof ArrayValue l ? l.toString() : v));
    return m;
  }

  @Test
  void firstDetectorThatFindsAnAttributeWins() throws IOException {
    environment.put("OTEL_RESOURCE_ATTRIBUTES", " host.name = given , team=a%20b,");
    write("etc/hosts", "127.0.0.1 localhost\n10.0.0.7 web7.example.com web7 # this\n");
    assertThat(map(found("detectors: [env, system]")))
        .containsEntry("host.name", "given")
        .containsEntry("team", "a b")
        .containsEntry("os.type", "linux");
    assertThat(map(found("detectors: [system, env]")))
        .containsEntry("host.name", "web7.example.com");
    ResourceGroup<?> r = rig.traces().resources().getFirst();
    assertThat(r.schemaUrl()).isEqualTo("https://opentelemetry.io/schemas/1.40.0");
    assertThat(rig.balanced()).isTrue();
  }

  @Test
  void keepsExistingAttributesUnlessOverridden() throws IOException {
    environment.put("OTEL_RESOURCE_ATTRIBUTES", "service.name=found");
    for (boolean override : new boolean[] {true, false}) {
      Processor p = processor("override: " + override);
      p.start();
      rig.send(p, Rig.traces("own", Rig.span("a")));
      ResourceGroup<?> r = rig.traces().resources().getFirst();
      assertThat(r.resource().attributes().get("service.name"))
          .isEqualTo(override ? "found" : "own");
      assertThat(r.schemaUrl()).isEmpty();
    }
  }

  @Test
  void failsStartOnAMalformedVariable() throws IOException {
    environment.put("OTEL_RESOURCE_ATTRIBUTES", "a=b,c");
    Processor p = processor("{detectors: [env], retry: {enabled: false}}");
    assertThatThrownBy(p::start)
        .isInstanceOf(IOException.class)
        .hasMessageContaining("detector env")
        .hasMessageContaining("key=value");
  }

  @Test
  @Timeout(60)
  void abandonsDetectorsAfterTheTimeout() throws IOException {
    AtomicBoolean answers = new AtomicBoolean();
    lookups =
        () -> {
          while (!answers.get()) {
            LockSupport.parkNanos(
                1_000_000); // as a native lookup, it does not end when interrupted
          }
        };
    Processor p =
        processor("{detectors: [system], timeout: 50ms, system: {hostname_sources: [cname]}}");
    try {
      assertThatThrownBy(p::start)
          .isInstanceOf(IOException.class)
          .hasMessageContaining("detector system: no response within PT0.05S");
    } finally {
      answers.set(true);
    }
  }

  @Test
  void triesHostNameSourcesInOrder() throws IOException {
    assertThat(map(found("{detectors: [system], system: {hostname_sources: [cname, lookup]}}")))
        .containsEntry("host.name", "reverse.example.com");
    assertThat(map(found("{detectors: [system], system: {hostname_sources: [os]}}")))
        .containsEntry("host.name", "web7");
    // Only by address, if neither the hosts file nor the resolver knows the name.
    assertThat(map(found("detectors: [system]"))).containsEntry("host.name", "reverse.example.com");
  }

  @Test
  void detectsRequestedSystemAttributes() throws IOException {
    write("etc/machine-id", "0123456789abcdef0123456789abcdef\n");
    write(
        "etc/os-release",
        "NAME=\"Ubuntu\"\n"
            + "VERSION=\"24.04.1 LTS (Noble Numbat)\"\n"
            + "ID=ubuntu\n"
            + "VERSION_ID=\"24.04\"\n");
    write("proc/sys/kernel/ostype", "Linux\n");
    write("proc/sys/kernel/osrelease", "6.8.0-45-generic\n");
    write("proc/sys/kernel/version", "#45-Ubuntu SMP\n");
    write("proc/sys/kernel/arch", "x86_64\n");
    write(
        "proc/cpuinfo",
        "processor\t: 0\nvendor_id\t: AuthenticAMD\ncpu family\t: 25\nmodel\t\t: 17\n"
            + "model name\t: AMD EPYC 9354\nstepping\t: 1\ncache size\t: 1024 KB\n\n"
            + "processor\t: 1\nvendor_id\t: Other\n");
    StringBuilder yaml =
        new StringBuilder(
            "detectors: [system]\nsystem:\n  hostname_sources: [os]\n  resource_attributes:\n");
    for (String a :
        List.of(
            "host.id",
            "os.name",
            "os.version",
            "os.build.id",
            "os.description",
            "host.cpu.vendor.id",
            "host.cpu.model.id",
            "host.cpu.stepping",
            "host.cpu.cache.l2.size")) {
      yaml.append("    ").append(a).append(": {enabled: true}\n");
    }
    yaml.append("    os.type: {enabled: false}\n");
    assertThat(map(found(yaml.toString())))
        .isEqualTo(
            Map.of(
                "host.name", "web7",
                "host.id", "0123456789abcdef0123456789abcdef",
                "os.name", "ubuntu",
                "os.version", "24.04",
                "os.build.id", "6.8.0-45-generic",
                "os.description",
                    "Ubuntu 24.04.1 LTS (Noble Numbat) (Linux web7 6.8.0-45-generic #45-Ubuntu SMP"
                        + " x86_64)",
                "host.cpu.vendor.id", "AuthenticAMD",
                "host.cpu.model.id", "17",
                "host.cpu.stepping", "1",
                "host.cpu.cache.l2.size", 1024L));
  }

  @Test
  void detectsEc2Instances() throws IOException {
    answers.put("PUT /latest/api/token", "the token");
    answers.put("GET /latest/meta-data/instance-id", "i-1234567890abcdef0");
    answers.put("GET /latest/meta-data/hostname", "ip-10-158-112-84.us-west-2.compute.internal");
    answers.put("GET /latest/meta-data/tags/instance", "Name\nteam\n");
    answers.put("GET /latest/meta-data/tags/instance/team", "red");
    // The document of AWS's user guide.
    answers.put(
        "GET /latest/dynamic/instance-identity/document",
        """
        {"devpayProductCodes": null,
         "marketplaceProductCodes": [ "1abc2defghijklm3nopqrs4tu" ],
         "availabilityZone": "us-west-2b", "privateIp": "10.158.112.84", "version": "2017-09-30",
         "instanceId": "i-1234567890abcdef0", "billingProducts": null,
         "instanceType": "t2.micro", "accountId": "123456789012", "imageId": "ami-5fb8c835",
         "pendingTime": "2016-11-19T16:32:11Z", "architecture": "x86_64", "kernelId": null,
         "ramdiskId": null, "region": "us-west-2"}
        """);
    assertThat(map(found("{detectors: [ec2], ec2: {tags: [^team$], tags_from_imds: true}}")))
        .isEqualTo(
            Map.of(
                "cloud.provider", "aws",
                "cloud.platform", "aws_ec2",
                "cloud.region", "us-west-2",
                "cloud.account.id", "123456789012",
                "cloud.availability_zone", "us-west-2b",
                "host.id", "i-1234567890abcdef0",
                "host.image.id", "ami-5fb8c835",
                "host.type", "t2.micro",
                "host.name", "ip-10-158-112-84.us-west-2.compute.internal",
                "ec2.tag.team", "red"));
    assertThat(refused).hasValue(0);
  }

  @Test
  void findsNothingWithoutMetadataUnlessRequired() throws IOException {
    assertThat(map(found("detectors: [ec2, azure, gcp, aks, ecs, lambda, heroku]"))).isEmpty();
    Processor p =
        processor("{detectors: [lambda], fail_on_missing_metadata: true, retry: {enabled: false}}");
    assertThatThrownBy(p::start).hasMessageContaining("fail_on_missing_metadata");
  }

  @Test
  void detectsEcsTasks() throws IOException {
    environment.put("ECS_CONTAINER_METADATA_URI_V4", "http://169.254.170.2/v4/a");
    answers.put("GET /v4/a", "{\"DockerId\": \"own\"}");
    answers.put(
        "GET /v4/a/task",
        """
        {"Cluster": "default", "Family": "curltest", "Revision": "26",
         "TaskARN": "arn:aws:ecs:us-west-2:111122223333:task/default/158d1c8083dd49d6b527399fd6414f5c",
         "AvailabilityZone": "us-west-2d", "LaunchType": "EC2",
         "Containers": [
           {"DockerId": "own", "Type": "NORMAL", "KnownStatus": "RUNNING", "LogDriver": "awslogs",
            "LogOptions": {"awslogs-group": "mine"}},
           {"DockerId": "ee08638adaaf009d78c248913f629e38299471d45fe7dc944d1039077e3424ca",
            "Type": "NORMAL", "KnownStatus": "RUNNING", "LogDriver": "awslogs",
            "LogOptions": {"awslogs-group": "/ecs/metadata", "awslogs-region": "us-west-2",
                           "awslogs-stream": "ecs/curl/8f03e41243824aea923aca126495f665"}}]}
        """);
    assertThat(map(found("detectors: [ecs]")))
        .containsEntry("cloud.platform", "aws_ecs")
        .containsEntry("cloud.account.id", "111122223333")
        .containsEntry("cloud.region", "us-west-2")
        .containsEntry("aws.ecs.cluster.arn", "arn:aws:ecs:us-west-2:111122223333:cluster/default")
        .containsEntry("aws.ecs.task.id", "158d1c8083dd49d6b527399fd6414f5c")
        .containsEntry("aws.ecs.launchtype", "ec2")
        .containsEntry("aws.log.group.names", ArrayValue.of("/ecs/metadata").toString())
        .containsEntry(
            "aws.log.stream.arns",
            ArrayValue.of(
                    "arn:aws:logs:us-west-2:111122223333:log-group:/ecs/metadata:log-stream:"
                        + "ecs/curl/8f03e41243824aea923aca126495f665")
                .toString());
  }

  @Test
  void detectsAksNodes() throws IOException {
    answers.put(
        "GET /metadata/instance/compute?api-version=2020-09-01&format=json",
        """
        {"location": "westus", "name": "examplevmname", "vmId": "02aab8a4-74ef-476e-8182-f6d2ba4166a6",
         "vmSize": "Standard_A3", "subscriptionId": "8d10da13-8125-4ba9-a717-bf7490507b3d",
         "resourceGroupName": "MC_group_shop_westus", "zone": "", "vmScaleSetName": "",
         "osProfile": {"computerName": "examplevmname"},
         "tagsList": [{"name": "team", "value": "red"}, {"name": "x", "value": "y"}]}
        """);
    assertThat(map(found("{detectors: [azure], azure: {tags: [^te]}}")))
        .isEqualTo(
            Map.of(
                "cloud.provider", "azure",
                "cloud.platform", "azure.vm",
                "cloud.region", "westus",
                "cloud.account.id", "8d10da13-8125-4ba9-a717-bf7490507b3d",
                "host.name", "examplevmname",
                "host.id", "02aab8a4-74ef-476e-8182-f6d2ba4166a6",
                "azure.vm.name", "examplevmname",
                "azure.vm.size", "Standard_A3",
                "azure.resourcegroup.name", "MC_group_shop_westus",
                "azure.tag.team", "red"));
    environment.put("KUBERNETES_SERVICE_HOST", "10.0.0.1");
    assertThat(
            map(
                found(
                    "{detectors: [aks, azure], aks: {resource_attributes: {k8s.cluster.name:"
                        + " {enabled: true}}}}")))
        .containsEntry("cloud.platform", "azure.aks")
        .containsEntry("k8s.cluster.name", "shop")
        .containsEntry("host.name", "examplevmname");
  }

  private void eks() throws IOException {
    environment.put("KUBERNETES_SERVICE_HOST", "10.100.0.1");
    environment.put("KUBERNETES_SERVICE_PORT", "443");
    Files.createDirectories(root.resolve("var/run/secrets/kubernetes.io/serviceaccount"));
    write("var/run/secrets/kubernetes.io/serviceaccount/token", "secret");
    answers.put("GET /version", "{\"major\": \"1\", \"gitVersion\": \"v1.33.5-eks-3025e55\"}");
    // In the form of the reference of EC2's API.
    answers.put(
        "POST /",
        """
        <DescribeInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">
          <requestId>8f7724cf-496f-496e-8fe3-example</requestId>
          <reservationSet><item>
            <reservationId>r-1234567890abcdef0</reservationId>
            <ownerId>123456789012</ownerId>
            <instancesSet><item>
              <instanceId>i-1234567890abcdef0</instanceId><imageId>ami-bff32ccc</imageId>
              <privateDnsName>ip-192-168-1-88.eu-west-1.compute.internal</privateDnsName>
              <instanceType>t2.micro</instanceType>
              <tagSet>
                <item><key>Name</key><value>Server_1</value></item>
                <item><key>kubernetes.io/cluster/shop</key><value>owned</value></item>
              </tagSet>
            </item></instancesSet>
          </item></reservationSet>
        </DescribeInstancesResponse>
        """);
  }

  private static String all() {
    StringBuilder yaml = new StringBuilder("detectors: [eks]\neks:\n  resource_attributes:\n");
    for (String a :
        List.of(
            "cloud.account.id",
            "cloud.availability_zone",
            "cloud.region",
            "host.id",
            "host.image.id",
            "host.name",
            "host.type",
            "k8s.cluster.name")) {
      yaml.append("    ").append(a).append(": {enabled: true}\n");
    }
    return yaml.toString();
  }

  @Test
  void readsTagsFromTheEc2Api() throws IOException {
    answers.put("PUT /latest/api/token", "the token");
    answers.put("GET /latest/meta-data/instance-id", "i-1");
    answers.put("GET /latest/meta-data/hostname", "ip-1");
    answers.put(
        "GET /latest/dynamic/instance-identity/document",
        "{\"region\": \"us-west-2\", \"instanceId\": \"i-1\"}");
    // In the form of the reference of EC2's API.
    answers.put(
        "POST /",
        """
        <DescribeTagsResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">
          <requestId>7a62c49f-347e-4fc4-9331-6e8eEXAMPLE</requestId>
          <tagSet>
            <item><resourceId>i-1</resourceId><resourceType>instance</resourceType><key>team</key><value>red</value></item>
            <item><resourceId>i-1</resourceId><resourceType>instance</resourceType><key>Name</key><value>web</value></item>
          </tagSet>
        </DescribeTagsResponse>
        """);
    String tags = "{detectors: [ec2], ec2: {tags: [^team$]}}";
    assertThat(map(found(tags)))
        .containsEntry("ec2.tag.team", "red")
        .containsEntry("host.id", "i-1")
        .doesNotContainKey("ec2.tag.Name");
    answers.remove("POST /"); // the instance role lacks permission
    assertThat(map(found(tags))).containsEntry("host.id", "i-1").doesNotContainKey("ec2.tag.team");
  }

  @Test
  void detectsOpenShiftClusters() throws IOException {
    eks();
    String path = "GET /apis/config.openshift.io/v1/infrastructures/cluster";
    // In the form of OpenShift's reference.
    String infrastructure =
        """
        {"apiVersion": "config.openshift.io/v1", "kind": "Infrastructure", "metadata": {"name": "cluster"},
         "status": {"apiServerURL": "https://api.example.com:6443", "infrastructureName": "shop-x7k2p",
          "platform": "%1$s", "platformStatus": {"type": "%1$s", "%2$s": {"%3$s": "%4$s"}}}}
        """;
    answers.put(path, infrastructure.formatted("AWS", "aws", "region", "us-East-1"));
    Map<String, Object> aws =
        Map.of(
            "k8s.cluster.name", "shop-x7k2p",
            "cloud.provider", "aws",
            "cloud.platform", "aws_openshift",
            "cloud.region", "us-east-1");
    assertThat(map(found("detectors: [openshift]"))).isEqualTo(aws);
    answers.put(path, infrastructure.formatted("OpenStack", "openstack", "cloudName", "own"));
    assertThat(map(found("detectors: [openshift]")))
        .isEqualTo(Map.of("k8s.cluster.name", "shop-x7k2p", "cloud.region", "own"));
    answers.put(path, infrastructure.formatted("None", "none", "a", "b"));
    assertThat(map(found("detectors: [openshift]")))
        .isEqualTo(Map.of("k8s.cluster.name", "shop-x7k2p"));
    environment.clear();
    answers.put(path, infrastructure.formatted("AWS", "aws", "region", "us-east-1"));
    assertThat(
            map(
                found(
                    "{detectors: [openshift], openshift: {address: 'https://api.example.com:6443',"
                        + " token: t, tls: {insecure_skip_verify: true}}}")))
        .isEqualTo(aws);
    answers.remove(path);
    String once = "{detectors: [openshift], retry: {enabled: false}";
    assertThat(map(found(once + ", openshift: {address: 'https://a'}}"))).isEmpty();
    Processor p = processor(once + ", fail_on_missing_metadata: true}");
    assertThatThrownBy(p::start).hasMessageContaining("KUBERNETES_SERVICE_HOST");
  }

  @Test
  void detectsEksNodesWithoutMetadata() throws IOException {
    eks();
    environment.put("K8S_NODE_NAME", "n1");
    answers.put(
        "GET /api/v1/nodes/n1",
        "{\"spec\": {\"providerID\": \"aws:///eu-west-1a/i-1234567890abcdef0\"}}");
    assertThat(map(found(all())))
        .isEqualTo(
            Map.of(
                "cloud.provider", "aws",
                "cloud.platform", "aws_eks",
                "cloud.account.id", "123456789012",
                "cloud.availability_zone", "eu-west-1a",
                "cloud.region", "eu-west-1",
                "host.id", "i-1234567890abcdef0",
                "host.image.id", "ami-bff32ccc",
                "host.name", "ip-192-168-1-88.eu-west-1.compute.internal",
                "host.type", "t2.micro",
                "k8s.cluster.name", "shop"));
    answers.put("GET /version", "{\"gitVersion\": \"v1.33.5+k3s1\"}");
    assertThat(map(found(all()))).isEmpty();
  }

  @Test
  void detectsEksNodesWithMetadata() throws IOException {
    eks();
    answers.put("PUT /latest/api/token", "the token");
    answers.put("GET /latest/meta-data/instance-id", "i-1");
    answers.put("GET /latest/meta-data/hostname", "ip-1");
    answers.put(
        "GET /latest/dynamic/instance-identity/document",
        "{\"region\": \"us-west-2\", \"instanceId\": \"i-1\", \"accountId\": \"1\"}");
    assertThat(map(found("detectors: [eks]")))
        .isEqualTo(Map.of("cloud.provider", "aws", "cloud.platform", "aws_eks"));
    assertThat(map(found(all())))
        .containsEntry("host.name", "ip-1")
        .containsEntry("cloud.region", "us-west-2")
        .containsEntry("cloud.account.id", "1")
        .containsEntry("k8s.cluster.name", "shop");
    answers.remove("POST /"); // the node role lacks permission for EC2
    assertThat(map(found(all())))
        .containsEntry("cloud.region", "us-west-2")
        .doesNotContainKey("k8s.cluster.name");
  }

  @Test
  void detectsKubernetesNodes() throws IOException {
    eks();
    environment.put("MY_NODE", "n1");
    answers.put("GET /api/v1/nodes/n1", "{\"metadata\": {\"name\": \"n1\", \"uid\": \"u-1\"}}");
    answers.put("GET /api/v1/namespaces/kube-system", "{\"metadata\": {\"uid\": \"c-1\"}}");
    assertThat(map(found("{detectors: [k8s_api], k8s_api: {node_from_env_var: MY_NODE}}")))
        .isEqualTo(Map.of("k8s.node.name", "n1", "k8s.node.uid", "u-1", "k8s.cluster.uid", "c-1"));
    // A missing node name is an error, whereas a failing API would only be logged.
    Processor p = processor("{detectors: [k8snode], retry: {enabled: false}}");
    assertThatThrownBy(p::start).hasMessageContaining("K8S_NODE_NAME");
    environment.put("K8S_NODE_NAME", "gone");
    assertThat(map(found("detectors: [k8snode]"))).isEmpty();
  }

  @Test
  void detectsClustersOfAKubeconfig() throws IOException {
    environment.put("HOME", root.toString());
    environment.put("K8S_NODE_NAME", "n1");
    Files.createDirectories(root.resolve(".kube"));
    write(
        ".kube/config",
        """
        contexts: [{name: mine, context: {cluster: k, user: u}}]
        clusters: [{name: k, cluster: {server: 'https://k.example'}}]
        users: [{name: u, user: {token: t}}]
        """);
    answers.put("GET /api/v1/nodes/n1", "{\"metadata\": {\"name\": \"n1\", \"uid\": \"u-1\"}}");
    answers.put("GET /api/v1/namespaces/kube-system", "{\"metadata\": {\"uid\": \"c-1\"}}");
    String block = "{detectors: [k8s_api], k8s_api: {auth_type: kubeConfig%s}}";
    assertThat(map(found(block.formatted(", context: mine"))))
        .isEqualTo(Map.of("k8s.node.name", "n1", "k8s.node.uid", "u-1", "k8s.cluster.uid", "c-1"));
    assertThat(map(found(block.formatted("")))).as("there is no current context").isEmpty();
  }

  @Test
  void readsFilesWrittenByAgents() throws IOException {
    assertThat(map(found("detectors: [dynatrace, elastic_beanstalk]"))).isEmpty();
    Files.createDirectories(root.resolve("var/lib/dynatrace/enrichment"));
    write(
        "var/lib/dynatrace/enrichment/dt_host_metadata.properties",
        "dt.entity.host=HOST-0123\nhost.name=web=7\nother=x\ndt.smartscape.host=\n");
    Files.createDirectories(root.resolve("var/elasticbeanstalk/xray"));
    // As the agent of X-Ray writes it.
    write(
        "var/elasticbeanstalk/xray/environment.conf",
        "{\"deployment_id\":23,\"version_label\":\"env-version-1234\","
            + "\"environment_name\":\"BETA\"}");
    assertThat(map(found("detectors: [dynatrace, elastic_beanstalk]")))
        .isEqualTo(
            Map.of(
                "dt.entity.host", "HOST-0123",
                "host.name", "web=7",
                "cloud.provider", "aws",
                "cloud.platform", "aws_elastic_beanstalk",
                "service.instance.id", "23",
                "service.version", "env-version-1234",
                "deployment.environment", "BETA"));
  }

  @Test
  void detectsGoogleCloudMachinesAndServices() throws IOException {
    environment.put("GCE_METADATA_HOST", address());
    String at = "GET /computeMetadata/v1/";
    answers.put(at + "project/project-id", "shop-1");
    answers.put(at + "instance/id", "4520031799277581759");
    answers.put(at + "instance/zone", "projects/123/zones/us-central1-c");
    answers.put(at + "instance/region", "projects/123/regions/us-central1");
    answers.put(at + "instance/machine-type", "projects/123/machineTypes/n1-standard-1");
    answers.put(at + "instance/name", "web");
    answers.put(at + "instance/hostname", "web.c.shop-1.internal");
    answers.put(
        at + "instance/attributes/created-by",
        "projects/123/zones/us-central1-c/instanceGroupManagers/group");
    assertThat(map(found("detectors: [gcp]")))
        .containsEntry("cloud.platform", "gcp_compute_engine")
        .containsEntry("cloud.availability_zone", "us-central1-c")
        .containsEntry("cloud.region", "us-central1")
        .containsEntry("host.name", "web")
        .containsEntry("gcp.gce.instance_group_manager.name", "group")
        .containsEntry("gcp.gce.instance_group_manager.zone", "us-central1-c")
        .doesNotContainKey("gcp.gce.instance.hostname");
    environment.put("K_CONFIGURATION", "c");
    environment.put("K_SERVICE", "cart");
    environment.put("K_REVISION", "cart-7");
    assertThat(map(found("detectors: [gcp]")))
        .isEqualTo(
            Map.of(
                "cloud.provider", "gcp",
                "cloud.platform", "gcp_cloud_run",
                "cloud.account.id", "shop-1",
                "cloud.region", "us-central1",
                "faas.name", "cart",
                "faas.version", "cart-7",
                "faas.instance", "4520031799277581759"));
    environment.put("KUBERNETES_SERVICE_HOST", "10.0.0.1");
    answers.put(at + "instance/attributes/cluster-location", "us-central1");
    answers.put(at + "instance/attributes/cluster-name", "shop");
    assertThat(map(found("detectors: [gcp]")))
        .containsEntry("cloud.platform", "gcp_kubernetes_engine")
        .containsEntry("k8s.cluster.name", "shop")
        .doesNotContainKey("cloud.availability_zone");
  }

  @Test
  void appliesAttributesFoundLater() throws IOException {
    environment.put("OTEL_RESOURCE_ATTRIBUTES", "a=1");
    Processor p = processor("refresh_interval: 1m");
    p.start();
    environment.put("OTEL_RESOURCE_ATTRIBUTES", "a=2");
    rig.clock.pass(Duration.ofSeconds(59));
    rig.send(p, Rig.traces("s", Rig.span("a")));
    assertThat(rig.traces().resources().getFirst().resource().attributes().get("a")).isEqualTo("1");
    rig.clock.pass(Duration.ofSeconds(2));
    rig.send(p, Rig.traces("s", Rig.span("a")));
    assertThat(rig.traces().resources().getFirst().resource().attributes().get("a")).isEqualTo("2");
    environment.put("OTEL_RESOURCE_ATTRIBUTES", "broken");
  }

  @Test
  void rejectsUnsupportedDetectorsByName() {
    assertThatThrownBy(() -> processor("detectors: [consul]"))
        .hasMessageContaining("detector consul is not supported");
    assertThatThrownBy(() -> processor("detectors: [sytem]"))
        .hasMessageContaining("unknown detector \"sytem\"");
    assertThatThrownBy(() -> processor("{detectors: [openshift], openshift: {address: a}}"))
        .hasMessageContaining("address must be a URL");
    assertThatThrownBy(
            () -> processor("{detectors: [system], system: {resource_attributes: {a: {}}}}"))
        .hasMessageContaining("unknown key \"a\"");
    assertThatThrownBy(() -> processor("timeout: 0s")).hasMessageContaining("max_elapsed_time");
  }
}
