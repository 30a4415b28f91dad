package dev.tethys.pipeline.receiver.host;

import dev.tethys.collect.host.HostReadings.Totals;
import dev.tethys.config.Section;
import dev.tethys.pipeline.receiver.scraping.Instrument;
import dev.tethys.pipeline.receiver.scraping.PointEmitter;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Scraper of the number of processes. */
final class ProcessesScraper {
  private static final String COUNT = "system.processes.count";
  private static final String CREATED = "system.processes.created";

  static final List<Instrument> INSTRUMENTS =
      List.of(
          Instrument.level(
              COUNT, "{processes}", "Total number of processes in each state.", "status"),
          Instrument.counter(CREATED, "{processes}", "Total number of created processes."));

  static final ScraperKind KIND =
      ScraperKind.simple(
          "processes",
          new Section("processes", "Metrics of the number of processes."),
          INSTRUMENTS,
          o -> () -> ProcessesScraper::collect);

  private ProcessesScraper() {}

  /** Returns the Collector's name for a kernel state letter. */
  private static String status(char letter) {
    return switch (letter) {
      case 'A' -> "daemon";
      case 'D', 'U' -> "blocked";
      case 'E' -> "detached";
      case 'I' -> "idle";
      case 'L' -> "locked";
      case 'O' -> "orphan";
      case 'R' -> "running";
      case 'S' -> "sleeping";
      case 'T', 't' -> "stopped";
      case 'W' -> "paging";
      case 'Y' -> "system";
      case 'Z' -> "zombies";
      default -> "unknown";
    };
  }

  private static void collect(HostScrape s, PointEmitter out) throws IOException {
    Totals totals = s.host().totals();
    out.recorder(CREATED).count(totals.created());
    if (!out.isEnabled(COUNT)) {
      return;
    }
    Map<String, Integer> counts = new TreeMap<>();
    s.host().processStates().forEach((letter, n) -> counts.merge(status(letter), n, Integer::sum));
    int all = counts.values().stream().mapToInt(Integer::intValue).sum();
    // These two come from the kernel at one instant, but count threads.
    counts.put("blocked", (int) totals.blocked());
    counts.put("running", (int) totals.running());
    int known = counts.values().stream().mapToInt(Integer::intValue).sum();
    if (all > known) {
      counts.put("unknown", all - known);
    }
    counts.forEach((status, n) -> out.recorder(COUNT).count(n, status));
  }
}
