package dev.tethys.app.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.api.loki.LokiSettings;
import dev.tethys.model.Labels;
import dev.tethys.model.access.Scope;
import dev.tethys.model.file.RealFiles;
import dev.tethys.model.guard.MemoryShare;
import dev.tethys.model.logs.LogBatch;
import dev.tethys.query.logql.LogqlLimits;
import dev.tethys.query.logql.exec.LogqlEngine;
import dev.tethys.store.logs.LogDatabase;
import dev.tethys.store.logs.LogOptions;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("slow")
class LogWarmUpTest {
  private static final Duration TIME = Duration.ofSeconds(10);

  @TempDir Path folder;
  private LogDatabase database;
  private LogqlEngine engine;
  private LogWarmUp warmUp;

  @BeforeEach
  void open() throws Exception {
    database = LogDatabase.open(new RealFiles(), folder, LogOptions.DEFAULTS);
    engine = new LogqlEngine(database, 2, MemoryShare.unlimited(), System::nanoTime);
    warmUp =
        new LogWarmUp(
            engine,
            new LokiSettings(LogqlLimits.DEFAULT, false, 1, tenant -> Duration.ZERO, "test"));
  }

  @AfterEach
  void close() {
    engine.close();
    database.close();
  }

  private void fill(int entries) {
    LogBatch batch = new LogBatch();
    int[] streams = new int[3];
    for (int s = 0; s < streams.length; s++) {
      streams[s] = batch.stream(Labels.of("app", "app-" + s, "level", "info"));
    }
    for (int i = 0; i < entries; i++) {
      String line =
          switch (i % 3) {
            case 0 -> "request took=" + i % 100 + " failed id=" + Integer.toHexString(i + 100_000);
            case 1 -> "{\"status\":" + i % 9 + ",\"text\":\"some thing\"}";
            default -> "worker [x]* \"quoted\" %w ended after " + i + "ms";
          };
      byte[] body = line.getBytes(StandardCharsets.UTF_8);
      batch.add(1_700_000_000_000_000_000L + i * 1_000_000L, streams[i % 3], body, 0, body.length);
    }
    assertThat(database.append(Scope.DEFAULT, batch).refused()).isZero();
  }

  @Test
  void everyQuerySucceeds() throws Exception {
    fill(100_000);
    // 16 counts over a range and at its end, 5 queries for lines, 5 lists.
    assertThat(warmUp.run(new WarmUpTurns(TIME, () -> 0, TraceWarmUpTest.NOBODY)))
        .isEqualTo(SignalWarmUp.MAX_ROUNDS * 42);
  }

  @Test
  void ignoresSmallAndClosedStores() throws Exception {
    fill(100);
    WarmUpTurns turns = new WarmUpTurns(TIME, () -> 0, TraceWarmUpTest.NOBODY);
    assertThat(warmUp.run(turns)).isZero();
    database.close();
    assertThat(warmUp.run(turns)).isZero();
  }
}
