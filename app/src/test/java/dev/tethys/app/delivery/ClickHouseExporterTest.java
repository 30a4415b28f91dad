package dev.tethys.app.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.remote.WriteRequestWriter;
import dev.tethys.model.Labels;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Signal;
import dev.tethys.testkit.ClickHouseProcess;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** ClickHouse's own engine. */
@Tag("contrib")
class ClickHouseExporterTest extends StoreContract {
  @TempDir static Path dir;
  private static @Nullable ClickHouseProcess server;

  @AfterAll
  static void stop() throws Exception {
    if (server != null) {
      server.close();
      server = null;
    }
  }

  private static ClickHouseProcess in(Path folder) throws Exception {
    return new ClickHouseProcess(Files.createDirectories(folder.resolve("chdb")), "secret");
  }

  @Override
  Peer start() throws Exception {
    if (server == null) {
      server = in(dir);
    }
    return new ClickHousePeer(server, false);
  }

  @Override
  Peer startIn(Path folder) throws Exception {
    return new ClickHousePeer(in(folder), true);
  }

  private static Batch at(long... times) {
    WriteRequestWriter w = new WriteRequestWriter();
    w.beginSeries(Labels.of(Labels.METRIC_NAME, "far"));
    for (long t : times) {
      w.sample(t, t);
    }
    w.endSeries();
    return new Batch(Signal.METRICS, Encoding.REMOTE_WRITE, w.toByteArray(), times.length, 0);
  }

  /** All items that are counted as delivered are there, at their own time. */
  @ParameterizedTest
  @CsvSource({"'', 2, 6", "', ttl: 876000h', 7, 1", "', ttl: 24h', 6, 2"})
  void timesThatHaveNoPlaceAreCounted(String ttl, int refused, int delivered) throws Exception {
    Peer peer = started();
    Batch b =
        at(
            -2_208_988_800_001L,
            -2_208_988_800_000L,
            -1,
            0,
            4_294_000_000_000L,
            4_294_967_296_000L,
            10_413_791_999_999L,
            10_413_792_000_000L);
    try (TestPipeline p =
        new TestPipeline(Signal.METRICS, "clickhouse", peer.exporterKeys(peer.port()) + ttl)) {
      p.send(b);
      p.drain(TIME_LIMIT);
      assertThat(p.balance().out()).as(p.balance().toString()).isEqualTo(delivered);
      assertThat(p.balance().deadLettered() + p.balance().allDropped()).isEqualTo(refused);
    }
    Found found = new Found();
    peer.read(found);
    assertThat(found.rows()).isLessThanOrEqualTo(delivered);
    if (ttl.isEmpty()) {
      assertThat(found.rows()).isEqualTo(delivered);
    }
  }
}
