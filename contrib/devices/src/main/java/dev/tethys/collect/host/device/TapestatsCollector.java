package dev.tethys.collect.host.device;

import dev.tethys.collect.host.NodeExporterOptions;
import dev.tethys.collect.host.internal.Desc;
import dev.tethys.collect.host.internal.Families;
import dev.tethys.collect.host.internal.Filter;
import dev.tethys.collect.host.internal.HostFiles;
import dev.tethys.collect.host.internal.NodeCollector;
import dev.tethys.collect.host.internal.Text;
import dev.tethys.model.Labels;
import java.io.IOException;

/** Tape drives from /sys/class/scsi_tape. */
final class TapestatsCollector implements NodeCollector {
  private static final double NANO = 0.000000001;

  private record Counter(String file, Desc desc, double scale) {}

  private static final Counter[] COUNTERS = {
    new Counter(
        "in_flight",
        Desc.gauge(
            "node_tape_io_now",
            "The number of I/Os currently outstanding to this device.",
            "device"),
        1),
    counter(
        "io_ns",
        "io_time_seconds_total",
        "The amount of time spent waiting for all I/O to complete (including read and write). This"
            + " includes tape movement commands such as seeking between file or set marks and"
            + " implicit tape movement such as when rewind on close tape devices are used.",
        NANO),
    counter(
        "other_cnt",
        "io_others_total",
        "The number of I/Os issued to the tape drive other than read or write commands. The time"
            + " taken to complete these commands uses the following calculation"
            + " io_time_seconds_total-read_time_seconds_total-write_time_seconds_total",
        1),
    counter(
        "read_byte_cnt", "read_bytes_total", "The number of bytes read from the tape drive.", 1),
    counter(
        "read_cnt",
        "reads_completed_total",
        "The number of read requests issued to the tape drive.",
        1),
    counter(
        "read_ns",
        "read_time_seconds_total",
        "The amount of time spent waiting for read requests to complete.",
        NANO),
    counter(
        "resid_cnt",
        "residual_total",
        "The number of times during a read or write we found the residual amount to be non-zero."
            + " This should mean that a program is issuing a read larger thean the block size on"
            + " tape. For write not all data made it to tape.",
        1),
    counter(
        "write_byte_cnt",
        "written_bytes_total",
        "The number of bytes written to the tape drive.",
        1),
    counter(
        "write_cnt",
        "writes_completed_total",
        "The number of write requests issued to the tape drive.",
        1),
    counter(
        "write_ns",
        "write_time_seconds_total",
        "The amount of time spent waiting for write requests to complete.",
        NANO)
  };

  private static Counter counter(String file, String name, String help, double scale) {
    return new Counter(file, Desc.counter("node_tape_" + name, help, "device"), scale);
  }

  private final Filter devices;

  TapestatsCollector(NodeExporterOptions options) {
    devices = new Filter(options.string("collector.tapestats.ignored-devices"), "");
  }

  @Override
  public void collect(HostFiles files, Families out) throws IOException {
    String root = files.sys("class/scsi_tape");
    for (String name : files.listOrNoData(root)) {
      // nst0, st0a, ... are the same drive with other habits.
      if (!name.startsWith("st")
          || name.length() == 2
          || !name.substring(2).chars().allMatch(Character::isDigit)
          || devices.ignores(name)) {
        continue;
      }
      Labels l = COUNTERS[0].desc.labels(name);
      for (Counter c : COUNTERS) {
        String path = root + "/" + name + "/stats/" + c.file;
        Text t = files.readIfThere(path);
        out.add(c.desc, t == null ? 0 : files.uint(path) * c.scale, l);
      }
    }
  }
}
