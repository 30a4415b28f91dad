package dev.tethys.pipeline.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.codec.otlp.wire.OtlpWriter;
import dev.tethys.model.file.RealFiles;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.LogsData;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.pipeline.Signal;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ArchiveWriterTest {
  private static final long SECOND = 1_000_000_000L;
  private static final ArchiveWriter.Bounds WIDE = bounds(1 << 30, 1 << 20, false);

  @TempDir Path folder;
  private final AtomicLong clock = new AtomicLong(1_700_000_000_000L);
  private final Random random = new Random(1);

  private static ArchiveWriter.Bounds bounds(long max, long segment, boolean refuses) {
    return new ArchiveWriter.Bounds(
        max, Duration.ofHours(2), segment, Duration.ofHours(1), refuses, List.of("service.name"));
  }

  private ArchiveWriter open(ArchiveWriter.Bounds b) throws IOException {
    ArchiveWriter w = new ArchiveWriter(new RealFiles(), folder, clock::get, b);
    w.open(b);
    return w;
  }

  private static byte[] logs(String service, String text, long... nanos) {
    LogsData d = new LogsData();
    ResourceGroup<LogRecord> r = new ResourceGroup<>();
    r.resource().attributes().put("service.name", service);
    ScopeGroup<LogRecord> s = new ScopeGroup<>();
    for (long n : nanos) {
      LogRecord l = new LogRecord();
      l.setTimeUnixNano(n);
      l.setBody(text);
      s.items().add(l);
    }
    r.scopes().add(s);
    d.resources().add(r);
    return new OtlpWriter().write(d);
  }

  private void append(ArchiveWriter w, byte[] body, int items) throws IOException {
    w.append(
        RequestSummary.of(Signal.LOGS, body, items, clock.get(), List.of("service.name")).summary(),
        body);
  }

  /** Text that does not compress. */
  private String noise(int length) {
    byte[] b = new byte[length / 2];
    random.nextBytes(b);
    return java.util.HexFormat.of().formatHex(b);
  }

  private List<ArchiveReader.Found> read(ArchiveSelection s) throws IOException {
    ArchiveReader r = new ArchiveReader(new RealFiles(), folder);
    List<ArchiveReader.Found> out = new ArrayList<>();
    ArchivePosition at = ArchivePosition.START;
    ArchivePosition end = r.end();
    for (ArchiveReader.Found f = r.next(at, end, s); f != null; f = r.next(at, end, s)) {
      out.add(f);
      at = f.next();
    }
    return out;
  }

  @Test
  void selectsByTimeAndAttributeInOpenAndCompleteSegments() throws IOException {
    byte[] a = logs("shop", "x", 10 * SECOND, 20 * SECOND);
    byte[] b = logs("cart", "y", 30 * SECOND);
    ArchiveSelection early = new ArchiveSelection(Set.of(Signal.LOGS), 0, 20 * SECOND, Map.of());
    ArchiveSelection cart =
        new ArchiveSelection(
            Set.of(Signal.LOGS), 0, Long.MAX_VALUE, Map.of("service.name", "cart"));
    ArchiveSelection unindexed =
        new ArchiveSelection(Set.of(Signal.LOGS), 0, Long.MAX_VALUE, Map.of("team", "web"));
    try (ArchiveWriter w = open(WIDE)) {
      append(w, a, 2);
      append(w, b, 1);
      for (int complete = 0; complete < 2; complete++) {
        assertThat(read(early)).extracting(ArchiveReader.Found::body).containsExactly(a);
        assertThat(read(cart)).extracting(ArchiveReader.Found::body).containsExactly(b);
        assertThat(read(unindexed)).hasSize(2); // only their bodies can tell
        assertThat(read(ArchiveSelection.all(Set.of(Signal.TRACES)))).isEmpty();
        clock.addAndGet(Duration.ofHours(1).toMillis());
        w.maintain();
      }
      assertThat(folder.resolve("0000000000000001.idx")).exists();
    }
  }

  @Test
  void skipsAnIncompleteRecordAndWritesTheIndex() throws IOException {
    try (ArchiveWriter w = open(WIDE)) {
      append(w, logs("shop", noise(2000), SECOND), 1);
      append(w, logs("shop", noise(2000), 2 * SECOND), 1);
    }
    Files.delete(folder.resolve("0000000000000001.idx"));
    Path segment = folder.resolve("0000000000000001.seg");
    try (FileChannel c = FileChannel.open(segment, StandardOpenOption.WRITE)) {
      c.truncate(c.size() - 10);
    }
    try (ArchiveWriter w = open(WIDE)) {
      assertThat(w.stats().items()).isEqualTo(1);
      append(w, logs("shop", "z", 3 * SECOND), 1);
      assertThat(folder.resolve("0000000000000001.idx")).exists();
    }
    assertThat(read(ArchiveSelection.all(Set.of(Signal.LOGS))))
        .extracting(f -> f.summary().minNanos())
        .containsExactly(SECOND, 3 * SECOND);
  }

  @Test
  void checksumCoversTheLengths() {
    assertThat(Archive.crc(new byte[] {1, 2}, new byte[] {3}))
        .isNotEqualTo(Archive.crc(new byte[] {1}, new byte[] {2, 3}));
  }

  @Test
  void deletesAndCountsTheOldestSegmentAtTheSizeLimit() throws IOException {
    try (ArchiveWriter w = open(bounds(64 << 10, 16 << 10, false))) {
      for (int i = 1; i <= 40; i++) {
        append(w, logs("shop", noise(8000), i * SECOND), 1);
        assertThat(size()).isLessThanOrEqualTo(64 << 10);
      }
      long deleted = Objects.requireNonNull(w.stats().deleted().get(ArchiveWriter.Deletion.SIZE));
      assertThat(deleted).isPositive();
      assertThat(w.stats().items() + deleted).isEqualTo(40);
    }
    assertThat(read(ArchiveSelection.all(Set.of(Signal.LOGS))).getLast().summary().minNanos())
        .isEqualTo(40 * SECOND);
  }

  private long size() throws IOException {
    try (Stream<Path> all = Files.list(folder)) {
      long n = 0;
      for (Path p : all.filter(Files::isRegularFile).toList()) {
        n += Files.size(p);
      }
      return n;
    }
  }

  @Test
  void rejectingArchiveKeepsItsContent() throws IOException {
    try (ArchiveWriter w = open(bounds(40 << 10, 16 << 10, true))) {
      assertThatThrownBy(
              () -> {
                for (int i = 1; i <= 40; i++) {
                  append(w, logs("shop", noise(8000), i * SECOND), 1);
                }
              })
          .isInstanceOf(ArchiveFullException.class)
          .hasMessageContaining("max_size");
      assertThat(w.stats().deleted().values()).containsOnly(0L);
    }
    assertThat(read(ArchiveSelection.all(Set.of(Signal.LOGS))).getFirst().summary().minNanos())
        .isEqualTo(SECOND);
  }

  @Test
  void deletesASegmentWhenItsLastRequestIsTooOld() throws IOException {
    try (ArchiveWriter w = open(WIDE)) {
      append(w, logs("shop", "a", SECOND), 1);
      clock.addAndGet(Duration.ofHours(1).toMillis());
      append(w, logs("shop", "b", 2 * SECOND), 1);
      clock.addAndGet(Duration.ofMinutes(61).toMillis());
      w.maintain();
      assertThat(w.stats().deleted()).containsEntry(ArchiveWriter.Deletion.AGE, 1L);
      assertThat(w.stats().items()).isEqualTo(1);
    }
  }

  @Test
  void rejectsTwoWritersOfOneFolder() throws IOException {
    try (ArchiveWriter _ = open(WIDE)) {
      assertThatThrownBy(() -> open(WIDE)).isInstanceOf(IOException.class);
    }
  }

  @Test
  void opensFolderOfEarlierVersion() throws IOException {
    write(
        "0000000000000001.idx",
        "545941524348583100000000000000010000000200000000000000100000000902000001"
            + "8bcfe5680000000000000000000000000000000000000000010000000000000000004400"
            + "000009020000018bcfe56800000000000000000000000000000000000000000200001f6b"
            + "0b29");
    write(
        "0000000000000001.seg",
        "545941524348563100000000000000010000001f00000009b06bd891020000018bcfe568"
            + "000000000000000000000000000000000000000001000028b52ffd20000100000000001f"
            + "00000009e3f9a4c1020000018bcfe5680000000000000000000000000000000000000000"
            + "02000028b52ffd2000010000");
    write(
        "0000000000000002.seg", // of a process that was killed
        "545941524348563100000000000000020000001f00000009d28870f1020000018bcfe568"
            + "000000000000000000000000000000000000000003000028b52ffd2000010000");
    try (ArchiveWriter w = open(WIDE)) {
      assertThat(w.stats().items()).isEqualTo(6);
      append(w, logs("a", "new", 5 * SECOND), 1);
    }
    assertThat(folder.resolve("0000000000000002.idx")).exists();
    assertThat(new ArchiveReader(new RealFiles(), folder).segments())
        .extracting(s -> s.entries().stream().mapToInt(e -> e.summary().items()).sum())
        .containsExactly(3, 3, 1);
  }

  private void write(String name, String hex) throws IOException {
    Files.write(folder.resolve(name), java.util.HexFormat.of().parseHex(hex));
  }
}
