package dev.tethys.collect.host.device;

import dev.tethys.collect.host.internal.Desc;
import dev.tethys.collect.host.internal.Families;
import dev.tethys.collect.host.internal.HostFiles;
import dev.tethys.collect.host.internal.NodeCollector;
import dev.tethys.model.Labels;
import java.io.IOException;
import java.util.List;

/** Disks reached over several paths, from /sys/block/dm-*. */
final class DmmultipathCollector implements NodeCollector {
  private static final Desc INFO =
      Desc.gauge(
          "node_dmmultipath_device_info",
          "Non-numeric information about a DM-multipath device.",
          "device",
          "sysfs_name",
          "uuid");
  private static final Desc ACTIVE =
      gauge(
          "device_active",
          "Whether the multipath device-mapper device is active (1) or suspended (0).");
  private static final Desc SIZE =
      gauge(
          "device_size_bytes",
          "Size of the multipath device in bytes, read from /sys/block/<dm>/size.");
  private static final Desc PATHS =
      gauge("device_paths", "Number of paths for a multipath device.");
  private static final Desc PATHS_ACTIVE =
      gauge(
          "device_paths_active",
          "Number of paths in active state (SCSI running or NVMe live) for a multipath device.");
  private static final Desc PATHS_FAILED =
      gauge("device_paths_failed", "Number of paths not in active state for a multipath device.");
  private static final Desc STATE =
      Desc.gauge(
          "node_dmmultipath_path_state",
          "Reports the underlying device state for a multipath path, as read from"
              + " /sys/block/<dev>/device/state.",
          "device",
          "path",
          "state");

  private static final double SECTOR = 512;

  private static Desc gauge(String name, String help) {
    return Desc.gauge("node_dmmultipath_" + name, help, "device", "sysfs_name");
  }

  @Override
  public void collect(HostFiles files, Families out) throws IOException {
    String root = files.sys("block/");
    for (String entry : files.listOrNoData(root)) {
      if (!entry.startsWith("dm-")) {
        continue;
      }
      String uuid = files.stringIfThere(root + entry + "/dm/uuid");
      if (uuid != null && uuid.startsWith("mpath-")) {
        device(files, out, root, entry, uuid);
      }
    }
  }

  private static void device(HostFiles files, Families out, String root, String entry, String uuid)
      throws IOException {
    String dir = root + entry;
    String name = files.string(dir + "/dm/name");
    double suspended = files.uint(dir + "/dm/suspended");
    double sectors = files.uint(dir + "/size");
    out.add(INFO, 1, name, entry, uuid);
    Labels l = ACTIVE.labels(name, entry);
    out.add(ACTIVE, suspended == 1 ? 0 : 1, l);
    out.add(SIZE, sectors * SECTOR, l);
    List<String> paths = files.listOrNone(dir + "/slaves");
    int active = 0;
    for (String path : paths) {
      String state = files.string(root + path + "/device/state");
      active += state.equals("running") || state.equals("live") ? 1 : 0;
      out.add(STATE, 1, name, path, state);
    }
    out.add(PATHS, paths.size(), l);
    out.add(PATHS_ACTIVE, active, l);
    out.add(PATHS_FAILED, paths.size() - active, l);
  }
}
