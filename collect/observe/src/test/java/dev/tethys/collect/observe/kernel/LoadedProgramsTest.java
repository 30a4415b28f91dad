package dev.tethys.collect.observe.kernel;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tethys.codec.elf.ElfFile;
import dev.tethys.model.libc.Errno;
import dev.tethys.model.libc.LibraryException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Loads the programs into the kernel of this machine; skipped where it refuses them. */
@Tag("slow")
class LoadedProgramsTest {
  private static final int RING = 1 << 16;
  private static final int PROG_GET_FD_BY_ID = 13;
  private static final int LINK_GET_FD_BY_ID = 30;

  @Test
  void seesAConnectionOfThisProcess() throws Exception {
    KernelAssumptions.assumeLoads("tcp");
    try (LoadedPrograms tcp = LoadedPrograms.load("tcp", Map.of("events", RING));
        RingBuffer ring = tcp.map("events").ringBuffer(RING)) {
      tcp.attachTracepoint("set_state");
      int port;
      try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
          Socket client = new Socket(server.getInetAddress(), server.getLocalPort());
          Socket accepted = server.accept()) {
        port = client.getPort();
        assertThat(accepted.isConnected()).isTrue();
      }
      List<String> changes = new ArrayList<>();
      ring.read(
          (m, at, _) -> {
            int local = m.get(JAVA_SHORT, at + 38) & 0xffff;
            int remote = Short.reverseBytes(m.get(JAVA_SHORT, at + 40)) & 0xffff;
            if (local == port || remote == port) {
              changes.add(m.get(JAVA_SHORT, at + 12) + (local == port ? " local" : " remote"));
            }
          });
      assertThat(changes) // state before in the low byte, after in the high one
          .contains((7 | 10 << 8) + " local", (2 | 1 << 8) + " remote", (3 | 1 << 8) + " local");
      assertThat(tcp.map("lost").number(0)).isZero();
    }
  }

  @Test
  void countsEventsDroppedByAFullRing() throws Exception {
    KernelAssumptions.assumeLoads("tcp");
    try (LoadedPrograms tcp = LoadedPrograms.load("tcp", Map.of("events", 4096))) {
      tcp.attachTracepoint("set_state");
      for (int i = 0; i < 100; i++) {
        new ServerSocket(0, 1, InetAddress.getLoopbackAddress()).close();
      }
      assertThat(tcp.map("lost").number(0)).isGreaterThan(100);
    }
  }

  /**
   * Where one group loads, the others do: their tests are skipped where the kernel refuses them.
   */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "process",
        "sockets",
        "profile",
        "payload",
        "payload_tls",
        "payload_calls",
        "payload_calls_tls"
      })
  void loadsWhereThisKernelIsNewEnough(String group) throws Exception {
    KernelAssumptions.assumeLoads("tcp");
    String[] version = System.getProperty("os.version").split("[^0-9]+");
    int number = 100 * Integer.parseInt(version[0]) + Integer.parseInt(version[1]);
    assumeTrue(number >= 603, "tracepoints of sockets came with Linux 6.3");
    LoadedPrograms.load(group, Map.of()).close();
  }

  @Test
  void drainsHashEntries() throws Exception {
    KernelAssumptions.assumeLoads("profile");
    try (LoadedPrograms profile = LoadedPrograms.load("profile", Map.of())) {
      KernelMap map = profile.map("strangers");
      for (boolean singly : new boolean[] {false, true}) {
        Map<Long, Long> put = new TreeMap<>();
        for (long i = 0; i < 1000; i++) {
          map.put(i * 7919, i);
          put.put(i * 7919, i);
        }
        Map<Long, Long> taken = new TreeMap<>();
        KernelMap.EntryHandler add =
            (key, value) -> taken.put(key.get(JAVA_LONG, 0), value.get(JAVA_LONG, 0));
        assertThat(singly ? map.drainSingly(8, 8, add) : map.drain(8, 8, add)).isEqualTo(1000);
        assertThat(taken).isEqualTo(put);
        assertThat(map.drain(8, 8, add)).isZero();
      }
    }
  }

  /** Of large values more than one call is needed. */
  @Test
  void drainsEntriesOfALargeHash() throws Exception {
    KernelAssumptions.assumeLoads("profile");
    try (LoadedPrograms profile = LoadedPrograms.load("profile", Map.of());
        Arena arena = Arena.ofConfined()) {
      KernelMap map = profile.map("stacks");
      MemorySegment value = arena.allocate(8 + 8 * 200, 8);
      for (long i = 0; i < 3000; i++) {
        value.set(JAVA_LONG, 1600, i);
        map.put(i, value);
      }
      TreeSet<Long> taken = new TreeSet<>();
      map.drain(
          8,
          1608,
          (key, v) -> {
            assertThat(v.get(JAVA_LONG, 1600)).isEqualTo(key.get(JAVA_LONG, 0));
            taken.add(key.get(JAVA_LONG, 0));
          });
      assertThat(taken).hasSize(3000);
    }
  }

  @Test
  void iteratesOverTheSocketsOfThisProcess() throws Exception {
    KernelAssumptions.assumeLoads("sockets");
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        LoadedPrograms sockets = LoadedPrograms.load("sockets", Map.of());
        KernelIterator iterator = sockets.iterator("list_sockets")) {
      for (int round = 0; round < 3; round++) {
        List<Integer> owners = new ArrayList<>();
        iterator.forEach(
            96,
            (m, at) -> {
              if ((m.get(JAVA_SHORT, at + 30) & 0xffff) == server.getLocalPort()) {
                owners.add(m.get(JAVA_INT, at));
              }
            },
            () -> {});
        assertThat(owners).containsExactly((int) ProcessHandle.current().pid());
      }
    }
  }

  /** The kernel gives some hundred records at a time. */
  @Test
  void iteratesOverManySockets() throws Exception {
    KernelAssumptions.assumeLoads("sockets");
    List<ServerSocket> open = new ArrayList<>();
    try (LoadedPrograms sockets = LoadedPrograms.load("sockets", Map.of());
        KernelIterator iterator = sockets.iterator("list_sockets")) {
      for (int i = 0; i < 2000; i++) {
        open.add(new ServerSocket(0, 1, InetAddress.getLoopbackAddress()));
      }
      int[] found = new int[1];
      int[] pauses = new int[1];
      int own = (int) ProcessHandle.current().pid();
      iterator.forEach(
          96, (m, at) -> found[0] += m.get(JAVA_INT, at) == own ? 1 : 0, () -> pauses[0]++);
      assertThat(found[0]).isGreaterThanOrEqualTo(2000);
      assertThat(pauses[0]).isGreaterThan(1);
    } finally {
      for (ServerSocket s : open) {
        s.close();
      }
    }
  }

  @Test
  void refusalNamesTheReason() throws Exception {
    KernelAssumptions.assumeLoads("tcp");
    byte[] damaged = ProgramBlob.ofGroup("tcp").instructions().clone();
    damaged[0] = (byte) 0xff;
    ProgramBlob good = ProgramBlob.ofGroup("tcp");
    ProgramBlob bad = new ProgramBlob("tcp", good.maps(), good.programs(), good.data(), damaged);
    assertThatThrownBy(() -> LoadedPrograms.load(bad, Map.of()))
        .isInstanceOf(ProgramLoadException.class)
        .hasMessageStartingWith("group tcp cannot be loaded: BPF_PROG_LOAD: invalid argument");
    assertThatThrownBy(() -> LoadedPrograms.load(good, Map.of("events", 5)))
        .isInstanceOf(ProgramLoadException.class)
        .hasMessageStartingWith("the kernel refused group tcp: invalid argument");
  }

  @Test
  void nothingStaysAttachedAfterKill9() throws Exception {
    KernelAssumptions.assumeLoads("tcp");
    KernelAssumptions.assumeLoads("payload_tls");
    assumeTrue(Files.exists(Attaches.LIBRARY), Attaches.LIBRARY + " is not on this machine");
    Process child =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                Attaches.class.getName())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    TreeSet<Integer> programs;
    TreeSet<Integer> links;
    try (BufferedReader out =
        new BufferedReader(new InputStreamReader(child.getInputStream(), StandardCharsets.UTF_8))) {
      assertThat(out.readLine()).isEqualTo("attached");
      programs = numbers(child.pid(), "prog_id:");
      links = numbers(child.pid(), "link_id:");
      assertThat(programs).isNotEmpty();
      assertThat(links).isNotEmpty();
    } finally {
      child.destroyForcibly().waitFor(); // SIGKILL
    }
    programs.forEach(id -> assertGone(PROG_GET_FD_BY_ID, id));
    links.forEach(id -> assertGone(LINK_GET_FD_BY_ID, id));
  }

  /** Numbers that the kernel shows of the descriptors of a process. */
  private static TreeSet<Integer> numbers(long pid, String key) throws IOException {
    TreeSet<Integer> out = new TreeSet<>();
    try (Stream<Path> files = Files.list(Path.of("/proc/" + pid + "/fdinfo"))) {
      for (Path f : files.toList()) {
        Files.readAllLines(f).stream()
            .filter(l -> l.startsWith(key))
            .forEach(l -> out.add(Integer.parseInt(l.substring(key.length()).strip())));
      }
    }
    return out;
  }

  /** The kernel frees objects in the background, soon after the process is gone. */
  private static void assertGone(int command, int id) {
    for (int tries = 0; ; tries++) {
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment attributes = arena.allocate(152, 8);
        attributes.set(JAVA_INT, 0, id);
        SystemCalls.close(SystemCalls.bpf("GET_FD_BY_ID", command, attributes));
      } catch (LibraryException e) {
        assertThat(e.errno()).isEqualTo(Errno.ENOENT);
        return;
      }
      assertThat(tries).as("object " + id + " is still in the kernel").isLessThan(1000);
      java.util.concurrent.locks.LockSupport.parkNanos(10_000_000);
    }
  }

  /** Process that attaches a program and waits to be killed. */
  static final class Attaches {
    private static final Path LIBRARY = Path.of("/usr/lib/x86_64-linux-gnu/libc.so.6");

    private Attaches() {}

    private static long functionOffset() throws IOException {
      long[] address = new long[1];
      try (ElfFile elf = ElfFile.open(LIBRARY)) {
        elf.namedFunctions(
            64, (at, _, name) -> address[0] = name.remaining() == 6 ? at : address[0]);
        return elf.fileOffset(address[0]);
      }
    }

    public static void main(String[] args) throws Exception {
      LoadedPrograms tcp = LoadedPrograms.load("tcp", Map.of());
      tcp.attachTracepoint("set_state");
      LoadedPrograms tls = LoadedPrograms.load("payload_tls", Map.of());
      Attachment probe = tls.attachFileOffset("tls_freed", LIBRARY, functionOffset());
      System.out.println("attached");
      System.in.read(); // never answered
      probe.close();
      tls.close();
      tcp.close();
    }
  }
}
