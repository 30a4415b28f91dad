package dev.tethys.pipeline.receiver.host;

import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.model.telemetry.Resource;
import java.io.IOException;
import java.util.List;
import java.util.function.Function;

/**
 * A scraper that a configuration may name.
 *
 * @param type reads its settings, and makes it of them
 */
record ScraperKind(String name, String about, Type<Maker> type) {
  /** Makes a scraper; more than once, if asked. */
  @FunctionalInterface
  interface Maker {
    /**
     * @param version of this program
     */
    HostScraper make(String version);
  }

  /** What a simple scraper does with its metrics at each look. */
  @FunctionalInterface
  interface Look {
    void at(Scrape s, Emission out) throws IOException;
  }

  /** A kind whose metrics count since the host was started and are of one resource. */
  static ScraperKind simple(
      String name,
      Section section,
      List<Instrument> instruments,
      Function<YamlObject, java.util.function.Supplier<Look>> settings) {
    MetricSettings.Keys metrics = new MetricSettings.Keys(section, instruments);
    return new ScraperKind(
        name,
        section.doc(),
        section.type(
            o -> {
              List<MetricSettings> m = metrics.read(o);
              java.util.function.Supplier<Look> look = settings.apply(o);
              return version -> new Simple(new Emission(name, version, m), look.get());
            }));
  }

  private record Simple(Emission out, Look look) implements HostScraper {
    @Override
    public void scrape(Scrape s) throws IOException {
      out.at(s.bootNanos(), s.nanos());
      try {
        look.at(s, out);
        out.emit(new Resource(), s.data());
      } finally {
        out.clear();
      }
    }

    @Override
    public int metrics() {
      return out.enabled();
    }
  }
}
