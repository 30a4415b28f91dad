package dev.tethys.pipeline.receiver.kubelet;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.pipeline.receiver.kubernetes.ClusterSettings;
import dev.tethys.pipeline.receiver.kubernetes.ClusterSettings.Auth;
import dev.tethys.pipeline.receiver.scraping.IntervalCollector;
import dev.tethys.pipeline.receiver.scraping.MetricSettings;
import dev.tethys.pipeline.receiver.scraping.ResourceAttributes;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Receiver settings.
 *
 * @param endpoint {@code ""} for this host; with {@code kubeConfig} the name of a node
 * @param caFile {@code ""} for the service account's or the system's
 * @param api client of the cluster's API; null if none
 * @param node node whose capacity is the base of utilization metrics
 */
public record KubeletConfig(
    IntervalCollector.Schedule pace,
    ClusterSettings access,
    String endpoint,
    String caFile,
    String certFile,
    String keyFile,
    boolean skipVerify,
    Set<Group> groups,
    boolean containerIds,
    boolean volumeTypes,
    @Nullable ClusterSettings api,
    String node,
    boolean allPodInterfaces,
    boolean allNodeInterfaces,
    List<MetricSettings> metrics,
    ResourceAttributes resources) {
  /** Metric group. */
  enum Group {
    CONTAINER,
    POD,
    NODE,
    VOLUME
  }

  private static final String CONTAINER_ID = "container.id";
  private static final String VOLUME_TYPE = "k8s.volume.type";

  private static final Section SECTION =
      new Section("kubelet_stats", "Collects metrics of a kubelet: its node, pods and volumes.");
  private static final IntervalCollector.Schedule.Keys PACE =
      new IntervalCollector.Schedule.Keys(SECTION, Duration.ofSeconds(10), Duration.ZERO);
  private static final ClusterSettings.Keys ACCESS =
      new ClusterSettings.Keys(SECTION, Auth.TLS, Auth.values());
  private static final Key<String> ENDPOINT =
      SECTION.key(
          "endpoint",
          Type.STRING,
          "",
          "Address of the kubelet: host:port or a URL; with kubeConfig the name "
              + "of its node. The default is the local host.");
  private static final Key<String> CA =
      SECTION.key(
          "ca_file", Type.PATH, "", "Certificate authorities trusted in addition to the system's.");
  private static final Key<String> CERT =
      SECTION.key(
          "cert_file", Type.PATH, "", "File of the client certificate; only with auth_type tls.");
  private static final Key<String> KEY =
      SECTION.key(
          "key_file",
          Type.PATH,
          "",
          "File of the private key of the client certificate; only with " + "auth_type tls.");
  private static final Key<Boolean> SKIP_VERIFY =
      SECTION.key(
          "insecure_skip_verify", Type.BOOL, false, "If true, any server certificate is accepted.");
  private static final Key<List<Group>> GROUPS =
      SECTION.key(
          "metric_groups",
          Type.list(Type.lowerCase("metric group", Group.class)),
          List.of(Group.CONTAINER, Group.POD, Group.NODE),
          "Groups of metrics to collect.");
  private static final Key<List<String>> EXTRA =
      SECTION.key(
          "extra_metadata_labels",
          Type.list(Type.oneOf("metadata label", List.of(CONTAINER_ID, VOLUME_TYPE))),
          List.of(),
          "Additional metadata of pods to request from the kubelet.");

  private static final Section API = new Section("k8s_api_config", "Access to the Kubernetes API.");
  private static final ClusterSettings.Keys API_KEYS = new ClusterSettings.Keys(API);
  private static final Key<ClusterSettings> API_KEY =
      SECTION.optional(
          "k8s_api_config",
          API.type(API_KEYS::read),
          "Access to the Kubernetes API, for volumes of claims and the capacity " + "of the node.");
  private static final Key<String> NODE =
      SECTION.key(
          "node", Type.STRING, "", "Node whose capacity is the base of utilization metrics.");

  private record Interfaces(boolean pod, boolean node) {
    private static final Section SECTION =
        new Section(
            "collect_all_network_interfaces",
            "Network interfaces: all instead of the default one.");
    private static final Key<Boolean> POD =
        SECTION.key("pod", Type.BOOL, false, "If true, all interfaces of pods are collected.");
    private static final Key<Boolean> OF_NODE =
        SECTION.key("node", Type.BOOL, false, "If true, all interfaces of the node are collected.");
    static final Type<Interfaces> TYPE =
        SECTION.type(o -> new Interfaces(o.get(POD), o.get(OF_NODE)));
  }

  private static final Key<Interfaces> INTERFACES =
      SECTION.key(
          "collect_all_network_interfaces",
          Interfaces.TYPE,
          new Interfaces(false, false),
          "Network interfaces: all instead of the default one.");
  private static final MetricSettings.Keys METRICS =
      new MetricSettings.Keys(SECTION, KubeletMetrics.ALL)
          .renamed("container.cpu.utilization", "container.cpu.usage")
          .renamed("k8s.pod.cpu.utilization", "k8s.pod.cpu.usage")
          .renamed("k8s.node.cpu.utilization", "k8s.node.cpu.usage");
  private static final ResourceAttributes.Keys RESOURCES =
      new ResourceAttributes.Keys(SECTION, KubeletMetrics.RESOURCE);

  static {
    SECTION
        .notBuilt("ca_pem", "Use ca_file.")
        .notBuilt("cert_pem", "Use cert_file.")
        .notBuilt("key_pem", "Use key_file.")
        .notBuilt(
            "include_system_ca_certs_pool",
            "The system's certificate authorities are always trusted.")
        .notBuilt("min_version", "Minimum TLS version.")
        .notBuilt("max_version", "Maximum TLS version.")
        .notBuilt("cipher_suites", "Cipher suites of TLS 1.2.")
        .notBuilt("curve_preferences", "Curves of the key exchange.")
        .notBuilt("reload_interval", "Files are checked at every connection.")
        .notBuilt("tpm", "Private key in a TPM.")
        .notBuilt("dialer", "Settings of client connections.");
  }

  static final Type<KubeletConfig> TYPE = SECTION.type(KubeletConfig::read);

  private static KubeletConfig read(YamlObject o) {
    ClusterSettings access = ACCESS.read(o);
    if (access.auth() == Auth.TLS) {
      for (Key<String> k : List.of(CA, CERT, KEY)) {
        if (o.get(k).isEmpty()) {
          throw o.error(
              k,
              "auth_type: tls, which is the default, requires ca_file, cert_file and key_file; in a"
                  + " pod it is mostly auth_type: serviceAccount");
        }
      }
    } else {
      for (Key<String> k : List.of(CERT, KEY)) {
        if (!o.get(k).isEmpty()) {
          throw o.error(k, k.name() + " is valid with auth_type: tls only");
        }
      }
    }
    if (access.auth() == Auth.KUBECONFIG) {
      if (!o.get(ENDPOINT).matches("[^/:]+")) {
        throw o.error(
            ENDPOINT,
            "with auth_type: kubeConfig the endpoint must be the name of a node, whose kubelet "
                + "is reached through the API of the cluster");
      }
      if (!o.get(CA).isEmpty()) {
        throw o.error(
            CA,
            "ca_file has no effect with auth_type: kubeConfig; set the CA in the " + "kubeconfig");
      }
    }
    List<String> extra = o.get(EXTRA);
    if (new HashSet<>(extra).size() < extra.size()) {
      throw o.error(EXTRA, "a metadata label is listed twice");
    }
    KubeletConfig c =
        new KubeletConfig(
            PACE.read(o),
            access,
            o.get(ENDPOINT),
            o.get(CA),
            o.get(CERT),
            o.get(KEY),
            o.get(SKIP_VERIFY),
            Set.copyOf(o.get(GROUPS)),
            extra.contains(CONTAINER_ID),
            extra.contains(VOLUME_TYPE),
            o.find(API_KEY),
            o.get(NODE),
            o.get(INTERFACES).pod,
            o.get(INTERFACES).node,
            METRICS.read(o),
            RESOURCES.read(o));
    MetricSettings ofNode = c.first(".node.utilization");
    if (ofNode != null && (c.node.isEmpty() || c.api == null)) {
      throw o.error(
          NODE,
          ofNode.instrument().name()
              + " requires node, the name of the node, and k8s_api_config to read its capacity");
    }
    return c;
  }

  private @Nullable MetricSettings first(String end) {
    return metrics.stream()
        .filter(m -> m.enabled() && m.instrument().name().endsWith(end))
        .findFirst()
        .orElse(null);
  }

  /** Whether the capacity of the node is needed. */
  boolean wantsCapacity() {
    return first(".node.utilization") != null;
  }

  /** Whether pod data is requested from the kubelet. */
  boolean wantsPods() {
    return containerIds
        || volumeTypes
        || first("_limit_utilization") != null
        || first("_request_utilization") != null;
  }
}
