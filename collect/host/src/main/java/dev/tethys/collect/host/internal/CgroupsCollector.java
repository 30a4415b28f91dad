package dev.tethys.collect.host.internal;

import dev.tethys.model.Labels;
import java.io.IOException;

/** Control groups by subsystem from /proc/cgroups. */
final class CgroupsCollector implements NodeCollector {
  private static final Desc CGROUPS =
      Desc.gauge("node_cgroups_cgroups", "Current cgroup number of the subsystem.", "subsys_name");
  private static final Desc ENABLED =
      Desc.gauge("node_cgroups_enabled", "Current cgroup number of the subsystem.", "subsys_name");

  @Override
  public void collect(HostFiles files, Families out) throws IOException {
    Text t = files.read(files.proc("cgroups"));
    while (t.nextLine()) {
      if (t.lineStartsWith("#") || !t.nextField()) {
        continue;
      }
      Labels l = CGROUPS.labels(t.field());
      t.needField(); // number of the hierarchy
      out.add(CGROUPS, t.nextUnsigned(), l);
      out.add(ENABLED, t.nextUnsigned(), l);
    }
  }
}
