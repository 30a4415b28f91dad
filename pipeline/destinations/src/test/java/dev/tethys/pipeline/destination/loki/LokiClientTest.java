package dev.tethys.pipeline.destination.loki;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.config.YamlDocument;
import dev.tethys.model.Labels;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.file.FileAccess;
import dev.tethys.model.file.RealFiles;
import dev.tethys.model.logs.LogEntry;
import dev.tethys.pipeline.Clockwork;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.delivery.Outboxes;
import dev.tethys.pipeline.ledger.Account;
import dev.tethys.testkit.SimulatedFiles;
import dev.tethys.web.client.HttpClientFactory;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LokiClientTest {
  private static final String QUICK =
      "batchwait: 1h, backoff_config: {min_period: 1ms, max_period: 2ms";

  private LokiDouble loki;
  private HttpClientFactory http;
  private final Registry registry = new Registry();
  private final LokiMetrics metrics = new LokiMetrics(registry);
  private final Account account = new Account("client", "test", Signal.LOGS);
  private final AtomicInteger settled = new AtomicInteger();
  private final List<LokiClient> opened = new ArrayList<>();
  private final Timers time = new Timers();

  /** Time that passes when it is told to; tasks run at once. */
  private static final class Timers implements Clockwork {
    private record Alarm(long at, Runnable task) {}

    private final List<Alarm> alarms = new ArrayList<>();
    private long nanos;

    @Override
    public long millis() {
      return System.currentTimeMillis();
    }

    @Override
    public synchronized long nanos() {
      return nanos;
    }

    @Override
    public void execute(String name, Runnable task) {
      Clockwork.system().execute(name, task);
    }

    @Override
    public synchronized Timer schedule(Duration after, Runnable task) {
      Alarm a = new Alarm(nanos + after.toNanos(), task);
      alarms.add(a);
      return () -> {
        synchronized (this) {
          alarms.remove(a);
        }
      };
    }

    synchronized void pass(long millis) {
      nanos += millis * 1_000_000;
      List<Alarm> due = alarms.stream().filter(a -> a.at <= nanos).toList();
      alarms.removeAll(due);
      due.forEach(a -> a.task.run());
    }

    synchronized boolean areSet() {
      return !alarms.isEmpty();
    }
  }

  @BeforeEach
  void start() throws IOException {
    loki = new LokiDouble();
    http = new HttpClientFactory("tethys/test");
  }

  @AfterEach
  void stop() {
    opened.forEach(LokiClient::close);
    loki.close();
    http.close();
  }

  private static LokiClientConfig config(String yaml) {
    YamlDocument d = YamlDocument.parse("promtail.yml", null, "[" + yaml + "]");
    List<LokiClientConfig> all = LokiClientConfig.readList(d.root());
    d.refuseNotBuilt();
    return all.getFirst();
  }

  private LokiClient client(String keys) throws IOException {
    return client(keys, LokiLimits.NONE, RequestQueue.MEMORY);
  }

  private LokiClient client(String keys, LokiLimits limits, @Nullable Path folder)
      throws IOException {
    return client(keys, limits, folder, new RealFiles());
  }

  private LokiClient client(String keys, LokiLimits limits, @Nullable Path folder, FileAccess files)
      throws IOException {
    return client(
        keys,
        limits,
        folder == null ? RequestQueue.MEMORY : new RequestQueue(folder, 1 << 20),
        files);
  }

  private LokiClient client(String keys, LokiLimits limits, RequestQueue queue) throws IOException {
    return client(keys, limits, queue, new RealFiles());
  }

  private LokiClient client(String keys, LokiLimits limits, RequestQueue queue, FileAccess files)
      throws IOException {
    LokiClientConfig c = config("{url: '" + loki.url() + "', " + keys + "}");
    LokiClient made =
        new LokiClient(
            c,
            limits,
            http.client(c.client()),
            queue,
            new Outboxes(files, Clockwork.system(), new Random(1)),
            account,
            metrics,
            time);
    opened.add(made);
    return made;
  }

  private LogEntry entry(long time, String line, String... labels) {
    return new LogEntry(Labels.of(labels), time, line, settled::incrementAndGet);
  }

  private double metric(String name, String... labels) {
    for (MetricFamily f : registry.gather()) {
      for (MetricFamily.Metric m : f.metrics()) {
        if (f.name().equals(name) && m.labels().equals(Labels.of(labels))) {
          return m.point() instanceof MetricFamily.Value v ? v.value() : -1;
        }
      }
    }
    return Double.NaN;
  }

  @Test
  void entriesArriveByStream() throws Exception {
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

  /** Brings more than there is room for to a Loki that is down. */
  private Thread bringing(LokiClient c) {
    Thread t =
        Thread.ofPlatform()
            .start(
                () -> {
                  for (int i = 0; i < 100; i++) {
                    c.accept(entry(i, "line " + i, "app", "x"));
                  }
                  c.flush();
                });
    while (t.isAlive() && t.getState() != Thread.State.WAITING) {
      Thread.onSpinWait();
    }
    return t;
  }

  @Test
  void whoIsInterruptedBeforeAFullQueueLosesNothing() throws Exception {
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
  void whatFindsNoRoomAtTheEndIsLeftToItsSource() throws Exception {
    loki.always = new LokiDouble.Answer(503, "");
    LokiClient c = client(QUICK + PATIENT, LokiLimits.NONE, new RequestQueue(null, 4000));
    Thread t = bringing(c);
    c.hasten();
    assertThat(t.join(Duration.ofSeconds(30))).isTrue();
    c.close();
    assertThat(settled).hasValue(0);
    assertThat(account.balance().isBalanced()).isTrue();
  }

  @Test
  void eachTenantHasItsRequests() throws Exception {
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
  void aTenantThatIsTurnedAwayHoldsUpNoOther() throws Exception {
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
  void orderIsKeptAcrossFailures() throws Exception {
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
  void anEntryAloneLeavesAtOnceAndThenOneRequestEachPause() throws Exception {
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
  void whatComesWhileARequestIsUnderWayLeavesWithItsAnswer() throws Exception {
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
    assertThat(c.status().parcels()).isEqualTo(1);
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
  void nothingIsGatheredForLongerThanBatchwait() throws Exception {
    loki.always = new LokiDouble.Answer(500, "not now");
    LokiClient c =
        client(
            "batchwait: 1s, batchpause: 100ms, backoff_config: {min_period: 1ms, max_period: 2ms}");
    c.accept(entry(1, "a", "app", "x"));
    time.pass(5);
    loki.await(() -> c.status().parcels() == 1);
    c.accept(entry(2, "b", "app", "x"));
    time.pass(100);
    awaitOnlyTimerIsBatchwait();
    time.pass(900);
    loki.await(() -> c.status().parcels() == 2);
    assertThat(settled).hasValue(0);
  }

  @Test
  void whileRequestsWaitOnDiskTheyGrow(@TempDir Path folder) throws Exception {
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
    assertThat(c.status().parcels()).isEqualTo(1);
    time.pass(100);
    loki.await(() -> settled.get() == 10);
    assertThat(c.status().parcels()).isEqualTo(2);
  }

  @Test
  void tenantsThatEndedAreForgotten() throws Exception {
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
    assertThat(c.tenants()).isLessThanOrEqualTo(114); // 64 that are kept, 50 at once
    assertThat(loki.entries).hasSize(300);
  }

  @Test
  void refusedRequestsAreDroppedAndCounted() throws Exception {
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

  private double dropped(String reason) {
    return metric(
        "promtail_dropped_entries_total", "host", loki.host(), "tenant", "", "reason", reason);
  }

  @Test
  void rateLimitedRequestsAreDroppedWhereTold() throws Exception {
    loki.answers.add(new LokiDouble.Answer(429, "too much"));
    LokiClient c = client(QUICK + "}, drop_rate_limited_batches: true");
    c.accept(entry(1, "much", "app", "x"));
    c.flush();
    loki.await(() -> settled.get() == 1);
    assertThat(dropped("rate_limited")).isEqualTo(1);
  }

  @Test
  void attemptsEndWhereTold() throws Exception {
    loki.always = new LokiDouble.Answer(500, "down");
    LokiClient c = client(QUICK + ", max_retries: 3}");
    c.accept(entry(1, "lost", "app", "x"));
    c.flush();
    loki.await(() -> settled.get() == 1);
    assertThat(loki.requests).hasSize(3);
    assertThat(dropped("ingester_error")).isEqualTo(1);
  }

  @Test
  void tooLargeRequestsAreHalved() throws Exception {
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
  void limitsOfEntriesAreHeld() throws Exception {
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
  void whatIsNotSentAtTheEndIsLeftToItsSource() throws Exception {
    loki.always = new LokiDouble.Answer(500, "down");
    LokiClient c = client(QUICK + "}");
    c.accept(entry(1, "kept", "app", "x"));
    c.flush();
    loki.await(() -> !loki.requests.isEmpty());
    c.close(Duration.ZERO);
    assertThat(settled).hasValue(0);
  }

  @Test
  void onDiskEntriesAreSettledAtOnceAndSurvive(@TempDir Path folder) throws Exception {
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
  void whileTheDiskOfTheQueueTakesNothingEntriesWaitInOrder() throws Exception {
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
  void whatWaitsGoesToTheOneThatItBecomesAndNobodyWaitsForThat() throws Exception {
    loki.always = new LokiDouble.Answer(503, "");
    LokiClient c = client(QUICK + PATIENT, LokiLimits.NONE, new RequestQueue(null, 4000));
    Thread t = bringing(c); // holds what it may
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
  void whatAClientThatIsGivenUpHasNotDeliveredIsDroppedAndCounted() throws Exception {
    loki.always = new LokiDouble.Answer(503, "");
    LokiClient c = client(QUICK + PATIENT, LokiLimits.NONE, new RequestQueue(null, 4000));
    Thread t = bringing(c);
    c.abandon(Duration.ofMillis(50));
    assertThat(t.join(Duration.ofSeconds(30))).isTrue();
    loki.await(() -> settled.get() == 100);
    assertThat(dropped("ingester_error")).isEqualTo(100);
    assertThat(account.balance().isBalanced()).isTrue();
  }

  @Test
  void aFullConfigurationIsRead() {
    LokiClientConfig c =
        config(
            """
            {name: far, url: 'https://u:p@loki.example:3100/loki/api/v1/push', tenant_id: t, batchwait: 2s,
             batchsize: 102400, basic_auth: {username: u, password: p}, timeout: 5s,
             backoff_config: {min_period: 100ms, max_period: 1m, max_retries: 20},
             external_labels: {cluster: eu}, headers: {X-A: b}, drop_rate_limited_batches: true}
            """);
    assertThat(c.id()).isEqualTo("far");
    assertThat(c.host()).isEqualTo("loki.example:3100");
    assertThat(c.batchWait()).isEqualTo(Duration.ofSeconds(2));
    assertThat(c.backoff())
        .isEqualTo(new LokiClientConfig.Backoff(Duration.ofMillis(100), Duration.ofMinutes(1), 20));
    assertThat(c.tree().toString()).doesNotContain("password=p").contains("u:xxxxx@");
    assertThat(config("{url: 'http://h/x'}").id())
        .matches("[0-9a-f]{6}")
        .isEqualTo(config("{url: 'http://h/x', batchpause: 100ms}").id());
    assertThat(config("{url: 'http://h/x', batchpause: 1s}").tree())
        .containsEntry("batchpause", Duration.ofSeconds(1));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {}                                                    | "url" is required
          {url: 'nowhere'}                                      | url wants an address
          {url: 'http://h/', batchsize: -1}                     | batchsize wants
          {url: 'http://h/', batchwait: 1 hour}                 | not a valid duration
          {url: 'http://h/', batchpause: -1s}                   | may not be negative here
          {url: 'http://h/', external_labels: {a-b: c}}         | not a valid label name
          {url: 'http://h/', headers: {'a b': c}}               | not a valid name of a header
          {url: 'http://h/', backoff_config: {max_retries: -1}} | may not be negative
          {url: 'http://h/', stream_lag_labels: a}              | is valid but not built
          {url: 'http://h/'}, {url: 'http://h/'}                | duplicate client configs
          """)
  void mistakesAreRefused(String yaml, String message) {
    assertThatThrownBy(() -> config(yaml)).hasMessageContaining(message);
  }
}
