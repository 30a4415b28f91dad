package dev.tethys.collect.host.device;

import dev.tethys.collect.host.internal.Desc;
import dev.tethys.collect.host.internal.Families;
import dev.tethys.collect.host.internal.HostFiles;
import dev.tethys.collect.host.internal.MalformedException;
import dev.tethys.collect.host.internal.NoDataException;
import dev.tethys.collect.host.internal.NodeCollector;
import dev.tethys.collect.host.internal.Numbers;
import dev.tethys.collect.host.internal.Text;
import dev.tethys.model.Labels;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;

/** Bcachefs from /sys/fs/bcachefs. */
final class BcachefsCollector implements NodeCollector {
  private static final Desc INFO =
      Desc.gauge("node_bcachefs_info", "Filesystem information.", "uuid");
  private static final Desc CACHE =
      Desc.gauge(
          "node_bcachefs_btree_cache_size_bytes", "Btree cache memory usage in bytes.", "uuid");
  private static final Desc COMPRESSED =
      Desc.gauge(
          "node_bcachefs_compression_compressed_bytes",
          "Compressed size by algorithm.",
          "uuid",
          "algorithm");
  private static final Desc UNCOMPRESSED =
      Desc.gauge(
          "node_bcachefs_compression_uncompressed_bytes",
          "Uncompressed size by algorithm.",
          "uuid",
          "algorithm");
  private static final Desc ERRORS =
      Desc.counter(
          "node_bcachefs_errors_total", "Error count by error type.", "uuid", "error_type");
  private static final Desc WRITES =
      Desc.counter(
          "node_bcachefs_btree_writes_total", "Number of btree writes by type.", "uuid", "type");
  private static final Desc WRITE_SIZE =
      Desc.gauge(
          "node_bcachefs_btree_write_average_size_bytes",
          "Average btree write size by type.",
          "uuid",
          "type");
  private static final Desc DEVICE =
      Desc.gauge(
          "node_bcachefs_device_info", "Device information.", "uuid", "device", "label", "state");
  private static final Desc BUCKET =
      Desc.gauge(
          "node_bcachefs_device_bucket_size_bytes", "Bucket size in bytes.", "uuid", "device");
  private static final Desc BUCKETS =
      Desc.gauge("node_bcachefs_device_buckets", "Total number of buckets.", "uuid", "device");
  private static final Desc DURABILITY =
      Desc.gauge("node_bcachefs_device_durability", "Device durability setting.", "uuid", "device");
  private static final Desc IO_DONE =
      Desc.counter(
          "node_bcachefs_device_io_done_bytes_total",
          "IO bytes by operation type and data type.",
          "uuid",
          "device",
          "operation",
          "data_type");
  private static final Desc IO_ERRORS =
      Desc.counter(
          "node_bcachefs_device_io_errors_total",
          "IO errors by error type.",
          "uuid",
          "device",
          "type");
  private static final int MAX_DESCS = 10_000;

  private final Map<String, Desc> counters = new HashMap<>();

  @Override
  public void collect(HostFiles files, Families out) throws IOException {
    String root = files.sys("fs/bcachefs");
    boolean found = false;
    for (String uuid : files.listOrNoData(root)) {
      if (files.isFolder(root + "/" + uuid)) {
        filesystem(files, out, uuid, root + "/" + uuid + "/");
        found = true;
      }
    }
    if (!found) {
      throw NoDataException.NO_DATA;
    }
  }

  private void filesystem(HostFiles files, Families out, String uuid, String dir)
      throws IOException {
    Labels l = INFO.labels(uuid);
    out.add(INFO, 1, l);
    String cache = files.stringIfThere(dir + "btree_cache_size");
    out.add(CACHE, cache == null || cache.isEmpty() ? 0 : size(dir, cache), l);
    Text t = files.readIfThere(dir + "compression_stats");
    for (int line = 0; t != null && t.nextLine(); line++) {
      if (line > 0 && t.nextField()) {
        Labels algorithm = COMPRESSED.labels(uuid, withoutColon(t.field()));
        if (t.nextField()) {
          double compressed = size(t.path, t.field());
          if (t.nextField()) {
            out.add(COMPRESSED, compressed, algorithm);
            out.add(UNCOMPRESSED, size(t.path, t.field()), algorithm);
          }
        }
      }
    }
    t = files.readIfThere(dir + "errors");
    while (t != null && t.nextLine()) {
      if (t.nextField()) {
        String type = t.field();
        if (t.nextField()) {
          out.add(ERRORS, t.unsigned(), uuid, type);
        }
      }
    }
    counters(files, out, dir + "counters", l);
    t = files.readIfThere(dir + "btree_write_stats");
    for (int line = 0; t != null && t.nextLine(); line++) {
      if (line > 0 && t.nextField()) {
        Labels type = WRITES.labels(uuid, withoutColon(t.field()));
        if (t.nextField()) {
          double count = t.unsigned();
          if (t.nextField()) {
            out.add(WRITES, count, type);
            out.add(WRITE_SIZE, size(t.path, t.field()), type);
          }
        }
      }
    }
    for (String entry : files.list(dir)) {
      if (entry.startsWith("dev-") && files.isFolder(dir + entry)) {
        device(files, out, uuid, entry.substring(4), dir + entry + "/");
      }
    }
  }

  private void counters(HostFiles files, Families out, String dir, Labels l) throws IOException {
    for (String name : files.listOrNone(dir)) {
      Text t = files.read(dir + "/" + name);
      boolean known = false;
      double value = 0;
      while (t.nextLine()) {
        String line = t.line();
        if (line.startsWith("since filesystem creation:")) {
          value = size(t.path, line.substring(line.indexOf(':') + 1).strip());
          known = true;
        } else if (line.startsWith("since mount:")) {
          known = true;
        }
      }
      if (!known) {
        throw t.malformed("holds no counter");
      }
      out.add(counter(name), value, l);
    }
  }

  private Desc counter(String name) {
    if (counters.size() > MAX_DESCS) {
      counters.clear();
    }
    return counters.computeIfAbsent(
        name,
        n ->
            Desc.counter(
                "node_bcachefs_" + Desc.sanitize(n) + "_total",
                "Bcachefs counter " + n + " since filesystem creation.",
                "uuid"));
  }

  private static void device(HostFiles files, Families out, String uuid, String device, String dir)
      throws IOException {
    String label = files.stringOrNull(dir + "label");
    String state = files.stringOrNull(dir + "state");
    String bucket = files.stringOrNull(dir + "bucket_size");
    Labels l = BUCKET.labels(uuid, device);
    out.add(DEVICE, 1, uuid, device, label == null ? "" : label, state == null ? "" : state);
    out.add(BUCKET, bucket == null || bucket.isEmpty() ? 0 : size(dir, bucket), l);
    out.add(BUCKETS, count(files, dir + "nbuckets"), l);
    out.add(DURABILITY, count(files, dir + "durability"), l);
    Text t = files.readIfThere(dir + "io_done");
    String operation = "";
    while (t != null && t.nextLine()) {
      if (!t.nextField()) {
        continue;
      }
      if (t.is("read:") || t.is("write:")) {
        operation = withoutColon(t.field());
      } else if (!operation.isEmpty()) {
        String type = t.line().strip();
        int colon = type.indexOf(':');
        if (colon > 0) {
          out.add(
              IO_DONE,
              number(t, type.substring(colon + 1).strip()),
              uuid,
              device,
              operation,
              type.substring(0, colon).strip());
        }
      }
    }
    t = files.readIfThere(dir + "io_errors");
    boolean sinceCreation = false;
    while (t != null && t.nextLine()) {
      String line = t.line().strip();
      if (line.startsWith("IO errors since ")) {
        sinceCreation = line.startsWith("IO errors since filesystem creation");
        continue;
      }
      int colon = line.indexOf(':');
      if (sinceCreation && colon > 0) {
        out.add(
            IO_ERRORS,
            number(t, line.substring(colon + 1).strip()),
            uuid,
            device,
            line.substring(0, colon).strip());
      }
    }
  }

  private static double count(HostFiles files, String path) throws IOException {
    return files.readIfThere(path) == null ? 0 : files.uint(path);
  }

  private static double number(Text t, String s) throws MalformedException {
    Long v = Numbers.unsigned(s);
    if (v == null) {
      throw t.malformed("\"" + s + "\" is not a number");
    }
    return Numbers.unsigned(v);
  }

  private static String withoutColon(String s) {
    return s.endsWith(":") ? s.substring(0, s.length() - 1) : s;
  }

  /** Parses a number that may end with a binary unit. */
  private static double size(String path, String s) throws MalformedException {
    String digits = s.strip();
    int unit = digits.isEmpty() ? -1 : "kmgtpe".indexOf(lastLower(digits));
    if (unit >= 0) {
      digits = digits.substring(0, digits.length() - 1).strip();
    }
    Double v = Numbers.parse(digits);
    if (v == null) {
      throw new MalformedException(path + ": \"" + s + "\" is not a size");
    }
    return Math.floor(v * Math.pow(1024, unit + 1));
  }

  private static char lastLower(String s) {
    return Character.toLowerCase(s.charAt(s.length() - 1));
  }
}
