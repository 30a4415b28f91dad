package dev.tethys.pipeline.receiver.host;

import dev.tethys.collect.host.HostReadings.Memory;
import dev.tethys.config.Section;
import dev.tethys.pipeline.receiver.scraping.Instrument;
import dev.tethys.pipeline.receiver.scraping.PointEmitter;
import dev.tethys.pipeline.receiver.scraping.Recorder;
import java.io.IOException;
import java.util.List;

/** Scrapes host memory. */
final class MemoryScraper {
  private static final String HUGE = "system.memory.linux.hugepages.";
  private static final String HUGE_STATE = "system.memory.linux.hugepages.state";

  static final List<Instrument> INSTRUMENTS =
      List.of(
          Instrument.level(
                  "system.linux.memory.available",
                  "By",
                  "An estimate of how much memory is available for starting new applications,"
                      + " without swapping. (Linux only)")
              .optional(),
          Instrument.level(
                  "system.linux.memory.dirty",
                  "By",
                  "The amount of dirty memory according to `/proc/meminfo`.")
              .optional(),
          Instrument.level("system.memory.limit", "By", "Total bytes of memory available.")
              .optional(),
          Instrument.level(HUGE + "limit", "{page}", "Total number of hugepages available.")
              .optional(),
          Instrument.level(HUGE + "page_size", "By", "System hugepage size in bytes.").optional(),
          Instrument.level(
                  HUGE + "reserved",
                  "{page}",
                  "Number of reserved hugepages (hugepages for which a commitment to allocate has"
                      + " been made, but no allocation has yet been made).")
              .optional(),
          Instrument.level(
                  HUGE + "surplus",
                  "{page}",
                  "Number of surplus hugepages (overcommitted hugepages beyond the persistent"
                      + " pool).")
              .optional(),
          Instrument.level(
                  HUGE + "usage", "{page}", "Number of hugepages in use by state.", HUGE_STATE)
              .optional(),
          Instrument.gauge(
                  HUGE + "utilization", "1", "Percentage of hugepages in use by state.", HUGE_STATE)
              .optional(),
          Instrument.level(
                  "system.memory.linux.shared",
                  "By",
                  "Shared memory usage, including tmpfs filesystems and System V/POSIX shared"
                      + " memory.")
              .optional(),
          Instrument.gauge(
                  "system.memory.page_size",
                  "By",
                  "A constant value for the system's configured page size.")
              .inWholeNumbers()
              .optional(),
          Instrument.level("system.memory.usage", "By", "Bytes of memory in use.", "state"),
          Instrument.gauge(
                  "system.memory.utilization", "1", "Percentage of memory bytes in use.", "state")
              .optional());

  static final ScraperKind KIND =
      ScraperKind.simple(
          "memory",
          new Section("memory", "Metrics of memory."),
          INSTRUMENTS,
          o -> () -> MemoryScraper::collect);

  private MemoryScraper() {}

  private static void collect(HostScrape s, PointEmitter out) throws IOException {
    Memory m = s.host().memory();
    if (m.total() <= 0) {
      throw new IOException("/proc/meminfo names no MemTotal");
    }
    state(out, m, "used", m.total() - m.available());
    state(out, m, "free", m.free());
    state(out, m, "buffered", m.buffers());
    state(out, m, "cached", m.cached());
    state(out, m, "slab_reclaimable", m.slabReclaimable());
    state(out, m, "slab_unreclaimable", m.slabUnreclaimable());
    out.recorder("system.memory.limit").count(m.total());
    out.recorder("system.memory.page_size").count(s.host().pageSize());
    out.recorder("system.linux.memory.available").count(m.available());
    out.recorder("system.linux.memory.dirty").count(m.dirty());
    out.recorder("system.memory.linux.shared").count(m.shared());
    huge(out, m);
  }

  private static void state(PointEmitter out, Memory m, String state, long bytes) {
    out.recorder("system.memory.usage").count(bytes, state);
    out.recorder("system.memory.utilization").measure((double) bytes / m.total(), state);
  }

  private static void huge(PointEmitter out, Memory m) {
    long used = m.hugePages() - m.hugePagesFree();
    out.recorder(HUGE + "page_size").count(m.hugePageSize());
    out.recorder(HUGE + "limit").count(m.hugePages());
    out.recorder(HUGE + "reserved").count(m.hugePagesReserved());
    out.recorder(HUGE + "surplus").count(m.hugePagesSurplus());
    out.recorder(HUGE + "usage").count(m.hugePagesFree(), "free");
    out.recorder(HUGE + "usage").count(used, "used");
    if (m.hugePages() > 0) {
      Recorder r = out.recorder(HUGE + "utilization");
      r.measure((double) m.hugePagesFree() / m.hugePages(), "free");
      r.measure((double) used / m.hugePages(), "used");
    }
  }
}
