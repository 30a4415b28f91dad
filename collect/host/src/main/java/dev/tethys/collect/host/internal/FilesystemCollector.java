package dev.tethys.collect.host.internal;

import dev.tethys.collect.host.NodeExporterOptions;
import dev.tethys.model.Labels;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Space of the mounted file systems, from statfs(2) of the mounts in /proc/1/mountinfo. */
final class FilesystemCollector implements NodeCollector {
  private static final String[] LABELS = {"device", "mountpoint", "fstype", "device_error"};
  private static final Desc SIZE = gauge("size_bytes", "Filesystem size in bytes.");
  private static final Desc FREE = gauge("free_bytes", "Filesystem free space in bytes.");
  private static final Desc AVAIL =
      gauge("avail_bytes", "Filesystem space available to non-root users in bytes.");
  private static final Desc FILES = gauge("files", "Filesystem total file nodes.");
  private static final Desc FILES_FREE = gauge("files_free", "Filesystem total free file nodes.");
  private static final Desc PURGEABLE =
      gauge(
          "purgeable_bytes",
          "Filesystem space available including purgeable space (MacOS specific).");
  private static final Desc READONLY = gauge("readonly", "Filesystem read-only status.");
  private static final Desc ERROR =
      gauge(
          "device_error",
          "Whether an error occurred while getting statistics for the given device.");
  private static final Desc MOUNT =
      Desc.gauge(
          "node_filesystem_mount_info",
          "Filesystem mount information.",
          "device",
          "major",
          "minor",
          "mountpoint");

  private static Desc gauge(String name, String help) {
    return Desc.gauge("node_filesystem_" + name, help, LABELS);
  }

  private final Filter mountPoints;
  private final Filter types;
  private final MountProbe asker;

  FilesystemCollector(NodeExporterOptions options) {
    this(
        options,
        new MountProbe(
            MountProbe::statfs,
            Math.max(1, options.number("collector.filesystem.stat-workers")),
            options.duration("collector.filesystem.mount-timeout")));
  }

  FilesystemCollector(NodeExporterOptions options, MountProbe asker) {
    mountPoints =
        new Filter(
            options.string("collector.filesystem.mount-points-exclude"),
            options.string("collector.filesystem.mount-points-include"));
    types =
        new Filter(
            options.string("collector.filesystem.fs-types-exclude"),
            options.string("collector.filesystem.fs-types-include"));
    this.asker = asker;
  }

  @Override
  public void collect(HostFiles files, Families out) throws IOException {
    List<Mount> mounts = new ArrayList<>();
    List<String> paths = new ArrayList<>();
    for (Mount m : Mount.ofHost(files)) {
      if (!mountPoints.ignores(m.mountPoint()) && !types.ignores(m.type())) {
        mounts.add(m);
        paths.add(files.rootfs(m.mountPoint()));
      }
    }
    List<MountProbe.Answer> answers = asker.ask(paths);
    Set<Labels> seen = new HashSet<>();
    for (int i = 0; i < mounts.size(); i++) {
      Mount m = mounts.get(i);
      MountProbe.Answer a = answers.get(i);
      Labels l = ERROR.labels(m.device(), m.mountPoint(), m.type(), a.error());
      if (!seen.add(l)) {
        continue; // mounted over itself
      }
      out.add(ERROR, a.error().isEmpty() ? 0 : 1, l);
      out.add(READONLY, m.readOnly() ? 1 : 0, l);
      if (!a.error().isEmpty()) {
        continue;
      }
      out.add(SIZE, a.size(), l);
      out.add(FREE, a.free(), l);
      out.add(AVAIL, a.avail(), l);
      out.add(FILES, a.files(), l);
      out.add(FILES_FREE, a.filesFree(), l);
      out.add(PURGEABLE, 0, l);
      out.add(MOUNT, 1, m.device(), m.major(), m.minor(), m.mountPoint());
    }
  }
}
