package dev.tethys.pipeline.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.Registry;
import dev.tethys.pipeline.Signal;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class AccountingRegistryTest {
  @Test
  void everySnapshotBalancesUnderConcurrency() throws InterruptedException {
    ItemAccounting a = new ItemAccounting("exporter", "x", Signal.LOGS);
    AtomicBoolean done = new AtomicBoolean();
    AtomicReference<@Nullable Balance> wrong = new AtomicReference<>();
    List<Thread> threads = new ArrayList<>();
    for (int t = 0; t < 4; t++) {
      Random r = new Random(t);
      threads.add(
          Thread.ofPlatform()
              .start(
                  () -> {
                    for (int i = 0; i < 20_000; i++) {
                      int n = r.nextInt(5);
                      a.take(n);
                      switch (r.nextInt(5)) {
                        case 0 -> a.pass(n);
                        case 1 -> a.deadLetter(n);
                        case 2 -> a.drop(Drops.REFUSED, n);
                        case 3 -> a.returnItems(n);
                        default -> {
                          a.deadLetter(n);
                          a.revive(n);
                          a.pass(n);
                        }
                      }
                    }
                  }));
    }
    Thread watcher =
        Thread.ofPlatform()
            .start(
                () -> {
                  while (!done.get()) {
                    Balance b = a.balance();
                    if (!b.isBalanced()) {
                      wrong.set(b);
                    }
                  }
                });
    for (Thread t : threads) {
      t.join();
    }
    done.set(true);
    watcher.join();
    assertThat(wrong.get()).isNull();
    assertThat(a.balance().held()).isZero();
    assertThat(a.balance().isBalanced()).isTrue();
  }

  @Test
  void exposesAccountsUnderTheCollectorsNames() {
    AccountingRegistry l = new AccountingRegistry();
    ItemAccounting e = l.account("exporter", "otlp_grpc/far", Signal.TRACES);
    e.take(10);
    e.pass(4);
    e.deadLetter(1);
    e.drop(Drops.QUEUE_FULL, 2);
    e.returnItems(1);
    ItemAccounting r = l.account("receiver", "otlp", Signal.METRICS);
    r.take(5);
    r.pass(5);
    assertThat(l.account("exporter", "otlp_grpc/far", Signal.TRACES)).isSameAs(e);
    Registry registry = new Registry();
    registry.register(l);
    List<String> shown = new ArrayList<>();
    for (MetricFamily f : registry.gather()) {
      f.metrics()
          .forEach(
              m ->
                  shown.add(
                      f.name() + m.labels() + " " + ((MetricFamily.Value) m.point()).value()));
    }
    assertThat(shown)
        .contains(
            "otelcol_exporter_sent_spans_total{exporter=\"otlp_grpc/far\"} 4.0",
            "otelcol_exporter_send_failed_spans_total{exporter=\"otlp_grpc/far\"} 1.0",
            "otelcol_exporter_enqueue_failed_spans_total{exporter=\"otlp_grpc/far\"} 3.0",
            "otelcol_receiver_accepted_metric_points_total{receiver=\"otlp\"} 5.0",
            "otelcol_receiver_refused_metric_points_total{receiver=\"otlp\"} 0.0",
            "tethys_pipeline_items_held{component=\"otlp_grpc/far\", kind=\"exporter\","
                + " signal=\"traces\"} 2.0",
            "tethys_pipeline_items_total{component=\"otlp_grpc/far\", kind=\"exporter\","
                + " reason=\"queue_full\", signal=\"traces\", state=\"dropped\"} 2.0");
  }
}
