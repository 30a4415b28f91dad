package dev.tethys.codec.elf;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Stripped programs of shop.go. The expected frames are those of llvm-symbolizer, which reads the
 * DWARF of the same program before it is stripped. The checked-in program was built by Go 1.19 with
 * {@code -trimpath}; its table of functions has {@code [...]} for type arguments. Of its sections
 * those of code are omitted ({@code objcopy -j .gopclntab -j .noptrdata -j .rodata}).
 */
@Tag("slow")
class GoLinesTest {

  @TempDir Path folder;

  private static InputStream resource(String name) {
    return requireNonNull(GoLinesTest.class.getResourceAsStream("/elf/" + name));
  }

  private Path checkedIn() throws IOException {
    try (InputStream in = new GZIPInputStream(resource("shop-go1.19.gz"))) {
      return Files.write(folder.resolve("shop"), in.readAllBytes());
    }
  }

  private static List<String> expectation() throws IOException {
    try (InputStream in = new GZIPInputStream(resource("shop-go1.19.txt.gz"))) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
    }
  }

  /** Names as in the table of functions. */
  private static List<String> withoutTypes(List<String> lines) {
    return lines.stream().map(l -> l.replaceAll("\\[go\\.shape[^]]*]", "[...]")).toList();
  }

  private static long[] addresses(List<String> lines) {
    return lines.stream()
        .mapToLong(l -> Long.parseLong(l.substring(0, l.indexOf(' ')), 16))
        .toArray();
  }

  private static List<String> frames(Path program, long[] addresses) throws IOException {
    List<String> out = new ArrayList<>();
    try (ElfFile elf = ElfFile.open(program)) {
      assertThat(elf.section(".debug_line")).isNull();
      assertThat(elf.section(".symtab")).isNull();
      assertThat(SourceFrames.hasLines(elf)).isTrue();
      for (List<SourceFrame> frames : SourceFrames.of(elf, addresses)) {
        StringBuilder line = new StringBuilder(Long.toHexString(addresses[out.size()]));
        for (SourceFrame f : frames) {
          line.append(' ').append(f.symbol()).append(' ').append(f.file());
          line.append(':').append(f.line());
        }
        out.add(line.toString());
      }
    }
    return out;
  }

  @Test
  void equalsLlvmSymbolizerInCheckedInProgram() throws IOException {
    List<String> expected = expectation();
    assertThat(expected)
        .hasSizeGreaterThan(400)
        .anyMatch(
            l ->
                l.endsWith(
                    " main.round shop/shop.go:16 main.rate shop/shop.go:12"
                        + " main.(*cart).add shop/shop.go:7 main.pay shop/shop.go:23"));
    assertThat(frames(checkedIn(), addresses(expected))).isEqualTo(withoutTypes(expected));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "-buildmode=pie", "-buildmode=pie -ldflags=-linkmode=external"})
  void equalsLlvmSymbolizerInCompiledProgram(String flags) throws Exception {
    for (String tool : List.of("go", "strip", "gcc", "llvm-symbolizer")) {
      assumeTrue(Files.isExecutable(Path.of("/usr/bin", tool)), tool + " is not installed");
    }
    Path sources = Files.createDirectory(folder.resolve("shop"));
    try (InputStream in = resource("shop.go")) {
      Files.write(sources.resolve("shop.go"), in.readAllBytes());
    }
    Files.writeString(sources.resolve("go.mod"), "module shop\ngo 1.18\n");
    List<String> build = new ArrayList<>(List.of("go", "build", "-o", "shop"));
    if (!flags.isEmpty()) {
      build.addAll(List.of(flags.split(" ", -1)));
    }
    run(sources, build, "");
    Path program = sources.resolve("shop");
    long[] addresses = functions(program);
    StringBuilder input = new StringBuilder();
    for (long a : addresses) {
      input.append("0x").append(Long.toHexString(a)).append('\n');
    }
    String symbols =
        run(sources, List.of("llvm-symbolizer", "--no-demangle", "-e", "shop"), input.toString());
    List<String> expected = new ArrayList<>();
    for (String block : symbols.strip().split("\n\n", -1)) {
      String[] lines = block.split("\n", -1);
      StringBuilder out = new StringBuilder(Long.toHexString(addresses[expected.size()]));
      for (int i = 0; i < lines.length; i += 2) {
        out.append(' ').append(lines[i]).append(' ');
        out.append(lines[i + 1], 0, lines[i + 1].lastIndexOf(':'));
      }
      expected.add(out.toString());
    }
    run(sources, List.of("strip", "shop"), "");
    assertThat(frames(program, addresses)).isEqualTo(withoutTypes(expected));
  }

  /** Every address of the functions of the source. */
  private static long[] functions(Path program) throws IOException {
    List<Long> out = new ArrayList<>();
    try (ElfFile elf = ElfFile.open(program)) {
      elf.functions(
          (address, size, name) -> {
            String text = elf.functionName(name, 1024);
            if (text.startsWith("main.")) {
              for (long a = address; a < address + size; a++) {
                out.add(a);
              }
            }
          });
    }
    return out.stream().mapToLong(a -> a).sorted().distinct().toArray();
  }

  private String run(Path in, List<String> command, String input) throws Exception {
    Path from = Files.writeString(folder.resolve("input"), input);
    Path out = folder.resolve("output");
    ProcessBuilder b = new ProcessBuilder(command).directory(in.toFile());
    b.environment().put("GOCACHE", folder.resolve("cache").toString());
    b.environment().put("GOFLAGS", "");
    b.environment().put("GOTOOLCHAIN", "local");
    Process p =
        b.redirectErrorStream(true)
            .redirectInput(from.toFile())
            .redirectOutput(out.toFile())
            .start();
    try {
      assertThat(p.waitFor(180, TimeUnit.SECONDS)).isTrue();
    } finally {
      p.destroyForcibly();
    }
    assertThat(p.exitValue()).as("%s: %s", command, Files.readString(out)).isZero();
    return Files.readString(out);
  }

  @Test
  void endsOnDamagedTables() throws IOException {
    Path file = checkedIn();
    byte[] whole = Files.readAllBytes(file);
    long[] addresses = addresses(expectation());
    Random random = new Random(45);
    for (int round = 0; round < 100; round++) {
      byte[] b = whole.clone();
      int changes = 1 + random.nextInt(20_000);
      for (int i = 0; i < changes; i++) {
        b[64 + random.nextInt(b.length - 64)] = (byte) random.nextInt();
      }
      Files.write(file, Arrays.copyOf(b, b.length - random.nextInt(2) * random.nextInt(1000)));
      try (ElfFile elf = ElfFile.open(file)) {
        assertThat(SourceFrames.of(elf, addresses)).hasSize(addresses.length);
      } catch (IOException e) {
        assertThat(e).hasMessageNotContaining("null");
      }
    }
  }
}
