package dev.tethys.collect.observe.logs;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.testkit.Waiting;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogTailTest {
  @TempDir Path folder;

  private final List<String> lines = new ArrayList<>();
  private final ByteBuffer buffer = ByteBuffer.allocate(64);

  private Path file() {
    return folder.resolve("a.log");
  }

  private void append(String text) throws IOException {
    Files.writeString(file(), text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
  }

  private List<String> read(LogTail t) throws IOException, InterruptedException {
    lines.clear();
    t.read(1 << 20, lines::add);
    return lines;
  }

  @Test
  void startsAtTheEndAndReadsAppendedLines() throws Exception {
    append("old\n");
    try (LogTail t = new LogTail(file(), null, null, buffer)) {
      assertThat(read(t)).isEmpty();
      append("one\r\ntwo\nhal");
      assertThat(read(t)).containsExactly("one", "two");
      append("f\n\n");
      assertThat(read(t)).containsExactly("half", "");
    }
  }

  @Test
  void readsNewFileFromItsStart() throws Exception {
    try (LogTail t = new LogTail(file(), null, null, buffer)) {
      assertThat(read(t)).isEmpty();
      append("one\n");
      assertThat(read(t)).containsExactly("one");
    }
  }

  @Test
  void followsRotationAndTruncation() throws Exception {
    append("old\n");
    try (LogTail t = new LogTail(file(), null, null, buffer)) {
      read(t);
      append("last\n");
      Files.move(file(), folder.resolve("a.log.1"));
      append("first\n");
      assertThat(read(t)).containsExactly("last", "first");
      Files.writeString(file(), "x\n", StandardOpenOption.TRUNCATE_EXISTING);
      assertThat(read(t)).containsExactly("x");
    }
  }

  @Test
  void continuesOnlyAtAPositionOfTheSameFile() throws Exception {
    append("old\n");
    LogTail.Position p;
    try (LogTail t = new LogTail(file(), null, null, buffer)) {
      read(t);
      append("one\npart");
      read(t);
      p = requireNonNull(t.position());
    }
    append("ial\n");
    try (LogTail t = new LogTail(file(), null, p, buffer)) {
      assertThat(read(t)).containsExactly("partial");
    }
    Files.move(file(), folder.resolve("a.log.1"));
    append("new\n");
    try (LogTail t = new LogTail(file(), null, p, buffer)) {
      assertThat(read(t)).containsExactly("new");
    }
  }

  @Test
  void readsADescriptorWhileItPointsToTheLog() throws Exception {
    append("");
    Path other = Files.writeString(folder.resolve("secret"), "secret\n");
    Path descriptor = Files.createSymbolicLink(folder.resolve("3"), file());
    try (LogTail t = new LogTail(descriptor, file().toString(), null, buffer)) {
      read(t);
      append("one\n");
      assertThat(read(t)).containsExactly("one");
      Files.delete(descriptor);
      Files.createSymbolicLink(descriptor, other);
      assertThat(read(t)).isEmpty();
    }
  }

  @Test
  void startsAtTheEndWhenADescriptorIsFirstRedirected() throws Exception {
    append("old\n");
    Path other = Files.writeString(folder.resolve("other.log"), "other\n");
    Path descriptor = Files.createSymbolicLink(folder.resolve("3"), other);
    try (LogTail t = new LogTail(descriptor, file().toString(), null, buffer)) {
      assertThat(read(t)).isEmpty();
      Files.delete(descriptor);
      Files.createSymbolicLink(descriptor, file());
      assertThat(read(t)).isEmpty();
      append("new\n");
      assertThat(read(t)).containsExactly("new");
    }
  }

  @Test
  void cutsLongLines() throws Exception {
    append("");
    try (LogTail t = new LogTail(file(), null, null, ByteBuffer.allocate(4096))) {
      read(t);
      append("a".repeat(3 * LogTail.LONGEST_LINE) + "\nnext\n");
      assertThat(read(t)).hasSize(2);
      assertThat(lines.getFirst()).hasSize(LogTail.LONGEST_LINE);
      assertThat(lines.getLast()).isEqualTo("next");
    }
  }

  @Test
  void keepsPositionsInAFile() {
    LogPositions positions = new LogPositions(folder.resolve("new/positions"));
    assertThat(positions.read()).isEmpty();
    var all = java.util.Map.of("/a b /var/log/x", new LogTail.Position("(dev=1,ino=2)", 3));
    positions.write(all);
    assertThat(positions.read()).isEqualTo(all);
  }

  @Test
  void countsLinesOnceWhenItsDescriptorAlternates() throws Exception {
    Path log = Files.writeString(folder.resolve("own.log"), "");
    Path other = Files.writeString(folder.resolve("other.log"), "other\n".repeat(50));
    Path link = folder.resolve("5");
    AtomicBoolean stop = new AtomicBoolean();
    Thread flips =
        Thread.startVirtualThread(
            () -> {
              for (int i = 0; !stop.get(); i++) {
                try {
                  Path next = folder.resolve("next");
                  Files.deleteIfExists(next);
                  Files.createSymbolicLink(next, i % 2 == 0 ? log : other);
                  Files.move(next, link, StandardCopyOption.ATOMIC_MOVE);
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              }
            });
    List<String> read = new ArrayList<>();
    List<String> written = new ArrayList<>();
    ByteBuffer buffer = ByteBuffer.allocate(64 << 10);
    try (LogTail tail = new LogTail(link, log.toString(), null, buffer)) {
      Waiting.await("link", () -> Files.exists(link, LinkOption.NOFOLLOW_LINKS));
      tail.read(1 << 20, read::add);
      for (int i = 0; i < 3000; i++) {
        if (tail.position() != null) {
          String line = "line " + i;
          written.add(line);
          Files.writeString(log, line + "\n", StandardOpenOption.APPEND);
        }
        tail.read(1 << 20, read::add);
      }
      stop.set(true);
      flips.join();
      tail.read(1 << 20, read::add);
    }
    assertThat(read).isEqualTo(written);
    assertThat(written).isNotEmpty();
  }
}
