package dev.tethys.pipeline.receiver.kubelet;

import static dev.tethys.pipeline.receiver.kubelet.KubeletMetrics.CONTAINER;
import static dev.tethys.pipeline.receiver.kubelet.KubeletMetrics.NODE;
import static dev.tethys.pipeline.receiver.kubelet.KubeletMetrics.POD;
import static dev.tethys.pipeline.receiver.kubelet.KubeletMetrics.SYSTEM;
import static dev.tethys.pipeline.receiver.kubelet.KubeletMetrics.VOLUME;

import dev.tethys.model.telemetry.MetricsData;
import dev.tethys.model.telemetry.Resource;
import dev.tethys.pipeline.receiver.kubelet.KubeletConfig.Group;
import dev.tethys.pipeline.receiver.kubelet.NodeCapacity.Capacity;
import dev.tethys.pipeline.receiver.kubelet.PodFacts.Resources;
import dev.tethys.pipeline.receiver.scraping.PointEmitter;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Creates points from a kubelet's measurements: a resource for its node, each system container,
 * pod, container and volume. Missing values yield no point. Not thread-safe.
 */
final class SummaryPoints {
  /** A collection. */
  record SummaryContext(
      long nanos, PodFacts facts, Capacity capacity, Duration timeout, MetricsData to) {}

  private static final double NANOS = 1e9;

  private final KubeletConfig config;
  private final PointEmitter out;
  private final VolumeSources sources;
  private final CpuRates rates = new CpuRates();
  private final long begun; // start of the counters of volumes
  private final Set<String> missing = new TreeSet<>(); // of the look under way

  SummaryPoints(KubeletConfig config, PointEmitter out, VolumeSources sources, long begun) {
    this.config = config;
    this.out = out;
    this.sources = sources;
    this.begun = begun;
  }

  /** Adds all points; returns descriptions of omitted data. */
  Set<String> add(JsonNode summary, SummaryContext context) throws InterruptedException {
    missing.clear();
    rates.begin();
    sources.begin();
    try {
      if (config.groups().contains(Group.NODE)) {
        node(summary.path("node"), context);
      }
      for (JsonNode pod : summary.path("pods")) {
        pod(pod, context);
      }
    } finally {
      out.clear();
    }
    return missing;
  }

  private void node(JsonNode node, SummaryContext context) {
    String name = node.path("nodeName").asString("");
    begin(node, context);
    uptime(NODE, node, context);
    cpu(NODE, "", node.path("cpu"), "node", Resources.NONE, 0);
    memory(NODE, "", node.path("memory"), Resources.NONE, 0);
    fileSystem(NODE, node.path("fs"));
    whole(KubeletMetrics.INODES, node.path("fs").path("inodes"));
    whole(KubeletMetrics.INODES_FREE, node.path("fs").path("inodesFree"));
    whole(KubeletMetrics.PID_LIMIT, node.path("rlimit").path("maxpid"));
    whole(KubeletMetrics.PIDS, node.path("rlimit").path("curproc"));
    network(NODE, node.path("network"), config.allNodeInterfaces());
    emit(context, "k8s.node.name", name);
    for (JsonNode c : node.path("systemContainers")) {
      String of = c.path("name").asString("");
      begin(c, context);
      JsonNode cpu = c.path("cpu");
      usage(SYSTEM, "", cpu, "system/" + of, Resources.NONE, 0);
      seconds(SYSTEM + "cpu.time", cpu);
      whole(SYSTEM + "memory.usage", c.path("memory").path("usageBytes"));
      whole(SYSTEM + "memory.working_set", c.path("memory").path("workingSetBytes"));
      emit(context, "k8s.node.name", name, "k8s.node.system_container.name", of);
    }
  }

  private void pod(JsonNode pod, SummaryContext context) throws InterruptedException {
    JsonNode ref = pod.path("podRef");
    String uid = ref.path("uid").asString("");
    String name = ref.path("name").asString("");
    String namespace = ref.path("namespace").asString("");
    if (config.groups().contains(Group.POD)) {
      Resources r = context.facts.pod(uid);
      begin(pod, context);
      uptime(POD, pod, context);
      cpu(POD, POD, pod.path("cpu"), uid, r, context.capacity.cpus());
      memory(POD, POD, pod.path("memory"), r, context.capacity.memory());
      fileSystem(POD, pod.path("ephemeral-storage"));
      network(POD, pod.path("network"), config.allPodInterfaces());
      emit(context, "k8s.pod.uid", uid, "k8s.pod.name", name, "k8s.namespace.name", namespace);
    }
    if (config.groups().contains(Group.CONTAINER)) {
      for (JsonNode c : pod.path("containers")) {
        container(c, uid, name, namespace, context);
      }
    }
    if (config.groups().contains(Group.VOLUME)) {
      for (JsonNode v : pod.path("volume")) {
        volume(v, uid, name, namespace, context);
      }
    }
  }

  private void container(
      JsonNode c, String uid, String pod, String namespace, SummaryContext context) {
    String name = c.path("name").asString("");
    Map<String, Object> resource = new LinkedHashMap<>();
    ofPod(resource, uid, pod, namespace);
    put(resource, "k8s.container.name", name);
    if (config.containerIds()) {
      String id = context.facts.containerId(uid, name);
      if (id == null) {
        missing.add("container " + namespace + "/" + pod + "/" + name + ": no id yet");
        return;
      }
      put(resource, "container.id", id);
    }
    Resources r = context.facts.container(uid, name);
    String ratios = "k8s.container.";
    begin(c, context);
    uptime(CONTAINER, c, context);
    cpu(CONTAINER, ratios, c.path("cpu"), uid + "/" + name, r, context.capacity.cpus());
    memory(CONTAINER, ratios, c.path("memory"), r, context.capacity.memory());
    fileSystem(CONTAINER, c.path("rootfs"));
    whole(KubeletMetrics.EPHEMERAL, c.path("rootfs").path("usedBytes"), "rootfs");
    whole(KubeletMetrics.EPHEMERAL, c.path("logs").path("usedBytes"), "logs");
    out.emit(config.resources().resource(resource), context.to);
  }

  private void volume(JsonNode v, String uid, String pod, String namespace, SummaryContext context)
      throws InterruptedException {
    String name = v.path("name").asString("");
    Map<String, Object> resource = new LinkedHashMap<>();
    ofPod(resource, uid, pod, namespace);
    put(resource, "k8s.volume.name", name);
    if (config.volumeTypes()) {
      String called = "volume " + namespace + "/" + pod + "/" + name + ": ";
      JsonNode known = context.facts.volume(uid, name);
      if (known == null) {
        missing.add(called + "the kubelet's pods do not have this volume");
        return;
      }
      try {
        sources
            .attributes(known, uid + "/" + name, namespace, context.timeout)
            .forEach((k, a) -> put(resource, k, a));
      } catch (IOException e) {
        missing.add(called + e.getMessage());
        return;
      }
    }
    out.at(begun, context.nanos);
    whole(VOLUME + "available", v.path("availableBytes"));
    whole(VOLUME + "capacity", v.path("capacityBytes"));
    whole(VOLUME + "inodes", v.path("inodes"));
    whole(VOLUME + "inodes.free", v.path("inodesFree"));
    whole(VOLUME + "inodes.used", v.path("inodesUsed"));
    whole(KubeletMetrics.VOLUME_USAGE, v.path("usedBytes"));
    out.emit(config.resources().resource(resource), context.to);
  }

  private void ofPod(Map<String, Object> to, String uid, String pod, String namespace) {
    put(to, "k8s.pod.uid", uid);
    put(to, "k8s.pod.name", pod);
    put(to, "k8s.namespace.name", namespace);
  }

  private void put(Map<String, Object> to, String attribute, Object value) {
    config.resources().put(to, attribute, value);
  }

  private void emit(SummaryContext context, String... attributes) {
    Map<String, Object> all = new LinkedHashMap<>();
    for (int i = 0; i < attributes.length; i += 2) {
      put(all, attributes[i], attributes[i + 1]);
    }
    Resource r = config.resources().resource(all);
    out.emit(r, context.to);
  }

  /** Sets the start time of points to that of the measured object. */
  private void begin(JsonNode measured, SummaryContext context) {
    out.at(nanos(measured.path("startTime")), context.nanos);
  }

  private void uptime(String prefix, JsonNode measured, SummaryContext context) {
    long started = nanos(measured.path("startTime"));
    if (started > 0) {
      out.recorder(prefix + "uptime").count((context.nanos - started) / 1_000_000_000);
    }
  }

  private void cpu(
      String prefix, String ratios, JsonNode cpu, String key, Resources r, double capacity) {
    usage(prefix, ratios, cpu, key, r, capacity);
    seconds(prefix + "cpu.time", cpu);
  }

  private void seconds(String metric, JsonNode cpu) {
    JsonNode used = cpu.path("usageCoreNanoSeconds");
    if (used.isNumber()) {
      out.recorder(metric).measure(used.doubleValue() / NANOS);
    }
  }

  private void usage(
      String prefix, String ratios, JsonNode cpu, String key, Resources r, double capacity) {
    JsonNode used = cpu.path("usageCoreNanoSeconds");
    long at = nanos(cpu.path("time"));
    if (!used.isNumber() || at == 0) {
      return;
    }
    Double cpus = rates.rate(key, used.doubleValue() / NANOS, at);
    if (cpus != null) {
      out.recorder(prefix + "cpu.usage").measure(cpus);
      ratios(ratios, "cpu", cpus, List.of(capacity, r.cpuLimit(), r.cpuRequest()));
    }
  }

  private void memory(String prefix, String ratios, JsonNode m, Resources r, double capacity) {
    whole(prefix + "memory.available", m.path("availableBytes"));
    whole(prefix + "memory.usage", m.path("usageBytes"));
    whole(prefix + "memory.rss", m.path("rssBytes"));
    whole(prefix + "memory.working_set", m.path("workingSetBytes"));
    whole(prefix + "memory.page_faults", m.path("pageFaults"));
    whole(prefix + "memory.major_page_faults", m.path("majorPageFaults"));
    JsonNode used = m.path("usageBytes");
    if (used.isNumber()) {
      ratios(
          ratios,
          "memory",
          used.doubleValue(),
          List.of(capacity, r.memoryLimit(), r.memoryRequest()));
    }
  }

  /** Adds the ratios to the node's capacity, limits and requests, as far as known. */
  private void ratios(String prefix, String what, double used, List<Double> of) {
    List<String> names = List.of(".node.utilization", "_limit_utilization", "_request_utilization");
    for (int i = 0; i < names.size() && !prefix.isEmpty(); i++) {
      if (of.get(i) > 0) {
        out.recorder(prefix + what + names.get(i)).measure(used / of.get(i));
      }
    }
  }

  private void fileSystem(String prefix, JsonNode fs) {
    whole(prefix + "filesystem.available", fs.path("availableBytes"));
    whole(prefix + "filesystem.capacity", fs.path("capacityBytes"));
    whole(prefix + "filesystem.usage", fs.path("usedBytes"));
  }

  private void network(String prefix, JsonNode network, boolean all) {
    if (!all) {
      device(prefix, network);
      return;
    }
    for (JsonNode i : network.path("interfaces")) {
      device(prefix, i);
    }
  }

  private void device(String prefix, JsonNode i) {
    String name = i.path("name").asString("");
    whole(prefix + "network.io", i.path("rxBytes"), name, "receive");
    whole(prefix + "network.io", i.path("txBytes"), name, "transmit");
    whole(prefix + "network.errors", i.path("rxErrors"), name, "receive");
    whole(prefix + "network.errors", i.path("txErrors"), name, "transmit");
  }

  private void whole(String metric, JsonNode value, Object... attributes) {
    if (value.isIntegralNumber()) {
      // Kubelets write numbers below 0 as those near 2^64, which they are in 64 bits.
      out.recorder(metric).count(value.bigIntegerValue().longValue(), attributes);
    }
  }

  /** Parses a time to nanoseconds since 1970; returns 0 if missing. */
  private static long nanos(JsonNode time) {
    @Nullable String s = time.isString() ? time.stringValue() : null;
    if (s == null) {
      return 0;
    }
    try {
      Instant t = OffsetDateTime.parse(s).toInstant();
      return t.getEpochSecond() <= 0 ? 0 : t.getEpochSecond() * 1_000_000_000 + t.getNano();
    } catch (DateTimeParseException e) {
      return 0;
    }
  }
}
