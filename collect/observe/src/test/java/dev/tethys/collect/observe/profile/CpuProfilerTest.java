package dev.tethys.collect.observe.profile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tethys.collect.observe.connection.Owner;
import dev.tethys.collect.observe.kernel.KernelAssumptions;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Profiles of programs with one function that takes nearly all time. */
class CpuProfilerTest {
  private static final int SAMPLES = 60;

  @TempDir Path folder;

  private void compile(String compiler, String source, String text, String... options)
      throws Exception {
    Path file = Files.writeString(folder.resolve(source), text);
    List<String> command = new ArrayList<>(List.of(compiler));
    command.addAll(List.of(options));
    command.addAll(List.of("-o", folder.resolve("program").toString(), file.toString()));
    try {
      Process p =
          new ProcessBuilder(command).redirectErrorStream(true).directory(folder.toFile()).start();
      String said = new String(p.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assumeTrue(p.waitFor() == 0, compiler + ": " + said);
    } catch (IOException e) {
      assumeTrue(false, compiler + " is not installed");
    }
  }

  /** Samples of a program by its innermost function, and the shares that have names. */
  private record Found(Map<String, Long> innermost, double named, List<List<String>> stacks) {
    String first() {
      return innermost.entrySet().stream()
          .max(Map.Entry.comparingByValue())
          .map(Map.Entry::getKey)
          .orElse("");
    }
  }

  private Found profile(String... command) throws Exception {
    KernelAssumptions.assumeLoads("profile");
    Process p;
    try {
      p =
          new ProcessBuilder(command)
              .directory(folder.toFile()) // Node writes a log into it
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
    } catch (IOException e) {
      assumeTrue(false, command[0] + " is not installed");
      throw e;
    }
    Map<List<String>, Long> all = new HashMap<>();
    try (CpuProfiler profiler =
        CpuProfiler.open(
            Path.of("/proc"),
            (_, pid) -> pid == p.pid() ? new Owner("/test", "") : null,
            profiles ->
                profiles.forEach(
                    o -> o.samples().forEach((stack, n) -> all.merge(stack, n, Long::sum))))) {
      for (int round = 0; round < 400 && sum(all) < SAMPLES && p.isAlive(); round++) {
        LockSupport.parkNanos(50_000_000);
        if (round == 8) {
          all.clear(); // the start of the program
        }
        profiler.round();
      }
      assertThat(profiler.lost()).isZero();
    } finally {
      p.destroyForcibly().waitFor();
    }
    assertThat(sum(all)).as("samples of " + String.join(" ", command)).isPositive();
    Map<String, Long> innermost = new HashMap<>();
    long frames = 0;
    long named = 0;
    for (Map.Entry<List<String>, Long> e : all.entrySet()) {
      innermost.merge(e.getKey().getFirst(), e.getValue(), Long::sum);
      for (String f : e.getKey()) {
        if (f.equals("[libc.so.6]")) {
          continue; // the caller of main, of which distributions strip the name
        }
        frames += e.getValue();
        named += f.startsWith("[") ? 0 : e.getValue();
      }
    }
    return new Found(innermost, (double) named / frames, List.copyOf(all.keySet()));
  }

  private static long sum(Map<List<String>, Long> m) {
    return m.values().stream().mapToLong(Long::longValue).sum();
  }

  @Test
  void namesTheHotFunctionOfC() throws Exception {
    compile(
        "gcc",
        "hot.c",
        """
        volatile unsigned long x;
        __attribute__((noinline)) void hot_function(void) { for (int i = 0; i < 1000000; i++) x += i; }
        __attribute__((noinline)) int caller_of_it(void) { for (int i = 0; i < 100; i++) hot_function(); return x; }
        int main(void) { for (;;) caller_of_it(); }
        """,
        "-O0",
        "-fno-omit-frame-pointer");
    Found f = profile(folder.resolve("program").toString());
    assertThat(f.first()).isEqualTo("hot_function");
    assertThat(f.named()).isGreaterThan(0.95);
    assertThat(f.stacks())
        .anySatisfy(s -> assertThat(s).containsSubsequence("hot_function", "caller_of_it", "main"));
  }

  @Test
  void namesTheHotFunctionOfRust() throws Exception {
    compile(
        "rustc",
        "hot.rs",
        """
        use std::hint::black_box;
        #[inline(never)]
        fn hot_function(n: u64) -> u64 { let mut x = 0; for i in 0..n { x += black_box(i); } x }
        fn main() { loop { black_box(hot_function(1000000)); } }
        """,
        "-Cforce-frame-pointers=yes",
        "-O");
    Found f = profile(folder.resolve("program").toString());
    assertThat(f.first()).endsWith("::hot_function");
    assertThat(f.named()).isGreaterThan(0.95);
  }

  @Test
  void namesTheHotFunctionOfNode() throws Exception {
    Path file =
        Files.writeString(
            folder.resolve("hot.js"),
            "function hotFunction() { let x = 0; for (let i = 0; i < 1e6; i++) x = (x + i * 7) %"
                + " 13; return x; }\n"
                + "for (;;) hotFunction();\n");
    Found f = profile("node", "--perf-basic-prof", file.toString());
    assertThat(f.first()).contains("hotFunction");
    assertThat(f.named()).isGreaterThan(0.95);
  }

  @Test
  void namesTheHotFunctionOfGo() throws Exception {
    compileGo();
    Found f = profile(folder.resolve("program").toString());
    assertThat(f.first()).isEqualTo("main.hotFunction");
    assertThat(f.named()).isGreaterThan(0.95);
  }

  private void compileGo() throws Exception {
    Path file =
        Files.writeString(
            folder.resolve("hot.go"),
            """
            package main
            var x int
            //go:noinline
            func hotFunction() { for i := 0; i < 1000000; i++ { x += i } }
            func main() { for { hotFunction() } }
            """);
    String go = System.getenv().getOrDefault("GOROOT", "") + "/bin/go";
    List<String> command =
        List.of(
            Files.isExecutable(Path.of(go)) ? go : "go",
            "build",
            "-ldflags=-s -w",
            "-o",
            folder.resolve("program").toString(),
            file.toString());
    ProcessBuilder b = new ProcessBuilder(command).redirectErrorStream(true);
    b.environment().put("GOCACHE", folder.resolve("cache").toString());
    try {
      Process p = b.start();
      String said = new String(p.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assumeTrue(p.waitFor() == 0, said);
    } catch (IOException e) {
      assumeTrue(false, "go is not installed");
    }
  }
}
