package dev.tethys.pipeline.receiver.host;

import dev.tethys.collect.host.HostReadings.Paging;
import dev.tethys.collect.host.HostReadings.Swap;
import dev.tethys.config.Section;
import dev.tethys.pipeline.receiver.scraping.Instrument;
import dev.tethys.pipeline.receiver.scraping.PointEmitter;
import dev.tethys.pipeline.receiver.scraping.Recorder;
import java.io.IOException;
import java.util.List;

/** Swap space and paging. */
final class PagingScraper {
  private static final String FAULTS = "system.paging.faults";
  private static final String OPERATIONS = "system.paging.operations";
  private static final String USAGE = "system.paging.usage";
  private static final String UTILIZATION = "system.paging.utilization";

  static final List<Instrument> INSTRUMENTS =
      List.of(
          Instrument.counter(FAULTS, "{faults}", "The number of page faults.", "type"),
          Instrument.counter(
              OPERATIONS, "{operations}", "The number of paging operations.", "direction", "type"),
          Instrument.level(
              USAGE, "By", "Swap (unix) or pagefile (windows) usage.", "device", "state"),
          Instrument.gauge(
                  UTILIZATION,
                  "1",
                  "Swap (unix) or pagefile (windows) utilization.",
                  "device",
                  "state")
              .optional());

  static final ScraperKind KIND =
      ScraperKind.simple(
          "paging",
          new Section("paging", "Metrics of swap space and paging."),
          INSTRUMENTS,
          o -> () -> PagingScraper::collect);

  private PagingScraper() {}

  private static void collect(HostScrape s, PointEmitter out) {
    try {
      if (out.isEnabled(USAGE, UTILIZATION)) {
        for (Swap w : s.host().swaps()) {
          swap(out, w, "used", w.used());
          swap(out, w, "free", w.size() - w.used());
        }
      }
    } catch (IOException e) {
      s.failed(2, "failed to read page file stats: " + e.getMessage());
    }
    try {
      if (out.isEnabled(OPERATIONS, FAULTS)) {
        Paging p = s.host().paging();
        Recorder operations = out.recorder(OPERATIONS);
        operations.count(p.swappedIn(), "page_in", "major");
        operations.count(p.swappedOut(), "page_out", "major");
        operations.count(p.pagedIn(), "page_in", "minor");
        operations.count(p.pagedOut(), "page_out", "minor");
        out.recorder(FAULTS).count(p.majorFaults(), "major");
        out.recorder(FAULTS).count(p.faults() - p.majorFaults(), "minor");
      }
    } catch (IOException e) {
      s.failed(2, "failed to read swap info: " + e.getMessage());
    }
  }

  private static void swap(PointEmitter out, Swap of, String state, long bytes) {
    out.recorder(USAGE).count(bytes, of.device(), state);
    out.recorder(UTILIZATION)
        .measure(of.size() == 0 ? 0 : (double) bytes / of.size(), of.device(), state);
  }
}
