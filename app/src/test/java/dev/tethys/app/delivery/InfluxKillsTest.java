package dev.tethys.app.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.pipeline.Signal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** That the peer keeps what it has acknowledged, however it was killed. */
class InfluxKillsTest {
  @TempDir Path folder;

  @Test
  void unfinishedEntryAffectsNoOther() throws Exception {
    try (InfluxPeer peer = new InfluxPeer(folder)) {
      KnownSamples known = new KnownSamples(1000, false, false, peer);
      try (TestPipeline p =
          new TestPipeline(Signal.METRICS, peer.exporter(), peer.exporterKeys(peer.port()))) {
        int half = known.batches().size() / 2;
        known.batches().subList(0, half).forEach(p::send);
        p.drain(Duration.ofMinutes(2));
        byte[] torn = {1, 0, 0, 1, 0, 'a', 'b'};
        try (Stream<Path> files = Files.walk(folder)) {
          for (Path log : files.filter(f -> f.toString().endsWith(".wal")).toList()) {
            Files.write(log, torn, StandardOpenOption.APPEND);
          }
        }
        peer.killAndRestart();
        known.batches().subList(half, known.batches().size()).forEach(p::send);
        p.drain(Duration.ofMinutes(2));
        peer.killAndRestart();
      }
      Found found = new Found();
      peer.read(found);
      found.assertHolds(known, peer);
      assertThat(found.rows()).isPositive();
    }
  }
}
