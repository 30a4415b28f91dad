package dev.tethys.collect.push;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.codec.exposition.EscapingScheme;
import dev.tethys.codec.exposition.ExpositionFormat;
import dev.tethys.codec.exposition.ExpositionWriter;
import dev.tethys.codec.exposition.Families;
import dev.tethys.model.NameScheme;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.file.RecordLog;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("slow")
class PushGroupsTest {
  @TempDir Path dir;
  private Instant now = Instant.ofEpochSecond(1000, 250_000_000);

  private PushGroups open(PushOptions options) throws IOException {
    return new PushGroups(options, () -> now, new Registry());
  }

  @Test
  void groupsShareBoundedHeap() throws Exception {
    PushOptions options = new PushOptions(null, true, NameScheme.LEGACY, Duration.ZERO, false);
    try (PushGroups g = new PushGroups(options, () -> now, new Registry(), 15_000)) {
      StringBuilder text = new StringBuilder();
      for (int i = 0; i < 50; i++) {
        text.append("m{i=\"").append(i).append("\"} 1\n");
      }
      push(g, key("job", "a"), true, text.toString());
      assertThatThrownBy(() -> push(g, key("job", "b"), true, text.toString()))
          .isInstanceOf(PushException.class)
          .hasMessageContaining("more than the limit of 15000");
      push(g, key("job", "a"), true, text.toString()); // what is there may be replaced
      g.delete(key("job", "a"));
      push(g, key("job", "c"), true, text.toString());
    }
  }

  private PushOptions onDisk() {
    return new PushOptions(dir.resolve("push.data"), true, NameScheme.LEGACY, Duration.ZERO, false);
  }

  private static SortedMap<String, String> key(String... pairs) {
    TreeMap<String, String> m = new TreeMap<>();
    for (int i = 0; i < pairs.length; i += 2) {
      m.put(pairs[i], pairs[i + 1]);
    }
    return m;
  }

  private static void push(PushGroups g, SortedMap<String, String> key, boolean put, String text)
      throws PushException, IOException {
    g.push(key, Families.text(text.getBytes(StandardCharsets.UTF_8), NameScheme.LEGACY), put);
  }

  private static String shown(PushGroups g) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ExpositionWriter w =
        ExpositionWriter.of(
            new ExpositionFormat.Negotiated(
                ExpositionFormat.TEXT_0_0_4, EscapingScheme.ALLOW_UTF_8),
            out);
    g.collect(w::write);
    w.finish();
    return out.toString(StandardCharsets.UTF_8).replaceAll("#.*\n", "");
  }

  @Test
  void acknowledgedPushesSurviveRestart() throws Exception {
    try (PushGroups g = open(onDisk())) {
      push(g, key("job", "a"), true, "# TYPE x counter\nx{y=\"1\"} 5\nz 1\n");
      push(g, key("job", "b", "i", ""), true, "x_other 1\n");
      push(g, key("job", "c"), true, "gone 1\n");
      g.delete(key("job", "c"));
      String before = shown(g);
      assertThat(before)
          .isEqualTo(
              """
              push_failure_time_seconds{i="",instance="",job="b"} 0
              push_failure_time_seconds{instance="",job="a"} 0
              push_time_seconds{i="",instance="",job="b"} 1000.25
              push_time_seconds{instance="",job="a"} 1000.25
              x{instance="",job="a",y="1"} 5
              x_other{i="",instance="",job="b"} 1
              z{instance="",job="a"} 1
              """);
      // As after kill -9: it is not closed.
      Path copy = Files.copy(dir.resolve("push.data"), dir.resolve("copy.data"));
      try (PushGroups again =
          open(new PushOptions(copy, true, NameScheme.LEGACY, Duration.ZERO, false))) {
        assertThat(shown(again)).isEqualTo(before);
      }
      assertThatThrownBy(() -> open(onDisk())).isInstanceOf(IOException.class);
    }
  }

  @Test
  void truncatedFileKeepsEarlierAcknowledgedPushes() throws Exception {
    List<Long> sizes = new ArrayList<>();
    List<String> states = new ArrayList<>();
    Path file = dir.resolve("push.data");
    try (PushGroups g = open(onDisk())) {
      for (int i = 0; i < 6; i++) {
        sizes.add(Files.size(file));
        states.add(shown(g));
        push(g, key("job", "j" + i % 3), i % 2 == 0, "m" + i + " " + i + "\n");
      }
      sizes.add(Files.size(file));
      states.add(shown(g));
    }
    byte[] all = Files.readAllBytes(file);
    Random random = new Random(7);
    for (int k = 0; k < 300; k++) {
      int cut = random.nextInt(all.length + 1);
      int n = 0;
      while (n + 1 < sizes.size() && sizes.get(n + 1) <= cut) {
        n++;
      }
      byte[] b = Arrays.copyOf(all, cut);
      Files.write(file, b);
      try (PushGroups g = open(onDisk())) {
        assertThat(shown(g)).isEqualTo(states.get(n));
        push(g, key("job", "new"), true, "n 1\n");
      }
      try (PushGroups g = open(onDisk())) {
        assertThat(shown(g)).contains("n{instance=\"\",job=\"new\"} 1");
      }
    }
  }

  @Test
  void damagedRecordAffectsOnlyItsGroup() throws Exception {
    Path file = dir.resolve("push.data");
    long first;
    try (PushGroups g = open(onDisk())) {
      push(g, key("job", "a"), true, "n 1\n");
      first = Files.size(file);
      push(g, key("job", "b"), true, "n 2\n");
      push(g, key("job", "c"), true, "n 3\n");
    }
    byte[] bytes = Files.readAllBytes(file);
    bytes[(int) first - 1] ^= 1;
    Files.write(file, bytes);
    for (int i = 0; i < 2; i++) { // it is passed over each time
      try (PushGroups g = open(onDisk())) {
        assertThat(shown(g))
            .doesNotContain("job=\"a\"")
            .contains("n{instance=\"\",job=\"b\"} 2")
            .contains("n{instance=\"\",job=\"c\"} 3");
      }
    }
    assertThat(file).hasBinaryContent(bytes);
    assertThat(dir.resolve("push.data" + RecordLog.DAMAGED)).doesNotExist();
  }

  @Test
  void keepsAnIncompleteTailInASeparateFile() throws Exception {
    Path file = dir.resolve("push.data");
    Path kept = dir.resolve("push.data" + RecordLog.DAMAGED);
    try (PushGroups g = open(onDisk())) {
      push(g, key("job", "a"), true, "n 1\n");
    }
    byte[] whole = Files.readAllBytes(file);
    // Zeros are what a power cut leaves; 0 0 1 0 says that more follows than there is.
    for (byte[] tail : List.of(new byte[100], new byte[] {0, 0, 1, 0, 5, 5, 5, 5, 9})) {
      Files.write(file, tail, StandardOpenOption.APPEND);
      try (PushGroups g = open(onDisk())) {
        assertThat(shown(g)).contains("n{instance=\"\",job=\"a\"} 1");
      }
      assertThat(file).hasBinaryContent(whole);
      assertThat(kept).hasBinaryContent(tail);
    }
  }

  /** What the first version wrote: groups a and b, and that b is gone. */
  @Test
  void readsFilesOfEarlierReleases() throws Exception {
    byte[] written;
    try (var in = PushGroupsTest.class.getResourceAsStream("groups-of-version-1.data")) {
      written = in.readAllBytes();
    }
    Path file = Files.write(dir.resolve("push.data"), written);
    try (PushGroups g = open(onDisk())) {
      assertThat(shown(g))
          .isEqualTo(
              """
              push_failure_time_seconds{instance="",job="a"} 0
              push_time_seconds{instance="",job="a"} 1000.25
              x{instance="",job="a",y="1"} 5
              """);
    }
    assertThat(file).hasBinaryContent(written);
    written[11] = 2;
    Files.write(file, written);
    assertThatThrownBy(() -> open(onDisk()))
        .hasMessage(file + " has version 2; this program reads 1");
  }

  @Test
  void rejectsFileOfAnotherKind() throws Exception {
    Files.writeString(dir.resolve("push.data"), "something of gob, longer than a header");
    assertThatThrownBy(() -> open(onDisk()))
        .hasMessageContaining("is neither a file of this program")
        .hasMessageContaining("--persistence.file");
  }

  @Test
  void fileSizeStaysProportionalToItsData() throws Exception {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < 2000; i++) {
      text.append("metric_").append(i).append("{a=\"some value\"} ").append(i).append('\n');
    }
    try (PushGroups g = open(onDisk())) {
      for (int i = 0; i < 100; i++) {
        push(g, key("job", "a"), true, text.toString());
      }
      assertThat(Files.size(dir.resolve("push.data"))).isLessThan(2 * GroupLog.SLACK);
      push(g, key("job", "b"), true, "last 1\n");
    }
    try (PushGroups g = open(onDisk())) {
      assertThat(g.groups()).hasSize(2);
      assertThat(shown(g)).contains("metric_1999{", "last{");
    }
  }

  @Test
  void rejectedPushKeepsTheGroupAndRecordsTheTime() throws Exception {
    try (PushGroups g = open(PushOptions.DEFAULT)) {
      push(g, key("job", "a"), true, "x 1\n");
      now = now.plusSeconds(10);
      assertThatThrownBy(() -> push(g, key("job", "a"), true, "x 1 5\n"))
          .isInstanceOf(PushException.class)
          .hasMessage("pushed metrics must not have timestamps");
      assertThat(g.groups().getFirst().lastPushSuccessful()).isFalse();
      assertThat(shown(g))
          .contains("push_failure_time_seconds{instance=\"\",job=\"a\"} 1010.25")
          .contains("push_time_seconds{instance=\"\",job=\"a\"} 1000.25")
          .contains("x{instance=\"\",job=\"a\"} 1\n");
    }
  }

  @Test
  void groupsExpireOnlyIfConfigured() throws Exception {
    PushOptions o =
        new PushOptions(
            dir.resolve("push.data"), true, NameScheme.LEGACY, Duration.ofMinutes(5), false);
    try (PushGroups g = open(o)) {
      push(g, key("job", "a"), true, "x 1\n");
      now = now.plus(Duration.ofMinutes(3));
      push(g, key("job", "b"), true, "x 1\n");
      now = now.plus(Duration.ofMinutes(3));
      assertThat(g.groups()).extracting(x -> x.labels().get("job")).containsExactly("b");
    }
    try (PushGroups g = open(onDisk())) {
      now = now.plus(Duration.ofDays(1000));
      assertThat(g.groups()).extracting(x -> x.labels().get("job")).containsExactly("b");
    }
  }

  @Test
  void postAddsCountersIfConfigured() throws Exception {
    String text =
        """
        # TYPE c counter
        c{a="1"} 2
        # TYPE g gauge
        g 7
        # TYPE h histogram
        h_bucket{le="1"} 1
        h_bucket{le="+Inf"} 2
        h_sum 3
        h_count 2
        """;
    PushOptions o = new PushOptions(null, true, NameScheme.LEGACY, Duration.ZERO, true);
    try (PushGroups g = open(o)) {
      push(g, key("job", "a"), false, text);
      push(g, key("job", "a"), false, text);
      push(g, key("job", "a"), false, "# TYPE c counter\nc{a=\"2\"} 1\n");
      assertThat(shown(g))
          .contains("c{a=\"1\",instance=\"\",job=\"a\"} 4\nc{a=\"2\",instance=\"\",job=\"a\"} 1\n")
          .contains("g{instance=\"\",job=\"a\"} 7\n")
          .contains(
              "h_bucket{instance=\"\",job=\"a\",le=\"1\"} 2\n",
              "h_sum{instance=\"\",job=\"a\"} 6\n");
      assertThatThrownBy(
              () ->
                  push(
                      g,
                      key("job", "a"),
                      false,
                      "# TYPE h histogram\nh_bucket{le=\"2\"} 1\nh_sum 3\nh_count 2\n"))
          .isInstanceOf(PushException.class);
      push(g, key("job", "a"), true, text);
      assertThat(shown(g))
          .contains("c{a=\"1\",instance=\"\",job=\"a\"} 2\n")
          .doesNotContain("a=\"2\"");
    }
  }
}
