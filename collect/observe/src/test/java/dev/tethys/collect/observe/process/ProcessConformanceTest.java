package dev.tethys.collect.observe.process;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.tethys.codec.json.tree.JsonReader;
import dev.tethys.testkit.Shared;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files of /proc, read as Coroot's node agent reads them. */
class ProcessConformanceTest {
  @TempDir Path folder;
  private Map<?, ?> expected = Map.of();
  private Map<?, ?> node = Map.of();
  private ProcessFiles files = new ProcessFiles(Path.of("/proc"));
  private NodeMetrics machine = new NodeMetrics(Path.of("/proc"), n -> true);

  @BeforeEach
  void copyFixtures() throws Exception {
    Path data = Shared.conformance("coroot/node-agent");
    expected =
        (Map<?, ?>)
            requireNonNull(
                JsonReader.read(Files.readString(data.resolve("proc-and-node-expected.json"))));
    node = map(expected, "node");
    Path proc = folder.resolve("proc");
    copy(data.resolve("proc/fixtures"), proc);
    for (Map.Entry<?, ?> link : map(expected, "symbolic_links_to_make").entrySet()) {
      Path p = proc.resolve(String.valueOf(link.getKey()));
      Files.createDirectories(requireNonNull(p.getParent()));
      Files.createSymbolicLink(p, Path.of(String.valueOf(link.getValue())));
    }
    copy(data.resolve("node/fixtures/proc"), folder.resolve("node"));
    Files.copy(data.resolve("node/fixtures/diskstats"), folder.resolve("node/diskstats"));
    files = new ProcessFiles(proc);
    machine = new NodeMetrics(folder.resolve("node"), n -> true);
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> all = Files.walk(from)) {
      for (Path p : all.toList()) {
        Path target = to.resolve(from.relativize(p).toString());
        if (Files.isDirectory(p)) {
          Files.createDirectories(target);
        } else {
          Files.copy(p, target);
        }
      }
    }
  }

  @Test
  void readsProcessesAndTheirNamespaceIds() throws IOException {
    assertThat(files.pids()).isEqualTo(numbers("pids"));
    map(expected, "namespace_pid")
        .forEach(
            (pid, inner) ->
                assertThat(files.namespacePid(Integer.parseInt(String.valueOf(pid))))
                    .isEqualTo(((Number) inner).intValue()));
  }

  private List<Integer> numbers(String field) {
    return ((List<?>) requireNonNull(expected.get(field)))
        .stream().map(n -> ((Number) n).intValue()).toList();
  }

  @Test
  void readsMountsWithoutSystemOnes() {
    Map<String, List<String>> found = new LinkedHashMap<>();
    files.mounts(123).forEach((id, m) -> found.put(id, List.of(m.device(), m.mountPoint())));
    assertThat(found).isEqualTo(expected.get("mounts_123"));
  }

  @Test
  void openFilesAndSockets() {
    List<Map<String, Object>> open =
        files.openFiles(123).stream()
            .map(
                f -> {
                  Map<String, Object> m = new LinkedHashMap<>();
                  m.put("fd", f.fd());
                  m.put("dest", f.target());
                  if (!f.socketInode().isEmpty()) {
                    m.put("socket_inode", f.socketInode());
                  }
                  return m;
                })
            .toList();
    assertThat(open.toString()).isEqualTo(String.valueOf(expected.get("fds_123")));
    assertThat(files.openFileInfo(123, 4)).containsEntry("mnt_id", "1965");
    assertThat(files.openFileInfo(123, 4)).containsEntry("flags", "0100002");
    List<Map<String, Object>> sockets =
        files.sockets(123).stream()
            .map(
                s -> {
                  Map<String, Object> m = new LinkedHashMap<>();
                  m.put("inode", s.inode());
                  m.put("local", s.local());
                  m.put("remote", s.remote());
                  m.put("listen", s.listens());
                  return m;
                })
            .toList();
    assertThat(sockets.toString()).isEqualTo(String.valueOf(expected.get("sockets_123")));
  }

  @Test
  void cpuMemoryAndUptime() {
    equal(map(node, "cpu_seconds"), machine.cpuSeconds());
    equal(map(node, "memory_bytes"), machine.memoryBytes());
    assertThat(machine.logicalCores())
        .isEqualTo(((Number) requireNonNull(node.get("logical_cores"))).intValue());
    assertThat(machine.uptime())
        .isEqualTo(((Number) requireNonNull(node.get("uptime_s"))).doubleValue());
  }

  @Test
  void wholeDisks() {
    Map<String, NodeMetrics.Disk> disks = machine.disks();
    assertThat(disks.keySet().stream().sorted().toList().toString())
        .isEqualTo(String.valueOf(node.get("block_devices")));
    map(node, "disks")
        .forEach(
            (title, v) -> {
              String name = String.valueOf(title).split(" ")[0];
              NodeMetrics.Disk d = requireNonNull(disks.get(name));
              Map<String, Double> found = new LinkedHashMap<>();
              found.put("read_ops", d.reads());
              found.put("write_ops", d.writes());
              found.put("bytes_read", d.read());
              found.put("bytes_written", d.written());
              found.put("read_s", d.readSeconds());
              found.put("write_s", d.writeSeconds());
              found.put("io_s", d.ioSeconds());
              equal((Map<?, ?>) v, found);
            });
  }

  private static void equal(Map<?, ?> wanted, Map<String, Double> found) {
    assertThat(found).hasSize(wanted.size());
    wanted.forEach(
        (k, v) ->
            assertThat(found.get(String.valueOf(k)))
                .as(String.valueOf(k))
                .isCloseTo(((Number) v).doubleValue(), within(1e-6)));
  }

  private static Map<?, ?> map(Map<?, ?> m, String field) {
    return (Map<?, ?>) requireNonNull(m.get(field));
  }
}
