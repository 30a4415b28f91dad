package dev.tethys.store.metrics;

import dev.tethys.model.storage.MetricStore;
import dev.tethys.testkit.MetricStoreContract;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;

@Tag("slow")
class MetricsDatabaseContractTest extends MetricStoreContract {
  @TempDir Path folder;

  @Override
  protected MetricStore create() {
    return MetricsDatabase.open(
        folder.resolve("plain"), DatabaseOptions.DEFAULTS.withBackground(false));
  }

  @Override
  protected MetricStore createTakingLateSamples() {
    return MetricsDatabase.open(
        folder.resolve("late"),
        DatabaseOptions.DEFAULTS
            .withBackground(false)
            .withOutOfOrderWindow(DatabaseOptions.ANY_AGE));
  }
}
