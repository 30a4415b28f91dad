package dev.tethys.collect.logs.docker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.tethys.collect.discovery.config.Discoveries;
import dev.tethys.collect.logs.LogSource;
import dev.tethys.collect.logs.SourceRig;
import dev.tethys.model.logs.LogEntry;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Before a double of the Docker daemon, written from the description of its API. */
class DockerSourceTest {
  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

  /** A message of a log as the daemon keeps it. */
  private record Message(int stream, Instant time, String text) {}

  @TempDir Path folder;
  private final Map<String, List<Message>> logs = new ConcurrentHashMap<>();
  private final List<String> queries = new CopyOnWriteArrayList<>();
  private volatile boolean terminal;
  private HttpServer daemon;
  private SourceRig rig;

  @BeforeEach
  void begin() throws IOException {
    rig = new SourceRig(folder);
    daemon = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    daemon.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    daemon.createContext("/containers/json", x -> answer(x, containers().getBytes(UTF_8)));
    daemon.createContext("/networks", x -> answer(x, "[]".getBytes(UTF_8)));
    daemon.createContext("/containers/", this::container);
    daemon.start();
  }

  private static final java.nio.charset.Charset UTF_8 = StandardCharsets.UTF_8;

  @AfterEach
  void end() {
    daemon.stop(0);
    rig.close();
  }

  private String containers() {
    return logs.keySet().stream()
        .map(
            id ->
                """
                {"Id": "%s", "Names": ["/web-%s"], "Labels": {"team": "a.b"},
                 "HostConfig": {"NetworkMode": "bridge"},
                 "Ports": [{"PrivatePort": 80, "Type": "tcp"}, {"PrivatePort": 81, "Type": "tcp"}],
                 "NetworkSettings": {"Networks": {"bridge": {"IPAddress": "172.17.0.2"}}}}
                """
                    .formatted(id, id))
        .toList()
        .toString();
  }

  private static void answer(HttpExchange x, byte[] b) throws IOException {
    x.sendResponseHeaders(200, b.length);
    x.getResponseBody().write(b);
    x.close();
  }

  /** The log so far, and then the end: as of a container that has stopped. */
  private void container(HttpExchange x) throws IOException {
    String[] path = x.getRequestURI().getPath().split("/");
    if (path[3].equals("json")) {
      answer(x, ("{\"Config\": {\"Tty\": " + terminal + "}}").getBytes(UTF_8));
      return;
    }
    String query = x.getRequestURI().getQuery();
    queries.add(query);
    String[] since = query.replaceAll(".*since=", "").split("\\.");
    Instant from = Instant.ofEpochSecond(Long.parseLong(since[0]), Long.parseLong(since[1]));
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    DataOutputStream data = new DataOutputStream(out);
    for (Message m : logs.getOrDefault(path[2], List.of())) {
      if (!m.time.isBefore(from)) {
        byte[] b = (m.time + " " + m.text).getBytes(UTF_8);
        if (!terminal) {
          data.writeInt(m.stream << 24);
          data.writeInt(b.length);
        }
        data.write(b);
      }
    }
    answer(x, out.toByteArray());
  }

  private void say(String id, int stream, long nanos, String text) {
    logs.computeIfAbsent(id, k -> new CopyOnWriteArrayList<>())
        .add(new Message(stream, START.plusNanos(nanos), text));
  }

  private LogSource source() {
    String yaml =
        "docker_sd_configs: [{host: 'tcp://127.0.0.1:%d', refresh_interval: 100ms}]"
            .formatted(daemon.getAddress().getPort());
    LogSource s =
        new DockerLogs(
                SourceRig.read(Discoveries.SECTION.type(o -> Discoveries.read(o, false)), yaml))
            .source(rig.context());
    start(s);
    return s;
  }

  private static void start(LogSource s) {
    try {
      s.start();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @Test
  void readsBothStreamsWithLabelsAndTimes() throws Exception {
    say("one", 1, 5, "hello\n");
    say("one", 2, 6, "wor");
    say("one", 1, 7, "between\n");
    say("one", 2, 8, "ld\n");
    LogSource s = source();
    LogEntry hello = rig.next();
    assertThat(hello.line()).isEqualTo("hello");
    assertThat(hello.timestamp()).isEqualTo(START.getEpochSecond() * 1_000_000_000L + 5);
    assertThat(hello.labels().toMap())
        .containsEntry("was_meta_docker_container_id", "one")
        .containsEntry("was_meta_docker_container_name", "/web-one")
        .containsEntry("was_meta_docker_container_label_team", "a.b")
        .containsEntry("was_meta_docker_container_log_stream", "stdout");
    assertThat(rig.next().line()).isEqualTo("between");
    LogEntry world = rig.next();
    assertThat(world.line()).isEqualTo("world");
    assertThat(world.labels().get("was_meta_docker_container_log_stream")).isEqualTo("stderr");
    s.close();
  }

  @Test
  void restartContinuesAfterTheLastDeliveredLine() throws Exception {
    rig.settles(false);
    for (int i = 0; i < 4; i++) {
      say("one", 1, 9, "line " + i + "\n"); // all of one time
    }
    LogSource s = source();
    List<LogEntry> first = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      first.add(rig.next());
    }
    first.get(0).settle();
    first.get(1).settle();
    first.get(3).settle();
    s.close();
    assertThat(rig.positions().cursor("one")).isEqualTo("" + START.getEpochSecond());

    say("one", 1, 20, "after\n");
    s = source();
    assertThat(rig.lines(3)).containsExactly("line 2", "line 3", "after");
    s.close();
    assertThat(rig.isEmpty()).isTrue();
  }

  @Test
  void connectionEndRepeatsNothingAndFindsNewContainers() throws Exception {
    say("one", 1, 5, "first\n");
    LogSource s = source();
    assertThat(rig.next().line()).isEqualTo("first");
    say("one", 1, 5, "same time\n");
    assertThat(rig.next().line()).isEqualTo("same time");
    say("two", 1, 1, "another\n");
    assertThat(rig.next().line()).isEqualTo("another");
    s.close();
    assertThat(rig.isEmpty()).isTrue();
    assertThat(queries.size()).isGreaterThan(2);
  }

  @Test
  void terminalHasNoFrames() throws Exception {
    terminal = true;
    say("one", 1, 5, "a line\r\n");
    say("one", 1, 6, "\r\n");
    LogSource s = source();
    assertThat(rig.lines(2)).containsExactly("a line", "");
    s.close();
  }

  @Test
  void importsPromtailPositions() throws Exception {
    rig.positions().putCursor("one", String.valueOf(START.getEpochSecond() + 1));
    say("one", 1, 5, "old\n");
    say("one", 1, 2_000_000_000L, "new\n");
    LogSource s = source();
    assertThat(rig.next().line()).isEqualTo("new");
    s.close();
  }

  @Test
  void cutsLongLinesAndRejectsOtherFiles() throws Exception {
    List<String> lines = new ArrayList<>();
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    DataOutputStream data = new DataOutputStream(out);
    for (int i = 0; i < 3; i++) {
      byte[] b = (START + " " + "x".repeat(600_000) + (i == 2 ? "\n" : "")).getBytes(UTF_8);
      data.writeInt(1 << 24);
      data.writeInt(b.length);
      data.write(b);
    }
    new LogStream((e, t, text) -> lines.add(text))
        .read(new ByteArrayInputStream(out.toByteArray()), false);
    assertThat(lines).singleElement().extracting(String::length).isEqualTo(LogStream.MAX_LINE);
    for (String wrong :
        List.of("{\"message\": 1}", "\u0001\0\0\0\0\0\0\u0005hello", "\u0001\0\0\0\0")) {
      assertThatThrownBy(
              () ->
                  new LogStream((e, t, text) -> lines.add(text))
                      .read(new ByteArrayInputStream(wrong.getBytes(UTF_8)), false))
          .isInstanceOf(IOException.class);
    }
  }
}
