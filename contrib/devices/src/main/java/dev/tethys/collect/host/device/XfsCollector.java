package dev.tethys.collect.host.device;

import dev.tethys.collect.host.internal.Desc;
import dev.tethys.collect.host.internal.Families;
import dev.tethys.collect.host.internal.HostFiles;
import dev.tethys.collect.host.internal.MalformedException;
import dev.tethys.collect.host.internal.NodeCollector;
import dev.tethys.collect.host.internal.Text;
import dev.tethys.model.Labels;
import java.io.IOException;

/** Metrics of XFS by device, from /sys/fs/xfs. */
final class XfsCollector implements NodeCollector {
  private record Counter(String line, int at, Desc desc) {}

  /** Line of the file and place on it. */
  private static final Counter[] COUNTERS = {
    counter(
        "extent_alloc",
        0,
        "extent_allocation_extents_allocated_total",
        "Number of extents allocated for a filesystem."),
    counter(
        "extent_alloc",
        1,
        "extent_allocation_blocks_allocated_total",
        "Number of blocks allocated for a filesystem."),
    counter(
        "extent_alloc",
        2,
        "extent_allocation_extents_freed_total",
        "Number of extents freed for a filesystem."),
    counter(
        "extent_alloc",
        3,
        "extent_allocation_blocks_freed_total",
        "Number of blocks freed for a filesystem."),
    counter(
        "abt",
        0,
        "allocation_btree_lookups_total",
        "Number of allocation B-tree lookups for a filesystem."),
    counter(
        "abt",
        1,
        "allocation_btree_compares_total",
        "Number of allocation B-tree compares for a filesystem."),
    counter(
        "abt",
        2,
        "allocation_btree_records_inserted_total",
        "Number of allocation B-tree records inserted for a filesystem."),
    counter(
        "abt",
        3,
        "allocation_btree_records_deleted_total",
        "Number of allocation B-tree records deleted for a filesystem."),
    counter(
        "blk_map",
        0,
        "block_mapping_reads_total",
        "Number of block map for read operations for a filesystem."),
    counter(
        "blk_map",
        1,
        "block_mapping_writes_total",
        "Number of block map for write operations for a filesystem."),
    counter(
        "blk_map",
        2,
        "block_mapping_unmaps_total",
        "Number of block unmaps (deletes) for a filesystem."),
    counter(
        "blk_map",
        3,
        "block_mapping_extent_list_insertions_total",
        "Number of extent list insertions for a filesystem."),
    counter(
        "blk_map",
        4,
        "block_mapping_extent_list_deletions_total",
        "Number of extent list deletions for a filesystem."),
    counter(
        "blk_map",
        5,
        "block_mapping_extent_list_lookups_total",
        "Number of extent list lookups for a filesystem."),
    counter(
        "blk_map",
        6,
        "block_mapping_extent_list_compares_total",
        "Number of extent list compares for a filesystem."),
    counter(
        "bmbt",
        0,
        "block_map_btree_lookups_total",
        "Number of block map B-tree lookups for a filesystem."),
    counter(
        "bmbt",
        1,
        "block_map_btree_compares_total",
        "Number of block map B-tree compares for a filesystem."),
    counter(
        "bmbt",
        2,
        "block_map_btree_records_inserted_total",
        "Number of block map B-tree records inserted for a filesystem."),
    counter(
        "bmbt",
        3,
        "block_map_btree_records_deleted_total",
        "Number of block map B-tree records deleted for a filesystem."),
    counter(
        "dir",
        0,
        "directory_operation_lookup_total",
        "Number of file name directory lookups which miss the operating systems "
            + "directory name lookup cache."),
    counter(
        "dir",
        1,
        "directory_operation_create_total",
        "Number of times a new directory entry was created for a filesystem."),
    counter(
        "dir",
        2,
        "directory_operation_remove_total",
        "Number of times an existing directory entry was created for a " + "filesystem."),
    counter(
        "dir",
        3,
        "directory_operation_getdents_total",
        "Number of times the directory getdents operation was performed for a " + "filesystem."),
    counter(
        "ig",
        0,
        "inode_operation_attempts_total",
        "Number of times the OS looked for an XFS inode in the inode cache."),
    counter(
        "ig",
        1,
        "inode_operation_found_total",
        "Number of times the OS looked for and found an XFS inode in the inode " + "cache."),
    counter(
        "ig",
        2,
        "inode_operation_recycled_total",
        "Number of times the OS found an XFS inode in the cache, but could not "
            + "use it as it was being recycled."),
    counter(
        "ig",
        3,
        "inode_operation_missed_total",
        "Number of times the OS looked for an XFS inode in the cache, but did " + "not find it."),
    counter(
        "ig",
        4,
        "inode_operation_duplicates_total",
        "Number of times the OS tried to add a missing XFS inode to the inode "
            + "cache, but found it had already been added by another process."),
    counter(
        "ig",
        5,
        "inode_operation_reclaims_total",
        "Number of times the OS reclaimed an XFS inode from the inode cache to "
            + "free memory for another purpose."),
    counter(
        "ig",
        6,
        "inode_operation_attribute_changes_total",
        "Number of times the OS explicitly changed the attributes of an XFS " + "inode."),
    counter(
        "rw",
        1,
        "read_calls_total",
        "Number of read(2) system calls made to files in a filesystem."),
    counter(
        "rw",
        0,
        "write_calls_total",
        "Number of write(2) system calls made to files in a filesystem."),
    counter(
        "vnodes", 0, "vnode_active_total", "Number of vnodes not on free lists for a filesystem."),
    counter(
        "vnodes", 1, "vnode_allocate_total", "Number of times vn_alloc called for a filesystem."),
    counter("vnodes", 2, "vnode_get_total", "Number of times vn_get called for a filesystem."),
    counter("vnodes", 3, "vnode_hold_total", "Number of times vn_hold called for a filesystem."),
    counter("vnodes", 4, "vnode_release_total", "Number of times vn_rele called for a filesystem."),
    counter(
        "vnodes", 5, "vnode_reclaim_total", "Number of times vn_reclaim called for a filesystem."),
    counter("vnodes", 6, "vnode_remove_total", "Number of times vn_remove called for a filesystem.")
  };

  private static final int MAX_NUMBERS = 32;

  private static Counter counter(String line, int at, String name, String help) {
    return new Counter(line, at, Desc.counter("node_xfs_" + name, help, "device"));
  }

  @Override
  public void collect(HostFiles files, Families out) throws IOException {
    String root = files.sys("fs/xfs");
    for (String device : files.listOrNone(root)) {
      Text t = files.readIfThere(root + "/" + device + "/stats/stats");
      if (t != null) {
        device(t, out, COUNTERS[0].desc.labels(device));
      }
    }
  }

  private static void device(Text t, Families out, Labels device) throws MalformedException {
    double[] values = new double[COUNTERS.length];
    double[] line = new double[MAX_NUMBERS];
    boolean found = false;
    while (t.nextLine()) {
      if (!t.nextField()) {
        continue;
      }
      int first = 0;
      while (first < COUNTERS.length && !t.is(COUNTERS[first].line)) {
        first++;
      }
      if (first == COUNTERS.length) {
        continue;
      }
      found = true;
      String name = COUNTERS[first].line;
      int n = 0;
      while (n < MAX_NUMBERS && t.nextField()) {
        line[n++] = t.unsigned();
      }
      for (int i = first; i < COUNTERS.length; i++) {
        if (COUNTERS[i].line.equals(name)) {
          if (COUNTERS[i].at >= n) {
            throw t.malformed("too few numbers in \"" + t.line() + "\"");
          }
          values[i] = line[COUNTERS[i].at];
        }
      }
    }
    if (!found) {
      throw t.malformed("holds no statistics of XFS");
    }
    for (int i = 0; i < values.length; i++) {
      out.add(COUNTERS[i].desc, values[i], device);
    }
  }
}
