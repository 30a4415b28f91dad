package dev.tethys.model.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.model.file.FileAccess.WritableFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is promised of files, on disk of the machine. */
class RealFilesTest {
  @TempDir Path folder;

  private final RealFiles files = new RealFiles();

  private static void write(WritableFile f, String text) throws IOException {
    byte[] b = text.getBytes(StandardCharsets.UTF_8);
    f.write(b, 0, b.length);
  }

  @AfterEach
  void forgetInterrupt() {
    Thread.interrupted();
  }

  @Test
  void createdFilesArePrivate() throws IOException {
    Path data = folder.resolve("data/wal");
    files.createDirectories(data);
    files.create(data.resolve("f")).close();
    files.lock(data.resolve("lock")).close();
    for (Path p : new Path[] {folder.resolve("data"), data}) {
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(p)))
          .matches("rwx.-.---");
    }
    for (String name : new String[] {"f", "lock"}) {
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(data.resolve(name))))
          .matches("rw-.-----");
    }
  }

  @Test
  void truncatedFileContinuesAtTheCut() throws IOException {
    Path p = folder.resolve("f");
    try (WritableFile f = files.create(p)) {
      write(f, "one two");
      f.truncate(4);
      assertThat(f.position()).isEqualTo(4);
      write(f, "three");
      assertThat(f.position()).isEqualTo(9);
    }
    assertThat(p).hasContent("one three");
  }

  @Test
  void createReplacesExistingContent() throws IOException {
    Path p = Files.writeString(folder.resolve("f"), "much that stood there");
    try (WritableFile f = files.create(p)) {
      write(f, "new");
    }
    assertThat(p).hasContent("new");
  }

  @Test
  void readsFileLongerThanAChunk() throws IOException {
    byte[] b = new byte[1_000_003];
    new Random(1).nextBytes(b);
    Path p = folder.resolve("f");
    try (WritableFile f = files.create(p)) {
      f.write(b, 0, 7);
      f.write(b, 7, b.length - 7);
      assertThat(f.position()).isEqualTo(b.length);
    }
    assertThat(p).hasBinaryContent(b);
  }

  @Test
  void interruptClosesNoFileAndIsKept() throws IOException {
    Path p = folder.resolve("f");
    try (WritableFile f = files.create(p)) {
      Thread.currentThread().interrupt();
      write(f, "one ");
      f.force();
      files.syncDirectory(folder);
      assertThat(Thread.interrupted()).isTrue();
      write(f, "two");
      f.force();
    }
    assertThat(p).hasContent("one two");
  }

  @Test
  void namesAbsentFolder() {
    assertThatThrownBy(() -> files.create(folder.resolve("no").resolve("f")))
        .isInstanceOf(NoSuchFileException.class)
        .hasMessageContaining("no");
  }

  @Test
  void directoryReadFailureIsADiskError() {
    IOException error = new IOException("Input/output error");
    Stream<Path> failing =
        Stream.generate(
            () -> {
              throw new UncheckedIOException(error);
            });
    assertThatThrownBy(() -> RealFiles.sorted(failing.limit(1))).isSameAs(error);
  }
}
