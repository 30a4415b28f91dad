package dev.tethys.collect.host.internal;

import java.io.IOException;

/** Merging of equal pages of memory, from /sys/kernel/mm/ksm. */
final class KsmdCollector implements NodeCollector {
  private record Value(String file, Desc desc, double scale) {}

  private static final Value[] VALUES = {
    new Value(
        "full_scans",
        Desc.counter(
            "node_ksmd_full_scans_total", "How many times all mergeable areas have been scanned."),
        1),
    new Value(
        "general_profit",
        Desc.gauge(
            "node_ksmd_general_profit_bytes",
            "How effective is KSM. ksm_saved_pages * sizeof(page) - (all_rmap_items) "
                + "* sizeof(rmap_item)"),
        1),
    new Value(
        "merge_across_nodes",
        Desc.gauge(
            "node_ksmd_merge_across_nodes",
            "Specifies if pages from different NUMA nodes can be merged."),
        1),
    new Value(
        "pages_shared",
        Desc.gauge("node_ksmd_pages_shared", "How many shared pages are being used."),
        1),
    new Value(
        "pages_sharing",
        Desc.gauge(
            "node_ksmd_pages_sharing", "How many more sites are sharing them i.e. how much saved."),
        1),
    new Value(
        "pages_to_scan",
        Desc.gauge("node_ksmd_pages_to_scan", "How many pages to scan before ksmd goes to sleep."),
        1),
    new Value(
        "pages_unshared",
        Desc.gauge(
            "node_ksmd_pages_unshared",
            "How many pages unique but repeatedly checked for merging."),
        1),
    new Value(
        "pages_volatile",
        Desc.gauge(
            "node_ksmd_pages_volatile", "How many pages changing too fast to be placed in a tree."),
        1),
    new Value(
        "run", Desc.gauge("node_ksmd_run", "The status of ksmd. stopped = 0, running = 1"), 1),
    new Value(
        "sleep_millisecs",
        Desc.gauge(
            "node_ksmd_sleep_seconds", "How many seconds ksmd should sleep before next scan."),
        0.001)
  };

  @Override
  public void collect(HostFiles files, Families out) throws IOException {
    for (Value v : VALUES) {
      String path = files.sys("kernel/mm/ksm/" + v.file);
      if (files.readIfThere(path) != null) {
        out.add(v.desc, files.integer(path) * v.scale);
      }
    }
  }
}
