package dev.tethys.store.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.Labels;
import dev.tethys.model.storage.Appender;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an appender knows of bytes that labels came in. */
class KnownBytesTest {
  private static final DatabaseOptions OPTIONS = DatabaseOptions.DEFAULTS.withBackground(false);
  private static final long TIME = 1_700_000_000_000L;
  private static final Labels LABELS = Labels.of("__name__", "up", "job", "a");
  private static final byte[] BYTES = {9, 1, 2, 3, 9};
  private static final byte[] OTHERS = {9, 1, 2, 4, 9};

  @TempDir Path folder;

  private final Appender.LabelDecoder decoder = (b, offset, length) -> LABELS;

  @Test
  void bytesAreKnownOnceDecoded() {
    try (MetricsDatabase db = MetricsDatabase.open(folder, OPTIONS);
        Appender a = db.appender()) {
      assertThat(a.known(BYTES, 1, 3, decoder)).isEqualTo(Appender.NO_SERIES);
      assertThat(db.stats(1).series()).isZero();
      long ref = a.series(BYTES, 1, 3, decoder);
      assertThat(a.known(BYTES, 1, 3, decoder)).isEqualTo(ref);
      assertThat(a.known(BYTES, 1, 4, decoder)).isEqualTo(Appender.NO_SERIES);
      assertThat(a.known(OTHERS, 1, 3, decoder)).isEqualTo(Appender.NO_SERIES);
      assertThat(a.series(OTHERS, 1, 3, decoder)).isEqualTo(ref);
      assertThat(a.known(OTHERS, 1, 3, decoder)).isEqualTo(ref); // the second that mean the same
      Appender.LabelDecoder other = (b, offset, length) -> Labels.of("__name__", "down");
      assertThat(a.known(BYTES, 1, 3, other)).isEqualTo(Appender.NO_SERIES);
      assertThat(a.append(ref, 0, TIME, 1)).isEqualTo(Appender.Outcome.OK);
      a.commit();
    }
    try (MetricsDatabase db = MetricsDatabase.open(folder, OPTIONS);
        Appender a = db.appender()) {
      assertThat(a.known(BYTES, 1, 3, decoder)).isEqualTo(Appender.NO_SERIES);
    }
  }
}
