package dev.tethys.collect.observe.profile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tethys.collect.observe.connection.Owner;
import dev.tethys.collect.observe.kernel.KernelAssumptions;
import dev.tethys.collect.observe.process.ProcessFiles;
import dev.tethys.collect.observe.tls.TlsProbes;
import dev.tethys.testkit.HostileElf;
import dev.tethys.testkit.Waiting;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Programs of a local user that are made to stop or end what observes them. */
@Timeout(240)
@Tag("slow")
class HostileUserTest {
  private static final Path PROC = Path.of("/proc");

  /** Spins, with its files mapped as code, many more mappings, and a FIFO for a map of names. */
  private static final String PROGRAM =
      """
      #define _GNU_SOURCE
      #include <fcntl.h>
      #include <stdio.h>
      #include <stdlib.h>
      #include <string.h>
      #include <sys/mman.h>
      #include <sys/prctl.h>
      #include <sys/stat.h>
      #include <unistd.h>
      static volatile unsigned long count;
      __attribute__((noinline)) void spin(void) { for (;;) count++; }
      int main(int n, char **arguments) {
        char map[64];
        snprintf(map, sizeof map, "/tmp/perf-%d.map", getpid());
        prctl(PR_SET_NAME, ") R 1 \\n\\xff x");
        int maps = atoi(arguments[1]);
        if (maps) mkfifo(map, 0666);
        for (int i = 2; i < n; i++) {
          int fd = open(arguments[i], O_RDONLY);
          struct stat s;
          if (fd >= 0 && fstat(fd, &s) == 0)
            mmap(0, s.st_size, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
        }
        for (int i = 0; i < maps; i++)
          mmap(0, 4096, i % 2 ? PROT_READ | PROT_EXEC : PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (maps) { // code without a file, so that the map of names is looked for
          char *code = mmap(0, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
              MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
          memcpy(code, "\\xeb\\xfe", 2); // jump to itself
          if (fork() == 0) ((void (*)(void)) code)();
        }
        spin();
      }
      """;

  @TempDir Path folder;
  private final List<Process> processes = new ArrayList<>();

  @BeforeEach
  void compile() throws Exception {
    KernelAssumptions.assumeLoads("profile");
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
    Path source = Files.writeString(folder.resolve("program.c"), PROGRAM);
    try {
      Process p =
          new ProcessBuilder(
                  "cc", "-O1", "-w", "-o", folder.resolve("program").toString(), source.toString())
              .redirectErrorStream(true)
              .start();
      String said = new String(p.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assumeTrue(p.waitFor() == 0, "cc: " + said);
    } catch (IOException e) {
      assumeTrue(false, "cc is not installed");
    }
  }

  @AfterEach
  void end() throws Exception {
    for (Process p : processes) {
      p.descendants().forEach(ProcessHandle::destroyForcibly);
      p.destroyForcibly().waitFor();
      for (Path map : maps(p)) {
        Files.deleteIfExists(map);
      }
    }
  }

  private static List<Path> maps(Process p) {
    return List.of(Path.of("/tmp/perf-" + p.pid() + ".map"));
  }

  private Process start(String... command) throws IOException {
    Process p =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    processes.add(p);
    return p;
  }

  private Path write(String name, byte[] content) throws IOException {
    return Files.write(folder.resolve(name), content);
  }

  /** Files that readers of programs and libraries look into. */
  private List<String> files() throws IOException {
    byte[] library = Files.readAllBytes(Path.of("/proc/self/exe"));
    byte[] attributes = HostileElf.manyAttributes(10_000_000).bytes();
    byte[] names = HostileElf.oneLongName().bytes();
    byte[] unwinding = HostileElf.unwindEntries(200_000, 1 << 20).bytes();
    byte[] symbols = HostileElf.overlappingSymbols(50_000, 500).bytes();
    List<String> out = new ArrayList<>();
    for (Path p :
        List.of(
            write("libssl.so.3", symbols),
            write("libssl-names.so", names),
            write("libssl-short.so", Arrays.copyOf(library, 5000)),
            write("libjvm.so", symbols),
            write("libpython3.13.so", unwinding),
            write("python3.999999999999", attributes),
            write("libunwind.so", unwinding))) {
      out.add(p.toString());
    }
    return out;
  }

  /** Program of another user. */
  private List<String> hostile() throws IOException {
    String program = folder.resolve("program").toString();
    List<String> out = new ArrayList<>();
    if (Files.exists(Path.of("/usr/bin/setpriv"))) {
      out.addAll(List.of("setpriv", "--reuid=12345", "--regid=12345", "--clear-groups"));
    }
    out.addAll(List.of(program, "20000"));
    out.addAll(files());
    return out;
  }

  @Test
  void profilesOthersDespiteHostilePrograms() throws Exception {
    String program = folder.resolve("program").toString();
    Process good = start(program, "0");
    List<String> hostile = hostile();
    start(hostile.toArray(String[]::new));
    Path covered = folder.resolve("covered");
    Files.copy(Path.of(program), covered);
    covered.toFile().setExecutable(true, false);
    start(
        "unshare",
        "-m",
        "sh",
        "-c",
        "mkfifo $0.fifo; $0 0 & sleep 0.5; mount --bind $0.fifo $0; wait",
        covered.toString());
    ConcurrentLinkedQueue<List<String>> stacks = new ConcurrentLinkedQueue<>();
    long started = System.nanoTime();
    CpuProfiler profiler =
        CpuProfiler.open(
            PROC,
            (_, pid) -> new Owner(pid == good.pid() ? "/good" : "/other", ""),
            profiles ->
                profiles.stream()
                    .filter(p -> p.owner().containerId().equals("/good"))
                    .forEach(p -> stacks.addAll(p.samples().keySet())));
    try {
      Waiting.await(
          Duration.ofSeconds(120),
          () -> "stacks " + stacks,
          () -> {
            try {
              profiler.round();
            } catch (IOException e) {
              throw new IllegalStateException(e);
            }
            return stacks.stream().anyMatch(s -> s.contains("spin"))
                && System.nanoTime() - started > 5_000_000_000L;
          });
    } finally {
      profiler.close();
    }
  }

  @Test
  void probesEndDespiteHostilePrograms() throws Exception {
    List<String> hostile = hostile();
    Process p = start(hostile.toArray(String[]::new));
    ProcessFiles files = new ProcessFiles(PROC);
    Waiting.await("maps", () -> files.executableMaps((int) p.pid()).size() > 100);
    assertThat(files.executableMaps((int) p.pid()).size()).isLessThan(10_000);
    assertThat(files.stat((int) p.pid()).startTicks()).isPositive();
    TlsProbes probes = TlsProbes.start(PROC, (_, _, _) -> () -> {}, 0);
    probes.suspect((int) p.pid());
    Waiting.await("a failure", () -> probes.counts().failures() > 0);
    probes.close();
  }
}
