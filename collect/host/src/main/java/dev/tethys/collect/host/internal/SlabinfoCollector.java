package dev.tethys.collect.host.internal;

import dev.tethys.collect.host.NodeExporterOptions;
import dev.tethys.model.Labels;
import java.io.IOException;

/** The kernel's own memory from /proc/slabinfo, which only root may read. */
final class SlabinfoCollector implements NodeCollector {
  /** Metrics in the order of the columns after the name. */
  private static final Desc[] DESCS = {
    gauge("active_objects", "The number of objects that are currently active (i.e., in use)."),
    gauge(
        "objects",
        "The total number of allocated objects (i.e., objects that are both in use and not in"
            + " use)."),
    gauge("object_size_bytes", "The size of objects in this slab, in bytes."),
    gauge("objects_per_slab", "The number of objects stored in each slab."),
    gauge("pages_per_slab", "The number of pages allocated for each slab.")
  };

  private static Desc gauge(String name, String help) {
    return Desc.gauge("node_slabinfo_" + name, help, "slab");
  }

  private final Filter slabs;

  SlabinfoCollector(NodeExporterOptions options) {
    slabs =
        new Filter(
            options.string("collector.slabinfo.slabs-exclude"),
            options.string("collector.slabinfo.slabs-include"));
  }

  @Override
  public void collect(HostFiles files, Families out) throws IOException {
    Text t = files.read(files.proc("slabinfo"));
    while (t.nextLine()) {
      if (t.lineStartsWith("slabinfo -") || t.lineStartsWith("# name") || !t.nextField()) {
        continue;
      }
      String slab = t.field();
      if (slabs.ignores(slab)) {
        continue;
      }
      Labels l = DESCS[0].labels(slab);
      for (Desc d : DESCS) {
        out.add(d, t.nextUnsigned(), l);
      }
    }
  }
}
