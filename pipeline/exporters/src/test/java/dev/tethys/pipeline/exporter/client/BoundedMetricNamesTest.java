package dev.tethys.pipeline.exporter.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.exposition.Registry;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.exporter.client.BoundedMetricNames.BoundedName;
import dev.tethys.pipeline.naming.BoundedNames;
import dev.tethys.pipeline.naming.NameTemplate;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;

class BoundedMetricNamesTest {
  private static BoundedMetricNames places(String template, int most) {
    NameTemplate t = NameTemplate.parse(template);
    return new BoundedMetricNames(
        t,
        n -> n,
        v -> v.toUpperCase(Locale.ROOT),
        new BoundedNames(t, most, new Registry(), "carbon", Signal.METRICS));
  }

  private static BoundedName of(BoundedMetricNames p, String metric, String host) {
    Map<String, String> labels = Map.of("host", host);
    return p.of(metric, l -> labels.getOrDefault(l, ""));
  }

  @Test
  void boundsNamesFromValuesButNotFromMetrics() {
    BoundedMetricNames p = places("prod.{host}.{__name__}", 2);
    assertThat(of(p, "up", "a")).isEqualTo(new BoundedName("prod.A.up", true));
    assertThat(of(p, "up", "")).isEqualTo(new BoundedName("prod.none.up", true));
    assertThat(of(p, "down", "a")).isEqualTo(new BoundedName("prod.A.down", true));
    assertThat(of(p, "up", "c")).isEqualTo(new BoundedName("prod.OTHER.up", false));
    assertThat(of(p, "down", "d")).isEqualTo(new BoundedName("prod.OTHER.down", false));
    assertThat(of(p, "load", "")).isEqualTo(new BoundedName("prod.none.load", true));
  }

  @Test
  void doesNotCountMetricNames() {
    BoundedMetricNames p = places("{__name__}", 1);
    assertThat(of(p, "up", "a").name()).isEqualTo("up");
    assertThat(of(p, "down", "a")).isEqualTo(new BoundedName("down", true));
  }
}
