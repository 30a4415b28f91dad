package dev.tethys.pipeline.receiver.host;

import dev.tethys.collect.host.HostReadings.Disk;
import dev.tethys.config.Section;
import dev.tethys.pipeline.receiver.scraping.Instrument;
import dev.tethys.pipeline.receiver.scraping.PointEmitter;
import dev.tethys.pipeline.receiver.scraping.Recorder;
import java.io.IOException;
import java.util.List;

/** Scraper of block device I/O. */
final class DiskScraper {
  private static final String[] DIRECTED = {"device", "direction"};

  static final List<Instrument> INSTRUMENTS =
      List.of(
          Instrument.counter("system.disk.io", "By", "Disk bytes transferred.", DIRECTED),
          Instrument.time(
              "system.disk.io_time",
              "Time disk spent activated. On Windows, this is calculated as the inverse of disk"
                  + " idle time.",
              "device"),
          Instrument.counter(
              "system.disk.merged",
              "{operations}",
              "The number of disk reads/writes merged into single physical disk access"
                  + " operations.",
              DIRECTED),
          Instrument.time("system.disk.operation_time", "Time spent in disk operations.", DIRECTED),
          Instrument.counter(
              "system.disk.operations", "{operations}", "Disk operations count.", DIRECTED),
          Instrument.level(
              "system.disk.pending_operations",
              "{operations}",
              "The queue size of pending I/O operations.",
              "device"),
          Instrument.time(
              "system.disk.weighted_io_time",
              "Time disk spent activated multiplied by the queue length.",
              "device"));

  static final ScraperKind KIND = kind();

  private DiskScraper() {}

  private static ScraperKind kind() {
    Section section = new Section("disk", "Metrics of block devices.");
    NameFilter.Keys filter = new NameFilter.Keys(section, "", "devices");
    return ScraperKind.simple(
        "disk",
        section,
        INSTRUMENTS,
        o -> {
          NameFilter devices = filter.read(o);
          return () -> (s, out) -> collect(s, out, devices);
        });
  }

  private static void collect(HostScrape s, PointEmitter out, NameFilter devices)
      throws IOException {
    for (Disk d : s.host().disks()) {
      if (!devices.includes(d.name())) {
        continue;
      }
      pair(out, "system.disk.io", d, d.readBytes(), d.writtenBytes());
      pair(out, "system.disk.operations", d, d.reads(), d.writes());
      pair(out, "system.disk.merged", d, d.readsMerged(), d.writesMerged());
      Recorder time = out.recorder("system.disk.operation_time");
      time.measure(d.readTime(), d.name(), "read");
      time.measure(d.writeTime(), d.name(), "write");
      out.recorder("system.disk.io_time").measure(d.ioTime(), d.name());
      out.recorder("system.disk.weighted_io_time").measure(d.weightedIoTime(), d.name());
      out.recorder("system.disk.pending_operations").count(d.pending(), d.name());
    }
  }

  private static void pair(PointEmitter out, String metric, Disk d, long read, long written) {
    Recorder r = out.recorder(metric);
    r.count(read, d.name(), "read");
    r.count(written, d.name(), "write");
  }
}
