package dev.tethys.pipeline.exporter.loki;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Times at which batches are sent. */
class LokiGatheringTest extends LokiClientCase {
  @Test
  void sendsASingleEntryImmediatelyThenOneRequestPerPause() throws Exception {
    LokiClient c = client("batchpause: 100ms");
    c.accept(entry(1, "a", "app", "x"));
    c.accept(entry(2, "written with it", "app", "x"));
    time.pass(5);
    loki.await(() -> settled.get() == 2);
    c.accept(entry(3, "b", "app", "x"));
    time.pass(94);
    c.accept(entry(4, "c", "app", "x"));
    assertThat(loki.requests).hasSize(1);
    time.pass(6);
    loki.await(() -> settled.get() == 4);
    assertThat(loki.lines()).containsExactly("a", "written with it", "b", "c");
    assertThat(loki.requests).hasSize(2);
  }

  @Test
  void sendsEntriesBatchedDuringARequestWithItsResponse() throws Exception {
    loki.always = new LokiDouble.Answer(500, "not now");
    LokiClient c = client(QUICK + "}, batchpause: 100ms");
    c.accept(entry(1, "a", "app", "x"));
    time.pass(5);
    loki.await(() -> !loki.requests.isEmpty());
    for (int i = 0; i < 10; i++) {
      c.accept(entry(i, "b" + i, "app", "x"));
      time.pass(100);
    }
    awaitOnlyTimerIsBatchwait();
    assertThat(c.status().requests()).isEqualTo(1);
    loki.always = null;
    loki.await(() -> settled.get() == 11);
    assertThat(metric("promtail_sent_entries_total", "host", loki.host())).isEqualTo(11);
    assertThat(loki.lines()).startsWith("a", "b0").endsWith("b9");
  }

  /** The look at the pause has been taken, on its own thread, and left the batch for later. */
  private void awaitOnlyTimerIsBatchwait() throws InterruptedException {
    loki.await(time::areSet);
  }

  @Test
  void batchesForAtMostBatchwait() throws Exception {
    loki.always = new LokiDouble.Answer(500, "not now");
    LokiClient c =
        client(
            "batchwait: 1s, batchpause: 100ms, backoff_config: {min_period: 1ms, max_period: 2ms}");
    c.accept(entry(1, "a", "app", "x"));
    time.pass(5);
    loki.await(() -> c.status().requests() == 1);
    c.accept(entry(2, "b", "app", "x"));
    time.pass(100);
    awaitOnlyTimerIsBatchwait();
    time.pass(900);
    loki.await(() -> c.status().requests() == 2);
    assertThat(settled).hasValue(0);
  }

  @Test
  void growsRequestsWhileTheyWaitOnDisk(@TempDir Path folder) throws Exception {
    loki.always = new LokiDouble.Answer(500, "down");
    LokiClient c = client("name: disk, batchpause: 100ms", LokiLimits.NONE, folder);
    c.accept(entry(1, "a", "app", "x"));
    time.pass(5);
    loki.await(() -> settled.get() == 1);
    for (int i = 0; i < 9; i++) {
      c.accept(entry(i, "b" + i, "app", "x"));
      time.pass(100);
      loki.await(time::areSet);
    }
    assertThat(c.status().requests()).isEqualTo(1);
    time.pass(100);
    loki.await(() -> settled.get() == 10);
    assertThat(c.status().requests()).isEqualTo(2);
  }

  @Test
  void removesIdleTenants() throws Exception {
    LokiClient c = client(QUICK + "}, batchpause: 100ms");
    for (int i = 1; i <= 300; i++) {
      c.accept(entry(i, "line", "app", "x", "__tenant_id__", "t" + i));
      if (i % 50 == 0) {
        int sent = i;
        c.flush();
        loki.await(() -> settled.get() == sent);
        time.pass(100);
      }
    }
    assertThat(c.tenants()).isLessThanOrEqualTo(114); // 64 that are kept, 50 concurrent ones
    assertThat(loki.entries).hasSize(300);
  }
}
