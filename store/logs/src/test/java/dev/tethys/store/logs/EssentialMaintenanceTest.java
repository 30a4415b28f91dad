package dev.tethys.store.logs;

import dev.tethys.model.Labels;
import dev.tethys.model.access.Scope;
import dev.tethys.store.events.EngineOptions;
import dev.tethys.testkit.LogStoreFixture;
import dev.tethys.testkit.LogStoreFixture.Row;
import dev.tethys.testkit.SimulatedFiles;
import dev.tethys.testkit.Waiting;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Maintenance of a store goes on after an error of its thread. */
@Tag("slow")
class EssentialMaintenanceTest {
  private static final long T0 = 1_795_608_000_000_000_000L;

  private final AtomicInteger askedByMaintenance = new AtomicInteger();

  private long clock() {
    if (Thread.currentThread().getName().equals("events-maintenance")
        && askedByMaintenance.incrementAndGet() == 1) {
      throw new StackOverflowError("once");
    }
    return T0;
  }

  @Test
  void errorDoesNotEndIt() throws IOException {
    EngineOptions engine = EngineOptions.defaults().withReserveBytes(0).withClock(this::clock);
    try (LogDatabase db =
        LogDatabase.open(
            new SimulatedFiles(1), Path.of("/logs"), new LogOptions(engine, LogLimits.DEFAULTS))) {
      db.append(
          Scope.DEFAULT, LogStoreFixture.batch(List.of(Row.of(Labels.of("app", "a"), T0, "row"))));
      Waiting.await("maintenance after the error", () -> askedByMaintenance.get() > 1);
    }
  }
}
