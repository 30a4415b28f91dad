package dev.tethys.pipeline.receiver.kubelet;

import dev.tethys.pipeline.receiver.scraping.Instrument;
import dev.tethys.pipeline.receiver.scraping.ResourceAttributes.Attribute;
import java.util.ArrayList;
import java.util.List;

/** Metrics and resource attributes of the receiver. */
final class KubeletMetrics {
  static final String CONTAINER = "container.";
  static final String POD = "k8s.pod.";
  static final String NODE = "k8s.node.";
  static final String SYSTEM = "k8s.node.system_container.";
  static final String VOLUME = "k8s.volume.";

  static final String EPHEMERAL = "k8s.container.ephemeral_storage.usage";
  static final String INODES = "k8s.node.filesystem.inode.count";
  static final String INODES_FREE = "k8s.node.filesystem.inode.free";
  static final String PIDS = "k8s.node.pid.usage";
  static final String PID_LIMIT = "k8s.node.pid.limit";
  static final String VOLUME_USAGE = "k8s.pod.volume.usage";

  private static final String BYTES = "By";
  private static final String RATIO = "1";
  private static final String[] DIRECTED = {"interface", "direction"};

  static final List<Instrument> ALL = all();

  static final List<Attribute> RESOURCE =
      List.of(
          new Attribute("aws.volume.id", false, "Of a volume of AWS."),
          new Attribute("container.id", true, "With extra_metadata_labels."),
          new Attribute("fs.type", false, "Of a volume of a cloud."),
          new Attribute("gce.pd.name", false, "The disk of a volume of GCE."),
          new Attribute("glusterfs.endpoints.name", false, "Of a volume of GlusterFS."),
          new Attribute("glusterfs.path", false, "Of a volume of GlusterFS."),
          new Attribute("k8s.container.name", true, "Of a container."),
          new Attribute("k8s.namespace.name", true, "Of a pod, its containers and volumes."),
          new Attribute("k8s.node.name", true, "Of a node."),
          new Attribute("k8s.node.system_container.name", true, "Of a system container."),
          new Attribute("k8s.persistentvolumeclaim.name", true, "With extra_metadata_labels."),
          new Attribute("k8s.pod.name", true, "Of a pod, its containers and volumes."),
          new Attribute("k8s.pod.uid", true, "Of a pod, its containers and volumes."),
          new Attribute("k8s.volume.name", true, "Of a volume."),
          new Attribute("k8s.volume.type", true, "With extra_metadata_labels."),
          new Attribute("partition", false, "Of a volume of a cloud."));

  private KubeletMetrics() {}

  private static List<Instrument> all() {
    List<Instrument> l = new ArrayList<>();
    usual(l, CONTAINER, "Container");
    utilization(l, "k8s.container.", "Container", "container's");
    l.add(
        Instrument.level(EPHEMERAL, BYTES, "Ephemeral storage used by the container.", "fs.type")
            .optional());
    usual(l, NODE, "Node");
    network(l, NODE, "Node");
    l.add(Instrument.level(INODES, "{inode}", "Inodes of the node's root filesystem.").optional());
    l.add(
        Instrument.level(INODES_FREE, "{inode}", "Free inodes of the node's root filesystem.")
            .optional());
    l.add(
        Instrument.level(
                PID_LIMIT, "{thread}", "Maximum number of processes and threads on the node.")
            .optional());
    l.add(
        Instrument.level(PIDS, "{thread}", "Processes and threads that there are on the node.")
            .optional());
    l.add(Instrument.time(SYSTEM + "cpu.time", "CPU time of the system container").optional());
    l.add(
        Instrument.gauge(SYSTEM + "cpu.usage", "{cpu}", "CPU usage of the system container")
            .optional());
    l.add(whole(SYSTEM + "memory.usage", BYTES, "System container memory usage").optional());
    l.add(
        whole(SYSTEM + "memory.working_set", BYTES, "System container memory working_set")
            .optional());
    usual(l, POD, "Pod");
    network(l, POD, "Pod");
    utilization(l, POD, "Pod", "pod's total container");
    l.add(
        Instrument.level(VOLUME_USAGE, BYTES, "The number of used bytes in the pod volume.")
            .optional());
    l.add(whole(VOLUME + "available", BYTES, "The number of available bytes in the volume."));
    l.add(whole(VOLUME + "capacity", BYTES, "The total capacity in bytes of the volume."));
    l.add(whole(VOLUME + "inodes", RATIO, "The total inodes in the filesystem."));
    l.add(whole(VOLUME + "inodes.free", RATIO, "The free inodes in the filesystem."));
    l.add(whole(VOLUME + "inodes.used", RATIO, "The inodes used by the filesystem."));
    return List.copyOf(l);
  }

  private static Instrument whole(String name, String unit, String doc) {
    return Instrument.gauge(name, unit, doc).inWholeNumbers();
  }

  private static void usual(List<Instrument> l, String prefix, String what) {
    l.add(Instrument.time(prefix + "cpu.time", "CPU time of all cores since its creation"));
    l.add(
        Instrument.gauge(
            prefix + "cpu.usage", "{cpu}", "CPU usage of all cores, averaged between two looks"));
    for (String s : List.of("available", "capacity", "usage")) {
      l.add(whole(prefix + "filesystem." + s, BYTES, what + " filesystem " + s));
    }
    for (String s : List.of("available", "rss", "usage", "working_set")) {
      l.add(whole(prefix + "memory." + s, BYTES, what + " memory " + s));
    }
    for (String s : List.of("major_page_faults", "page_faults")) {
      l.add(whole(prefix + "memory." + s, RATIO, what + " memory " + s));
    }
    l.add(
        Instrument.counter(prefix + "uptime", "s", "The time since the " + what + " started")
            .optional());
  }

  private static void network(List<Instrument> l, String prefix, String what) {
    l.add(Instrument.counter(prefix + "network.errors", RATIO, what + " network errors", DIRECTED));
    l.add(Instrument.counter(prefix + "network.io", BYTES, what + " network IO", DIRECTED));
  }

  private static void utilization(List<Instrument> l, String prefix, String what, String whose) {
    for (String s : List.of("cpu", "memory")) {
      String begin = what + " " + s + " utilization as a ratio of the ";
      l.add(
          Instrument.gauge(prefix + s + ".node.utilization", RATIO, begin + "node's capacity")
              .optional());
      l.add(
          Instrument.gauge(prefix + s + "_limit_utilization", RATIO, begin + whose + " limits")
              .optional());
      l.add(
          Instrument.gauge(prefix + s + "_request_utilization", RATIO, begin + whose + " requests")
              .optional());
    }
  }
}
