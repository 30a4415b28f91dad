package dev.tethys.collect.host.device;

import dev.tethys.collect.host.internal.Desc;
import dev.tethys.collect.host.internal.Families;
import dev.tethys.collect.host.internal.HostFiles;
import dev.tethys.collect.host.internal.NodeCollector;
import java.io.IOException;
import java.util.Map;

/** NVMe subsystems and the paths to them from /sys/class/nvme-subsystem. */
final class NvmesubsystemCollector implements NodeCollector {
  private static final Desc INFO =
      Desc.gauge(
          "node_nvmesubsystem_info",
          "Non-numeric information about an NVMe subsystem.",
          "subsystem",
          "nqn",
          "model",
          "serial",
          "iopolicy");
  private static final Desc NAMESPACE =
      Desc.gauge(
          "node_nvmesubsystem_namespace_info",
          "Maps an NVMe namespace block device to its subsystem.",
          "subsystem",
          "device");
  private static final Desc PATHS =
      Desc.gauge(
          "node_nvmesubsystem_paths",
          "Number of controller paths for an NVMe subsystem.",
          "subsystem");
  private static final Desc LIVE =
      Desc.gauge(
          "node_nvmesubsystem_paths_live",
          "Number of controller paths in live state for an NVMe subsystem.",
          "subsystem");
  private static final Desc STATE =
      Desc.gauge(
          "node_nvmesubsystem_path_state",
          "Current NVMe controller path state (1 for the current state, 0 for all others).",
          "subsystem",
          "controller",
          "transport",
          "state");

  private static final String[] STATES = {
    "connecting", "dead", "deleting", "live", "new", "resetting", "unknown"
  };
  private static final Map<String, String> BY_KERNEL =
      Map.of(
          "live", "live",
          "connecting", "connecting",
          "resetting", "resetting",
          "dead", "dead",
          "deleting", "deleting",
          "deleting (no IO)", "deleting",
          "new", "new");

  @Override
  public void collect(HostFiles files, Families out) throws IOException {
    String root = files.sys("class/nvme-subsystem");
    for (String name : files.listOrNoData(root)) {
      if (name.startsWith("nvme-subsys")) {
        subsystem(files, out, name, root + "/" + name + "/");
      }
    }
  }

  private static void subsystem(HostFiles files, Families out, String name, String dir)
      throws IOException {
    out.add(
        INFO,
        1,
        name,
        files.string(dir + "subsysnqn"),
        files.string(dir + "model"),
        files.string(dir + "serial"),
        files.string(dir + "iopolicy"));
    int paths = 0;
    int live = 0;
    for (String entry : files.list(dir)) {
      if (!entry.startsWith("nvme") || entry.length() == 4) {
        continue;
      }
      String rest = entry.substring(4);
      if (rest.chars().allMatch(Character::isDigit)) {
        String kernel = files.string(dir + entry + "/state");
        String state = BY_KERNEL.getOrDefault(kernel, "unknown");
        String transport = files.string(dir + entry + "/transport");
        paths++;
        live += state.equals("live") ? 1 : 0;
        for (String s : STATES) {
          out.add(STATE, s.equals(state) ? 1 : 0, name, entry, transport, s);
        }
      } else if (isNamespace(rest)) {
        out.add(NAMESPACE, 1, name, entry);
      }
    }
    out.add(PATHS, paths, name);
    out.add(LIVE, live, name);
  }

  private static boolean isNamespace(String rest) {
    int n = rest.indexOf('n');
    return n > 0
        && n < rest.length() - 1
        && rest.chars().filter(c -> !Character.isDigit(c)).count() == 1;
  }
}
