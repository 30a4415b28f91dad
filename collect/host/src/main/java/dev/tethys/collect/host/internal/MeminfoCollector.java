package dev.tethys.collect.host.internal;

import java.io.IOException;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Memory from /proc/meminfo. */
final class MeminfoCollector implements NodeCollector {
  /** Exposed fields; HugePages fields count pages and keep their name without a unit. */
  private static final Set<String> FIELDS =
      Set.of(
          "Active",
          "Active(anon)",
          "Active(file)",
          "AnonHugePages",
          "AnonPages",
          "Bounce",
          "Buffers",
          "Cached",
          "CmaFree",
          "CmaTotal",
          "CommitLimit",
          "Committed_AS",
          "DirectMap1G",
          "DirectMap2M",
          "DirectMap4k",
          "Dirty",
          "HardwareCorrupted",
          "HugePages_Free",
          "HugePages_Rsvd",
          "HugePages_Surp",
          "HugePages_Total",
          "Hugepagesize",
          "Inactive",
          "Inactive(anon)",
          "Inactive(file)",
          "KernelStack",
          "Mapped",
          "MemAvailable",
          "MemFree",
          "MemTotal",
          "Mlocked",
          "NFS_Unstable",
          "PageTables",
          "Percpu",
          "SReclaimable",
          "SUnreclaim",
          "Shmem",
          "ShmemHugePages",
          "ShmemPmdMapped",
          "Slab",
          "SwapCached",
          "SwapFree",
          "SwapTotal",
          "Unevictable",
          "VmallocChunk",
          "VmallocTotal",
          "VmallocUsed",
          "Writeback",
          "WritebackTmp",
          "Zswap",
          "Zswapped");

  private record Field(@Nullable Desc desc) {}

  private final NamedObjectCache<Field> fields = new NamedObjectCache<>(MeminfoCollector::field);

  private static Field field(String name) {
    if (!FIELDS.contains(name)) {
      return new Field(null);
    }
    String metric =
        name.startsWith("HugePages_") ? name : name.replace('(', '_').replace(")", "") + "_bytes";
    return new Field(
        Desc.gauge("node_memory_" + metric, "Memory information field " + metric + "."));
  }

  @Override
  public void collect(HostFiles files, Families out) throws IOException {
    Text t = files.read(files.proc("meminfo"));
    MeminfoLines lines = new MeminfoLines(t);
    for (int i = 0; lines.next(); i++) {
      Field f = fields.at(i, t, lines.nameStart, lines.nameEnd);
      if (f.desc != null) {
        out.add(f.desc, lines.value);
      }
    }
  }
}
