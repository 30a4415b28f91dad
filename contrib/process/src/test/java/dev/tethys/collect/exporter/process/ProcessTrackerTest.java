package dev.tethys.collect.exporter.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.collect.exporter.FamilyBuilder;
import dev.tethys.config.ConfigException;
import dev.tethys.config.YamlDocument;
import dev.tethys.model.exposition.MetricFamily;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Processes that come, go and change, in files as the kernel shows them. */
class ProcessTrackerTest {
  private static final long BOOT = 1_000_000;

  @TempDir Path proc;
  private Instant now = Instant.ofEpochSecond(BOOT + 100);

  @BeforeEach
  void machine() throws IOException {
    Files.writeString(proc.resolve("stat"), "cpu 1 2 3\nbtime " + BOOT + "\nprocesses 7\n");
  }

  private void process(int pid, int parent, String name, String line, long startTicks, long user)
      throws IOException {
    Path p = Files.createDirectories(proc.resolve(Integer.toString(pid)));
    Files.createDirectories(p.resolve("fd"));
    Files.createDirectories(p.resolve("task"));
    Files.writeString(
        p.resolve("stat"),
        "%d (%s) S %d 1 1 0 -1 0 5 0 2 0 %d 30 0 0 20 0 1 0 %d 4096000 10 1\n"
            .formatted(pid, name, parent, user, startTicks));
    Files.writeString(
        p.resolve("status"),
        "Name:\t"
            + name
            + "\nUid:\t1\t4123\t1\t1\nVmSwap:\t3 kB\nvoluntary_ctxt_switches:\t4\n"
            + "nonvoluntary_ctxt_switches:\t6\n");
    Files.writeString(p.resolve("cmdline"), line.replace(' ', '\0') + '\0');
    Files.writeString(p.resolve("cgroup"), "0::/user.slice\n");
    Files.writeString(p.resolve("io"), "rchar: 9\nread_bytes: 10\nwrite_bytes: 20\n");
    Files.writeString(
        p.resolve("limits"),
        """
        Limit                     Soft Limit           Hard Limit           Units
        Max open files            1024                 524288               files
        """);
    Files.writeString(p.resolve("wchan"), "do_wait");
    Files.writeString(p.resolve("smaps_rollup"), "0-1 rollup\nPss:   7 kB\nSwapPss:   1 kB\n");
  }

  private void ends(int pid) throws IOException {
    try (Stream<Path> all = Files.walk(proc.resolve(Integer.toString(pid)))) {
      for (Path p : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(p);
      }
    }
  }

  private static GroupNamer rules(String yaml) {
    return GroupRules.read(YamlDocument.parse("rules.yml", null, yaml).root());
  }

  private ProcessTracker tracker(GroupNamer namer, boolean recheck, Duration limit)
      throws IOException {
    return new ProcessTracker(
        new ProcFolder(proc, true),
        new ProcessTracker.Rules(namer, true, recheck, limit),
        () -> now);
  }

  private static List<String> groups(ProcessTracker t) throws IOException {
    return t.readAll().seen().stream().map(ProcessTracker.Seen::group).sorted().toList();
  }

  private static Map<String, Double> shown(ProcessTracker t, ProcessGroups g) throws IOException {
    FamilyBuilder f = new FamilyBuilder();
    g.show(t.readAll().seen(), f);
    Map<String, Double> out = new TreeMap<>();
    for (MetricFamily m : f.families()) {
      for (MetricFamily.Metric s : m.metrics()) {
        out.put(
            m.name().replace("namedprocess_namegroup_", "") + s.labels().toMap().values(),
            ((MetricFamily.Value) s.point()).value());
      }
    }
    return out;
  }

  @Test
  void countersNeverDecrease() throws Exception {
    process(10, 1, "web", "/usr/bin/web -a", 100, 500);
    ProcessTracker t = tracker(rules("process_names: [{comm: [web]}]"), false, Duration.ZERO);
    ProcessGroups g = new ProcessGroups(false, true, true);
    assertThat(shown(t, g))
        .containsEntry("num_procs[web]", 1.0)
        .containsEntry("cpu_seconds_total[web, user]", 0.0)
        .containsEntry("memory_bytes[web, virtual]", 4096000.0)
        .containsEntry("memory_bytes[web, swapped]", 3072.0)
        .containsEntry("memory_bytes[web, proportionalResident]", 7168.0)
        .containsEntry("threads_wchan[web, do_wait]", 1.0)
        .containsEntry("oldest_start_time_seconds[web]", BOOT + 1.0);
    process(10, 1, "web", "/usr/bin/web -a", 100, 700);
    assertThat(shown(t, g)).containsEntry("cpu_seconds_total[web, user]", 2.0);
    // One that was started since the first look counts whole, one that was not does not.
    process(11, 1, "web", "/usr/bin/web -b", 20_000, 100);
    process(12, 1, "web", "/usr/bin/web -c", 200, 100);
    assertThat(shown(t, g))
        .containsEntry("cpu_seconds_total[web, user]", 3.0)
        .containsEntry("read_bytes_total[web]", 10.0)
        .containsEntry("context_switches_total[nonvoluntary, web]", 6.0);
    // The number of an ended process is given to another one.
    process(10, 1, "web", "/usr/bin/web -d", 20_100, 50);
    ends(11);
    ends(12);
    assertThat(shown(t, g)).containsEntry("cpu_seconds_total[web, user]", 3.5);
    ends(10);
    assertThat(shown(t, g))
        .containsEntry("cpu_seconds_total[web, user]", 3.5)
        .containsEntry("num_procs[web]", 0.0)
        .containsEntry("oldest_start_time_seconds[web]", -62135596800.0);
  }

  @Test
  void forgetsEmptyGroupsIfConfigured() throws Exception {
    process(10, 1, "web", "web", 100, 500);
    ProcessTracker t = tracker(rules("process_names: [{comm: [web]}]"), false, Duration.ZERO);
    ProcessGroups g = new ProcessGroups(true, true, true);
    assertThat(shown(t, g)).isNotEmpty();
    ends(10);
    assertThat(shown(t, g)).isEmpty();
  }

  @Test
  void childrenBelongToTheirParents() throws Exception {
    process(10, 1, "web", "web", 100, 0);
    process(11, 10, "sh", "sh", 100, 0);
    process(12, 11, "awk", "awk", 100, 0);
    process(13, 1, "other", "other", 100, 0);
    // Two that are each other's parents, which numbers that are given again can make.
    process(14, 15, "a", "a", 100, 0);
    process(15, 14, "b", "b", 100, 0);
    ProcessTracker t = tracker(rules("process_names: [{comm: [web]}]"), false, Duration.ZERO);
    assertThat(groups(t)).containsExactly("web", "web", "web");
    process(16, 12, "later", "later", 100, 0);
    process(17, 13, "others", "others", 100, 0);
    assertThat(groups(t)).containsExactly("web", "web", "web", "web");
  }

  @Test
  void reevaluatesNamesForTheConfiguredTime() throws Exception {
    process(10, 1, "sh", "sh", 9_000, 0);
    GroupNamer web = rules("process_names: [{comm: [web]}]");
    ProcessTracker never = tracker(web, false, Duration.ZERO);
    ProcessTracker briefly = tracker(web, true, Duration.ofSeconds(30));
    ProcessTracker always = tracker(web, true, Duration.ZERO);
    for (ProcessTracker t : List.of(never, briefly, always)) {
      assertThat(groups(t)).isEmpty();
    }
    process(10, 1, "web", "web", 9_000, 0);
    assertThat(groups(never)).isEmpty();
    assertThat(groups(briefly)).containsExactly("web");
    process(10, 1, "sh", "sh", 9_000, 0);
    ProcessTracker tooLate = tracker(web, true, Duration.ofSeconds(30));
    now = now.plusSeconds(60);
    assertThat(groups(tooLate)).isEmpty();
    process(10, 1, "web", "web", 9_000, 0);
    assertThat(groups(tooLate)).isEmpty();
    assertThat(groups(always)).containsExactly("web");
  }

  @Test
  void countsUnreadableFiles() throws Exception {
    process(10, 1, "web", "web", 100, 0);
    process(11, 1, "web", "web", 100, 0);
    Files.delete(proc.resolve("10/io"));
    Files.writeString(proc.resolve("11/stat"), "11 (web) nothing");
    ProcessTracker t = tracker(rules("process_names: [{comm: [web]}]"), false, Duration.ZERO);
    ProcessTracker.Round r = t.readAll();
    assertThat(r.seen()).hasSize(1);
    assertThat(r.partial()).isEqualTo(1);
    assertThat(r.unread()).isEqualTo(1);
    assertThatThrownBy(() -> new ProcFolder(proc.resolve("nowhere"), true))
        .isInstanceOf(IOException.class);
  }

  @Test
  void rulesNameGroups() throws Exception {
    process(10, 1, "java", "/opt/jre/bin/java -jar shop.jar --env=prod", 100, 0);
    process(11, 1, "kthread", "", 100, 0);
    assertThat(
            groups(
                tracker(
                    rules(
                        """
                        process_names:
                        - {name: wrong, exe: [/usr/bin/java]}
                        - {name: wrong, comm: [java], cmdline: [shop, bakery]}
                        - name: '{{.ExeBase}} {{.ExeFull}} {{.Matches.Jar}} {{.Matches.Env}} {{.Username}} {{.Matches}}'
                          exe: [/opt/jre/bin/java]
                          cmdline: ['-jar (?P<Jar>\\w+)', '--env=(?P<Env>\\w+)(x?)']
                        - {name: '{{.Comm}} {{.ExeBase}} {{index .Cgroups 0}} {{.PID}}', comm: [kthread]}
                        """),
                    false,
                    Duration.ZERO)))
        .containsExactly(
            "java /opt/jre/bin/java shop prod 4123 map[: Env:prod Jar:shop]",
            "kthread kthread /user.slice 11");
  }

  @Test
  void reportsInvalidRulesWithTheirPosition() {
    assertThatThrownBy(() -> rules("process_names:\n- {name: a}"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("rules.yml:2")
        .hasMessageContaining("at least one of comm, exe and cmdline");
    assertThatThrownBy(() -> rules("process_names:\n- {comm: [a], cmdlines: [b]}"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("cmdlines");
    assertThatThrownBy(() -> rules("process_names:\n- {cmdline: ['(']}"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("rules.yml:2");
    assertThatThrownBy(() -> rules("process_names:\n- {comm: [a], name: '{{.Comm'}"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("not a template");
    assertThatThrownBy(() -> new NameMapping("", "a,b,c")).hasMessageContaining("is odd");
    assertThatThrownBy(() -> new NameMapping("", "a,("))
        .hasMessageContaining("is not a valid expression");
  }
}
