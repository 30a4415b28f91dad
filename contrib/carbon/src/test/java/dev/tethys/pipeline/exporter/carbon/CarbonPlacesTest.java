package dev.tethys.pipeline.exporter.carbon;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.graphite.GraphiteSeries;
import dev.tethys.config.YamlDocument;
import dev.tethys.model.Labels;
import dev.tethys.model.exposition.Registry;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.exporter.client.BoundedMetricNames;
import dev.tethys.pipeline.naming.BoundedNames;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Beyond the limit of places no two series become one. */
class CarbonPlacesTest {
  @ParameterizedTest
  @CsvSource({
    "true, prod.a.up;job=j 1 0|prod.other.up;host=b;job=j 1 0|prod.other.up;host=c;job=j 1 0|",
    "false, prod.a.up.job.j 1 0|prod.other.up.host.b.job.j 1 0|prod.other.up.host.c.job.j 1 0|"
  })
  void keepsLabelsBeyondTheLimitInTheSeries(String tags, String wanted) {
    CarbonSettings s =
        CarbonSettings.TYPE.read(
            YamlDocument.parse(
                    "c.yaml",
                    null,
                    "{path: 'prod.{host}.{__name__}', max_names: 1, tags: " + tags + "}")
                .root());
    CarbonWriter w =
        new CarbonWriter(
            s,
            new BoundedMetricNames(
                s.path(),
                GraphiteSeries::path,
                GraphiteSeries::node,
                new BoundedNames(
                    s.path(), s.maxNames(), new Registry(), "carbon", Signal.METRICS)));
    for (String host : new String[] {"a", "b", "c"}) {
      assertThat(w.series(Labels.of("__name__", "up", "host", host, "job", "j"))).isNull();
      assertThat(w.sample(0, 1)).isNull();
    }
    assertThat(new String(w.take(), UTF_8).replace('\n', '|')).isEqualTo(wanted);
  }
}
