package dev.tethys.app.exporter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.testkit.Shared;
import dev.tethys.testkit.Waiting;
import java.net.http.HttpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The same processes shown by Tethys and by the real process-exporter. */
@Tag("contrib")
class ProcessPeersTest {
  private static final String RULES =
      """
      process_names:
      - name: 'quiet {{.Matches.Token}} {{.Comm}} {{.ExeBase}} {{.ExeFull}} {{.Username}} {{.StartTime.Unix}} {{index .Cgroups 0}}'
        exe: [sleep]
        cmdline: ['^\\S+ (?P<Token>90\\d1)']
      - name: '{{.PID}} of {{.StartTime}} {{.Matches}}'
        comm: [sleep]
        cmdline: ['9002', '\\S+ (9)(.*)']
      - name: shell
        comm: [sh]
        cmdline: [sleep 9003]
      - name: '{{.Comm}}'
        comm: [prometheus-proc]
      """;

  /** What is of the program itself. */
  private static final List<String> OWN = List.of("process_exporter_build_info");

  @TempDir Path dir;
  private final List<Process> started = new ArrayList<>();

  @AfterEach
  void stop() throws Exception {
    for (Process p : started) {
      p.descendants().forEach(ProcessHandle::destroyForcibly);
      p.destroyForcibly().waitFor();
    }
  }

  private Process start(String... command) throws Exception {
    Process p = new ProcessBuilder(command).start();
    started.add(p);
    return p;
  }

  private void startAll() throws Exception {
    start("sleep", "9001");
    start("sleep", "9001");
    start("sleep", "9011");
    start("sleep", "9002");
    Process shell = start("sh", "-c", "sleep 9003 & sleep 9003; true");
    long end = System.nanoTime() + Duration.ofSeconds(30).toNanos();
    while (shell.children().count() < 2 && System.nanoTime() < end) {
      shell.waitFor(20, TimeUnit.MILLISECONDS);
    }
  }

  private static ExposedText of(String text) {
    return ExposedText.parse(text).only("namedprocess_", "process_exporter_");
  }

  private static Map<String, Double> of(ExposedText e, String group) {
    Map<String, Double> m = new TreeMap<>(e.samples());
    // Shares of memory depend on who else has it currently.
    m.keySet().removeIf(k -> !k.contains("groupname=" + group) || k.contains("proportionalRes"));
    return m;
  }

  private void compare(String... flags) throws Exception {
    Path peer = Shared.peer("prometheus-process-exporter");
    List<String> theirs = new ArrayList<>(List.of(peer.toString()));
    theirs.addAll(List.of(flags));
    theirs.add("-web.listen-address=ADDRESS");
    List<String> own = new ArrayList<>(List.of(flags));
    own.add("--web.listen-address=127.0.0.1:0");
    try (RealExporter real = new RealExporter(dir, theirs);
        BuiltInExporter ours = new BuiltInExporter(Kinds.of("process"), own);
        HttpClient client = HttpClient.newHttpClient()) {
      String page = "http://127.0.0.1:" + ours.port() + "/metrics";
      same(of(real.get("/metrics")), of(RealExporter.get(client, page)));
      untilStartsAreLaterThan(Instant.now());
      // What was used since, by a process that comes and goes, and a group that is left empty.
      start("sleep", "9021");
      started.getFirst().destroyForcibly().waitFor();
      started.get(2).destroyForcibly().waitFor();
      same(of(real.get("/metrics")), of(RealExporter.get(client, page)));
    }
  }

  /** The kernel tells starts from a boot time in whole seconds, so they are that far off. */
  private static void untilStartsAreLaterThan(Instant t) throws InterruptedException {
    while (Instant.now().isBefore(t.plusSeconds(2))) {
      Waiting.pause();
    }
  }

  private static void same(ExposedText their, ExposedText our) {
    OWN.forEach(
        n -> {
          their.samples().keySet().removeIf(k -> k.startsWith(n));
          our.samples().keySet().removeIf(k -> k.startsWith(n));
          their.helps().remove(n);
          our.helps().remove(n);
        });
    assertThat(our.types()).isEqualTo(their.types());
    assertThat(our.helps()).isEqualTo(their.helps());
    for (String quiet : List.of("quiet", "sleep")) {
      assertThat(of(our, quiet)).isEqualTo(of(their, quiet));
    }
    assertThat(stable(our)).isEqualTo(stable(their));
  }

  /** All names and labels but those of functions of the kernel that something waits in now. */
  private static List<String> stable(ExposedText e) {
    return e.samples().keySet().stream().filter(k -> !k.contains("threads_wchan")).toList();
  }

  @Test
  void readsGroupsFromARuleFile() throws Exception {
    startAll();
    Path rules = Files.writeString(dir.resolve("rules.yml"), RULES);
    compare("-config.path=" + rules);
  }

  @Test
  void omitsEmptyGroupsThreadsAndChildrenOnRequest() throws Exception {
    startAll();
    Path rules = Files.writeString(dir.resolve("rules.yml"), RULES);
    compare(
        "-config.path=" + rules,
        "-remove-empty-groups",
        "-threads=false",
        "-children=false",
        "-gather-smaps=false",
        "-recheck");
  }

  @Test
  void readsGroupsOfNamesFromTheCommandLine() throws Exception {
    startAll();
    compare("-procnames=prometheus-proc", "-namemapping=sleep,(9\\d+)");
  }
}
