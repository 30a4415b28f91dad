package dev.tethys.pipeline.exporter.remotewrite;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.remote.SeriesEvent;
import dev.tethys.codec.remote.WriteRequestReader;
import dev.tethys.codec.snappy.SnappyBlock;
import dev.tethys.config.YamlDocument;
import dev.tethys.model.Labels;
import dev.tethys.model.NameScheme;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.file.RealFiles;
import dev.tethys.model.storage.Appender;
import dev.tethys.pipeline.AckCallback;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.delivery.Outboxes;
import dev.tethys.pipeline.sample.BatchSink;
import dev.tethys.testkit.Waiting;
import dev.tethys.web.HttpListener;
import dev.tethys.web.HttpListenerOptions;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.HttpResponse;
import dev.tethys.web.Routes;
import dev.tethys.web.client.HttpClientFactory;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Destinations whose settings change while samples arrive and requests are in flight. */
class RemoteWriteReloadTest {
  private static final int SERIES = 20;
  private static final int PAGES = 300;
  private static final int RELOADS = 60;

  /** Values of each series in order of arrival. */
  private final Map<String, List<Integer>> have = new TreeMap<>();

  private final CountDownLatch underWay = new CountDownLatch(1);
  private final CountDownLatch mayEnd = new CountDownLatch(1);

  private void write(HttpRequest q, HttpResponse r) throws IOException {
    byte[] z = q.bodyBytes(1 << 20);
    byte[] raw = new byte[SnappyBlock.decodedLength(z, 0, z.length, 1 << 20) + SnappyBlock.SLACK];
    int size = SnappyBlock.decode(z, 0, z.length, raw);
    underWay.countDown();
    try {
      mayEnd.await();
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
    synchronized (have) {
      WriteRequestReader in = new WriteRequestReader().reset(raw, 0, size);
      while (in.nextSeries()) {
        Labels l =
            WriteRequestReader.LABELS.decode(in.labelBuffer(), in.labelOffset(), in.labelLength());
        List<Integer> values = have.computeIfAbsent(l.get("i"), i -> new ArrayList<>());
        while (in.next() != SeriesEvent.END) {
          values.add((int) in.value());
        }
      }
    }
    r.status(204).send();
  }

  private static List<RemoteWriteConfig> configs(int port, int version) {
    // Every other change gives the entry, which has no name, another id as well.
    String yaml =
        "[{url: 'http://127.0.0.1:%d/w', send_exemplars: %b, queue_config: {batch_send_deadline: 5ms, max_samples_per_send: %d}}]"
            .formatted(port, version % 4 == 0, 30 + version % 7);
    return RemoteWriteConfig.readAll(
        YamlDocument.parse("t.yml", null, yaml).root().items(), NameScheme.UTF8);
  }

  private static void append(BatchSink sink, int page) throws IOException {
    try (Appender a = sink.appender()) {
      for (int i = 0; i < SERIES; i++) {
        a.append(a.series(Labels.of("__name__", "page", "i", "" + i)), 0, page, page);
      }
      a.commit();
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void losesDuplicatesAndReordersNothing(boolean disk, @TempDir Path dir) throws Exception {
    Routes routes = new Routes().post("/w", this::write);
    try (HttpListener receiver =
            HttpListener.start(HttpListenerOptions.on("127.0.0.1:0"), routes, null);
        HttpClientFactory clients = new HttpClientFactory("test")) {
      try (RemoteWrite remote =
          new RemoteWrite(
              clients,
              new RemoteWriteMetrics(new Registry()),
              new Outboxes(new RealFiles(), Scheduler.system(), new Random(1)),
              new RemoteWrite.Options(disk ? dir : null, 64 << 20, Duration.ofSeconds(30)),
              Scheduler.system())) {
        BatchSink sink = new BatchSink(remote.from("scrape"), AckCallback.NONE);
        remote.apply(configs(receiver.port(), 0), Labels.EMPTY);
        append(sink, 0);
        underWay.await();
        remote.apply(configs(receiver.port(), 1), Labels.EMPTY); // does not wait for a response
        mayEnd.countDown();
        Thread pages =
            Thread.ofVirtual()
                .start(
                    () -> {
                      try {
                        for (int p = 1; p < PAGES; p++) {
                          append(sink, p);
                          Thread.sleep(1);
                        }
                      } catch (IOException | InterruptedException e) {
                        throw new IllegalStateException(e);
                      }
                    });
        for (int i = 2; i < RELOADS; i++) {
          remote.apply(configs(receiver.port(), i), Labels.EMPTY);
        }
        pages.join();
        assertThat(remote.status().nodes().getLast().balances().values())
            .allMatch(b -> b.isBalanced());
        if (disk) {
          // The remaining data stays on disk, so wait for all of it.
          while (remote.outboxes().values().stream().anyMatch(b -> b.status().requests() > 0)
              || count() < SERIES * PAGES) {
            Waiting.pause();
          }
        }
      }
    }
    List<Integer> all = IntStream.range(0, PAGES).boxed().toList();
    assertThat(have).hasSize(SERIES);
    assertThat(have.values()).allSatisfy(v -> assertThat(v).isEqualTo(all));
  }

  private int count() {
    synchronized (have) {
      return have.values().stream().mapToInt(List::size).sum();
    }
  }
}
