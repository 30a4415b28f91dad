package dev.tethys.pipeline.graph;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.pipeline.ManualClockwork;
import dev.tethys.pipeline.component.ComponentId;
import dev.tethys.pipeline.component.Storage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Leftovers of receivers whose endpoints are gone are bounded. */
@Tag("slow")
class ReceiverFoldersTest {
  private static final ComponentId CREATOR = new ComponentId("receiver_creator", "x");

  @TempDir Path dir;
  private final ManualClockwork clock = new ManualClockwork();
  private ReceiverFolders folders = newFolders();

  private ReceiverFolders newFolders() {
    return new ReceiverFolders(CREATOR, "receiver_creator/x", clock, System.getLogger("test"));
  }

  private final Storage storage =
      new Storage() {
        @Override
        public Path folder(String kind, ComponentId component, String part) {
          return dir.resolve((kind + "_" + component + "_" + part).replace('/', '%'));
        }

        @Override
        public boolean durable() {
          return false;
        }
      };

  /** A receiver of a pod runs, and ends. */
  private Set<Path> begin(String pod) throws IOException {
    Set<Path> its = new HashSet<>();
    Path f =
        folders.of(storage, its).folder("receiver", new ComponentId("file_log", pod), "positions");
    folders.use(its);
    Files.createDirectories(f);
    Files.writeString(f.resolve("positions.yaml"), "positions: {}");
    return its;
  }

  private void runs(String pod) throws IOException {
    folders.release(begin(pod));
  }

  private List<String> left() throws IOException {
    try (Stream<Path> all = Files.list(dir.resolve("receiver_receiver_creator%x_made"))) {
      return all.map(p -> p.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void removesFoldersUnusedForADayAndKeepsUsedOnes() throws IOException {
    Set<Path> used = begin("used");
    runs("a");
    clock.advance(ReceiverFolders.KEEP.minusMinutes(1));
    runs("b");
    assertThat(left()).hasSize(3);
    clock.advance(ReceiverFolders.EVERY);
    runs("c");
    assertThat(left())
        .containsExactly(
            "receiver_file_log%b_positions",
            "receiver_file_log%c_positions", "receiver_file_log%used_positions");
    folders.release(used);
    assertThat(left()).contains("receiver_file_log%used_positions");
  }

  @Test
  void givesReceiversTimeToReturnAfterARestart() throws IOException {
    runs("a");
    runs("b");
    clock.advance(Duration.ofDays(3));
    folders = newFolders();
    runs("c");
    assertThat(left()).hasSize(3);
    Set<Path> back = begin("a");
    clock.advance(ReceiverFolders.EVERY);
    runs("c");
    assertThat(left())
        .containsExactly("receiver_file_log%a_positions", "receiver_file_log%c_positions");
    folders.release(back);
  }

  @Test
  void boundsTheNumberOfFolders() throws IOException {
    for (int i = 0; i < ReceiverFolders.MOST + 50; i++) {
      runs("pod" + i);
      clock.advance(Duration.ofMillis(10));
    }
    clock.advance(ReceiverFolders.EVERY);
    runs("last");
    assertThat(left())
        .hasSize(ReceiverFolders.MOST)
        .contains("receiver_file_log%last_positions")
        .contains("receiver_file_log%pod1000_positions")
        .doesNotContain("receiver_file_log%pod0_positions");
  }

  @Test
  void shortensLongNamesUniquely() throws IOException {
    runs("a".repeat(300) + "1");
    runs("a".repeat(300) + "2");
    assertThat(left()).hasSize(2).allMatch(n -> n.length() <= 200);
  }
}
