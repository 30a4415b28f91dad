package dev.tethys.collect.observe.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("slow")
class ProgramBlobTest {
  private static final Path SOURCES = Path.of("src/main/bpf");
  private static final Path BLOBS =
      Path.of("src/main/resources/dev/tethys/collect/observe/kernel/x86_64");

  private static byte[] tcp() throws IOException {
    return Files.readAllBytes(BLOBS.resolve("tcp.bpf"));
  }

  @Test
  void everySourceHasItsBlobAndViceVersa() throws IOException {
    assertThat(names(BLOBS, ".bpf")).isNotEmpty().isEqualTo(names(SOURCES, ".c"));
  }

  private static List<String> names(Path folder, String end) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .map(f -> Objects.toString(f.getFileName()))
          .filter(f -> f.endsWith(end))
          .map(f -> f.substring(0, f.length() - end.length()))
          .sorted()
          .toList();
    }
  }

  @Test
  void everyBlobHasProgramsAndCountsLosses() throws Exception {
    for (String name : names(BLOBS, ".bpf")) {
      ProgramBlob b = ProgramBlob.parse(name, Files.readAllBytes(BLOBS.resolve(name + ".bpf")));
      assertThat(b.programs()).as(name).isNotEmpty();
      assertThat(b.instructions().length % 8).as(name).isZero();
      if (b.maps().contains("events")) {
        assertThat(b.maps()).as(name).contains("lost");
      }
    }
  }

  @Test
  void rejectsDamagedFiles() throws IOException {
    byte[] whole = tcp();
    assertThatThrownBy(() -> ProgramBlob.parse("tcp", "ELF?abc".getBytes(StandardCharsets.UTF_8)))
        .isInstanceOf(IOException.class)
        .hasMessage("not a file of eBPF programs");
    for (int n = 0; n < whole.length; n += 97) {
      byte[] cut = Arrays.copyOf(whole, n);
      assertThatThrownBy(() -> ProgramBlob.parse("tcp", cut)).isInstanceOf(IOException.class);
    }
    byte[] long1 = whole.clone();
    int at = new String(whole, StandardCharsets.ISO_8859_1).indexOf("set_state") + 9;
    long1[at] = 0x7f; // length of the data
    assertThatThrownBy(() -> ProgramBlob.parse("tcp", long1)).hasMessageContaining("at most");
  }

  @Test
  void namesMissingGroup() {
    assertThatThrownBy(() -> ProgramBlob.ofGroup("nothing"))
        .isInstanceOf(ProgramLoadException.class)
        .hasMessageContaining("no eBPF program group nothing for ");
  }

  @Test
  void sourcesCompileToTheCheckedInBlobs(@TempDir Path out) throws Exception {
    String tools = Files.readString(BLOBS.resolve("tools.txt"));
    String here = firstLine("clang", "--version") + firstLine("bpftool", "version");
    assumeTrue(here.equals(tools), "the blobs were built by " + tools + "; here is " + here);
    Process build =
        new ProcessBuilder(SOURCES.resolve("build").toAbsolutePath().toString(), out.toString())
            .redirectErrorStream(true)
            .start();
    String output = new String(build.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(build.waitFor()).as(output).isZero();
    for (String name : names(BLOBS, ".bpf")) {
      assertThat(out.resolve(name + ".bpf")).hasSameBinaryContentAs(BLOBS.resolve(name + ".bpf"));
    }
  }

  private static String firstLine(String... command) throws Exception {
    try {
      Process p = new ProcessBuilder(command).redirectErrorStream(true).start();
      String text = new String(p.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      p.waitFor();
      return text.lines().findFirst().orElse("") + "\n";
    } catch (IOException e) {
      return "no " + command[0] + "\n";
    }
  }
}
