package dev.tethys.pipeline.delivery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.model.file.RealFiles;
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

/** Files of a queue. */
class SegmentedLogTest {
  @Test
  void opensFolderOfEarlierVersion(@TempDir Path folder) throws IOException {
    HexFormat hex = HexFormat.of();
    Files.write(
        folder.resolve("0000000000000001.seg"),
        hex.parseHex(
            "54595155455545310100000000000000515954a12f00000005000000ae95c0c1f97cf6c1"
                + "020700000000000000010000000168e5cf8b010000000000000000000001000600000074"
                + "656e616e74020000007431626f647931515954a12f00000005000000491a1d950d8fa6d2"
                + "020700000000000000020000000268e5cf8b010000000000000000000001000600000074"
                + "656e616e74020000007432626f647932515954a12f00000005000000bbb20d5a0e0ccd20"
                + "020700000000000000030000000368e5cf8b010000000000000000000001000600000074"
                + "656e616e74020000007433626f647933"));
    Files.write(
        folder.resolve("0000000000000001.done"),
        hex.parseHex("5459444f4e45303101000000000000005800000051ec97ae"));
    List<Map<String, String>> headers = new ArrayList<>();
    try (SegmentedLog log =
        new SegmentedLog(new RealFiles(), folder, 1 << 20, true, headers::add)) {
      assertThat(headers).containsExactly(Map.of("tenant", "t1"), Map.of("tenant", "t3"));
      assertThat(log.open()).isEqualTo(new SegmentedLog.Remaining(2, 4));
      assertThat(log.damagedBytes()).isZero();
      assertThat(bodies(log)).containsExactly("body1", "body3");
      append(log, "body4");
      assertThat(folder.resolve("0000000000000002.seg")).exists();
    }
  }

  @Test
  void keepsNothingOfRefusedRecord() throws IOException {
    SimulatedFiles disk = new SimulatedFiles(1);
    Path folder = Path.of("/queue");
    SegmentedLog log = new SegmentedLog(disk, folder, 1 << 20, true, _ -> {});
    append(log, "body1");
    disk.setFree(30);
    assertThatThrownBy(() -> append(log, "body2")).isInstanceOf(IOException.class);
    disk.setFree(Long.MAX_VALUE);
    append(log, "body3");
    SegmentedLog again = new SegmentedLog(disk.afterKill(), folder, 1 << 20, true, _ -> {});
    assertThat(bodies(again)).containsExactly("body1", "body3");
    assertThat(again.damagedBytes()).isZero();
  }

  private static void append(SegmentedLog log, String body) throws IOException {
    EncodedRequest r =
        new EncodedRequest(
            Signal.LOGS, body.getBytes(StandardCharsets.UTF_8), 1, 7, Map.of("tenant", "t"));
    log.force(log.append(StoredRequest.of(r, 1_700_000_000_000L, 0, ""), r.body()));
  }

  private static List<String> bodies(SegmentedLog log) throws IOException {
    List<String> out = new ArrayList<>();
    for (Segment s : log.segments()) {
      SegmentWalk walk = new SegmentWalk(log, s, SegmentedLog.HEADER, Long.MAX_VALUE);
      for (SegmentedLog.ScannedRecord r = walk.next(); r != null; r = walk.next()) {
        if (!log.isSkipped(r.place())) {
          out.add(new String(log.read(r.place()).body(), StandardCharsets.UTF_8));
        }
      }
    }
    return out;
  }
}
