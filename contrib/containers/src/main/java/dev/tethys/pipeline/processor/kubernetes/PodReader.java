package dev.tethys.pipeline.processor.kubernetes;

import dev.tethys.model.regex.Regex;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Extracts the attributes required by rules from pods. */
final class PodReader {
  /** Phases of pods that run no more. */
  private static final Set<String> OVER = Set.of("Succeeded", "Failed");

  private static final List<String> IGNORES =
      List.of("opentelemetry.io/k8s-processor/ignore", "opentelemetry.io/k8s-processor.ignore");

  /** Label set on pods by the deployment controller and appended to the replica set's name. */
  private static final String HASH = "pod-template-hash";

  /** Number of digits that a cron job appends to a job's name: the scheduled minute. */
  private static final int MINUTE_DIGITS = 8;

  /**
   * Maximum distance of that minute from the pod's creation; a number further off is not a time.
   */
  private static final Duration NEAR = Duration.ofDays(1);

  private static final Pod.Container[] NO_CONTAINERS = {};

  private final Rules rules;
  private final List<Regex> excluded;
  private final boolean node;

  PodReader(Rules rules, List<String> excluded, boolean associatesByNode) {
    this.rules = rules;
    this.excluded = excluded.stream().map(Regex::compile).toList();
    this.node = associatesByNode || rules.watched().contains(KubernetesKind.NODE);
  }

  Pod read(JsonNode o) {
    JsonNode meta = o.path("metadata");
    JsonNode spec = o.path("spec");
    JsonNode status = o.path("status");
    String name = meta.path("name").asString("");
    boolean ignored = isIgnored(name, meta);
    Map<String, String> a = new LinkedHashMap<>();
    Pod.Owner owner = Pod.Owner.NONE;
    if (!ignored) {
      own(a, meta, spec, status);
      owner = owner(a, meta);
      written(a, meta);
    }
    List<String> addresses = addresses(status);
    boolean shared = spec.path("hostNetwork").asBoolean(false);
    return new Pod(
        name,
        meta.path("namespace").asString(""),
        meta.path("uid").asString(""),
        shared ? List.of() : addresses,
        shared && !addresses.isEmpty() ? addresses.getFirst() : "",
        node ? spec.path("nodeName").asString("") : "",
        millis(status.path("startTime")),
        OVER.contains(status.path("phase").asString("")),
        ignored,
        Rules.pairs(a),
        a.containsKey(AttributeNames.SERVICE_NAME),
        owner,
        ignored || !rules.wantsContainers() ? NO_CONTAINERS : containers(meta, spec, status));
  }

  private boolean isIgnored(String name, JsonNode meta) {
    for (String key : IGNORES) {
      String v = meta.path("annotations").path(key).asString("");
      if (v.strip().toLowerCase(Locale.ROOT).equals("true")) {
        return true;
      }
    }
    return excluded.stream().anyMatch(p -> p.find(name));
  }

  private static List<String> addresses(JsonNode status) {
    List<String> out = new ArrayList<>(1);
    String first = status.path("podIP").asString("");
    if (!first.isEmpty()) {
      out.add(first);
    }
    for (JsonNode more : status.path("podIPs")) {
      String ip = more.path("ip").asString("");
      if (!ip.isEmpty() && !out.contains(ip)) {
        out.add(ip);
      }
    }
    return List.copyOf(out);
  }

  private static long millis(JsonNode time) {
    try {
      return Instant.parse(time.asString("")).toEpochMilli();
    } catch (DateTimeParseException e) {
      return Pod.UNKNOWN;
    }
  }

  private void own(Map<String, String> to, JsonNode meta, JsonNode spec, JsonNode status) {
    put(to, AttributeNames.POD_NAME, meta.path("name"));
    put(to, AttributeNames.POD_HOSTNAME, spec.path("hostname"));
    put(to, AttributeNames.POD_IP, status.path("podIP"));
    put(to, AttributeNames.NAMESPACE, meta.path("namespace"));
    put(to, AttributeNames.SERVICE_NAMESPACE, meta.path("namespace"));
    put(to, AttributeNames.POD_START, meta.path("creationTimestamp"));
    put(to, AttributeNames.POD_UID, meta.path("uid"));
    put(to, AttributeNames.NODE, spec.path("nodeName"));
  }

  private void put(Map<String, String> to, String attribute, JsonNode value) {
    String s = value.asString("");
    if (!s.isEmpty() && rules.extracts(attribute)) {
      to.put(attribute, s);
    }
  }

  private Pod.Owner owner(Map<String, String> to, JsonNode meta) {
    Pod.Owner found = Pod.Owner.NONE;
    for (JsonNode ref : meta.path("ownerReferences")) {
      String name = ref.path("name").asString("");
      String uid = ref.path("uid").asString("");
      KubernetesKind kind =
          switch (ref.path("kind").asString("")) {
            case "ReplicaSet" -> KubernetesKind.REPLICASET;
            case "DaemonSet" -> KubernetesKind.DAEMONSET;
            case "StatefulSet" -> KubernetesKind.STATEFULSET;
            case "Job" -> KubernetesKind.JOB;
            default -> null;
          };
      if (kind == null) {
        continue;
      }
      put(to, "k8s." + kind.word() + ".name", ref.path("name"));
      put(to, "k8s." + kind.word() + ".uid", ref.path("uid"));
      String guess =
          switch (kind) {
            case REPLICASET -> deployment(name, meta.path("labels").path(HASH).asString(""));
            case JOB -> cronJob(name, millis(meta.path("creationTimestamp")));
            default -> "";
          };
      found = new Pod.Owner(kind, name, uid, guess);
    }
    return found;
  }

  /** Derives the deployment name from a replica set; {@code ""} if the name does not contain it. */
  static String deployment(String replicaSet, String hash) {
    return !hash.isEmpty() && replicaSet.endsWith("-" + hash)
        ? replicaSet.substring(0, replicaSet.length() - hash.length() - 1)
        : "";
  }

  /** Derives the cron job name from a job; {@code ""} if the name does not contain it. */
  static String cronJob(String job, long created) {
    int dash = job.length() - MINUTE_DIGITS - 1;
    if (dash < 0 || job.charAt(dash) != '-' || created == Pod.UNKNOWN) {
      return "";
    }
    long minute = 0;
    for (int i = dash + 1; i < job.length(); i++) {
      char c = job.charAt(i);
      if (c < '0' || c > '9') {
        return "";
      }
      minute = 10 * minute + c - '0';
    }
    long off = Math.abs(Math.floorDiv(created, 60_000L) - minute);
    return off <= NEAR.toMinutes() ? job.substring(0, dash) : "";
  }

  /** Adds attributes set by labels and annotations; annotations take precedence. */
  private void written(Map<String, String> to, JsonNode meta) {
    JsonNode labels = meta.path("labels");
    rules.labels(KubernetesKind.POD, meta, to);
    if (rules.extracts(AttributeNames.SERVICE_NAME)) {
      copy(labels, "app.kubernetes.io/name", AttributeNames.SERVICE_NAME, to);
      copy(labels, "app.kubernetes.io/instance", AttributeNames.SERVICE_NAME, to);
    }
    if (rules.extracts(AttributeNames.SERVICE_VERSION)) {
      copy(labels, "app.kubernetes.io/version", AttributeNames.SERVICE_VERSION, to);
    }
    rules.annotations(KubernetesKind.POD, meta, to);
  }

  private static void copy(JsonNode labels, String label, String to, Map<String, String> out) {
    JsonNode v = labels.get(label);
    if (v != null) {
      out.put(to, v.asString(""));
    }
  }

  private Pod.Container[] containers(JsonNode meta, JsonNode spec, JsonNode status) {
    Map<String, String> images = new LinkedHashMap<>();
    Map<String, List<Pod.Run>> runs = new LinkedHashMap<>();
    for (String list : List.of("containers", "initContainers")) {
      for (JsonNode c : spec.path(list)) {
        images.put(c.path("name").asString(""), c.path("image").asString(""));
      }
    }
    for (String list : List.of("containerStatuses", "initContainerStatuses")) {
      for (JsonNode c : status.path(list)) {
        String name = c.path("name").asString("");
        images.putIfAbsent(name, "");
        runs.computeIfAbsent(name, _ -> new ArrayList<>(1)).add(run(c));
      }
    }
    String pod = meta.path("namespace").asString("") + "." + meta.path("name").asString("") + ".";
    List<Pod.Container> out = new ArrayList<>(images.size());
    images.forEach(
        (name, image) -> out.add(container(name, image, pod, runs.getOrDefault(name, List.of()))));
    return out.toArray(Pod.Container[]::new);
  }

  private Pod.Run run(JsonNode status) {
    String id = status.path("containerID").asString("");
    int scheme = id.indexOf("://");
    @Nullable String digest =
        rules.extracts(AttributeNames.IMAGE_DIGESTS)
            ? ImageName.canonical(status.path("imageID").asString(""))
            : null;
    return new Pod.Run(
        scheme < 0 ? id : id.substring(scheme + 3),
        status.path("restartCount").asLong(0),
        digest == null ? "" : digest);
  }

  private Pod.Container container(String name, String image, String pod, List<Pod.Run> runs) {
    ImageName n = ImageName.parse(image);
    boolean tag =
        rules.extracts(AttributeNames.IMAGE_TAG) || rules.extracts(AttributeNames.IMAGE_TAGS);
    return new Pod.Container(
        name,
        n != null && rules.extracts(AttributeNames.IMAGE) ? n.repository() : "",
        n != null && tag ? n.pulledTag() : "",
        n != null && rules.extracts(AttributeNames.SERVICE_VERSION) ? n.version() : "",
        !runs.isEmpty() && rules.extracts(AttributeNames.SERVICE_INSTANCE) ? pod + name : "",
        runs.toArray(Pod.Run[]::new));
  }
}
