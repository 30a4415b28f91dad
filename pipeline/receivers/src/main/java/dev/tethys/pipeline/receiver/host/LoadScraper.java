package dev.tethys.pipeline.receiver.host;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.pipeline.receiver.scraping.Instrument;
import dev.tethys.pipeline.receiver.scraping.PointEmitter;
import java.io.IOException;
import java.util.List;

/** Load averages. */
final class LoadScraper {
  static final List<Instrument> INSTRUMENTS =
      List.of(
          load("15m", "Average CPU Load over 15 minutes."),
          load("1m", "Average CPU Load over 1 minute."),
          load("5m", "Average CPU Load over 5 minutes."));

  private static Instrument load(String over, String description) {
    return Instrument.gauge("system.cpu.load_average." + over, "{thread}", description);
  }

  static final ScraperKind KIND = kind();

  private LoadScraper() {}

  private static ScraperKind kind() {
    Section section = new Section("load", "Metrics of load averages.");
    Key<Boolean> average =
        section.key(
            "cpu_average",
            Type.BOOL,
            false,
            "If true, load averages are divided by the number of logical CPUs.");
    return ScraperKind.simple(
        "load",
        section,
        INSTRUMENTS,
        o -> {
          boolean divided = o.get(average);
          return () -> (s, out) -> collect(s, out, divided);
        });
  }

  private static void collect(HostScrape s, PointEmitter out, boolean divided) throws IOException {
    double[] loads = s.host().loads();
    int cpus = divided ? Math.max(1, s.host().cpuTimes().size()) : 1;
    out.recorder("system.cpu.load_average.1m").measure(loads[0] / cpus);
    out.recorder("system.cpu.load_average.5m").measure(loads[1] / cpus);
    out.recorder("system.cpu.load_average.15m").measure(loads[2] / cpus);
  }
}
