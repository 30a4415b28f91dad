package dev.tethys.collect.host.device;

import dev.tethys.collect.host.NodeExporterOptions;
import dev.tethys.collect.host.internal.Desc;
import dev.tethys.collect.host.internal.Families;
import dev.tethys.collect.host.internal.HostFiles;
import dev.tethys.collect.host.internal.MalformedException;
import dev.tethys.collect.host.internal.NodeCollector;
import dev.tethys.collect.host.internal.Numbers;
import dev.tethys.collect.host.internal.Text;
import dev.tethys.model.Labels;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Block caches from /sys/fs/bcache. */
final class BcacheCollector implements NodeCollector {
  private record Value(String file, Desc desc, double scale) {}

  private static final Value[] CACHE_SET = {
    set(
        "average_key_size",
        "average_key_size_sectors",
        "Average data per key in the btree (sectors)."),
    set(
        "btree_cache_size",
        "btree_cache_size_bytes",
        "Amount of memory currently used by the btree cache."),
    set(
        "cache_available_percent",
        "cache_available_percent",
        "Percentage of cache device without dirty data, usable for writeback (may contain clean"
            + " cached data)."),
    set("congested", "congested", "Congestion."),
    set(
        "root_usage_percent",
        "root_usage_percent",
        "Percentage of the root btree node in use (tree depth increases if too high)."),
    set("tree_depth", "tree_depth", "Depth of the btree."),
    set(
        "internal/active_journal_entries",
        "active_journal_entries",
        "Number of journal entries that are newer than the index."),
    set("internal/btree_nodes", "btree_nodes", "Total nodes in the btree."),
    new Value(
        "internal/btree_read_average_duration_us",
        Desc.gauge(
            "node_bcache_btree_read_average_duration_seconds",
            "Average btree read duration.",
            "uuid"),
        1e-9),
    new Value(
        "internal/cache_read_races",
        Desc.counter(
            "node_bcache_cache_read_races_total",
            "Counts instances where while data was being read from the cache, the bucket was reused"
                + " and invalidated - i.e. where the pointer was stale after the read completed.",
            "uuid"),
        1)
  };

  private static final Desc DIRTY =
      backing("dirty_data_bytes", "Amount of dirty data for this backing device in the cache.");

  /** By the first word of a line of writeback_rate_debug. */
  private static final Value[] WRITEBACK = {
    new Value(
        "target:",
        backing(
            "dirty_target_bytes",
            "Current dirty data target threshold for this backing device in bytes."),
        1),
    new Value(
        "rate:",
        backing("writeback_rate", "Current writeback rate for this backing device in bytes."),
        1),
    new Value(
        "proportional:",
        backing(
            "writeback_rate_proportional_term",
            "Current result of proportional controller, part of writeback rate"),
        1),
    new Value(
        "integral:",
        backing(
            "writeback_rate_integral_term",
            "Current result of integral controller, part of writeback rate"),
        1),
    new Value(
        "change:",
        backing("writeback_change", "Last writeback rate change step for this backing device."),
        1)
  };

  private static final Value[] TOTALS = {
    total(
        "bypassed",
        "bypassed_bytes_total",
        "Amount of IO (both reads and writes) that has bypassed the cache."),
    total("cache_hits", "cache_hits_total", "Hits counted per individual IO as bcache sees them."),
    total(
        "cache_misses",
        "cache_misses_total",
        "Misses counted per individual IO as bcache sees them."),
    total(
        "cache_bypass_hits", "cache_bypass_hits_total", "Hits for IO intended to skip the cache."),
    total(
        "cache_bypass_misses",
        "cache_bypass_misses_total",
        "Misses for IO intended to skip the cache."),
    total(
        "cache_miss_collisions",
        "cache_miss_collisions_total",
        "Instances where data insertion from cache miss raced with write (data already present)."),
    total("cache_readaheads", "cache_readaheads_total", "Count of times readahead occurred.")
  };

  private static final Value[] CACHES = {
    new Value(
        "io_errors",
        Desc.gauge(
            "node_bcache_io_errors",
            "Number of errors that have occurred, decayed by io_error_halflife.",
            "uuid",
            "cache_device"),
        1),
    new Value(
        "metadata_written",
        Desc.counter(
            "node_bcache_metadata_written_bytes_total",
            "Sum of all non data writes (btree writes and all other metadata).",
            "uuid",
            "cache_device"),
        1),
    new Value(
        "written",
        Desc.counter(
            "node_bcache_written_bytes_total",
            "Sum of all data that has been written to the cache.",
            "uuid",
            "cache_device"),
        1)
  };

  private static final Desc UNUSED =
      Desc.gauge(
          "node_bcache_priority_stats_unused_percent",
          "The percentage of the cache that doesn't contain any data.",
          "uuid",
          "cache_device");
  private static final Desc METADATA =
      Desc.gauge(
          "node_bcache_priority_stats_metadata_percent",
          "Bcache's metadata overhead.",
          "uuid",
          "cache_device");

  private static Value set(String file, String name, String help) {
    return new Value(file, Desc.gauge("node_bcache_" + name, help, "uuid"), 1);
  }

  private static Desc backing(String name, String help) {
    return Desc.gauge("node_bcache_" + name, help, "uuid", "backing_device");
  }

  private static Value total(String file, String name, String help) {
    return new Value(file, Desc.counter("node_bcache_" + name, help, "uuid", "backing_device"), 1);
  }

  private final boolean priorityStats;

  BcacheCollector(NodeExporterOptions options) {
    priorityStats = options.on("collector.bcache.priorityStats");
  }

  @Override
  public void collect(HostFiles files, Families out) throws IOException {
    String root = files.sys("fs/bcache");
    for (String uuid : files.listOrNone(root)) {
      if (!uuid.contains("-")) {
        continue; // register and the like
      }
      String dir = root + "/" + uuid + "/";
      Labels l = DIRTY_SET.labels(uuid);
      for (Value v : CACHE_SET) {
        out.add(v.desc, size(files, dir + v.file) * v.scale, l);
      }
      List<String> devices = new ArrayList<>(files.numbered(dir, "bdev"));
      for (String device : devices) {
        backing(files, out, dir + device + "/", DIRTY.labels(uuid, device));
      }
      for (String cache : files.numbered(dir, "cache")) {
        cache(files, out, dir + cache + "/", UNUSED.labels(uuid, cache));
      }
    }
  }

  private static final Desc DIRTY_SET = Desc.gauge("", "", "uuid");

  private static void backing(HostFiles files, Families out, String dir, Labels l)
      throws IOException {
    out.add(DIRTY, size(files, dir + "dirty_data"), l);
    double[] values = new double[WRITEBACK.length];
    Text t = files.read(dir + "writeback_rate_debug");
    while (t.nextLine()) {
      if (!t.nextField()) {
        continue;
      }
      for (int i = 0; i < WRITEBACK.length; i++) {
        if (t.is(WRITEBACK[i].file) && t.nextField()) {
          String s = t.field();
          values[i] = size(t.path, s.endsWith("/sec") ? s.substring(0, s.length() - 4) : s);
          break;
        }
      }
    }
    for (int i = 0; i < values.length; i++) {
      out.add(WRITEBACK[i].desc, values[i], l);
    }
    for (Value v : TOTALS) {
      double n = size(files, dir + "stats_total/" + v.file);
      if (n != 0 || !v.file.equals("cache_readaheads")) { // gone from newer kernels
        out.add(v.desc, n, l);
      }
    }
  }

  private void cache(HostFiles files, Families out, String dir, Labels l) throws IOException {
    for (Value v : CACHES) {
      out.add(v.desc, size(files, dir + v.file), l);
    }
    if (!priorityStats) {
      return;
    }
    double unused = 0;
    double metadata = 0;
    Text t = files.read(dir + "priority_stats");
    while (t.nextLine()) {
      if (!t.nextField()) {
        continue;
      }
      boolean first = t.is("Unused:");
      if ((first || t.is("Metadata:")) && t.nextField()) {
        double v = t.number(t.fieldStart, t.fieldEnd - 1); // without its %
        if (first) {
          unused = v;
        } else {
          metadata = v;
        }
      }
    }
    out.add(UNUSED, unused, l);
    out.add(METADATA, metadata, l);
  }

  private static double size(HostFiles files, String path) throws IOException {
    String s = files.stringIfThere(path);
    return s == null ? 0 : size(path, s);
  }

  /**
   * Parses a size in the kernel's human-readable form: {@code 1.2k}. The digit after the point
   * counts 1/10.24ths of the unit (bch_hprint), not tenths.
   */
  static double size(String path, String s) throws MalformedException {
    boolean minus = s.startsWith("-");
    String digits = minus ? s.substring(1) : s;
    int unit = digits.isEmpty() ? -1 : "kMGTPEZY".indexOf(digits.charAt(digits.length() - 1));
    if (unit >= 0) {
      digits = digits.substring(0, digits.length() - 1);
    }
    int point = digits.indexOf('.');
    Double whole = Numbers.parse(point < 0 ? digits : digits.substring(0, point));
    Double part = point < 0 ? (Double) 0.0 : Numbers.parse(digits.substring(point + 1));
    if (whole == null || part == null) {
      throw new MalformedException(path + ": \"" + s + "\" is not a size");
    }
    double v = unit < 0 ? parsed(digits) : (whole + part / 10.24) * Math.pow(1024, unit + 1);
    v = Math.floor(v);
    return minus ? -v : v;
  }

  private static double parsed(String digits) {
    Double v = Numbers.parse(digits);
    return v == null ? 0 : v;
  }
}
