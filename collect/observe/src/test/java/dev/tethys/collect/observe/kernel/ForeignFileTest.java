package dev.tethys.collect.observe.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class ForeignFileTest {
  @TempDir Path folder;

  private static void run(String... command) throws Exception {
    assertThat(new ProcessBuilder(command).inheritIO().start().waitFor()).isZero();
  }

  @Test
  void rejectsIrregularFilesWithoutWaiting() throws Exception {
    Path fifo = folder.resolve("fifo");
    run("mkfifo", fifo.toString());
    for (Path p : new Path[] {fifo, folder, Path.of("/dev/null")}) {
      assertThatThrownBy(() -> ForeignFile.open(p))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("not a regular file");
    }
    assertThatThrownBy(() -> ForeignFile.open(folder.resolve("missing")))
        .isInstanceOf(NoSuchFileException.class);
  }

  @Test
  void keepsOpenedFileWhenItIsReplaced() throws Exception {
    Path file = Files.writeString(folder.resolve("a"), "first");
    Path link = Files.createSymbolicLink(folder.resolve("link"), file);
    assertThatThrownBy(() -> ForeignFile.openNoLink(link)).isInstanceOf(IOException.class);
    try (ForeignFile f = ForeignFile.open(link)) {
      Files.move(file, folder.resolve("b"));
      Files.writeString(file, "second");
      assertThat(f.target()).isEqualTo(folder.resolve("b").toString());
      assertThat(f.size()).isEqualTo(5);
      assertThat(f.user()).isEqualTo(Files.getAttribute(file, "unix:uid"));
      try (ForeignFile other = ForeignFile.open(file);
          FileChannel channel = f.channel()) {
        assertThat(other.inode()).isNotEqualTo(f.inode());
        ByteBuffer b = ByteBuffer.allocate(10);
        channel.read(b);
        assertThat(new String(b.array(), 0, b.position(), StandardCharsets.UTF_8))
            .isEqualTo("first");
      }
    }
  }
}
