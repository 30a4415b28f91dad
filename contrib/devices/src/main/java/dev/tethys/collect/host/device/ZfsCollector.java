package dev.tethys.collect.host.device;

import dev.tethys.collect.host.internal.Desc;
import dev.tethys.collect.host.internal.Families;
import dev.tethys.collect.host.internal.HostFiles;
import dev.tethys.collect.host.internal.MalformedException;
import dev.tethys.collect.host.internal.NoDataException;
import dev.tethys.collect.host.internal.NodeCollector;
import dev.tethys.collect.host.internal.Numbers;
import dev.tethys.collect.host.internal.Text;
import java.io.IOException;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/** ZFS from /proc/spl/kstat/zfs. */
final class ZfsCollector implements NodeCollector {
  /** System-wide files with the prefixes of their metrics. */
  private static final String[][] FILES = {
    {"abdstats", "zfs_abd"},
    {"arcstats", "zfs_arc"},
    {"dbufstats", "zfs_dbuf"},
    {"dmu_tx", "zfs_dmu_tx"},
    {"dnodestats", "zfs_dnode"},
    {"fm", "zfs_fm"},
    {"vdev_cache_stats", "zfs_vdev_cache"},
    {"vdev_mirror_stats", "zfs_vdev_mirror"},
    {"xuio_stats", "zfs_xuio"},
    {"zfetchstats", "zfs_zfetch"},
    {"zil", "zfs_zil"}
  };

  private static final Desc STATE =
      Desc.gauge("node_zfs_zpool_state", "kstat.zfs.misc.state", "zpool", "state");
  private static final String[] STATES = {
    "online", "degraded", "faulted", "offline", "removed", "unavail", "suspended"
  };

  /** Types of values in a kstat (sys/kstat.h). */
  private static final String INT64 = "3";

  private static final String UINT64 = "4";
  private static final int MIN_IO_COLUMNS = 12;
  private static final int MAX_DESCS = 10_000;

  private final Map<String, Desc> descs = new HashMap<>();

  @Override
  public void collect(HostFiles files, Families out) throws IOException {
    String root = files.proc("spl/kstat/zfs");
    if (!files.isFolder(root)) {
      throw NoDataException.NO_DATA;
    }
    for (String[] f : FILES) {
      Text t = files.tryRead(root + "/" + f[0]);
      if (t != null) {
        kstat(t, f[0], f[1], out);
      }
    }
    for (String pool : files.list(root)) {
      String dir = root + "/" + pool;
      if (!files.isFolder(dir)) {
        continue;
      }
      for (String file : files.list(dir)) {
        if (file.equals("io")) {
          io(files.read(dir + "/io"), pool, out);
        } else if (file.equals("state")) {
          state(files.string(dir + "/state"), pool, out);
        } else if (file.startsWith("objset-")) {
          dataset(files.read(dir + "/" + file), pool, out);
        }
      }
    }
  }

  private Desc desc(String subsystem, String name, String help, String... labels) {
    if (descs.size() > MAX_DESCS) {
      descs.clear();
    }
    return descs.computeIfAbsent(
        subsystem + " " + help,
        k -> {
          String last = name.substring(name.lastIndexOf('.') + 1).replace('-', '_');
          return Desc.untyped("node_" + subsystem + "_" + last, help, labels);
        });
  }

  /** Skips the headings "name type data". */
  private static void skipHeadings(Text t) throws MalformedException {
    while (t.nextLine()) {
      if (t.nextField() && t.is("name") && t.nextField() && t.is("type")) {
        return;
      }
    }
    throw t.malformed("holds no kstat");
  }

  private void kstat(Text t, String file, String subsystem, Families out)
      throws MalformedException {
    skipHeadings(t);
    while (t.nextLine()) {
      if (!t.nextField()) {
        continue;
      }
      String name = t.field();
      if (!t.nextField()) {
        continue;
      }
      boolean signed = t.is(INT64);
      if ((signed || t.is(UINT64)) && t.nextField()) {
        long v = t.integer();
        out.add(
            desc(subsystem, name, "kstat.zfs.misc." + file + "." + name),
            signed ? v : Numbers.unsigned(v));
      }
    }
  }

  /** Parses a line of names and a line of values. */
  private void io(Text t, String pool, Families out) throws MalformedException {
    String[] names = {};
    while (t.nextLine()) {
      if (names.length == 0) {
        String[] words = t.line().strip().split("\\s+");
        if (words.length >= MIN_IO_COLUMNS && words[0].equals("nread")) {
          names = words;
        }
        continue;
      }
      for (String name : names) {
        out.add(
            desc("zfs_zpool", name, "kstat.zfs.misc.io." + name, "zpool"), t.nextUnsigned(), pool);
      }
    }
  }

  private void dataset(Text t, String pool, Families out) throws MalformedException {
    skipHeadings(t);
    String dataset = "";
    while (t.nextLine()) {
      if (!t.nextField()) {
        continue;
      }
      String name = t.field();
      if (!t.nextField()) {
        continue;
      }
      boolean number = t.is(UINT64);
      if (!t.nextField()) {
        continue;
      }
      if (name.equals("dataset_name")) { // may hold blanks
        dataset =
            new String(
                t.buf,
                t.fieldStart,
                t.lineEnd - t.fieldStart,
                java.nio.charset.StandardCharsets.UTF_8);
      } else if (number) {
        out.add(
            desc("zfs_zpool_dataset", name, "kstat.zfs.misc.objset." + name, "zpool", "dataset"),
            t.unsigned(),
            pool,
            dataset);
      }
    }
  }

  private static void state(String state, String pool, Families out) {
    String s = state.toLowerCase(Locale.ROOT);
    for (String known : STATES) {
      out.add(STATE, known.equals(s) ? 1 : 0, pool, known);
    }
  }
}
