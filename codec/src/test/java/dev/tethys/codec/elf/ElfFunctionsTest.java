package dev.tethys.codec.elf;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.elf.ElfFunctions.Range;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Binaries as in {@link SourceFramesTest}. */
class ElfFunctionsTest {
  @TempDir Path folder;

  private @Nullable Range[] ranges(String name, long... addresses) throws IOException {
    Path file = folder.resolve(name);
    if (!Files.exists(file)) {
      try (var in = requireNonNull(ElfFunctionsTest.class.getResourceAsStream("/elf/" + name))) {
        Files.write(file, in.readAllBytes());
      }
    }
    try (ElfFile elf = ElfFile.open(file)) {
      return ElfFunctions.ranges(elf, addresses);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"shop-clang-dwarf5", "shop-dwz-dwarf4"})
  void allAddressesOfARangeAreOfItsFunction(String name) throws IOException {
    @Nullable String[] singly = new String[0x400];
    for (int i = 0; i < singly.length; i++) {
      Range r = ranges(name, 0x1000 + i)[0];
      singly[i] = r == null ? null : r.symbol();
    }
    assertThat(singly).contains("main");
    for (int step : new int[] {1, 7, 64}) {
      long[] asked =
          LongStream.range(0, singly.length / step).map(i -> 0x1000 + i * step).toArray();
      @Nullable Range[] found = ranges(name, asked);
      for (int i = 0; i < asked.length; i++) {
        Range r = found[i];
        assertThat(r == null ? null : r.symbol()).isEqualTo(singly[(int) asked[i] - 0x1000]);
        if (r != null) {
          assertThat(asked[i]).isBetween(r.start(), r.end() - 1);
          for (long a = Math.max(r.start(), 0x1000); a < Math.min(r.end(), 0x1400); a++) {
            assertThat(singly[(int) a - 0x1000]).as("0x%x", a).isEqualTo(r.symbol());
          }
        }
      }
    }
  }

  @Test
  void functionIsOneRange() throws IOException {
    Range main = requireNonNull(ranges("shop-clang-dwarf5", 0x11f5)[0]);
    assertThat(main.end() - main.start()).isGreaterThan(16);
    assertThat(ranges("shop-clang-dwarf5", main.start(), main.end() - 1)).containsOnly(main);
  }
}
