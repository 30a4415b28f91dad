package dev.tethys.store.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.storage.Appender;
import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.model.storage.SelectHints;
import dev.tethys.model.storage.Selection;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Series that come and go do not take memory forever, and their samples stay theirs. */
@Tag("slow")
class ChurnTest {
  private static final long T0 = 1_699_999_200_000L;
  private static final int LIVE = 3000;

  @TempDir Path folder;

  @Test
  void generationsOfSeries() {
    DatabaseOptions o =
        DatabaseOptions.DEFAULTS
            .withBackground(false)
            .withRetention(Duration.ofDays(1000), 0)
            .withBlockDuration(Duration.ofMinutes(10));
    Appender.LabelDecoder decoder =
        (b, off, len) -> {
          int n = 0;
          for (int i = 0; i < 4; i++) {
            n = n << 8 | b[off + i] & 0xff;
          }
          return labels(n);
        };
    long most = 0;
    long afterFirst = 0;
    MetricsDatabase db = MetricsDatabase.open(folder, o);
    for (int generation = 0; generation < 24; generation++) {
      for (int step = 0; step < 10; step++) {
        long t = T0 + (generation * 10L + step) * 60_000L;
        try (Appender a = db.appender()) {
          for (int i = 0; i < LIVE; i++) {
            int n = generation * LIVE + i;
            byte[] raw = {(byte) (n >> 24), (byte) (n >> 16), (byte) (n >> 8), (byte) n, 7};
            long ref = a.series(raw, 0, 5, decoder);
            assertThat(a.append(ref, 0, t, n)).isEqualTo(Appender.Outcome.OK);
          }
          a.commit();
        }
      }
      db.maintain();
      long bytes = db.stats(1).indexBytes();
      most = Math.max(most, bytes);
      if (generation == 4) {
        afterFirst = most;
      }
      if (generation == 15) {
        db.close();
        db = MetricsDatabase.open(folder, o);
      }
    }
    assertThat(db.stats(1).series()).isLessThanOrEqualTo(3 * LIVE);
    assertThat(most).isLessThan(afterFirst * 2);
    SampleBuffer b = new SampleBuffer();
    try (Selection s = db.select(SelectHints.range(0, Long.MAX_VALUE), List.of())) {
      assertThat(s.size()).isEqualTo(24 * LIVE);
      for (int i = 0; i < s.size(); i++) {
        int n = Integer.parseInt(s.labels(i).get("pod").substring(4));
        s.read(i, b);
        assertThat(b.size).isEqualTo(10);
        for (int k = 0; k < 10; k++) {
          assertThat(b.values[k]).isEqualTo(n);
          assertThat(b.timestamps[k]).isEqualTo(T0 + (n / LIVE * 10L + k) * 60_000L);
        }
      }
    }
    assertThat(db.series(0, Long.MAX_VALUE, List.of(List.of(Matcher.equal("pod", "pod-71999"))), 0))
        .containsExactly(labels(71999));
    db.close();
  }

  private static Labels labels(int n) {
    return Labels.of("__name__", "m" + n % 7, "pod", "pod-" + n, "job", "churn");
  }
}
