package dev.tethys.collect.host.device;

import dev.tethys.collect.host.internal.Desc;
import dev.tethys.collect.host.internal.Families;
import dev.tethys.collect.host.internal.HostFileException;
import dev.tethys.collect.host.internal.HostFiles;
import dev.tethys.collect.host.internal.NodeCollector;
import dev.tethys.collect.host.internal.Numbers;
import dev.tethys.model.Labels;
import java.io.IOException;

/** NVMe devices and their namespaces from /sys/class/nvme. */
final class NvmeCollector implements NodeCollector {
  private static final Desc INFO =
      Desc.gauge(
          "node_nvme_info",
          "Non-numeric data from /sys/class/nvme/<device>, value is always 1.",
          "device",
          "firmware_revision",
          "model",
          "serial",
          "state",
          "cntlid");
  private static final Desc NAMESPACE =
      Desc.gauge(
          "node_nvme_namespace_info",
          "Information about NVMe namespaces. Value is always 1",
          "device",
          "nsid",
          "ana_state");
  private static final Desc CAPACITY =
      gauge(
          "capacity_bytes",
          "Capacity of the NVMe namespace in bytes. Computed as namespace_size *"
              + " namespace_logical_block_size");
  private static final Desc SIZE =
      gauge(
          "size_bytes",
          "Size of the NVMe namespace in bytes. Available in"
              + " /sys/class/nvme/<device>/<namespace>/size");
  private static final Desc USED =
      gauge(
          "used_bytes",
          "Used space of the NVMe namespace in bytes. Available in"
              + " /sys/class/nvme/<device>/<namespace>/nuse");
  private static final Desc BLOCK =
      gauge(
          "logical_block_size_bytes",
          "Logical block size of the NVMe namespace in bytes. Usually 4Kb. Available in"
              + " /sys/class/nvme/<device>/<namespace>/queue/logical_block_size");

  private static Desc gauge(String name, String help) {
    return Desc.gauge("node_nvme_namespace_" + name, help, "device", "nsid");
  }

  @Override
  public void collect(HostFiles files, Families out) throws IOException {
    String root = files.sys("class/nvme");
    for (String device : files.listOrNoData(root)) {
      String dir = root + "/" + device + "/";
      out.add(
          INFO,
          1,
          device,
          files.string(dir + "firmware_rev"),
          files.string(dir + "model"),
          files.string(dir + "serial"),
          files.string(dir + "state"),
          files.string(dir + "cntlid"));
      for (String name : files.list(dir)) {
        String id = namespace(name);
        if (!id.isEmpty()) {
          namespace(files, out, device, id, dir + name + "/");
        }
      }
    }
  }

  private static void namespace(HostFiles files, Families out, String device, String id, String dir)
      throws IOException {
    double used = count(files, dir + "nuse");
    double size = count(files, dir + "size");
    double block = count(files, dir + "queue/logical_block_size");
    String state = files.stringOrNull(dir + "ana_state");
    out.add(NAMESPACE, 1, device, id, state == null ? "unknown" : state);
    Labels l = SIZE.labels(device, id);
    out.add(CAPACITY, size * block, l);
    out.add(SIZE, size * block, l);
    out.add(USED, used * block, l);
    out.add(BLOCK, block, l);
  }

  private static double count(HostFiles files, String path) throws HostFileException {
    Long v = Numbers.unsigned(files.string(path));
    return v == null ? 0 : Numbers.unsigned(v);
  }

  /**
   * Returns the number of a namespace, {@code 1} in {@code nvme0n1}; {@code ""} for other names.
   */
  private static String namespace(String name) {
    if (!name.startsWith("nvme")) {
      return "";
    }
    int n = name.indexOf('n', 4);
    if (n <= 4 || !digits(name, 4, n)) {
      return "";
    }
    int end = n + 1;
    while (end < name.length() && Character.isDigit(name.charAt(end))) {
      end++;
    }
    return name.substring(n + 1, end);
  }

  private static boolean digits(String s, int from, int to) {
    for (int i = from; i < to; i++) {
      if (!Character.isDigit(s.charAt(i))) {
        return false;
      }
    }
    return true;
  }
}
