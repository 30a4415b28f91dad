package dev.tethys.pipeline.exporter.remotewrite;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.remote.WriteRequestWriter;
import dev.tethys.config.YamlDocument;
import dev.tethys.model.Exemplar;
import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.MetricFamilies;
import dev.tethys.model.MetricMetadata;
import dev.tethys.model.MetricType;
import dev.tethys.model.NameScheme;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.file.RealFiles;
import dev.tethys.model.storage.SeriesLayout;
import dev.tethys.pipeline.AckCallback;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Metadata;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Rows;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.delivery.SendResult;
import dev.tethys.web.client.HttpClientFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RemoteWriteQueueTest {
  private static final long T0 = 1_700_000_000_000L;
  private static final Labels EXTERNAL = Labels.of("cluster", "c1", "zone", "z1");
  private static final Histogram HISTOGRAM =
      new Histogram(
          true,
          Histogram.ResetHint.UNKNOWN,
          0,
          0.001,
          0,
          3,
          4.5,
          new int[] {0, 2},
          new double[] {1, 2},
          new int[0],
          new double[0],
          null);

  @TempDir Path folder;
  private final HttpClientFactory clients = new HttpClientFactory("test");
  private final ManualClockwork clock = new ManualClockwork();
  private final Registry registry = new Registry();
  private final RemoteWriteMetrics metrics = new RemoteWriteMetrics(registry);
  private TestReceiver receiver;
  private DirectOutbox outbox = new DirectOutbox(request -> SendResult.DELIVERED);

  @BeforeEach
  void start() throws IOException {
    receiver = new TestReceiver();
  }

  @AfterEach
  void stop() {
    receiver.close();
    clients.close();
  }

  private RemoteWriteConfig config(String more) {
    String text = "- url: " + receiver.url() + "\n" + more.indent(2);
    return RemoteWriteConfig.readAll(
            YamlDocument.parse("t.yml", null, text).root().items(), NameScheme.UTF8)
        .getFirst();
  }

  private RemoteWriteQueue queue(String more, Labels external, @Nullable PendingBatchLog journal)
      throws IOException {
    RemoteWriteConfig c = config(more);
    RemoteWriteMetrics.Of of = metrics.of(c.id(), c.shownUrl());
    RemoteWriteSender sender =
        new RemoteWriteSender(
            c,
            clients.client(c.client()),
            of,
            (InstantSource) () -> Instant.ofEpochMilli(clock.millis()));
    outbox = new DirectOutbox(sender);
    RemoteWriteQueue q =
        new RemoteWriteQueue(
            c,
            external,
            sender,
            outbox,
            journal,
            of,
            clock,
            new dev.tethys.pipeline.ledger.ItemAccounting("exporter", "t", Signal.METRICS));
    q.start();
    return q;
  }

  private RemoteWriteQueue queue(String more) throws IOException {
    return queue(more, Labels.EMPTY, null);
  }

  private static Batch batch(long lane, Consumer<WriteRequestWriter> content) {
    WriteRequestWriter w = new WriteRequestWriter();
    content.accept(w);
    return new Batch(Signal.METRICS, Encoding.REMOTE_WRITE, w.toByteArray(), 1, lane);
  }

  private static Batch samples(long lane, int from, int n) {
    return batch(
        lane,
        w -> {
          for (int i = from; i < from + n; i++) {
            w.beginSeries(
                    lane == 0
                        ? Labels.of("__name__", "m", "i", "" + i)
                        : Labels.of("__name__", "m", "i", "" + i, "job", "" + lane))
                .sample(T0, i)
                .endSeries();
          }
        });
  }

  private double counted(String name) {
    return registry.gather().stream()
        .filter(f -> f.name().equals("prometheus_remote_storage_" + name))
        .flatMap(f -> f.metrics().stream())
        .mapToDouble(m -> ((dev.tethys.model.exposition.MetricFamily.Value) m.point()).value())
        .sum();
  }

  @Test
  void addsExternalLabelsInOrder() throws IOException {
    try (RemoteWriteQueue q = queue("name: far", EXTERNAL, null)) {
      q.consume(
          batch(
              7,
              w -> {
                w.beginSeries(Labels.of("__name__", "a", "job", "j", "zone", "own"))
                    .sample(T0, 1.5)
                    .exemplar(new Exemplar(Labels.of("t", "x"), 1, T0))
                    .endSeries();
                w.beginSeries(Labels.of("__name__", "b")).sample(T0, -0.0).endSeries();
                w.beginSeries(Labels.of("__name__", "h")).histogram(T0, HISTOGRAM).endSeries();
              }),
          AckCallback.NONE);
      assertThat(receiver.samples).isEmpty();
      clock.millis += 5000;
      q.tick();
    }
    assertThat(receiver.samples)
        .containsExactly(
            new TestReceiver.Got(
                Labels.of("__name__", "a", "cluster", "c1", "job", "j", "zone", "own"),
                0,
                T0,
                1.5,
                null),
            new TestReceiver.Got(
                Labels.of("__name__", "b", "cluster", "c1", "zone", "z1"), 0, T0, -0.0, null));
    assertThat(receiver.exemplars).isEmpty();
    Map<String, List<String>> h = receiver.requests.getFirst();
    assertThat(h.get("Content-encoding")).containsExactly("snappy");
    assertThat(h.get("Content-type")).containsExactly("application/x-protobuf");
    assertThat(h.get("X-prometheus-remote-write-version")).containsExactly("0.1.0");
    assertThat(counted("samples_total")).isEqualTo(2);
    assertThat(counted("queue_highest_sent_timestamp_seconds")).isEqualTo(T0 / 1000.0);
  }

  private static Batch rows(int n, long time, boolean oneTarget) {
    List<Labels> all = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      all.add(Labels.of("__name__", "m" + i, "job", oneTarget ? "j" : "j" + i, "zone", "own"));
    }
    SeriesLayout layout =
        new SeriesLayout() {
          private final Map<Object, Object> kept = new HashMap<>();

          @Override
          public int size() {
            return n;
          }

          @Override
          public void forEach(Visitor to) {
            all.forEach(l -> to.series(l.canonicalBytes(), 0, l.canonicalBytes().length));
          }

          @Override
          @SuppressWarnings("unchecked")
          public <T> T kept(Object by, Supplier<T> make) {
            return (T) kept.computeIfAbsent(by, x -> make.get());
          }
        };
    double[] values = new double[n];
    for (int i = 0; i < n; i++) {
      values[i] = i / 2 + 1;
    }
    return Batch.of(new Rows(layout, time, values), null, 9);
  }

  /** A batch as rows produces the same requests as its bytes. */
  @Test
  void rowsAreEncodedLikeTheirBytes() throws IOException {
    for (String more :
        List.of(
            "queue_config: {max_samples_per_send: 7}",
            "queue_config: {max_samples_per_send: 100}",
            "protobuf_message: io.prometheus.write.v2.Request",
            "queue_config: {sample_age_limit: 1h}",
            "write_relabel_configs: [{source_labels: [__name__], regex: m3, action: drop}]")) {
      for (boolean oneTarget : new boolean[] {true, false}) {
        Batch b = rows(20, T0, oneTarget);
        assertThat(b.size()).isEqualTo(b.body().length);
        Batch bytes =
            new Batch(Signal.METRICS, Encoding.REMOTE_WRITE, b.body().clone(), 20, b.lane());
        List<List<TestReceiver.Got>> got = new ArrayList<>();
        for (Batch way : List.of(bytes, b)) {
          receiver.samples.clear();
          List<Outcome> outcomes = new ArrayList<>();
          try (RemoteWriteQueue q = queue(more, EXTERNAL, null)) {
            q.consume(samples(1, 0, 1), AckCallback.NONE);
            q.consume(way, outcomes::add);
            q.consume(rows(20, T0 + 1, oneTarget), AckCallback.NONE);
            q.consume(samples(1, 1, 1), AckCallback.NONE);
          }
          assertThat(outcomes).containsExactly(Outcome.ACCEPTED);
          got.add(
              receiver.samples.stream()
                  .sorted(
                      Comparator.comparing(TestReceiver.Got::labels)
                          .thenComparing(TestReceiver.Got::time))
                  .toList());
          if (more.contains("per_send: 7")) {
            assertThat(outbox.requests).allMatch(p -> p.items() <= 7);
          }
        }
        assertThat(got.get(1)).as("%s %s", more, oneTarget).isEqualTo(got.get(0));
        assertThat(got.get(1)).hasSizeGreaterThanOrEqualTo(2);
      }
    }
  }

  @Test
  void sortsUnorderedLabels() throws IOException {
    byte[] a = batch(1, w -> w.beginSeries(Labels.of("zz", "1")).sample(T0, 1).endSeries()).body();
    // Two label fields, the later name first: assembled by hand.
    dev.tethys.codec.protobuf.ProtoWriter w = new dev.tethys.codec.protobuf.ProtoWriter();
    int s = w.begin(1);
    for (String name : new String[] {"zz", "__name__"}) {
      int l = w.begin(1);
      w.string(1, name).string(2, "v");
      w.end(l);
    }
    int x = w.begin(2);
    w.float64(1, 3).int64(2, T0);
    w.end(x);
    w.end(s);
    assertThat(a).isNotEmpty();
    try (RemoteWriteQueue q = queue("name: far", Labels.of("mm", "e"), null)) {
      q.consume(
          new Batch(Signal.METRICS, Encoding.REMOTE_WRITE, w.toByteArray(), 1, 3),
          AckCallback.NONE);
    }
    assertThat(receiver.samples.getFirst().labels())
        .isEqualTo(Labels.of("__name__", "v", "mm", "e", "zz", "v"));
  }

  @Test
  void version2CarriesTypesFromTheFirstBatchOn() throws IOException {
    MetricFamilies one =
        MetricFamilies.of(Map.of("a", new MetricMetadata(MetricType.COUNTER, "Help of a.", "")));
    MetricFamilies two =
        MetricFamilies.of(Map.of("a_total", new MetricMetadata(MetricType.GAUGE, "Other.", "")));
    byte[] request =
        batch(1, w -> w.beginSeries(Labels.of("__name__", "a_total")).sample(T0, 2).endSeries())
            .body();
    try (RemoteWriteQueue q =
        queue("protobuf_message: io.prometheus.write.v2.Request", EXTERNAL, null)) {
      q.consume(Batch.ofSeries(request, 1, one, 3, Metadata.NONE), AckCallback.NONE);
      q.consume(Batch.ofSeries(request, 1, two, 5, Metadata.NONE), AckCallback.NONE);
    }
    assertThat(receiver.metadata.toString()).contains("COUNTER", "Help of a.", "GAUGE", "Other.");
  }

  @Test
  void version2CarriesStartTimesHistogramsExemplarsAndMetadata() throws IOException {
    try (RemoteWriteQueue q =
        queue(
            "protobuf_message: io.prometheus.write.v2.Request\nsend_exemplars: true",
            EXTERNAL,
            null)) {
      q.consume(
          batch(
              1,
              w ->
                  w.metadata("a", new MetricMetadata(MetricType.COUNTER, "Help of a.", ""))
                      .beginSeries(Labels.of("__name__", "x", "job", "j"))
                      .sample(T0, 1)
                      .endSeries()),
          AckCallback.NONE);
      q.consume(
          batch(
              1,
              w -> {
                w.beginSeries(Labels.of("__name__", "a_total", "job", "j"))
                    .sample(T0 - 1000, T0, 2)
                    .exemplar(new Exemplar(Labels.of("t", "x"), 1, T0))
                    .endSeries();
                w.beginSeries(Labels.of("__name__", "h", "job", "j"))
                    .histogram(T0 - 5, T0, HISTOGRAM)
                    .endSeries();
              }),
          AckCallback.NONE);
    }
    assertThat(receiver.samples)
        .containsExactly(
            new TestReceiver.Got(
                Labels.of("__name__", "x", "cluster", "c1", "job", "j", "zone", "z1"),
                0,
                T0,
                1,
                null),
            new TestReceiver.Got(
                Labels.of("__name__", "a_total", "cluster", "c1", "job", "j", "zone", "z1"),
                T0 - 1000,
                T0,
                2,
                null),
            new TestReceiver.Got(
                Labels.of("__name__", "h", "cluster", "c1", "job", "j", "zone", "z1"),
                T0 - 5,
                T0,
                0,
                HISTOGRAM));
    assertThat(receiver.exemplars).hasSize(1);
    assertThat(receiver.metadata).containsExactly("a_total COUNTER Help of a.");
    assertThat(receiver.requests.getFirst().get("X-prometheus-remote-write-version"))
        .containsExactly("2.0.0");
    assertThat(outbox.verdicts).containsExactly(SendResult.DELIVERED);
  }

  @Test
  void fallsBackToVersion1IfVersion2IsUnknown() throws IOException {
    receiver.knowsV2 = false;
    String v2 =
        "protobuf_message: io.prometheus.write.v2.Request\nqueue_config: {max_samples_per_send: 2}";
    try (RemoteWriteQueue q = queue(v2)) {
      q.consume(samples(1, 0, 5), AckCallback.NONE);
    }
    assertThat(receiver.samples)
        .extracting(g -> g.value())
        .containsExactly(0.0, 1.0, 2.0, 3.0, 4.0);
    // one was rejected; its content and all others arrived as 1.0
    assertThat(receiver.requests).hasSize(4);
  }

  @Test
  void fallsBackToVersion1WithoutWriteCounts() throws IOException {
    receiver.answers.add(new TestReceiver.Answer(200, Map.of("X-Other", "1"), ""));
    try (RemoteWriteQueue q = queue("protobuf_message: io.prometheus.write.v2.Request")) {
      q.consume(samples(1, 0, 2), AckCallback.NONE);
    }
    assertThat(receiver.requests).hasSize(2);
    assertThat(receiver.requests.get(1).get("Content-type"))
        .containsExactly("application/x-protobuf");
  }

  @Test
  void countsSamplesThatAReceiverOmits() throws IOException {
    receiver.answers.add(
        new TestReceiver.Answer(
            400, Map.of("X-Prometheus-Remote-Write-Samples-Written", "3"), "out of order sample"));
    receiver.answers.add(
        new TestReceiver.Answer(204, Map.of("X-Prometheus-Remote-Write-Samples-Written", "1"), ""));
    try (RemoteWriteQueue q =
        queue(
            "protobuf_message: io.prometheus.write.v2.Request\n"
                + "queue_config: {max_samples_per_send: 5}")) {
      q.consume(samples(1, 0, 5), AckCallback.NONE);
      q.consume(samples(1, 5, 2), AckCallback.NONE);
    }
    assertThat(outbox.verdicts.getFirst())
        .isEqualTo(
            new SendResult.Partial(2, "server returned HTTP status 400: out of order sample"));
    assertThat(outbox.verdicts.get(1))
        .isEqualTo(new SendResult.Partial(1, "not all of it was written"));
    assertThat(counted("samples_total")).isEqualTo(4);
    assertThat(counted("samples_failed_total")).isEqualTo(3);
  }

  @Test
  void evaluatesResponsesLikePrometheus() throws IOException {
    receiver.answers.add(new TestReceiver.Answer(503, Map.of("Retry-After", "7"), "busy\nmore"));
    receiver.answers.add(new TestReceiver.Answer(429, Map.of(), "slow down"));
    try (RemoteWriteQueue q = queue("queue_config: {max_samples_per_send: 1}")) {
      q.consume(samples(1, 0, 1), AckCallback.NONE);
    }
    assertThat(outbox.verdicts)
        .containsExactly(
            new SendResult.Retryable(
                Duration.ofSeconds(7), true, "server returned HTTP status 503: busy"),
            new SendResult.Permanent("server returned HTTP status 429: slow down"));
    assertThat(counted("samples_retried_total")).isEqualTo(1);
    assertThat(counted("samples_failed_total")).isEqualTo(1);

    receiver.answers.add(new TestReceiver.Answer(429, Map.of(), ""));
    try (RemoteWriteQueue q = queue("queue_config: {retry_on_http_429: true}")) {
      q.consume(samples(1, 0, 1), AckCallback.NONE);
    }
    assertThat(outbox.verdicts)
        .containsExactly(
            new SendResult.Retryable(Duration.ZERO, true, "server returned HTTP status 429"),
            SendResult.DELIVERED);
  }

  @Test
  void halvesATooLargeRequest() throws IOException {
    receiver.answers.add(new TestReceiver.Answer(413, Map.of(), "too large"));
    receiver.answers.add(new TestReceiver.Answer(413, Map.of(), "too large"));
    try (RemoteWriteQueue q = queue("queue_config: {max_samples_per_send: 8}")) {
      q.consume(samples(1, 0, 8), AckCallback.NONE);
    }
    assertThat(receiver.samples)
        .extracting(g -> g.value())
        .containsExactly(0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0);
    assertThat(receiver.requests).hasSize(5);
  }

  @Test
  void appliesRelabelling() throws IOException {
    try (RemoteWriteQueue q =
        queue(
            """
            write_relabel_configs:
            - {source_labels: [cluster, i], regex: 'c1;[13]', action: drop}
            - {source_labels: [i], target_label: n}
            - {regex: i, action: labeldrop}
            """,
            EXTERNAL,
            null)) {
      q.consume(samples(4, 0, 4), AckCallback.NONE);
      q.consume(samples(4, 0, 4), AckCallback.NONE); // from memory
    }
    assertThat(receiver.samples)
        .extracting(g -> g.labels().get("n"))
        .containsExactly("0", "2", "0", "2");
    assertThat(counted("samples_dropped_total")).isEqualTo(4);
    assertThat(counted("samples_in_total")).isZero();
  }

  @Test
  void dropsOldSamplesBeforeAndAfterTheQueue() throws IOException {
    try (RemoteWriteQueue q = queue("queue_config: {sample_age_limit: 1m}")) {
      outbox.holds = true;
      q.consume(
          batch(
              1,
              w -> {
                w.beginSeries(Labels.of("__name__", "old")).sample(T0 - 61_000, 1).endSeries();
                w.beginSeries(Labels.of("__name__", "mid")).sample(T0 - 30_000, 2).endSeries();
                w.beginSeries(Labels.of("__name__", "new")).sample(T0, 3).endSeries();
              }),
          AckCallback.NONE);
      clock.millis += 45_000;
      q.tick();
      outbox.release();
    }
    assertThat(receiver.samples).extracting(g -> g.labels().metricName()).containsExactly("new");
    assertThat(counted("samples_dropped_total")).isEqualTo(2);
  }

  @Test
  void cutsFullRequestsOfALaneInOrder() throws IOException {
    List<Outcome> settled = new ArrayList<>();
    try (RemoteWriteQueue q = queue("queue_config: {max_samples_per_send: 10}")) {
      outbox.holds = true;
      q.consume(samples(1, 0, 25), settled::add);
      assertThat(outbox.requests).hasSize(2);
      assertThat(outbox.requests).extracting(p -> p.items()).containsOnly(10);
      outbox.release();
      assertThat(settled).isEmpty(); // five are not in a request yet
      clock.millis += 5000;
      q.tick();
      assertThat(settled).containsExactly(Outcome.ACCEPTED);
    }
    assertThat(receiver.samples).extracting(g -> g.value()).isSorted().hasSize(25);
  }

  @Test
  void distributesBatchesWithoutALaneBySeries() throws IOException {
    try (RemoteWriteQueue q = queue("name: x")) {
      q.consume(samples(0, 0, 100), AckCallback.NONE);
      q.consume(samples(0, 0, 100), AckCallback.NONE);
    }
    assertThat(outbox.requests).hasSize(SeriesShard.LANES);
    assertThat(receiver.samples).hasSize(200);
  }

  @Test
  void startsNoThreadUntilARequestOrMetadataIsDue() throws IOException {
    try (RemoteWriteQueue q =
        queue("metadata_config: {send_interval: 30s}\nqueue_config: {batch_send_deadline: 5s}")) {
      clock.ring();
      q.consume(
          batch(1, w -> w.beginSeries(Labels.of("__name__", "m")).sample(T0, 1).endSeries()),
          AckCallback.NONE);
      clock.millis += 4_999;
      clock.ring();
      assertThat(clock.executed).isEmpty();
      clock.millis += 1;
      clock.ring();
      assertThat(clock.executed).hasSize(1);
      assertThat(receiver.samples).hasSize(1);
      clock.ring();
      assertThat(clock.executed).hasSize(1);
      clock.millis += 25_000;
      clock.ring();
      assertThat(clock.executed).as("metadata").hasSize(2);
    }
  }

  @Test
  void sendsMetadataEachInterval() throws IOException {
    try (RemoteWriteQueue q =
        queue("metadata_config: {send_interval: 30s, max_samples_per_send: 2}")) {
      q.consume(
          batch(
              1,
              w -> {
                for (String f : new String[] {"a", "b", "c"}) {
                  w.metadata(f, new MetricMetadata(MetricType.GAUGE, "Help of " + f, ""));
                }
              }),
          AckCallback.NONE);
      q.tick();
      assertThat(receiver.metadata).isEmpty();
      clock.millis += 30_000;
      q.tick();
      assertThat(receiver.metadata)
          .containsExactly("a GAUGE Help of a", "b GAUGE Help of b", "c GAUGE Help of c");
      assertThat(receiver.requests).hasSize(2);
      assertThat(counted("metadata_total")).isEqualTo(3);
    }
  }

  @Test
  void journalSurvivesTheProcess() throws IOException {
    List<Outcome> settled = new ArrayList<>();
    RemoteWriteQueue dies =
        queue("name: far", EXTERNAL, new PendingBatchLog(new RealFiles(), folder, 16));
    dies.consume(samples(5, 0, 3), settled::add);
    assertThat(settled).containsExactly(Outcome.ACCEPTED);
    assertThat(receiver.samples).isEmpty();
    // never closed: the process died
    try (RemoteWriteQueue q =
        queue("name: far", EXTERNAL, new PendingBatchLog(new RealFiles(), folder, 16))) {
      clock.millis += 5000;
      q.tick();
      assertThat(receiver.samples).extracting(g -> g.value()).containsExactly(0.0, 1.0, 2.0);
      assertThat(receiver.samples.getFirst().labels().get("zone")).isEqualTo("z1");
      q.consume(samples(5, 3, 1), settled::add);
      assertThat(files()).isEqualTo(1);
    }
    assertThat(receiver.samples).hasSize(4);
    assertThat(files()).isLessThanOrEqualTo(1); // that of the queue that died
  }

  @Test
  void doesNotReplayDataInTheOutbox() throws IOException {
    for (long lane : new long[] {0, 5}) {
      Path own = folder.resolve("lane" + lane);
      receiver.samples.clear();
      RemoteWriteQueue dies =
          queue(
              "queue_config: {max_samples_per_send: 10}",
              Labels.EMPTY,
              new PendingBatchLog(new RealFiles(), own, 16));
      dies.consume(samples(lane, 0, 25), AckCallback.NONE);
      dies.consume(samples(lane, 25, 200), AckCallback.NONE);
      int before = receiver.samples.size();
      assertThat(before).isGreaterThan(0).isLessThan(225);
      try (RemoteWriteQueue q =
          queue(
              "queue_config: {max_shards: 3}",
              Labels.EMPTY,
              new PendingBatchLog(new RealFiles(), own, 16))) {
        q.tick();
      }
      assertThat(receiver.samples).hasSize(225);
      assertThat(receiver.samples.stream().map(g -> g.value()).distinct()).hasSize(225);
      if (lane != 0) {
        assertThat(receiver.samples).extracting(g -> g.value()).isSorted();
      }
    }
  }

  @Test
  void readsCompleteRecordsOfATornJournal() throws IOException {
    try (PendingBatchLog j = new PendingBatchLog(new RealFiles(), folder, 16)) {
      j.append(samples(5, 0, 3), false);
      j.append(samples(5, 3, 3), false);
    }
    Path p;
    try (Stream<Path> s = Files.list(folder)) {
      p = s.findFirst().orElseThrow();
    }
    byte[] whole = Files.readAllBytes(p);
    for (int cut = 0; cut < whole.length; cut++) {
      Files.write(p, java.util.Arrays.copyOf(whole, cut));
      List<PendingBatchLog.RecoveredBatch> got = new ArrayList<>();
      try (PendingBatchLog j = new PendingBatchLog(new RealFiles(), folder, 16)) {
        List<Path> all = j.recover(got::add);
        assertThat(all).contains(p);
        all.stream().filter(o -> !o.equals(p)).forEach(j::remove);
      }
      assertThat(got.size()).isBetween(0, 1);
      got.forEach(b -> assertThat(b.batch().body()).isEqualTo(samples(5, 0, 3).body()));
    }
    byte[] flipped = whole.clone();
    flipped[flipped.length - 1] ^= 1;
    Files.write(p, flipped);
    List<PendingBatchLog.RecoveredBatch> got = new ArrayList<>();
    try (PendingBatchLog j = new PendingBatchLog(new RealFiles(), folder, 16)) {
      j.recover(got::add);
    }
    assertThat(got).hasSize(1);
  }

  private long files() throws IOException {
    try (Stream<Path> s = Files.list(folder)) {
      return s.count();
    }
  }

  @Test
  void rejectsAMalformedBatch() throws IOException {
    List<Outcome> settled = new ArrayList<>();
    try (RemoteWriteQueue q = queue("name: x")) {
      q.consume(
          new Batch(Signal.METRICS, Encoding.REMOTE_WRITE, new byte[] {10, 100, 1}, 1, 1),
          settled::add);
      q.consume(new Batch(Signal.LOGS, Encoding.OTLP, new byte[0], 1, 1), settled::add);
    }
    assertThat(settled).hasSize(2).allMatch(o -> o instanceof Outcome.Rejected);
    assertThat(receiver.requests).isEmpty();
  }
}
