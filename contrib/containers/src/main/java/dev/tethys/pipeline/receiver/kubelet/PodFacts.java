package dev.tethys.pipeline.receiver.kubelet;

import dev.tethys.web.kubernetes.Quantity;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Metadata of a kubelet's pods. */
final class PodFacts {
  static final PodFacts NONE = new PodFacts();

  private static final Pattern SCHEME = Pattern.compile("^[\\w-]+://");

  /** Requests and limits of CPUs and memory; 0 if not set. */
  record Resources(double cpuRequest, double cpuLimit, double memoryRequest, double memoryLimit) {
    static final Resources NONE = new Resources(0, 0, 0, 0);

    private static Resources of(JsonNode container) {
      JsonNode requests = container.path("resources").path("requests");
      JsonNode limits = container.path("resources").path("limits");
      return new Resources(
          Quantity.number(requests.path("cpu").asString("")),
          Quantity.number(limits.path("cpu").asString("")),
          Quantity.number(requests.path("memory").asString("")),
          Quantity.number(limits.path("memory").asString("")));
    }

    /** Returns the sum of both; a value not set in one of them is not set in the sum. */
    private Resources and(Resources o) {
      return new Resources(
          sum(cpuRequest, o.cpuRequest),
          sum(cpuLimit, o.cpuLimit),
          sum(memoryRequest, o.memoryRequest),
          sum(memoryLimit, o.memoryLimit));
    }

    private static double sum(double a, double b) {
      return a == 0 || b == 0 ? 0 : a + b;
    }
  }

  private record Key(String pod, String name) {}

  private final Map<Key, String> ids = new HashMap<>();
  private final Map<Key, JsonNode> volumes = new HashMap<>();
  private final Map<Key, Resources> containers = new HashMap<>();
  private final Map<String, Resources> pods = new HashMap<>();

  private PodFacts() {}

  /** Reads the response of {@code /pods}. */
  static PodFacts of(JsonNode list) {
    PodFacts f = new PodFacts();
    list.path("items").forEach(f::add);
    return f;
  }

  private void add(JsonNode pod) {
    String uid = pod.path("metadata").path("uid").asString("");
    JsonNode spec = pod.path("spec");
    Resources all = null;
    for (JsonNode c : spec.path("containers")) {
      Resources r = Resources.of(c);
      containers.put(new Key(uid, c.path("name").asString("")), r);
      all = all == null ? r : all.and(r);
    }
    pods.put(uid, all == null ? Resources.NONE : all);
    spec.path("volumes").forEach(v -> volumes.put(new Key(uid, v.path("name").asString("")), v));
    JsonNode status = pod.path("status");
    status.path("initContainerStatuses").forEach(s -> id(uid, s));
    status.path("containerStatuses").forEach(s -> id(uid, s)); // these win
  }

  private void id(String uid, JsonNode status) {
    String id = SCHEME.matcher(status.path("containerID").asString("").strip()).replaceFirst("");
    if (!id.isEmpty()) {
      ids.put(new Key(uid, status.path("name").asString("")), id);
    }
  }

  /** Returns the runtime ID of a container, or null if none is assigned yet. */
  @Nullable String containerId(String pod, String container) {
    return ids.get(new Key(pod, container));
  }

  /** Returns a volume by its name in the pod, or null if unknown. */
  @Nullable JsonNode volume(String pod, String volume) {
    return volumes.get(new Key(pod, volume));
  }

  Resources container(String pod, String container) {
    return containers.getOrDefault(new Key(pod, container), Resources.NONE);
  }

  Resources pod(String uid) {
    return pods.getOrDefault(uid, Resources.NONE);
  }
}
