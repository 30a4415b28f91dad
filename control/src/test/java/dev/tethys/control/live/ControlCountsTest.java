package dev.tethys.control.live;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.control.access.Selector;
import dev.tethys.control.fleet.Totals;
import dev.tethys.pipeline.processor.control.Control;
import dev.tethys.pipeline.processor.control.ControlDocument;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Counts of controls over restarts of agents and of the control plane. */
class ControlCountsTest {
  private static final UUID Z3 = new UUID(0, 3);
  private static final UUID Z4 = new UUID(0, 4);

  @TempDir private Path folder;

  private static LiveControl control() throws Exception {
    Control c =
        ControlDocument.read(
                "test",
                "{\"controls\":[{\"id\":\"c2\",\"action\":\"mute\",\"signals\":[\"logs\"],\"attributes\":{\"service.name\":\"shop\"},"
                    + "\"owner\":\"o\",\"reason\":\"r\",\"startMillis\":7,\"endMillis\":9000}]}")
            .getFirst();
    return new LiveControl(c, Selector.ALL, "o", 7, 0, "", "");
  }

  private static Totals report(long matched, long dropped) {
    String json =
        "{\"in\":1,\"controls\":{\"c2\":{\"active\":true,\"startMillis\":7,\"matched\":"
            + matched
            + ",\"dropped\":"
            + dropped
            + "}}}";
    return requireNonNull(Totals.read(json.getBytes(StandardCharsets.UTF_8)));
  }

  /** As after a kill at once: nothing was written in the interval of writing. */
  @Test
  void displayedSumIsOnDisk() throws Exception {
    LiveControl c = control();
    Map<String, LiveControl> known = Map.of("c2", c);
    Path file = folder.resolve("counts.json");
    ControlCounts counts = new ControlCounts(file);
    counts.take(Z3, 100, report(8_070, 0), false, known);
    counts.save(known);
    counts.take(Z3, 100, report(8_420, 0), false, known);
    assertThat(counts.shown(known, () -> counts.of(c, List.of())).matched()).isEqualTo(8_420);
    assertThat(new ControlCounts(file).of(c, List.of()).matched()).isEqualTo(8_420);
  }

  @Test
  void restartsDoNotReduceSums() throws Exception {
    LiveControl c = control();
    Map<String, LiveControl> known = Map.of("c2", c);
    Path file = folder.resolve("counts.json");
    ControlCounts counts = new ControlCounts(file);
    counts.take(Z3, 100, report(76, 67), false, known);
    counts.take(Z4, 100, report(315, 284), false, known);
    assertThat(counts.of(c, List.of()).matched()).isEqualTo(391);
    assertThat(counts.of(c, List.of()).dropped()).isEqualTo(351);
    counts.take(Z3, 200, report(0, 0), false, known); // killed and started again
    assertThat(counts.of(c, List.of()).matched()).isEqualTo(391);
    counts.take(Z3, 200, report(90, 70), false, known); // more than the process before had
    assertThat(counts.of(c, List.of()).matched()).isEqualTo(481);
    counts.save(known);

    ControlCounts again = new ControlCounts(file); // no agent is back yet
    assertThat(again.of(c, List.of()).matched()).isEqualTo(481);
    again.take(Z3, 200, report(95, 70), false, known);
    assertThat(again.of(c, List.of()).matched()).isEqualTo(486);
    Totals without =
        requireNonNull(Totals.read("{\"in\":1,\"controls\":{}}".getBytes(StandardCharsets.UTF_8)));
    again.take(Z3, 300, without, false, known); // the control has ended
    assertThat(again.of(c, List.of()).matched()).isEqualTo(486);
    again.save(Map.of()); // and is forgotten
    assertThat(Files.readString(file)).doesNotContain("c2");
  }

  /** The next process reports what the previous one had counted last, where that could not. */
  @Test
  void countsLastFiguresOfAProcessOnce() throws Exception {
    LiveControl c = control();
    Map<String, LiveControl> known = Map.of("c2", c);
    ControlCounts counts = new ControlCounts(folder.resolve("counts.json"));
    counts.take(Z3, 100, report(76, 67), false, known);
    counts.take(Z3, 100, report(80, 70), true, known);
    assertThat(counts.of(c, List.of()).matched()).isEqualTo(80);
    counts.take(Z3, 100, report(79, 70), true, known); // written before the last report
    counts.take(Z3, 150, report(5, 5), true, known); // was never connected
    counts.take(Z3, 200, report(2, 2), false, known);
    assertThat(counts.of(c, List.of()).matched()).isEqualTo(87);
    counts.take(Z3, 150, report(5, 5), true, known); // came again
    counts.take(Z3, 200, report(3, 3), false, known);
    assertThat(counts.of(c, List.of()).matched()).isEqualTo(88);
    assertThat(counts.of(c, List.of()).dropped()).isEqualTo(78);
  }
}
