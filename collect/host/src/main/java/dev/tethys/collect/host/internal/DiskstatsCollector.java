package dev.tethys.collect.host.internal;

import dev.tethys.collect.host.NodeExporterOptions;
import dev.tethys.model.Labels;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Block devices from /proc/diskstats, with properties from udev. */
final class DiskstatsCollector implements NodeCollector {
  private static final Desc INFO =
      Desc.gauge(
          "node_disk_info",
          "Info of /sys/block/<block_device>.",
          "device",
          "major",
          "minor",
          "path",
          "wwn",
          "model",
          "serial",
          "revision",
          "rotational");
  private static final Desc FILESYSTEM =
      Desc.gauge(
          "node_disk_filesystem_info",
          "Info about disk filesystem.",
          "device",
          "type",
          "usage",
          "uuid",
          "version");
  private static final Desc MAPPER =
      Desc.gauge(
          "node_disk_device_mapper_info",
          "Info about disk device mapper.",
          "device",
          "name",
          "uuid",
          "vg_name",
          "lv_name",
          "lv_layer");

  /** In the order of the file's columns. */
  private static final Desc[] COLUMNS = {
    counter("reads_completed_total", "The total number of reads completed successfully."),
    counter("reads_merged_total", "The total number of reads merged."),
    counter("read_bytes_total", "The total number of bytes read successfully."),
    counter("read_time_seconds_total", "The total number of seconds spent by all reads."),
    counter("writes_completed_total", "The total number of writes completed successfully."),
    counter("writes_merged_total", "The number of writes merged."),
    counter("written_bytes_total", "The total number of bytes written successfully."),
    counter("write_time_seconds_total", "This is the total number of seconds spent by all writes."),
    Desc.gauge("node_disk_io_now", "The number of I/Os currently in progress.", "device"),
    counter("io_time_seconds_total", "Total seconds spent doing I/Os."),
    counter("io_time_weighted_seconds_total", "The weighted # of seconds spent doing I/Os."),
    counter("discards_completed_total", "The total number of discards completed successfully."),
    counter("discards_merged_total", "The total number of discards merged."),
    counter("discarded_sectors_total", "The total number of sectors discarded successfully."),
    counter(
        "discard_time_seconds_total", "This is the total number of seconds spent by all discards."),
    counter("flush_requests_total", "The total number of flush requests completed successfully"),
    counter(
        "flush_requests_time_seconds_total",
        "This is the total number of seconds spent by all flush requests.")
  };

  private static final Map<String, Desc> ATA =
      Map.of(
          "ID_ATA_WRITE_CACHE",
          Desc.gauge("node_disk_ata_write_cache", "ATA disk has a write cache.", "device"),
          "ID_ATA_WRITE_CACHE_ENABLED",
          Desc.gauge(
              "node_disk_ata_write_cache_enabled",
              "ATA disk has its write cache enabled.",
              "device"),
          "ID_ATA_ROTATION_RATE_RPM",
          Desc.gauge(
              "node_disk_ata_rotation_rate_rpm",
              "ATA disk rotation rate in RPMs (0 for SSDs).",
              "device"));

  private static Desc counter(String name, String help) {
    return Desc.counter("node_disk_" + name, help, "device");
  }

  private final Filter devices;

  DiskstatsCollector(NodeExporterOptions options) {
    devices =
        new Filter(
            options.string("collector.diskstats.device-exclude"),
            options.string("collector.diskstats.device-include"));
  }

  @Override
  public void collect(HostFiles files, Families out) throws IOException {
    List<DiskLine> disks =
        DiskLine.read(files.read(files.proc("diskstats")), name -> !devices.ignores(name));
    boolean udev = files.isFolder(files.paths().udevData());
    for (DiskLine d : disks) {
      Map<String, String> info = udev ? udev(files, d) : Map.of();
      out.add(
          INFO,
          1,
          d.name(),
          d.major(),
          d.minor(),
          get(info, "ID_PATH"),
          get(info, "ID_WWN"),
          get(info, "ID_MODEL"),
          serial(info),
          get(info, "ID_REVISION"),
          rotational(files, d.name()));
      Labels device = COLUMNS[0].labels(d.name());
      for (int i = 0; i < d.count(); i++) {
        out.add(COLUMNS[i], d.values()[i], device);
      }
      if (!get(info, "ID_FS_TYPE").isEmpty()) {
        out.add(
            FILESYSTEM,
            1,
            d.name(),
            get(info, "ID_FS_TYPE"),
            get(info, "ID_FS_USAGE"),
            get(info, "ID_FS_UUID"),
            get(info, "ID_FS_VERSION"));
      }
      if (!get(info, "DM_NAME").isEmpty()) {
        out.add(
            MAPPER,
            1,
            d.name(),
            get(info, "DM_NAME"),
            get(info, "DM_UUID"),
            get(info, "DM_VG_NAME"),
            get(info, "DM_LV_NAME"),
            get(info, "DM_LV_LAYER"));
      }
      if (!get(info, "ID_ATA").isEmpty()) {
        ATA.forEach(
            (key, desc) -> {
              String text = info.get(key);
              Double v = text == null ? null : Numbers.parse(text);
              if (v != null) {
                out.add(desc, v, device);
              }
            });
      }
    }
  }

  private static Map<String, String> udev(HostFiles files, DiskLine d) {
    Text t = files.tryRead(files.paths().udevData() + "/b" + d.major() + ":" + d.minor());
    if (t == null) {
      return Map.of();
    }
    Map<String, String> info = new HashMap<>();
    while (t.nextLine()) {
      if (t.lineStartsWith("E:")) {
        String line = t.line();
        int eq = line.indexOf('=');
        if (eq > 0) {
          info.put(line.substring(2, eq), line.substring(eq + 1));
        }
      }
    }
    return info;
  }

  private static String get(Map<String, String> info, String key) {
    return info.getOrDefault(key, "");
  }

  /** Serial number printed on disk, or that of the bus, or that of a virtual disk. */
  private static String serial(Map<String, String> info) {
    for (String key : List.of("SCSI_IDENT_SERIAL", "ID_SERIAL_SHORT", "ID_SERIAL")) {
      @Nullable String v = info.get(key);
      if (v != null && !v.isEmpty()) {
        return v;
      }
    }
    return "";
  }

  private static String rotational(HostFiles files, String device) {
    // A slash in a device's name (cciss/c0d0) is a "!" in sysfs.
    String v =
        files.stringOrNull(files.sys("block/" + device.replace('/', '!') + "/queue/rotational"));
    return "1".equals(v) ? "1" : "0";
  }
}
