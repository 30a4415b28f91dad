package dev.tethys.pipeline.exporter.loki;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.Labels;
import dev.tethys.model.logs.LogEntry;
import dev.tethys.testkit.LogMessages;
import dev.tethys.testkit.SimulatedFiles;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Outcomes of entries between their source and Loki. */
@Tag("slow")
class LokiClientTest extends LokiClientCase {
  @Test
  void deliversEntriesByStream() throws Exception {
    LokiClient c = client(QUICK + "}, headers: {X-Own: mine}, external_labels: {dc: eu, app: x}");
    LogEntry rich = entry(1_700_000_000_123_456_789L, "a \u00e4 \"line\"\n", "app", "lo\"ki");
    rich.setMetadata(Labels.of("trace", "t1", "user", "u"));
    c.accept(rich);
    c.accept(entry(2, "second", "app", "b"));
    c.accept(entry(-1_500_000_000L, "", "app", "lo\"ki"));
    c.flush();
    loki.await(() -> loki.entries.size() == 3);
    assertThat(loki.entries)
        .containsExactly(
            new LokiDouble.Got(
                "",
                "{app=\"lo\\\"ki\", dc=\"eu\"}",
                1_700_000_000_123_456_789L,
                "a \u00e4 \"line\"\n",
                "trace=t1;user=u;"),
            new LokiDouble.Got("", "{app=\"lo\\\"ki\", dc=\"eu\"}", -1_500_000_000L, "", ""),
            new LokiDouble.Got("", "{app=\"b\", dc=\"eu\"}", 2, "second", ""));
    assertThat(loki.requests.getFirst().getFirst("X-Own")).isEqualTo("mine");
    assertThat(loki.requests.getFirst().getFirst("Content-Type"))
        .isEqualTo("application/x-protobuf");
    loki.await(() -> settled.get() == 3);
    assertThat(metric("promtail_sent_entries_total", "host", loki.host())).isEqualTo(3);
  }

  private static final String PATIENT = ", max_retries: 0}, batchsize: 10";

  /** Brings more than there is space for to a Loki that is down. */
  private Thread bringing(LokiClient c) throws InterruptedException {
    Thread t =
        Thread.ofPlatform()
            .start(
                () -> {
                  for (int i = 0; i < 100; i++) {
                    c.accept(entry(i, "line " + i, "app", "x"));
                  }
                  c.flush();
                });
    loki.await(() -> !t.isAlive() || t.getState() == Thread.State.WAITING);
    return t;
  }

  @Test
  void losesNothingIfInterruptedAtAFullQueue() throws Exception {
    loki.always = new LokiDouble.Answer(503, "");
    LokiClient c = client(QUICK + PATIENT, LokiLimits.NONE, new RequestQueue(null, 4000));
    Thread t = bringing(c);
    t.interrupt();
    assertThat(settled).hasValue(0);
    loki.always = null;
    assertThat(t.join(Duration.ofSeconds(30))).isTrue();
    loki.await(() -> settled.get() == 100);
    assertThat(loki.lines()).hasSize(100).doesNotHaveDuplicates().endsWith("line 99");
  }

  @Test
  void returnsEntriesThatFindNoRoomAtTheEnd() throws Exception {
    loki.always = new LokiDouble.Answer(503, "");
    LokiClient c = client(QUICK + PATIENT, LokiLimits.NONE, new RequestQueue(null, 4000));
    Thread t = bringing(c);
    c.failBlockedProducers();
    assertThat(t.join(Duration.ofSeconds(30))).isTrue();
    c.close();
    assertThat(settled).hasValue(0);
    assertThat(account.balance().isBalanced()).isTrue();
  }

  @Test
  void sendsSeparateRequestsPerTenant() throws Exception {
    LokiClient c = client(QUICK + "}, tenant_id: common");
    c.accept(entry(1, "a", "app", "x", "__tenant_id__", "t1"));
    c.accept(entry(2, "b", "app", "x"));
    c.accept(entry(3, "c", "app", "x", "__tenant_id__", "t1"));
    c.flush();
    loki.await(() -> loki.entries.size() == 3);
    assertThat(loki.entries)
        .extracting(LokiDouble.Got::tenant, LokiDouble.Got::labels, LokiDouble.Got::line)
        .containsExactlyInAnyOrder(
            org.assertj.core.groups.Tuple.tuple("t1", "{app=\"x\"}", "a"),
            org.assertj.core.groups.Tuple.tuple("t1", "{app=\"x\"}", "c"),
            org.assertj.core.groups.Tuple.tuple("common", "{app=\"x\"}", "b"));
  }

  @Test
  void rejectedTenantDelaysNoOther() throws Exception {
    loki.away = "busy";
    LokiClient c = client(QUICK + "}, batchsize: 10");
    for (int i = 0; i < 20; i++) {
      c.accept(entry(i, "busy line " + i, "app", "x", "__tenant_id__", "busy"));
      c.accept(entry(i, "calm line " + i, "app", "x", "__tenant_id__", "calm"));
    }
    c.flush();
    loki.await(() -> loki.entries.size() == 20);
    assertThat(loki.entries).allMatch(g -> g.tenant().equals("calm"));
    loki.away = "";
    loki.await(() -> loki.entries.size() == 40);
    assertThat(settled.get()).isLessThanOrEqualTo(40);
  }

  @Test
  void keepsOrderAcrossFailures() throws Exception {
    for (int status : new int[] {500, 429, 503, 502}) {
      loki.answers.add(new LokiDouble.Answer(status, "not now"));
    }
    LokiClient c = client(QUICK + "}, batchsize: 10");
    List<String> sent = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      sent.add("line" + i);
      c.accept(entry(i, "line" + i, "app", "x"));
    }
    c.flush();
    loki.await(() -> loki.entries.size() >= 50);
    assertThat(loki.lines()).isEqualTo(sent);
    loki.await(() -> settled.get() == 50);
    assertThat(metric("promtail_batch_retries_total", "host", loki.host(), "tenant", ""))
        .isEqualTo(4);
  }

  @Test
  void dropsAndCountsRejectedRequests() throws Exception {
    loki.answers.add(new LokiDouble.Answer(400, "entry too far behind\nmore"));
    LokiClient c = client(QUICK + "}");
    c.accept(entry(1, "bad", "app", "x"));
    c.flush();
    loki.await(() -> settled.get() == 1);
    c.accept(entry(1, "good", "app", "x"));
    c.flush();
    loki.await(() -> settled.get() == 2);
    assertThat(loki.lines()).containsExactly("good");
    assertThat(dropped("ingester_error")).isEqualTo(1);
  }

  @Test
  void dropsRateLimitedRequestsIfConfigured() throws Exception {
    loki.answers.add(new LokiDouble.Answer(429, "too much"));
    LokiClient c = client(QUICK + "}, drop_rate_limited_batches: true");
    c.accept(entry(1, "much", "app", "x"));
    c.flush();
    loki.await(() -> settled.get() == 1);
    assertThat(dropped("rate_limited")).isEqualTo(1);
  }

  @Test
  void stopsAfterTheConfiguredAttempts() throws Exception {
    loki.always = new LokiDouble.Answer(500, "down");
    LokiClient c = client(QUICK + ", max_retries: 3}");
    c.accept(entry(1, "lost", "app", "x"));
    c.flush();
    loki.await(() -> settled.get() == 1);
    assertThat(loki.requests).hasSize(3);
    assertThat(dropped("ingester_error")).isEqualTo(1);
  }

  @Test
  void halvesTooLargeRequests() throws Exception {
    loki.answers.add(new LokiDouble.Answer(413, "too large"));
    LokiClient c = client(QUICK + "}");
    for (int i = 0; i < 5; i++) {
      c.accept(entry(i, "line" + i, "app", "" + i % 2));
    }
    c.flush();
    loki.await(() -> loki.entries.size() == 5);
    assertThat(loki.requests).hasSize(3);
    assertThat(loki.lines()).containsExactly("line0", "line2", "line4", "line1", "line3");
    loki.await(() -> settled.get() == 5);
  }

  @Test
  void respectsEntryLimits() throws Exception {
    LokiClient c = client(QUICK + "}", new LokiLimits(2, 5, false), RequestQueue.MEMORY);
    c.accept(entry(1, "123456", "app", "a"));
    c.accept(entry(1, "12345", "app", "a"));
    c.accept(entry(1, "b", "app", "b"));
    c.accept(entry(1, "c", "app", "c"));
    c.flush();
    loki.await(() -> loki.entries.size() == 2);
    assertThat(loki.lines()).containsExactly("12345", "b");
    assertThat(dropped("line_too_long")).isEqualTo(1);
    assertThat(dropped("stream_limited")).isEqualTo(1);
    LokiClient cut =
        client("name: cut, " + QUICK + "}", new LokiLimits(0, 5, true), RequestQueue.MEMORY);
    cut.accept(entry(1, "\u00e4\u00e4\u00e4\u00e4", "app", "a"));
    cut.flush();
    loki.await(() -> loki.entries.size() == 3);
    assertThat(loki.lines().getLast()).isEqualTo("\u00e4\u00e4");
    loki.await(() -> settled.get() == 5);
  }

  @Test
  void returnsUnsentEntriesAtTheEnd() throws Exception {
    loki.always = new LokiDouble.Answer(500, "down");
    LokiClient c = client(QUICK + "}");
    c.accept(entry(1, "kept", "app", "x"));
    c.flush();
    loki.await(() -> !loki.requests.isEmpty());
    c.close(Duration.ZERO);
    assertThat(settled).hasValue(0);
  }

  @Test
  void settlesDiskEntriesImmediatelyAndKeepsThem(@TempDir Path folder) throws Exception {
    loki.always = new LokiDouble.Answer(500, "down");
    LokiClient c = client("name: disk, " + QUICK + "}", LokiLimits.NONE, folder);
    c.accept(entry(1, "kept", "app", "x"));
    c.flush();
    loki.await(() -> settled.get() == 1);
    c.close(Duration.ZERO);
    loki.always = null;
    client("name: disk, " + QUICK + "}", LokiLimits.NONE, folder);
    loki.await(() -> loki.lines().contains("kept"));
  }

  @Test
  void keepsOrderWhileTheDiskQueueRejects() throws Exception {
    SimulatedFiles files = new SimulatedFiles(1);
    LokiClient c = client("name: full, " + QUICK + "}", LokiLimits.NONE, Path.of("/q"), files);
    files.setFree(0);
    Thread source =
        Thread.ofVirtual()
            .start(
                () -> {
                  c.accept(entry(1, "first", "app", "x"));
                  c.flush();
                  c.accept(entry(2, "second", "app", "x"));
                  c.flush();
                });
    loki.await(() -> source.getState() == Thread.State.TIMED_WAITING);
    assertThat(settled).hasValue(0);
    files.setFree(1 << 20);
    loki.await(() -> loki.lines().size() == 2);
    source.join();
    assertThat(loki.lines()).containsExactly("first", "second");
    assertThat(settled).hasValue(2);
  }

  @Test
  void transfersWaitingEntriesWithoutBlocking() throws Exception {
    loki.always = new LokiDouble.Answer(503, "");
    LokiClient c = client(QUICK + PATIENT, LokiLimits.NONE, new RequestQueue(null, 4000));
    Thread t = bringing(c); // the queue is full
    try (LokiDouble other = new LokiDouble()) {
      LokiClientConfig next = config("{url: '" + other.url() + "', name: next, " + QUICK + "}}");
      c.become(next, LokiLimits.NONE, http.client(next.client()), RequestQueue.MEMORY);
      assertThat(t.join(Duration.ofSeconds(30))).isTrue();
      loki.await(() -> settled.get() == 100);
      assertThat(other.lines()).hasSize(100).doesNotHaveDuplicates().endsWith("line 99");
      assertThat(c.name()).isEqualTo("next");
    }
    assertThat(c.canBecome(new RequestQueue(Path.of("elsewhere"), 4000))).isFalse();
  }

  @Test
  void dropsAndCountsUndeliveredEntriesOfAnAbandonedClient() throws Exception {
    loki.always = new LokiDouble.Answer(503, "");
    LokiClient c = client(QUICK + PATIENT, LokiLimits.NONE, new RequestQueue(null, 4000));
    Thread t = bringing(c);
    c.abandon(Duration.ofMillis(50));
    assertThat(t.join(Duration.ofSeconds(30))).isTrue();
    loki.await(() -> settled.get() == 100);
    assertThat(dropped("ingester_error")).isEqualTo(100);
    assertThat(account.balance().isBalanced()).isTrue();
  }

  /** A stopping thread must not wait, and must not resend entries to the other clients. */
  @Test
  void failBlockedProducersEndsTheWaitOfAnAbandonedClient() throws Exception {
    loki.always = new LokiDouble.Answer(503, "");
    LokiClient c = client(QUICK + PATIENT, LokiLimits.NONE, new RequestQueue(null, 4000));
    Thread t = bringing(c);
    Thread ending = Thread.ofVirtual().start(() -> c.abandon(Duration.ofDays(1)));
    assertThat(ending.join(Duration.ofMillis(100))).isFalse();
    c.failBlockedProducers();
    assertThat(ending.join(Duration.ofSeconds(30))).isTrue();
    assertThat(t.join(Duration.ofSeconds(30))).isTrue();
    loki.await(() -> settled.get() == 100);
    assertThat(dropped("ingester_error")).isEqualTo(100);
    assertThat(account.balance().isBalanced()).isTrue();
  }

  /** Entries are dropped after the configured attempts, also during shutdown. */
  @Test
  void dropsEntriesWithoutAttemptsDuringShutdown() throws Exception {
    loki.always = new LokiDouble.Answer(500, "down");
    LokiClient c = client(QUICK + ", max_retries: 1}");
    c.failBlockedProducers();
    c.accept(entry(1, "lost", "app", "x"));
    c.flush();
    loki.await(() -> settled.get() == 1);
    assertThat(dropped("ingester_error")).isEqualTo(1);
  }

  @Test
  void reportsDroppedEntries() throws Exception {
    loki.always = new LokiDouble.Answer(500, "down");
    LokiClient c = client("name: going, " + QUICK + ", max_retries: 2}");
    LogMessages log = LogMessages.of(LokiClient.class);
    try (log) {
      c.accept(entry(1, "lost", "app", "x"));
      c.abandon(Duration.ofDays(1));
    }
    assertThat(settled).hasValue(1);
    assertThat(log.messages())
        .singleElement()
        .asString()
        .startsWith("client going: 1 entries dropped: failed after 2 attempts: ");
  }

  /** A reload that changes another client must not reset the attempts. */
  @Test
  void keepsAttemptsOfUnchangedClients() throws Exception {
    loki.away = "slow";
    String keys = "batchwait: 1h, backoff_config: {min_period: 1h, max_period: 2h}";
    LokiClient c = client(keys);
    c.accept(entry(1, "waits", "app", "x", "__tenant_id__", "slow"));
    c.flush();
    loki.await(() -> !c.status().lastError().isEmpty() && c.status().inFlight() == 0);
    LokiClientConfig same = config("{url: '" + loki.url() + "', " + keys + "}");
    LokiClientConfig alike = config("{url: '" + loki.url() + "', batchsize: 9, " + keys + "}");
    for (LokiClientConfig next : List.of(same, alike)) {
      c.become(next, LokiLimits.NONE, http.client(next.client()), RequestQueue.MEMORY);
      c.accept(entry(2, "goes", "app", "x"));
      c.flush();
    }
    loki.await(() -> settled.get() == 2);
    assertThat(loki.requests).hasSize(3);
    assertThat(c.status().requests()).isEqualTo(1);
  }
}
