package dev.tethys.codec.remote;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.CodecException;
import dev.tethys.model.Exemplar;
import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.MetricMetadata;
import dev.tethys.model.MetricType;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class ValidatedWriteRequestTest {
  private static final Labels UP = Labels.of("__name__", "up", "job", "a");

  private static Histogram histogram(double count) {
    return new Histogram(
        true,
        Histogram.ResetHint.UNKNOWN,
        0,
        0.001,
        0,
        count,
        1,
        new int[] {0, 1},
        new double[] {3},
        new int[0],
        new double[0],
        null);
  }

  private static ValidatedWriteRequest v1(byte[] b) {
    return ValidatedWriteRequest.ofV1(b, 0, b.length);
  }

  private static byte[] whole() {
    return new WriteRequestWriter()
        .beginSeries(UP)
        .sample(1, 2)
        .sample(2, 3)
        .exemplar(new Exemplar(Labels.of("trace_id", "x"), 1, 1))
        .endSeries()
        .metadata("up", new MetricMetadata(MetricType.GAUGE, "help", ""))
        .beginSeries(Labels.of("__name__", "h"))
        .histogram(1, histogram(3))
        .endSeries()
        .toByteArray();
  }

  @Test
  void keepsBytesOfValidRequests() {
    byte[] b = whole();
    ValidatedWriteRequest t = v1(b);
    assertThat(t.body()).isSameAs(b);
    assertThat(t.samples()).isEqualTo(2);
    assertThat(t.histograms()).isEqualTo(1);
    assertThat(t.exemplars()).isEqualTo(1);
    assertThat(t.items()).isEqualTo(3);
    assertThat(t.problem()).isNull();
    assertThat(ValidatedWriteRequest.ofV1(b, 0, 0).body()).isEmpty();
  }

  @Test
  void dropsContradictoryHistograms() {
    byte[] b =
        new WriteRequestWriter()
            .beginSeries(Labels.of("__name__", "h"))
            .histogram(1, histogram(99))
            .histogram(2, histogram(3))
            .endSeries()
            .beginSeries(Labels.of("__name__", "i"))
            .histogram(1, histogram(99))
            .endSeries()
            .toByteArray();
    ValidatedWriteRequest t = v1(b);
    assertThat(t.refused()).isEqualTo(2);
    assertThat(t.histograms()).isEqualTo(1);
    assertThat(t.problem()).contains("for series {__name__=\"h\"}").contains("{__name__=\"i\"}");
    assertThat(t.body())
        .isEqualTo(
            new WriteRequestWriter()
                .beginSeries(Labels.of("__name__", "h"))
                .histogram(2, histogram(3))
                .endSeries()
                .toByteArray());
  }

  @Test
  void version2KeepsStartTimesAndSendsMetadataOnce() {
    MetricMetadata m = new MetricMetadata(MetricType.COUNTER, "help", "s");
    byte[] v2 =
        new WriteRequestV2Writer()
            .beginSeries(UP)
            .sample(5, 9, 1)
            .metadata(m)
            .endSeries()
            .beginSeries(Labels.of("__name__", "up", "job", "b"))
            .sample(5, 9, 2)
            .metadata(m)
            .endSeries()
            .toByteArray();
    ValidatedWriteRequest t = ValidatedWriteRequest.ofV2(v2, 0, v2.length);
    assertThat(t.problem()).isNull();
    assertThat(t.body())
        .isEqualTo(
            new WriteRequestWriter()
                .beginSeries(UP)
                .sample(5, 9, 1)
                .endSeries()
                .metadata("up", m)
                .beginSeries(Labels.of("__name__", "up", "job", "b"))
                .sample(5, 9, 2)
                .endSeries()
                .toByteArray());
  }

  @Test
  void boundsTheProblemText() {
    WriteRequestWriter w = new WriteRequestWriter();
    for (int i = 0; i < 1000; i++) {
      w.beginSeries(Labels.of("job", "nameless" + i)).sample(1, 1).endSeries();
    }
    ValidatedWriteRequest t = v1(w.toByteArray());
    assertThat(t.refused()).isEqualTo(1000);
    assertThat(t.body()).isEmpty();
    assertThat(t.problem())
        .hasSizeLessThan(ValidatedWriteRequest.MAX_PROBLEM_CHARACTERS + 50)
        .containsPattern("\\.\\.\\. and \\d+ more$");
  }

  /** What was taken is taken again as it is. */
  @Property(tries = 500)
  void rejectsOrDropsDamage(@ForAll long seed) {
    byte[] b = whole();
    Random random = new Random(seed);
    for (int i = 0; i < 1 + random.nextInt(3); i++) {
      b[random.nextInt(b.length)] = (byte) random.nextInt();
    }
    for (boolean second : new boolean[] {false, true}) {
      try {
        ValidatedWriteRequest t = second ? ValidatedWriteRequest.ofV2(b, 0, b.length) : v1(b);
        ValidatedWriteRequest again = v1(t.body());
        assertThat(again.body()).isSameAs(t.body());
        assertThat(again.items()).isEqualTo(t.items());
        assertThat(again.problem()).isNull();
      } catch (CodecException e) {
        assertThat(e.getMessage()).isNotEmpty();
      }
    }
  }
}
