package dev.tethys.store.metrics.internal.block;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.file.RealFiles;
import dev.tethys.model.storage.SampleBuffer;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Blocks that former versions wrote ({@code src/test/resources/blocks}) still answer with what was
 * put in, which {@link SampleBlock} knows.
 */
class OldBlockTest {
  /** Taken from the block after it was written: {@code m1} in the first ten minutes. */
  private static final long DELETED_TO = SampleBlock.MIN_TIME + 600_000;

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(strings = "index-2")
  void readsBackItsInput(String version) throws Exception {
    for (String f : List.of("chunks", "index", "tombstones")) {
      try (InputStream in =
          OldBlockTest.class.getResourceAsStream("/blocks/" + version + "/" + f)) {
        Files.copy(Objects.requireNonNull(in, f), folder.resolve(f));
      }
    }
    BlockReader block = new BlockReader(new RealFiles(), folder);
    try (SourceSelection s =
        block.select(
            SampleBlock.MIN_TIME,
            SampleBlock.MAX_TIME,
            List.of(Matcher.of(Matcher.Type.REGEX, "__name__", "m.*")),
            lost -> fail(lost))) {
      Map<Labels, SampleBuffer> want = SampleBlock.series();
      assertThat(s.size()).isEqualTo(want.size());
      Iterator<Map.Entry<Labels, SampleBuffer>> it = want.entrySet().iterator();
      for (int i = 0; i < s.size(); i++) {
        Map.Entry<Labels, SampleBuffer> e = it.next();
        assertThat(s.labels(i)).isEqualTo(e.getKey());
        SampleBuffer got = new SampleBuffer();
        s.read(i, Long.MIN_VALUE, Long.MAX_VALUE, got);
        same(got, e.getValue(), "m1".equals(e.getKey().get("__name__")));
      }
    } finally {
      block.release();
    }
  }

  private static void same(SampleBuffer got, SampleBuffer want, boolean deleted) {
    int k = 0;
    for (int i = 0; i < want.size; i++) {
      if (deleted && want.timestamps[i] <= DELETED_TO) {
        continue;
      }
      assertThat(got.timestamps[k]).isEqualTo(want.timestamps[i]);
      if (want.histograms != null) {
        assertThat(Objects.requireNonNull(got.histograms)[k]).isEqualTo(want.histograms[i]);
      } else {
        assertThat(Double.doubleToRawLongBits(got.values[k]))
            .isEqualTo(Double.doubleToRawLongBits(want.values[i]));
      }
      if (want.startTimestamps != null) {
        assertThat(Objects.requireNonNull(got.startTimestamps)[k])
            .isEqualTo(want.startTimestamps[i]);
      }
      k++;
    }
    assertThat(got.size).isEqualTo(k);
  }
}
