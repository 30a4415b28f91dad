package dev.tethys.collect.observe.container;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.re2j.Pattern;
import dev.tethys.codec.json.tree.JsonReader;
import dev.tethys.collect.observe.connection.DestinationNames;
import dev.tethys.collect.observe.connection.PortRanges;
import dev.tethys.collect.observe.container.CgroupResources.Cpu;
import dev.tethys.collect.observe.container.CgroupResources.Memory;
import dev.tethys.collect.observe.container.CgroupResources.Pressure;
import dev.tethys.testkit.Shared;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.function.Executable;

/** Cgroups and names, read as Coroot's node agent reads them. */
class ContainerConformanceTest {
  private static final String FOLDER = "coroot/node-agent/";

  private interface Check {
    void check(Map<?, ?> test) throws Exception;
  }

  private static List<DynamicTest> tests(String file, String id, Check check) throws Exception {
    List<DynamicTest> out = new ArrayList<>();
    for (String line : Files.readAllLines(Shared.conformance(FOLDER + file))) {
      Map<?, ?> test = (Map<?, ?>) requireNonNull(JsonReader.read(line));
      Executable run = () -> check.check(test);
      out.add(DynamicTest.dynamicTest(String.valueOf(test.get(id)), run));
    }
    return out;
  }

  @TestFactory
  List<DynamicTest> pathsNameContainers() throws Exception {
    return tests(
        "cgroup-paths.jsonl",
        "id",
        t -> {
          Cgroup c = Cgroup.ofPath(text(t, "cgroup_path"));
          assertThat(c.kind().label()).isEqualTo(text(t, "type"));
          assertThat(c.containerId()).isEqualTo(text(t, "container_id"));
        });
  }

  @TestFactory
  List<DynamicTest> filesNameContainers() throws Exception {
    return tests(
        "cgroup-files.jsonl",
        "id",
        t -> {
          String note = t.get("note") == null ? "" : text(t, "note");
          int base = note.indexOf("path is ");
          Cgroup c =
              Cgroup.ofFile(
                  Files.readString(cgroupFolder().resolve(text(t, "file"))),
                  base < 0 ? "/" : note.substring(base + 8, note.indexOf(',', base)));
          assertThat(c.path()).isEqualTo(text(t, "cgroup"));
          assertThat(c.kind().label()).isEqualTo(text(t, "type"));
          assertThat(c.containerId()).isEqualTo(text(t, "container_id"));
        });
  }

  private static Path cgroupFolder() {
    return Shared.conformance(FOLDER + "cgroup");
  }

  @TestFactory
  List<DynamicTest> resourcesOfCgroups() throws Exception {
    return tests("cgroup-stats.jsonl", "id", ContainerConformanceTest::resources);
  }

  private static void resources(Map<?, ?> t) throws Exception {
    Path fixtures = cgroupFolder().resolve("fixtures");
    Cgroup c =
        Cgroup.ofFile(Files.readString(fixtures.resolve(text(t, "file")).resolve("cgroup")), "/");
    Path root = fixtures.resolve("cgroup");
    // The fixtures have unified files in the root and below unified.
    Path unified = t.get("cgroup2_root") == null ? root : root.resolve("unified");
    CgroupResources r = new CgroupResources(root, unified);
    switch (text(t, "what")) {
      case "cpu" -> {
        Cpu cpu = r.cpu(c);
        if (t.containsKey("v1")) {
          assertThat(cpu).isNull();
          return;
        }
        requireNonNull(cpu);
        close(t, "limit_cores", cpu.limitCores());
        close(t, "usage_seconds", cpu.usageSeconds());
        close(t, "throttled_seconds", cpu.throttledSeconds());
      }
      case "memory" -> {
        Memory memory = requireNonNull(r.memory(c));
        close(t, "rss", memory.rss());
        close(t, "cache", memory.cache());
        close(t, "limit", memory.limit());
      }
      case "io" -> {
        Map<String, List<Double>> found = new LinkedHashMap<>();
        r.io(c)
            .forEach(
                d -> found.put(d.device(), List.of(d.reads(), d.writes(), d.read(), d.written())));
        Map<String, List<Double>> wanted = new LinkedHashMap<>();
        ((Map<?, ?>) requireNonNull(t.get("devices")))
            .forEach(
                (d, v) ->
                    wanted.put(
                        String.valueOf(d),
                        ((List<?>) v).stream().map(n -> ((Number) n).doubleValue()).toList()));
        assertThat(found).containsExactlyInAnyOrderEntriesOf(wanted);
      }
      case "psi" -> {
        for (String resource : List.of("cpu", "memory", "io")) {
          Pressure p = r.pressure(c, resource);
          if (t.containsKey("none")) {
            assertThat(p).isNull();
            continue;
          }
          requireNonNull(p);
          close(t, resource + "_some_s", p.some());
          close(t, resource + "_full_s", p.full());
        }
      }
      default -> throw new AssertionError("unknown test " + t);
    }
  }

  private static void close(Map<?, ?> t, String field, double found) {
    if (t.get(field) != null) {
      double wanted = ((Number) requireNonNull(t.get(field))).doubleValue();
      assertThat(found).as(field).isCloseTo(wanted, within(1e-6));
    }
  }

  @TestFactory
  List<DynamicTest> namesAndFilters() throws Exception {
    return tests("names-and-filters.jsonl", "id", ContainerConformanceTest::name);
  }

  private static void name(Map<?, ?> t) {
    Object in = Objects.requireNonNullElse(t.get("in"), "");
    Object found =
        switch (text(t, "what")) {
          case "service name of a container id" -> ContainerNames.serviceName((String) in);
          case "kubernetes volume of a mount source" -> ContainerNames.volume((String) in);
          case "truncate to n bytes" ->
              ContainerNames.truncate(
                  (String) in, ((Number) requireNonNull(t.get("n"))).intValue());
          case "normalised name" ->
              ContainerNames.domain((String) in, text(t, "record").equals("PTR"));
          case "network device is reported" -> ContainerNames.isReportedDevice((String) in);
          case "ephemeral port range is valid" -> PortRanges.parse((String) in) != null;
          case "port is ignored" ->
              requireNonNull(PortRanges.parse(text(t, "range"))).ignores(((Number) in).intValue());
          case "container is skipped" ->
              ContainerNames.isSkipped((String) in, patterns(t, "allow"), patterns(t, "deny"));
          case "destination key (destination, actual destination)" ->
              DestinationNames.of(
                      text(t, "destination"),
                      text(t, "actual"),
                      t.get("fqdn") == null ? "" : text(t, "fqdn"),
                      Boolean.TRUE.equals(t.get("keep_ip")))
                  .toString();
          case "a name keeps the ip in the destination (one public ip, or any private)" ->
              DestinationNames.keepsAddress(
                  ((List<?>) requireNonNull(t.get("ips"))).stream().map(String::valueOf).toList());
          default -> throw new AssertionError("unknown test " + t);
        };
    assertThat(found).isEqualTo(t.get("want"));
  }

  private static List<Pattern> patterns(Map<?, ?> t, String field) {
    return ((List<?>) requireNonNull(t.get(field)))
        .stream().map(p -> Pattern.compile((String) p)).toList();
  }

  private static String text(Map<?, ?> t, String field) {
    return (String) requireNonNull(t.get(field), () -> field + " of " + Arrays.asList(t));
  }
}
