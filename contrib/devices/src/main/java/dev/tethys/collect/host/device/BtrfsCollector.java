package dev.tethys.collect.host.device;

import dev.tethys.collect.host.internal.Desc;
import dev.tethys.collect.host.internal.Families;
import dev.tethys.collect.host.internal.HostFileException;
import dev.tethys.collect.host.internal.HostFiles;
import dev.tethys.collect.host.internal.Mount;
import dev.tethys.collect.host.internal.NodeCollector;
import dev.tethys.collect.host.internal.Numbers;
import dev.tethys.collect.host.internal.Text;
import dev.tethys.model.Labels;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Btrfs from /sys/fs/btrfs and, if it is mounted, device data from its ioctls, which sysfs lacks.
 */
final class BtrfsCollector implements NodeCollector {
  private static final Desc INFO =
      Desc.gauge("node_btrfs_info", "Filesystem information", "uuid", "label");
  private static final Desc RESERVE =
      Desc.gauge("node_btrfs_global_rsv_size_bytes", "Size of global reserve.", "uuid");
  private static final Desc COMMITS =
      Desc.counter(
          "node_btrfs_commits_total", "The total number of commits that have occurred.", "uuid");
  private static final Desc LAST_COMMIT =
      Desc.gauge(
          "node_btrfs_last_commit_seconds",
          "Duration of the most recent commit, in seconds.",
          "uuid");
  private static final Desc MAX_COMMIT =
      Desc.gauge(
          "node_btrfs_max_commit_seconds", "Duration of the slowest commit, in seconds.", "uuid");
  private static final Desc COMMIT_SECONDS =
      Desc.counter(
          "node_btrfs_commit_seconds_total",
          "Sum of the duration of all commits, in seconds.",
          "uuid");
  private static final Desc RESERVED =
      Desc.gauge(
          "node_btrfs_reserved_bytes",
          "Amount of space reserved for a data type",
          "uuid",
          "block_group_type");
  private static final Desc USED =
      layout("used_bytes", "Amount of used space by a layout/data type");
  private static final Desc SIZE =
      layout("size_bytes", "Amount of space allocated for a layout/data type");
  private static final Desc RATIO =
      layout("allocation_ratio", "Data allocation ratio for a layout/data type");
  private static final String DEVICE_SIZE = "node_btrfs_device_size_bytes";
  private static final String DEVICE_SIZE_HELP = "Size of a device that is part of the filesystem.";
  private static final Desc DEVICE = Desc.gauge(DEVICE_SIZE, DEVICE_SIZE_HELP, "uuid", "device");
  private static final Desc ASKED_DEVICE =
      Desc.gauge(DEVICE_SIZE, DEVICE_SIZE_HELP, "uuid", "device", "btrfs_dev_uuid");
  private static final Desc UNUSED =
      Desc.gauge(
          "node_btrfs_device_unused_bytes",
          "Unused bytes unused on a device that is part of the filesystem.",
          "uuid",
          "device",
          "btrfs_dev_uuid");
  private static final Desc ERRORS =
      Desc.counter(
          "node_btrfs_device_errors_total",
          "Errors reported for the device",
          "uuid",
          "type",
          "device",
          "btrfs_dev_uuid");
  private static final String[] ERROR_TYPES = {
    "write", "read", "flush", "corruption", "generation"
  };
  private static final String[] GROUPS = {"data", "metadata", "system"};
  private static final double SECTOR = 512;

  private static Desc layout(String name, String help) {
    return Desc.gauge("node_btrfs_" + name, help, "uuid", "block_group_type", "mode");
  }

  private final BtrfsIoctl ioctl = new BtrfsIoctl();

  @Override
  public void collect(HostFiles files, Families out) throws IOException {
    String root = files.sys("fs/btrfs");
    List<String> all = new ArrayList<>();
    for (String name : files.listOrNone(root)) {
      if (name.contains("-")) {
        all.add(name);
      }
    }
    if (all.isEmpty()) {
      return;
    }
    Map<String, List<BtrfsIoctl.Device>> asked = ask(files);
    for (String name : all) {
      filesystem(files, out, root + "/" + name + "/", name, asked);
    }
  }

  /** Devices by the UUID of the file system; empty if it is not mounted or not accessible. */
  private Map<String, List<BtrfsIoctl.Device>> ask(HostFiles files) throws IOException {
    Map<String, List<BtrfsIoctl.Device>> out = new HashMap<>();
    List<String> done = new ArrayList<>();
    for (Mount m : Mount.ofHost(files)) {
      if (m.type().equals("btrfs") && !done.contains(m.device())) {
        done.add(m.device());
        ioctl.ask(files.rootfs(m.mountPoint()), out);
      }
    }
    return out;
  }

  private static void filesystem(
      HostFiles files,
      Families out,
      String dir,
      String name,
      Map<String, List<BtrfsIoctl.Device>> asked)
      throws IOException {
    String uuid = files.stringIfThere(dir + "metadata_uuid");
    if (uuid == null || uuid.isEmpty()) {
      uuid = name;
    }
    String label = files.stringIfThere(dir + "label");
    List<String> devices = files.list(dir + "devices");
    Labels l = RESERVE.labels(uuid);
    out.add(INFO, 1, uuid, label == null ? "" : label);
    out.add(RESERVE, value(files, dir + "allocation/global_rsv_size"), l);
    commits(files, out, dir + "commit_stats", l);
    for (String group : GROUPS) {
      String g = dir + "allocation/" + group;
      out.add(RESERVED, value(files, g + "/bytes_reserved"), uuid, group);
      for (String mode : files.list(g)) {
        if (files.isFolder(g + "/" + mode)) {
          Labels m = USED.labels(uuid, group, mode);
          out.add(USED, value(files, g + "/" + mode + "/used_bytes"), m);
          out.add(SIZE, value(files, g + "/" + mode + "/total_bytes"), m);
          out.add(RATIO, ratio(mode, devices.size()), m);
        }
      }
    }
    List<BtrfsIoctl.Device> known = asked.get(uuid.replace("-", ""));
    if (known == null) {
      for (String device : devices) {
        out.add(DEVICE, value(files, dir + "devices/" + device + "/size") * SECTOR, uuid, device);
      }
      return;
    }
    for (BtrfsIoctl.Device d : known) {
      Labels of = ASKED_DEVICE.labels(uuid, d.name(), d.uuid());
      out.add(ASKED_DEVICE, d.total(), of);
      out.add(UNUSED, d.total() - d.used(), of);
      for (int i = 0; i < ERROR_TYPES.length; i++) {
        out.add(ERRORS, d.errors()[i], uuid, ERROR_TYPES[i], d.name(), d.uuid());
      }
    }
  }

  private static void commits(HostFiles files, Families out, String path, Labels l)
      throws IOException {
    double commits = 0;
    double last = 0;
    double max = 0;
    double total = 0;
    Text t = files.readIfThere(path);
    while (t != null && t.nextLine()) {
      t.needField();
      if (t.is("commits")) {
        commits = t.nextUnsigned();
      } else if (t.is("last_commit_ms")) {
        last = t.nextUnsigned();
      } else if (t.is("max_commit_ms")) {
        max = t.nextUnsigned();
      } else if (t.is("total_commit_ms")) {
        total = t.nextUnsigned();
      }
    }
    out.add(COMMITS, commits, l);
    out.add(LAST_COMMIT, last / 1000, l);
    out.add(MAX_COMMIT, max / 1000, l);
    out.add(COMMIT_SECONDS, total / 1000, l);
  }

  private static double value(HostFiles files, String path) throws HostFileException {
    String s = files.stringIfThere(path);
    Long v = s == null ? null : Numbers.unsigned(s);
    return v == null ? 0 : Numbers.unsigned(v);
  }

  /** Bytes of disk used by a byte of data. */
  private static double ratio(String mode, double devices) {
    return switch (mode) {
      case "single", "raid0" -> 1;
      case "dup", "raid1", "raid10" -> 2;
      case "raid1c3" -> 3;
      case "raid1c4" -> 4;
      case "raid5" -> devices / (devices - 1);
      case "raid6" -> devices / (devices - 2);
      default -> 0;
    };
  }
}
