package dev.tethys.collect.host.internal;

import dev.tethys.model.Labels;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Zones of memory from /proc/zoneinfo. */
final class ZoneinfoCollector implements NodeCollector {
  private record Field(String name, Desc desc) {}

  private static final Map<String, Desc> FIELDS = new HashMap<>();

  static {
    for (Field f :
        List.of(
            new Field(
                "nr_free_pages",
                Desc.gauge(
                    "node_zoneinfo_nr_free_pages",
                    "Total number of free pages in the zone",
                    "node",
                    "zone")),
            new Field(
                "min",
                Desc.gauge("node_zoneinfo_min_pages", "Zone watermark pages_min", "node", "zone")),
            new Field(
                "low",
                Desc.gauge("node_zoneinfo_low_pages", "Zone watermark pages_low", "node", "zone")),
            new Field(
                "high",
                Desc.gauge(
                    "node_zoneinfo_high_pages", "Zone watermark pages_high", "node", "zone")),
            new Field(
                "scanned",
                Desc.gauge(
                    "node_zoneinfo_scanned_pages",
                    "Pages scanned since last reclaim",
                    "node",
                    "zone")),
            new Field(
                "spanned",
                Desc.gauge(
                    "node_zoneinfo_spanned_pages",
                    "Total pages spanned by the zone, including holes",
                    "node",
                    "zone")),
            new Field(
                "present",
                Desc.gauge(
                    "node_zoneinfo_present_pages",
                    "Physical pages existing within the zone",
                    "node",
                    "zone")),
            new Field(
                "managed",
                Desc.gauge(
                    "node_zoneinfo_managed_pages",
                    "Present pages managed by the buddy system",
                    "node",
                    "zone")),
            new Field(
                "nr_active_anon",
                Desc.gauge(
                    "node_zoneinfo_nr_active_anon_pages",
                    "Number of anonymous pages recently more used",
                    "node",
                    "zone")),
            new Field(
                "nr_inactive_anon",
                Desc.gauge(
                    "node_zoneinfo_nr_inactive_anon_pages",
                    "Number of anonymous pages recently less used",
                    "node",
                    "zone")),
            new Field(
                "nr_isolated_anon",
                Desc.gauge(
                    "node_zoneinfo_nr_isolated_anon_pages",
                    "Temporary isolated pages from anon lru",
                    "node",
                    "zone")),
            new Field(
                "nr_anon_pages",
                Desc.gauge(
                    "node_zoneinfo_nr_anon_pages",
                    "Number of anonymous pages currently used by the system",
                    "node",
                    "zone")),
            new Field(
                "nr_anon_transparent_hugepages",
                Desc.gauge(
                    "node_zoneinfo_nr_anon_transparent_hugepages",
                    "Number of anonymous transparent huge pages currently used by the system",
                    "node",
                    "zone")),
            new Field(
                "nr_active_file",
                Desc.gauge(
                    "node_zoneinfo_nr_active_file_pages",
                    "Number of active pages with file-backing",
                    "node",
                    "zone")),
            new Field(
                "nr_inactive_file",
                Desc.gauge(
                    "node_zoneinfo_nr_inactive_file_pages",
                    "Number of inactive pages with file-backing",
                    "node",
                    "zone")),
            new Field(
                "nr_isolated_file",
                Desc.gauge(
                    "node_zoneinfo_nr_isolated_file_pages",
                    "Temporary isolated pages from file lru",
                    "node",
                    "zone")),
            new Field(
                "nr_file_pages",
                Desc.gauge("node_zoneinfo_nr_file_pages", "Number of file pages", "node", "zone")),
            new Field(
                "nr_slab_reclaimable",
                Desc.gauge(
                    "node_zoneinfo_nr_slab_reclaimable_pages",
                    "Number of reclaimable slab pages",
                    "node",
                    "zone")),
            new Field(
                "nr_slab_unreclaimable",
                Desc.gauge(
                    "node_zoneinfo_nr_slab_unreclaimable_pages",
                    "Number of unreclaimable slab pages",
                    "node",
                    "zone")),
            new Field(
                "nr_mlock_stack",
                Desc.gauge(
                    "node_zoneinfo_nr_mlock_stack_pages",
                    "mlock()ed pages found and moved off LRU",
                    "node",
                    "zone")),
            new Field(
                "nr_kernel_stack",
                Desc.gauge(
                    "node_zoneinfo_nr_kernel_stacks", "Number of kernel stacks", "node", "zone")),
            new Field(
                "nr_mapped",
                Desc.gauge(
                    "node_zoneinfo_nr_mapped_pages", "Number of mapped pages", "node", "zone")),
            new Field(
                "nr_dirty",
                Desc.gauge(
                    "node_zoneinfo_nr_dirty_pages", "Number of dirty pages", "node", "zone")),
            new Field(
                "nr_writeback",
                Desc.gauge(
                    "node_zoneinfo_nr_writeback_pages",
                    "Number of writeback pages",
                    "node",
                    "zone")),
            new Field(
                "nr_unevictable",
                Desc.gauge(
                    "node_zoneinfo_nr_unevictable_pages",
                    "Number of unevictable pages",
                    "node",
                    "zone")),
            new Field(
                "nr_shmem",
                Desc.gauge(
                    "node_zoneinfo_nr_shmem_pages",
                    "Number of shmem pages (included tmpfs/GEM pages)",
                    "node",
                    "zone")),
            new Field(
                "nr_dirtied",
                Desc.counter(
                    "node_zoneinfo_nr_dirtied_total",
                    "Page dirtyings since bootup",
                    "node",
                    "zone")),
            new Field(
                "nr_written",
                Desc.counter(
                    "node_zoneinfo_nr_written_total",
                    "Page writings since bootup",
                    "node",
                    "zone")),
            new Field(
                "numa_hit",
                Desc.counter(
                    "node_zoneinfo_numa_hit_total", "Allocated in intended node", "node", "zone")),
            new Field(
                "numa_miss",
                Desc.counter(
                    "node_zoneinfo_numa_miss_total",
                    "Allocated in non intended node",
                    "node",
                    "zone")),
            new Field(
                "numa_foreign",
                Desc.counter(
                    "node_zoneinfo_numa_foreign_total",
                    "Was intended here, hit elsewhere",
                    "node",
                    "zone")),
            new Field(
                "numa_interleave",
                Desc.counter(
                    "node_zoneinfo_numa_interleave_total",
                    "Interleaver preferred this zone",
                    "node",
                    "zone")),
            new Field(
                "numa_local",
                Desc.counter(
                    "node_zoneinfo_numa_local_total",
                    "Allocation from local node",
                    "node",
                    "zone")),
            new Field(
                "numa_other",
                Desc.counter(
                    "node_zoneinfo_numa_other_total",
                    "Allocation from other node",
                    "node",
                    "zone")))) {
      FIELDS.put(f.name, f.desc);
    }
  }

  private static final int MAX_PROTECTIONS = 64;

  private final List<Desc> protections = new ArrayList<>();

  @Override
  public void collect(HostFiles files, Families out) throws IOException {
    Text t = files.read(files.proc("zoneinfo"));
    Labels zone = Labels.EMPTY;
    Map<Desc, Double> values = new HashMap<>();
    while (t.nextLine()) {
      if (!t.nextField()) {
        continue;
      }
      if (t.is("Node")) {
        put(out, values, zone);
        zone = zone(t);
      } else if (t.is("protection:")) {
        protection(t, out, zone);
      } else {
        Desc d = FIELDS.get(t.field());
        if (d != null && t.nextField()) {
          values.put(d, (double) t.integer()); // a later one of a zone counts
        }
      }
    }
    put(out, values, zone);
  }

  private static void put(Families out, Map<Desc, Double> values, Labels zone) {
    values.forEach((d, v) -> out.add(d, v, zone));
    values.clear();
  }

  /** The labels of {@code Node 0, zone DMA}. */
  private static Labels zone(Text t) throws MalformedException {
    t.needField();
    String node = t.field();
    t.needField();
    t.needField();
    Desc any = FIELDS.values().iterator().next();
    return any.labels(node.endsWith(",") ? node.substring(0, node.length() - 1) : node, t.field());
  }

  /** {@code protection: (0, 2039, 31932)}. */
  private void protection(Text t, Families out, Labels zone) throws MalformedException {
    for (int i = 0; i < MAX_PROTECTIONS && t.nextField(); i++) {
      int from = t.buf[t.fieldStart] == '(' ? t.fieldStart + 1 : t.fieldStart;
      byte last = t.buf[t.fieldEnd - 1];
      int to = last == ',' || last == ')' ? t.fieldEnd - 1 : t.fieldEnd;
      if (i == protections.size()) {
        protections.add(
            Desc.gauge(
                "node_zoneinfo_protection_" + i,
                "Protection array " + i + ". field",
                "node",
                "zone"));
      }
      out.add(protections.get(i), t.integer(from, to), zone);
    }
  }
}
