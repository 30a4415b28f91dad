package dev.tethys.codec.remote;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.Exemplar;
import dev.tethys.model.Labels;
import dev.tethys.model.MetricMetadata;
import dev.tethys.model.MetricType;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Series that are taken for labels and one sample, against the same walked field by field. */
class SingleSampleTest {
  private static final long NOW = 1_700_000_000_000L;

  /** Text that ends as a sample with the value zero does, and one that is read as its value. */
  private static final String LIKE_ZERO = "\u0012\u0007\u0010\u0001\u0001\u0001\u0001\u0001\u0001";

  /** Knows bytes of labels as a store does: those it was once given after they were walked. */
  private static final class LabelCache {
    final Map<String, Labels> labels = new HashMap<>();
    int walked;

    Labels of(WriteRequestReader r) {
      String key =
          new String(
              r.labelBuffer(), r.labelOffset(), r.labelLength(), StandardCharsets.ISO_8859_1);
      Labels l = labels.get(key);
      if (l != null) {
        return l;
      }
      walked++;
      r.settle();
      Labels made =
          WriteRequestReader.LABELS.decode(r.labelBuffer(), r.labelOffset(), r.labelLength());
      labels.put(
          new String(
              r.labelBuffer(), r.labelOffset(), r.labelLength(), StandardCharsets.ISO_8859_1),
          made);
      return made;
    }
  }

  private static List<String> read(byte[] request, @Nullable LabelCache known) {
    byte[] padded = new byte[request.length + 9]; // it stands within a larger buffer
    System.arraycopy(request, 0, padded, 4, request.length);
    WriteRequestReader r = new WriteRequestReader().reset(padded, 4, request.length);
    List<String> out = new ArrayList<>();
    while (known == null ? r.nextSeries() : r.nextLikelySeries()) {
      Labels l =
          known == null
              ? WriteRequestReader.LABELS.decode(r.labelBuffer(), r.labelOffset(), r.labelLength())
              : known.of(r);
      out.add(l.toString());
      for (SeriesEvent e = r.next(); e != SeriesEvent.END; e = r.next()) {
        out.add(
            e == SeriesEvent.SAMPLE
                ? r.startTimestamp() + " " + r.timestamp() + " " + Double.toHexString(r.value())
                : String.valueOf(r.exemplar()));
      }
      assertThat(r.next()).isEqualTo(SeriesEvent.END);
    }
    while (r.nextMetadata()) {
      out.add(r.metricFamily() + r.metadata());
    }
    return out;
  }

  @Property(tries = 1000)
  void fastPathReadsSameAsGeneralReader(@ForAll long seed) {
    Random random = new Random(seed);
    LabelCache known = new LabelCache();
    for (int request = 0; request < 4; request++) {
      WriteRequestWriter w = new WriteRequestWriter();
      for (int i = 0; i < 8; i++) {
        String end = random.nextInt(3) > 0 ? "" : LIKE_ZERO.repeat(random.nextInt(4));
        w.beginSeries(Labels.of("__name__", "m" + i, "a", "x".repeat(random.nextInt(3)) + end));
        for (int k = random.nextInt(6) == 0 ? random.nextInt(4) : 1; k > 0; k--) {
          long time = random.nextInt(8) == 0 ? random.nextLong() >> random.nextInt(64) : NOW;
          w.sample(
              time - k,
              random.nextInt(3) == 0 ? 0 : Double.longBitsToDouble(random.nextLong() >>> 1));
        }
        if (random.nextInt(8) == 0) {
          w.exemplar(new Exemplar(Labels.of("trace_id", LIKE_ZERO), 1, NOW));
        }
        w.endSeries();
      }
      if (random.nextInt(3) == 0) {
        w.metadata("m", new MetricMetadata(MetricType.GAUGE, "h", ""));
      }
      assertThat(read(w.toByteArray(), known)).isEqualTo(read(w.toByteArray(), null));
    }
  }

  @Test
  void skipsParsingOfKnownLabels() {
    WriteRequestWriter w = new WriteRequestWriter();
    w.beginSeries(Labels.of("__name__", "a")).sample(NOW, 1.5).endSeries();
    w.beginSeries(Labels.of("__name__", "b")).sample(NOW, 0).endSeries();
    LabelCache known = new LabelCache();
    read(w.toByteArray(), known);
    assertThat(known.walked).isEqualTo(2);
    assertThat(read(w.toByteArray(), known))
        .containsExactly(
            "{__name__=\"a\"}",
            "0 " + NOW + " 0x1.8p0",
            "{__name__=\"b\"}",
            "0 " + NOW + " 0x0.0p0");
    assertThat(known.walked).isEqualTo(2);
  }

  @Test
  void lastOfSeveralSamplesIsNotASingleOne() {
    for (double first : new double[] {0, 1}) {
      WriteRequestWriter w = new WriteRequestWriter();
      w.beginSeries(Labels.of("__name__", "a")).sample(NOW - 1, first).sample(NOW, 2).endSeries();
      byte[] b = w.toByteArray();
      assertThat(SingleSample.begin(b, 2, b.length)).isEqualTo(-1);
    }
  }
}
