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
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Profiles of programs with one function that takes nearly all time. */
@Tag("slow")
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
  private record Found(Map<String, Long> innermost, double named, Map<List<String>, Long> all) {
    Set<List<String>> stacks() {
      return all.keySet();
    }

    /** Share of the samples within the first function whose callers are the others, in order. */
    double complete(String... functions) {
      long within = 0;
      long complete = 0;
      for (Map.Entry<List<String>, Long> e : all.entrySet()) {
        int at = 0;
        for (String frame : e.getKey()) {
          at += at < functions.length && frame.equals(functions[at]) ? 1 : 0;
        }
        within += e.getKey().contains(functions[0]) ? e.getValue() : 0;
        complete += at == functions.length ? e.getValue() : 0;
      }
      return (double) complete / Math.max(1, within);
    }

    /** Function of those given in which most samples are, itself or in what is not given. */
    String hottestOf(String... functions) {
      Map<String, Long> own = new HashMap<>();
      List<String> given = List.of(functions);
      all.forEach(
          (stack, n) ->
              stack.stream()
                  .filter(given::contains)
                  .findFirst()
                  .ifPresent(f -> own.merge(f, n, Long::sum)));
      return own.entrySet().stream()
          .max(Map.Entry.comparingByValue())
          .map(Map.Entry::getKey)
          .orElse("");
    }

    String first() {
      return innermost.entrySet().stream()
          .max(Map.Entry.comparingByValue())
          .map(Map.Entry::getKey)
          .orElse("");
    }
  }

  private Found profile(String... command) throws Exception {
    return profile(400_000_000L, command);
  }

  private Found profile(long warmUp, String... command) throws Exception {
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
      int warm = 0;
      long start = System.nanoTime();
      while (p.isAlive() && System.nanoTime() - start < 120_000_000_000L && sum(all) < SAMPLES) {
        LockSupport.parkNanos(50_000_000);
        profiler.round();
        if (warm < 3) { // the start of the program, and of the profiler
          // A third of the time on a processor: on a busy machine, code is compiled later.
          boolean isWarm =
              System.nanoTime() - start > warmUp
                  && p.info().totalCpuDuration().orElseThrow().toNanos() > warmUp / 3;
          warm += profiler.containsCodeOf((int) p.pid()) && isWarm ? 1 : 0;
          all.clear();
        }
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
        if (f.equals("[libc.so.6]") || f.equals("[python3.11]")) {
          continue; // distributions strip names of functions that are not exported
        }
        frames += e.getValue();
        named += f.startsWith("[") ? 0 : e.getValue();
      }
    }
    if (Boolean.getBoolean("tethys.profile.print")) {
      all.entrySet().stream()
          .sorted(Map.Entry.<List<String>, Long>comparingByValue().reversed())
          .limit(12)
          .forEach(System.out::println);
      System.out.println(named + " of " + frames);
    }
    return new Found(innermost, (double) named / frames, all);
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

  @Test
  void followsCallersWithoutFramePointers() throws Exception {
    compile(
        "gcc",
        "hot.c",
        """
        #include <stdlib.h>
        volatile unsigned long x;
        __attribute__((noinline)) void hot_function(int n) { for (int i = 0; i < n; i++) x += i; }
        __attribute__((noinline)) int compare(const void *a, const void *b) {
          hot_function(10000 + *(int *)a % 7); return *(int *)a - *(int *)b; }
        __attribute__((noinline)) void caller_of_it(int *a) { qsort(a, 100, sizeof(int), compare); x++; }
        int main(void) { int a[100]; for (;;) { for (int i = 0; i < 100; i++) a[i] = i * 7919 % 101; caller_of_it(a); } }
        """,
        "-O2",
        "-fomit-frame-pointer");
    Found f = profile(folder.resolve("program").toString());
    assertThat(f.first()).isEqualTo("hot_function");
    assertThat(f.complete("hot_function", "compare", "caller_of_it", "main")).isGreaterThan(0.95);
  }

  @Test
  void namesTheHotMethodOfJava() throws Exception {
    Path java = Path.of(System.getProperty("java.home"));
    namesTheHotMethod(java);
  }

  @Test
  void namesTheHotMethodOfJava17() throws Exception {
    Path java = Path.of("/usr/lib/jvm/java-17-openjdk-amd64");
    assumeTrue(Files.exists(java.resolve("bin/javac")), "Java 17 is not installed");
    namesTheHotMethod(java);
  }

  private void namesTheHotMethod(Path java) throws Exception {
    Path source =
        Files.writeString(
            folder.resolve("Hot.java"),
            """
            public class Hot {
              static volatile long x;
              static long hotMethod(int n) {
                long s = 0;
                for (int i = 0; i < n; i++) s = s * 31 + (i ^ (s >>> 3));
                return s;
              }
              static long callerOfIt(int n) { long s = 0; for (int i = 0; i < n; i++) s += hotMethod(20000 + i); return s; }
              public static void main(String[] a) { for (;;) x += callerOfIt(100); }
            }
            """);
    Process javac =
        new ProcessBuilder(java.resolve("bin/javac").toString(), source.toString()).start();
    assumeTrue(javac.waitFor() == 0, "javac failed");
    Found f =
        profile(
            10_000_000_000L, // the compiled code is read every 4 s
            java.resolve("bin/java").toString(),
            "-XX:CompileCommand=quiet",
            "-XX:CompileCommand=dontinline,Hot::hotMethod",
            "-cp",
            folder.toString(),
            "Hot");
    assertThat(f.first()).isEqualTo("Hot.hotMethod");
    assertThat(f.named()).isGreaterThan(0.95);
    assertThat(f.complete("Hot.hotMethod", "Hot.callerOfIt", "Hot.main")).isGreaterThan(0.9);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "2.7", "3.6", "3.7", "3.8", "3.9", "3.10", "3.11", "3.12", "3.13"})
  void namesTheHotFunctionOfPython(String version) throws Exception {
    Path file =
        Files.writeString(
            folder.resolve("hot.py"),
            """
            def hot_function(n):
                x = 0
                i = 0
                while i < n:
                    x = (x + i * 7) % 13
                    i += 1
                return x
            def caller_of_it(f, n):
                return list(map(f, [n, n]))
            while True:
                caller_of_it(hot_function, 100000)
            """);
    Found f = profile(python(version), file.toString());
    assertThat(f.named()).isGreaterThan(0.95);
    assertThat(f.hottestOf("hot_function", "caller_of_it", "<module>")).isEqualTo("hot_function");
    assertThat(f.complete("hot_function", "caller_of_it", "<module>")).isGreaterThan(0.95);
    // Functions of Python stand where the interpreter ran them: map called the inner one.
    assertThat(f.stacks()).noneMatch(s -> s.stream().anyMatch(PythonFunctions::runsFunctions));
  }

  /** Program of a version of Python; the test is skipped without it. */
  private static String python(String version) throws IOException {
    if (version.isEmpty()) {
      assumeTrue(Files.exists(Path.of("/usr/bin/python3")), "Python is not installed");
      return "/usr/bin/python3";
    }
    Path versions = Path.of(System.getProperty("user.home"), ".pyenv/versions");
    if (Files.isDirectory(versions)) {
      try (Stream<Path> all = Files.list(versions)) {
        String found =
            all.filter(p -> String.valueOf(p.getFileName()).startsWith(version + "."))
                .map(p -> p.resolve("bin/python" + version))
                .filter(Files::exists)
                .map(Path::toString)
                .findFirst()
                .orElse("");
        assumeTrue(!found.isEmpty(), "Python " + version + " is not installed");
        return found;
      }
    }
    assumeTrue(false, "Python " + version + " is not installed");
    return "";
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
