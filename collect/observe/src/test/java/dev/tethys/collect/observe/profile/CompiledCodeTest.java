package dev.tethys.collect.observe.profile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tethys.codec.elf.ElfFile;
import dev.tethys.codec.elf.UnwindTable;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Code of a Java process that compiles when it is asked to. */
@Tag("slow")
class CompiledCodeTest {
  private static final Path PROC = Path.of("/proc");
  private static final int TRIES = 600;

  @TempDir Path folder;

  private static HotSpotCode codeOf(int pid) throws IOException {
    String line =
        Files.readAllLines(PROC.resolve(pid + "/maps")).stream()
            .filter(l -> l.endsWith("/libjvm.so") && l.split(" +")[2].matches("0+"))
            .findFirst()
            .orElseThrow();
    long bias = Long.parseUnsignedLong(line, 0, line.indexOf('-'), 16);
    try (ElfFile library = ElfFile.open(Path.of(line.substring(line.indexOf('/'))))) {
      return HotSpotCode.of(PROC, pid, library, bias);
    }
  }

  private static long[] rowsOf(HotSpotCode code) {
    return Arrays.copyOf(code.rows(), code.rowCount());
  }

  private static long[] rowsOfAll(int pid) throws IOException {
    HotSpotCode all = codeOf(pid);
    all.refresh();
    return rowsOf(all);
  }

  /** Refreshes until the threads of the compiler have ended; the last time there is nothing new. */
  private static void settle(HotSpotCode code) throws IOException {
    for (int i = 0; i < TRIES && code.refresh(); i++) {
      LockSupport.parkNanos(100_000_000);
    }
  }

  private static void ask(Process p, BufferedReader answers) throws IOException {
    OutputStream out = p.getOutputStream();
    out.write('\n');
    out.flush();
    assertThat(answers.readLine()).isEqualTo("done");
  }

  private void readsOnlyNewData(Path java) throws Exception {
    Path source =
        Files.writeString(
            folder.resolve("Asked.java"),
            """
            public class Asked {
              static int x;
              public static void main(String[] a) throws Exception {
                while (System.in.read() >= 0) {
                  for (int i = 0; i < 3_000_000; i++) {
                    x += String.valueOf(i * 31).hashCode() ^ Integer.toHexString(x).length();
                  }
                  System.out.println("done");
                }
              }
            }
            """);
    Process javac =
        new ProcessBuilder(
                java.resolve("bin/javac").toString(), "-d", folder.toString(), source.toString())
            .start();
    assumeTrue(javac.waitFor() == 0, "javac failed");
    Process p =
        new ProcessBuilder(java.resolve("bin/java").toString(), "-cp", folder.toString(), "Asked")
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    try (BufferedReader answers = p.inputReader()) {
      int pid = (int) p.pid();
      for (int i = 0; i < TRIES && !isStarted(pid); i++) {
        LockSupport.parkNanos(100_000_000);
      }
      HotSpotCode code = codeOf(pid);
      assertThat(code.refresh()).isTrue();
      assertThat(code.partsRead()).isEqualTo(code.parts());
      settle(code);
      assertThat(code.partsRead()).isZero();
      long[] before = rowsOf(code);

      ask(p, answers);
      assertThat(code.refresh()).isTrue();
      assertThat(code.partsRead()).isPositive().isLessThan(code.parts() / 2);
      settle(code);
      assertThat(rowsOf(code).length).isGreaterThan(before.length);
      List<Long> missing = List.of();
      for (int i = 0; i < 10; i++) { // the virtual machine may still free code, and compile it
        long[] all = rowsOfAll(pid);
        // What is as long as something before in its place is read when it is seen to run.
        missing(all, rowsOf(code)).forEach(r -> code.unknown(code.low() + (r & 0xffff_ffffL)));
        code.refresh();
        missing = missing(all, rowsOf(code));
        if (missing.isEmpty()) {
          break;
        }
      }
      assertThat(missing).isEmpty();
    } finally {
      p.destroyForcibly().waitFor();
    }
  }

  /** Rules of code that are not among others; if there is none any more does not matter. */
  private static List<Long> missing(long[] rules, long[] among) {
    Set<Long> others = Arrays.stream(among).boxed().collect(Collectors.toSet());
    return Arrays.stream(rules)
        .filter(r -> r >>> 56 != UnwindTable.UNKNOWN && !others.contains(r))
        .boxed()
        .toList();
  }

  private static boolean isStarted(int pid) {
    try {
      return codeOf(pid).refresh();
    } catch (IOException | RuntimeException e) {
      return false;
    }
  }

  @Test
  @Timeout(120)
  void readsOnlyNewCode() throws Exception {
    readsOnlyNewData(Path.of(System.getProperty("java.home")));
  }

  @Test
  @Timeout(120)
  void readsOnlyNewCodeOfJava17() throws Exception {
    Path java = Path.of("/usr/lib/jvm/java-17-openjdk-amd64");
    assumeTrue(Files.exists(java.resolve("bin/javac")), "Java 17 is not installed");
    readsOnlyNewData(java);
  }
}
