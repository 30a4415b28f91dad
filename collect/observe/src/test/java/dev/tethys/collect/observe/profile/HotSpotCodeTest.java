package dev.tethys.collect.observe.profile;

import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tethys.codec.elf.ElfFile;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Memory of processes that is not that of a running virtual machine. */
@Tag("slow")
class HotSpotCodeTest {
  private static final int LIBRARY_BYTES = 64 << 20; // more than the addresses of its symbols
  private static final Path LIBRARY =
      Path.of(System.getProperty("java.home"), "lib", "server", "libjvm.so");

  @TempDir private Path proc;

  @BeforeEach
  void needsALibraryForLinux() throws IOException {
    assumeTrue(Files.exists(LIBRARY), "no " + LIBRARY);
    Files.createDirectory(proc.resolve("1"));
  }

  private HotSpotCode read() throws IOException {
    try (ElfFile library = ElfFile.open(LIBRARY)) {
      return HotSpotCode.of(proc, 1, library, 0);
    }
  }

  @Test
  void doesNotUseALibraryThatIsStillLoading() throws IOException {
    try (RandomAccessFile memory = new RandomAccessFile(proc.resolve("1/mem").toFile(), "rw")) {
      memory.setLength(LIBRARY_BYTES); // all words are 0
    }
    assertThatThrownBy(() -> read())
        .isInstanceOf(IOException.class)
        .hasMessageContaining("not recognized");
  }

  @Test
  void rejectsArbitraryWords() throws IOException {
    Random random = new Random(7);
    for (int round = 0; round < 4; round++) {
      byte[] words = new byte[LIBRARY_BYTES];
      random.nextBytes(words);
      if (round > 1) { // small numbers, as strides and offsets are
        for (int i = 0; i < words.length; i++) {
          words[i] = i % 8 < round - 1 ? words[i] : 0;
        }
      }
      Files.write(proc.resolve("1/mem"), words);
      assertThatThrownBy(() -> read()).isInstanceOf(IOException.class);
    }
  }
}
