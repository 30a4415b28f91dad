package dev.tethys.alert.history;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.alert.history.AlertHistory.Change;
import dev.tethys.model.Labels;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.storage.SampleSink;
import dev.tethys.model.storage.StorageException;
import dev.tethys.testkit.MemoryMetricStore;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class AlertHistoryTest {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

  @Test
  void storesChangesInSeparateSeries() {
    MemoryMetricStore store = new MemoryMetricStore(0);
    Labels alert = Labels.of("alertname", "A", "tethys_by", "forged", "x", "1");
    try (AlertHistory h = new AlertHistory(store, new Registry())) {
      h.record(
          List.of(
              new Change(NOW, alert, "firing", ""),
              new Change(NOW.plusSeconds(10), alert, "notified", "r/webhook[0]"),
              new Change(NOW.plusSeconds(20), alert, "silenced", "y".repeat(500))));
    }
    // Closing stores what waits.
    assertThat(store.dump().toString())
        .contains("tethys_alert_event", "r/webhook[0]", "y".repeat(200))
        .contains(String.valueOf(NOW.plusSeconds(10).toEpochMilli()))
        .doesNotContain("forged", "y".repeat(201));
  }

  @Test
  void countsChangesRejectedByTheStore() {
    Registry registry = new Registry();
    SampleSink closed =
        () -> {
          throw new StorageException(StorageException.Reason.UNAVAILABLE, "not now");
        };
    try (AlertHistory h = new AlertHistory(closed, registry)) {
      h.record(
          List.of(
              new Change(NOW, Labels.of("alertname", "A"), "firing", ""),
              new Change(NOW, Labels.of("alertname", "B"), "firing", "")));
    }
    assertThat(value(registry, "tethys_alert_history_dropped_total")).isEqualTo(2);
    assertThat(value(registry, "tethys_alert_history_stored_total")).isZero();
  }

  private static double value(Registry registry, String counter) {
    MetricFamily family =
        registry.gather().stream().filter(f -> f.name().equals(counter)).findFirst().orElseThrow();
    return ((MetricFamily.Value) family.metrics().getFirst().point()).value();
  }
}
