package dev.tethys.pipeline.exporter.remotewrite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.model.file.FileAccess;
import dev.tethys.model.file.RealFiles;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Signal;
import dev.tethys.testkit.SimulatedFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files of batches that no request has yet. */
class PendingBatchLogTest {
  @Test
  void opensFolderOfEarlierVersion(@TempDir Path folder) throws IOException {
    HexFormat hex = HexFormat.of();
    Files.write(
        folder.resolve("00000000.pending"),
        hex.parseHex("54525750454e4432000000027327fe8f771c42ab0000000807b7c1ef0105106669727374"));
    Files.write(
        folder.resolve("00000001.pending"),
        hex.parseHex(
            "54525750454e4432000000027327fe8f771c42ab00000009e8d2111d0106147365636f6e"
                + "640000002170259340020000000000000001000000010000000000000000000000000000"
                + "001400000003000000110072176a037327fe8f771c42ab0000000000000001"));
    try (PendingBatchLog log = new PendingBatchLog(new RealFiles(), folder, 2)) {
      List<PendingBatchLog.RecoveredBatch> found = new ArrayList<>();
      assertThat(log.recover(found::add))
          .containsExactly(folder.resolve("00000000.pending"), folder.resolve("00000001.pending"));
      assertThat(found).extracting(PendingBatchLogTest::text).containsExactly("first", "second");
      assertThat(found)
          .extracting(PendingBatchLog.RecoveredBatch::done)
          .containsExactly(Map.of(1, 3), Map.of());
      assertThat(folder.resolve("00000002.pending")).exists();
    }
  }

  @Test
  void keepsNothingOfRefusedBatch() throws IOException {
    SimulatedFiles disk = new SimulatedFiles(1);
    Path folder = Path.of("/pending");
    try (PendingBatchLog log = new PendingBatchLog(disk, folder, 1)) {
      log.append(batch("first"), false);
      disk.setFree(10);
      assertThatThrownBy(() -> log.append(batch("second"), false)).isInstanceOf(IOException.class);
      disk.setFree(Long.MAX_VALUE);
      log.append(batch("third"), false);
      assertThat(texts(disk.afterKill(), folder)).containsExactly("first", "third");
    }
  }

  private static List<String> texts(FileAccess files, Path folder) throws IOException {
    List<String> out = new ArrayList<>();
    try (PendingBatchLog log = new PendingBatchLog(files, folder, 1)) {
      log.recover(b -> out.add(text(b)));
    }
    return out;
  }

  private static Batch batch(String body) {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    return new Batch(Signal.METRICS, Encoding.REMOTE_WRITE, bytes, 1, 0);
  }

  private static String text(PendingBatchLog.RecoveredBatch b) {
    return new String(b.batch().series(), StandardCharsets.UTF_8);
  }
}
