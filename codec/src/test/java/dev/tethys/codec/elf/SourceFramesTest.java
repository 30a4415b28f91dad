package dev.tethys.codec.elf;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Binaries of clang and gcc, built from shop.cc with {@code clang++ -O2 -gdwarf-5}, its debug file
 * with {@code objcopy --only-keep-debug}, and {@code g++ -O2 -gdwarf-4 -gz=zlib -no-pie}. The
 * expected frames are those of llvm-symbolizer.
 */
@Tag("slow")
class SourceFramesTest {
  private static final String CC = "/src/shop/shop.cc";

  @TempDir Path folder;

  private Path resource(String name) throws IOException {
    try (var in = requireNonNull(SourceFramesTest.class.getResourceAsStream("/elf/" + name))) {
      return Files.write(folder.resolve(name), in.readAllBytes());
    }
  }

  private static ElfBudget budget(long bytes, long steps, BooleanSupplier stopped) {
    return new ElfBudget(bytes, steps, Duration.ofMinutes(1), stopped);
  }

  private static List<List<SourceFrame>> frames(Path file, long... addresses) throws IOException {
    try (ElfFile elf = ElfFile.open(file)) {
      return SourceFrames.of(elf, addresses);
    }
  }

  @Test
  void readsInlinedFunctionsOfDwarf5() throws IOException {
    assertThat(frames(resource("shop-clang-dwarf5"), 0x11f5, 0x1150, 0x11d0, 1))
        .containsExactly(
            List.of(
                new SourceFrame("_ZN4shop4CartImE4rateEm", CC, 8),
                new SourceFrame("_ZN4shop4CartImE3addEm", CC, 7)),
            List.of(
                new SourceFrame("_ZN4shop4CartImEC2Ev", CC, 6),
                new SourceFrame("_ZN4shop3payEm", CC, 14)),
            List.of(new SourceFrame("_ZN4shop4CartImE3addEm", CC, 7)),
            List.of());
  }

  @Test
  void readsCompressedSectionsOfDwarf4() throws IOException {
    assertThat(frames(resource("shop-gcc-dwarf4"), 0x401040, 0x4011c0))
        .containsExactly(
            List.of(new SourceFrame("main", CC, 21)),
            List.of(
                new SourceFrame("_ZN4shop4CartImE4rateEm", CC, 8),
                new SourceFrame("_ZN4shop4CartImE3addEm", CC, 7)));
  }

  @Test
  void readsDebugInformationFiles() throws IOException {
    assertThat(frames(resource("shop-clang-dwarf5.debug"), 0x11f5, 0x1150))
        .isEqualTo(frames(resource("shop-clang-dwarf5"), 0x11f5, 0x1150));
  }

  /**
   * Built with {@code g++ -O2 -g -gdwarf-4} and {@code -5}, then {@code dwz -m} moved what the file
   * shares with another one away. What dwz was given has the same frames by llvm-symbolizer.
   */
  @ParameterizedTest
  @ValueSource(strings = {"shop-dwz-dwarf4", "shop-dwz-dwarf5"})
  void readsDataSharedByFiles(String name) throws Exception {
    List<String> asked = new ArrayList<>();
    try (ElfFile elf = ElfFile.open(resource(name));
        ElfFile common = ElfFile.open(resource(name + ".common"))) {
      SplitFiles files =
          new SplitFiles() {
            @Override
            public @Nullable ElfFile packed() {
              return null;
            }

            @Override
            public @Nullable ElfFile open(String path) {
              return null;
            }

            @Override
            public ElfFile supplement(String path, String buildId) {
              asked.add(path + " " + buildId);
              return common;
            }
          };
      long[] addresses = {0x11e0, 0x11dc, 0x1050};
      assertThat(SourceFrames.of(elf, files, addresses))
          .containsExactly(
              List.of(
                  new SourceFrame("_ZN4shop4CartImE3mixEm", CC, 10),
                  new SourceFrame("_ZN4shop4CartImE4rateEm", CC, 8),
                  new SourceFrame("_ZN4shop4CartImE3addEm", CC, 7)),
              List.of(new SourceFrame("_ZN4shop4CartImE3addEm", CC, 7)),
              List.of(new SourceFrame("main", CC, 21)));
      assertThat(asked)
          .containsExactly(
              name.replace("shop-dwz-dwarf", "common") + ".debug " + common.buildIds().getFirst());
      assertThat(SourceFrames.of(elf, addresses))
          .as("without the other file")
          .extracting(f -> f.getLast().symbol())
          .containsExactly("_ZN4shop4CartImE3addEm", "_ZN4shop4CartImE3addEm", "main");
    }
  }

  @Test
  void keepsSymbolsOfSectionsThatAreTooLarge() throws IOException {
    ElfBudget budget = budget(20_000, 1_000_000, () -> false);
    try (ElfFile elf = ElfFile.open(resource("shop-clang-dwarf5"), budget)) {
      assertThat(SourceFrames.of(elf, new long[] {0x11f5}))
          .containsExactly(List.of(new SourceFrame("_ZN4shop4CartImE3addEm", "", 0)));
    }
  }

  @Test
  void readsBuildIds() throws IOException {
    try (ElfFile elf = ElfFile.open(resource("shop-clang-dwarf5"))) {
      assertThat(elf.buildIds()).containsExactly("70de1ec376c95ad64b7cf2a9bf6b35cea78bace3");
    }
  }

  @Test
  void mapsMappingAddresses() throws IOException {
    long start = 0x55d0_0000_1000L;
    try (ElfFile elf = ElfFile.open(resource("shop-clang-dwarf5"))) {
      assertThat(elf.addressOf(start + 0x150, start, start + 0x1000, 0x1000)).isEqualTo(0x1150);
      assertThat(elf.addressOf(0x1150, 0, 0, 0)).isEqualTo(0x1150);
      assertThat(elf.addressOf(0x1150, start, start + 0x1000, 0x1000)).isEqualTo(0x1150);
      assertThat(elf.addressOf(0x9999, 0, 0, 0)).isEqualTo(-1);
    }
    try (ElfFile elf = ElfFile.open(resource("shop-clang-dwarf5.debug"))) {
      assertThat(elf.addressOf(start + 0x150, start, start + 0x1000, 0x1000)).isEqualTo(0x1150);
    }
    try (ElfFile elf = ElfFile.open(resource("shop-gcc-dwarf4"))) {
      assertThat(elf.isFixed()).isTrue();
      assertThat(elf.addressOf(0x401050, 0x401000, 0x402000, 0)).isEqualTo(0x401050);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"shop-clang-dwarf5", "shop-gcc-dwarf4", "shop-clang-dwarf5.debug"})
  void endsOnDamagedFiles(String name) throws IOException {
    byte[] whole = Files.readAllBytes(resource(name));
    Random random = new Random(45);
    Path file = folder.resolve("damaged");
    long[] addresses = LongStream.range(0, 64).map(i -> 0x1140 + i * 3).toArray();
    for (int round = 0; round < 500; round++) {
      byte[] b = whole.clone();
      int changes = 1 + random.nextInt(20);
      for (int i = 0; i < changes; i++) {
        b[random.nextInt(b.length)] = (byte) random.nextInt();
      }
      int size = random.nextInt(4) == 0 ? random.nextInt(b.length) : b.length;
      Files.write(file, Arrays.copyOf(b, size));
      try (ElfFile elf = ElfFile.open(file)) {
        elf.buildIds();
        elf.addressOf(0x1150, 0x1000, 0x2000, 0);
        assertThat(SourceFrames.of(elf, addresses)).hasSize(addresses.length);
      } catch (IOException e) {
        assertThat(e).hasMessageNotContaining("null");
      }
    }
  }

  @Test
  void stopsAfterTooManySteps() throws IOException {
    ElfBudget budget = budget(1, 10, () -> false);
    budget.take(10);
    assertThatThrownBy(() -> budget.take(1))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("steps");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "clang++ -O1 -gdwarf-4",
        "clang++ -O3 -gdwarf-5 -ffunction-sections -Wl,--gc-sections",
        "g++ -O2 -gdwarf-5",
        "g++ -O2 -gdwarf-3 -gstrict-dwarf"
      })
  void equalsLlvmSymbolizer(String compiler) throws Exception {
    List<String> command = new ArrayList<>(List.of(compiler.split(" ")));
    assumeTrue(isInstalled(command.getFirst()), command.getFirst() + " is not installed");
    assumeTrue(isInstalled("llvm-symbolizer"), "llvm-symbolizer is not installed");
    Path binary = folder.resolve("shop");
    command.addAll(List.of(resource("shop.cc").toString(), "-o", binary.toString()));
    run(command, "");
    equalsLlvmSymbolizer(binary, SplitFiles.NONE);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"clang++ -gdwarf-4", "clang++ -gdwarf-5", "g++ -gdwarf-4", "g++ -gdwarf-5"})
  void readsSplitDwarf(String compiler) throws Exception {
    List<String> command = new ArrayList<>(List.of(compiler.split(" ", -1)));
    String packer = command.getFirst().equals("g++") ? "dwp" : "llvm-dwp";
    for (String tool : List.of(command.getFirst(), packer, "llvm-symbolizer")) {
      assumeTrue(isInstalled(tool), tool + " is not installed");
    }
    resource("shop.cc");
    Path binary = folder.resolve("shop");
    Path object = folder.resolve("shop.o");
    // Two steps, since the names of .dwo files differ between compilers that link at once.
    List<String> compile = new ArrayList<>(command);
    compile.addAll(List.of("-O2", "-gsplit-dwarf", "-c"));
    compile.addAll(List.of(folder.resolve("shop.cc").toString(), "-o", object.toString()));
    run(compile, "");
    run(List.of(command.getFirst(), object.toString(), "-o", binary.toString()), "");
    Path split = folder.resolve("shop.dwo");
    SplitFiles unit =
        new SplitFiles() {
          @Override
          public @Nullable ElfFile packed() {
            return null;
          }

          @Override
          public ElfFile open(String path) throws IOException {
            assertThat(Path.of(path)).isEqualTo(split);
            return ElfFile.open(split);
          }
        };
    equalsLlvmSymbolizer(binary, unit);
    if (compiler.equals("g++ -gdwarf-5")) {
      return; // neither dwp of GNU 2.40 nor that of LLVM 14 packs it
    }
    Path packed = folder.resolve("shop.dwp");
    run(List.of(packer, "-e", binary.toString(), "-o", packed.toString()), "");
    Files.delete(split);
    try (ElfFile all = ElfFile.open(packed)) {
      assertThat(SourceFrames.isPackage(all)).isTrue();
      equalsLlvmSymbolizer(
          binary,
          new SplitFiles() {
            @Override
            public @Nullable ElfFile packed() {
              return all;
            }

            @Override
            public ElfFile open(String path) {
              throw new AssertionError("asked for " + path);
            }
          });
    }
  }

  private void equalsLlvmSymbolizer(Path binary, SplitFiles split) throws Exception {
    long[] addresses = functions(binary);
    StringBuilder input = new StringBuilder();
    for (long a : addresses) {
      input.append("0x").append(Long.toHexString(a)).append('\n');
    }
    String expected =
        run(List.of("llvm-symbolizer", "--no-demangle", "-e", binary.toString()), input.toString());
    List<List<SourceFrame>> found;
    try (ElfFile elf = ElfFile.open(binary)) {
      found = SourceFrames.of(elf, split, addresses);
    }
    assertThat(found).anyMatch(f -> f.size() > 1);
    StringBuilder actual = new StringBuilder();
    for (List<SourceFrame> frames : found) {
      for (SourceFrame f : frames) {
        actual.append(f.symbol()).append('\n').append(f.file()).append(':').append(f.line());
        actual.append('\n');
      }
      actual.append('\n');
    }
    assertThat(actual.toString()).isEqualTo(expected.replaceAll("(?m):(\\d+):\\d+$", ":$1"));
  }

  /** Every address of the functions of the source, those of the C library omitted. */
  private static long[] functions(Path binary) throws IOException {
    LongStream.Builder out = LongStream.builder();
    try (ElfFile elf = ElfFile.open(binary)) {
      elf.functions(
          (address, size, name) -> {
            String text = elf.functionName(name, 1024);
            if (text.startsWith("_ZN4shop") || text.equals("main")) {
              LongStream.range(address, address + size).forEach(out::add);
            }
          });
    }
    return out.build().sorted().distinct().toArray();
  }

  private static boolean isInstalled(String tool) {
    return Files.isExecutable(Path.of("/usr/bin", tool));
  }

  private String run(List<String> command, String input) throws Exception {
    Path in = Files.writeString(folder.resolve("input"), input);
    Path out = folder.resolve("output");
    Process p =
        new ProcessBuilder(command)
            .redirectInput(in.toFile())
            .redirectErrorStream(true)
            .redirectOutput(out.toFile())
            .start();
    assertThat(p.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(p.exitValue()).as("%s: %s", command, Files.readString(out)).isZero();
    return Files.readString(out);
  }
}
