package dev.tethys.pipeline.exporter.tables;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.remote.WriteRequestWriter;
import dev.tethys.codec.series.SeriesText;
import dev.tethys.model.Labels;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Of samples with one series and time the last one stays, wherever they are in a request. */
class MetricTablesTest {
  private record At(String job, long time) {}

  @Test
  void keepsTheLastSampleAtThePositionOfTheFirst() {
    Random random = new Random(11);
    for (int n = 0; n < 300; n++) {
      Map<At, Double> expected = new LinkedHashMap<>();
      WriteRequestWriter w = new WriteRequestWriter();
      boolean repeats = n % 3 != 0;
      for (int s = 0; s < 6; s++) {
        String job = "j" + (repeats ? random.nextInt(4) : s);
        w.beginSeries(Labels.of("__name__", "up", "job", job));
        for (int i = 0; i < 4; i++) {
          long time = repeats ? random.nextInt(4) : i;
          double value = random.nextInt();
          w.sample(time, value);
          expected.put(new At(job, time), value);
        }
        w.endSeries();
      }
      Map<At, Double> actual = new LinkedHashMap<>();
      for (MetricTables.Sample s : new MetricTables(w.toByteArray()).samples()) {
        At at = new At(s.series().labels().get("job"), s.time());
        assertThat(actual.put(at, s.value())).as("twice: %s", at).isNull();
        assertThat(s.series().key()).isEqualTo(SeriesText.key(s.series().text()));
      }
      assertThat(actual).containsExactlyEntriesOf(expected);
    }
  }
}
