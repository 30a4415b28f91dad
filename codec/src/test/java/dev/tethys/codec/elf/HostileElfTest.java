package dev.tethys.codec.elf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.testkit.HostileElf;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Files that are small and would take all memory, or time without end. */
@Timeout(60)
@Tag("slow")
class HostileElfTest {
  private static final int BYTES = 32 << 20;
  private static final long STEPS = 20_000_000;
  private static final long[] ADDRESSES =
      LongStream.range(0, 2000).map(i -> HostileElf.CODE + 4 * i).toArray();

  @TempDir Path folder;

  private Path file(HostileElf elf) throws IOException {
    byte[] b = elf.bytes();
    assertThat(b.length).isLessThan(8 << 20);
    return Files.write(folder.resolve("hostile"), b);
  }

  private static ElfBudget budget() {
    return new ElfBudget(BYTES, STEPS, Duration.ofMinutes(1), () -> false);
  }

  static Stream<Arguments> files() {
    return Stream.of(
        Arguments.of("a name of many sections", HostileElf.oneLongName()),
        Arguments.of("large sections", HostileElf.largeSections(128 << 20)),
        Arguments.of("sections that fit one by one", HostileElf.largeSections(BYTES / 4)),
        Arguments.of("an abbreviation of many attributes", HostileElf.manyAttributes(50_000_000)),
        Arguments.of("attributes that fit", HostileElf.manyAttributes(4_000_000)),
        Arguments.of("texts without an end", HostileElf.textsWithoutEnd(100_000, 8 << 20)),
        Arguments.of("rows of lines", HostileElf.manyRows(10 << 20)),
        Arguments.of("symbols that overlap", HostileElf.overlappingSymbols(50_000, 500)),
        Arguments.of("common unwind entries", HostileElf.unwindEntries(200_000, 1 << 20)));
  }

  /** Work of all readers of a file, with an account of the memory that they allocate. */
  @ParameterizedTest(name = "{0}")
  @MethodSource("files")
  void readersEndWithinTheirBudget(String name, HostileElf hostile) throws IOException {
    Path file = file(hostile.withBuildId("00112233445566778899"));
    try (ElfFile elf = ElfFile.open(file, budget())) {
      assertThat(elf.buildIds()).containsExactly("00112233445566778899");
    }
    try (ElfFile elf = ElfFile.open(file, budget())) {
      assertThat(SourceFrames.of(elf, ADDRESSES)).hasSize(ADDRESSES.length);
    } catch (IOException e) {
      assertThat(e).hasMessageContaining("reading the file exceeds");
    }
    for (Reader r : readers()) {
      try (ElfFile elf = ElfFile.open(file, budget())) {
        r.read(elf);
      } catch (IOException e) {
        assertThat(e.getMessage()).containsAnyOf("reading the file exceeds", "is damaged");
      }
    }
  }

  private interface Reader {
    void read(ElfFile elf) throws IOException;
  }

  private static Reader[] readers() {
    return new Reader[] {
      UnwindTable::of,
      GoFunctions::of,
      elf -> elf.addresses(Set.of("SSL_read")),
      elf -> elf.namedFunctions(16, (_, _, n) -> assertThat(n.remaining()).isLessThan(17)),
      elf -> ElfFunctions.ranges(elf, ADDRESSES)
    };
  }

  @Test
  void stopsOnSignal() throws IOException {
    Path file = file(HostileElf.overlappingSymbols(50_000, 500));
    AtomicInteger asked = new AtomicInteger();
    ElfBudget budget =
        new ElfBudget(
            BYTES, Long.MAX_VALUE, Duration.ofHours(1), () -> asked.incrementAndGet() > 10);
    try (ElfFile elf = ElfFile.open(file, budget)) {
      assertThatThrownBy(() -> SourceFrames.of(elf, ADDRESSES))
          .isInstanceOf(CancellationException.class);
    }
    assertThat(asked).hasValue(11);
  }

  @Test
  void stopsAtDeadline() throws IOException {
    Path file = file(HostileElf.overlappingSymbols(50_000, 500));
    ElfBudget budget = new ElfBudget(BYTES, Long.MAX_VALUE, Duration.ofMillis(50), () -> false);
    try (ElfFile elf = ElfFile.open(file, budget)) {
      assertThatThrownBy(() -> ElfFunctions.ranges(elf, ADDRESSES))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("exceeds the time limit");
    }
  }
}
