package dev.tethys.store.logs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.Labels;
import dev.tethys.model.access.Scope;
import dev.tethys.store.events.EngineOptions;
import dev.tethys.testkit.LogStoreFixture;
import dev.tethys.testkit.LogStoreFixture.Row;
import dev.tethys.testkit.SimulatedFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Which parts are written again. */
class LogPartMergeTest {
  private static final long T0 = 1_795_608_000_000_000_000L; // 2026-11-25T12:00:00Z
  private static final long TWO_DAYS = 172_800_000_000_000L;
  private static final int HEAD_BYTES = 100_000;

  /** Parts of a day that is over, of four parts of so many bytes of lines. */
  private static int partsOf(int bytes) throws IOException {
    EngineOptions options =
        EngineOptions.defaults()
            .withBackground(false)
            .withReserveBytes(0)
            .withHeadBytes(HEAD_BYTES)
            .withClock(() -> T0 + TWO_DAYS);
    try (LogDatabase db =
        LogDatabase.open(
            new SimulatedFiles(1), Path.of("/logs"), new LogOptions(options, LogLimits.DEFAULTS))) {
      for (int part = 0; part < 4; part++) {
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
          rows.add(
              Row.of(Labels.of("app", "a"), T0 + part * 10 + i, "word ".repeat(bytes / 50) + i));
        }
        db.append(Scope.DEFAULT, LogStoreFixture.batch(rows));
        db.flush();
      }
      assertThat(db.parts()).isEqualTo(4);
      db.housekeep();
      return db.parts();
    }
  }

  @Test
  void doesNotRewritePartsOfFullHeads() throws IOException {
    assertThat(partsOf(HEAD_BYTES * 9 / 10)).isEqualTo(4);
  }

  @Test
  void mergesPartsOfSmallHeads() throws IOException {
    assertThat(partsOf(HEAD_BYTES / 10)).isEqualTo(1);
  }
}
