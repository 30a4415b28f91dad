package dev.tethys.pipeline.receiver.host;

import dev.tethys.config.Section;
import dev.tethys.pipeline.receiver.scraping.Instrument;
import java.util.List;

/** Scrapes host uptime. */
final class SystemScraper {
  static final List<Instrument> INSTRUMENTS =
      List.of(Instrument.gauge("system.uptime", "s", "The time the system has been running"));

  static final ScraperKind KIND =
      ScraperKind.simple(
          "system",
          new Section("system", "Uptime of the system."),
          INSTRUMENTS,
          o ->
              () ->
                  (s, out) -> out.recorder("system.uptime").measure(Math.floor(s.host().uptime())));

  private SystemScraper() {}
}
