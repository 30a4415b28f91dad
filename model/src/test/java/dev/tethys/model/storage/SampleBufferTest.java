package dev.tethys.model.storage;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.Histogram;
import org.junit.jupiter.api.Test;

class SampleBufferTest {
  private static final Histogram HISTOGRAM =
      new Histogram(
          true,
          Histogram.ResetHint.GAUGE,
          1,
          0,
          0,
          7,
          3.5,
          new int[] {0, 1},
          new double[] {7},
          new int[0],
          new double[0],
          null);

  @Test
  void floatReplacesAnExtractedHistogram() {
    SampleBuffer b = new SampleBuffer();
    b.add(0, 1, HISTOGRAM);
    b.add(0, 2, HISTOGRAM);
    b.size = 1;
    b.add(0, 3, 4.5);
    assertThat(b.histograms).startsWith(HISTOGRAM, null);
    assertThat(b.values[1]).isEqualTo(4.5);
  }

  @Test
  void copiesSamplesOfAnotherBufferCompletely() {
    SampleBuffer from = new SampleBuffer();
    from.add(0, 1, 1.5);
    from.add(900, 2, HISTOGRAM);
    from.add(0, 3, 2.5);
    SampleBuffer to = new SampleBuffer();
    to.add(from, 0);
    assertThat(to.histograms).isNull();
    assertThat(to.startTimestamps).isNull();
    to.add(from, 1);
    to.add(from, 2);
    assertThat(to.size).isEqualTo(3);
    assertThat(to.timestamps).startsWith(1, 2, 3);
    assertThat(to.histograms).startsWith(null, HISTOGRAM, null);
    assertThat(to.startTimestamps).startsWith(0, 900, 0);
    assertThat(to.values[0]).isEqualTo(1.5);
    assertThat(to.values[2]).isEqualTo(2.5);
  }
}
