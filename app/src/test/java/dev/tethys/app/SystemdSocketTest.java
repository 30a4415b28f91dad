package dev.tethys.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.testkit.Ports;
import java.io.IOException;
import java.net.URI;
import java.net.UnixDomainSocketAddress;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Sockets that systemd passes: its own test program listens, becomes the program once a client
 * connects, and passes its sockets.
 */
@Tag("slow")
class SystemdSocketTest {
  private static final Path ACTIVATE = Path.of("/usr/bin/systemd-socket-activate");

  @TempDir Path folder;
  private final List<Process> started = new ArrayList<>();

  @AfterEach
  void end() throws InterruptedException {
    for (Process p : started) {
      p.destroy();
      if (!p.waitFor(20, TimeUnit.SECONDS)) {
        p.destroyForcibly();
      }
    }
  }

  private Process activated(List<String> sockets, String... args) throws IOException {
    Assumptions.assumeTrue(Files.isExecutable(ACTIVATE), "needs systemd-socket-activate");
    List<String> command = new ArrayList<>(List.of(ACTIVATE.toString()));
    sockets.forEach(s -> command.addAll(List.of("-l", s)));
    command.addAll(TethysProcess.small(args));
    return start(command);
  }

  private Process start(List<String> command) throws IOException {
    Process p =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("log").toFile())
            .start();
    started.add(p);
    return p;
  }

  private String log() throws IOException {
    return Files.readString(folder.resolve("log"));
  }

  /** The first request is the one for which the program is started. */
  private String answer(int port, String path) throws Exception {
    awaitLog("Listening on");
    HttpRequest q =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
            .timeout(Duration.ofSeconds(60))
            .build();
    HttpResponse<String> r = TethysProcess.CLIENT.send(q, HttpResponse.BodyHandlers.ofString());
    assertThat(r.statusCode()).as(r.body()).isEqualTo(200);
    return r.body();
  }

  private void awaitLog(String text) {
    TethysProcess.await(
        text,
        Duration.ofSeconds(60),
        () -> {
          try {
            return log().contains(text);
          } catch (IOException e) {
            return false;
          }
        },
        () -> "");
  }

  private String endsWith1(Process p) throws Exception {
    assertThat(p.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(p.exitValue()).isEqualTo(1);
    return log();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "exporter process",
        "exporter node",
        "exporter graphite --graphite.listen-address=127.0.0.1:0",
        "pushgateway",
        "alertmanager --cluster.listen-address= --config.file=am.yml --storage.path=am",
        "server --config.file=prometheus.yml --storage.tsdb.path=data"
      })
  void aPortIsServedWithoutAnAddressOfItsOwn(String program) throws Exception {
    Files.writeString(folder.resolve("am.yml"), "{route: {receiver: a}, receivers: [{name: a}]}");
    Files.writeString(folder.resolve("prometheus.yml"), "{}");
    int port = Ports.free();
    List<String> args = new ArrayList<>(List.of(program.split(" ")));
    args.add("--web.systemd-socket");
    args.add("--web.listen-address=192.0.2.1:1"); // is not asked for
    Process p = activated(List.of("127.0.0.1:" + port), args.toArray(String[]::new));
    assertThat(answer(port, "/-/healthy")).isNotEmpty();
    for (int i = 0; i < 5; i++) {
      assertThat(answer(port, "/metrics")).contains("process_start_time_seconds");
    }
    assertThat(log()).contains("socket of systemd at /127.0.0.1:" + port);
    p.destroy();
    assertThat(p.waitFor(30, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void servesOneSystemdSocket() throws Exception {
    Path at = folder.resolve("s");
    activated(List.of(at.toString()), "pushgateway", "--web.systemd-socket");
    awaitLog("Listening on");
    try (SocketChannel c = SocketChannel.open(UnixDomainSocketAddress.of(at))) {
      c.write(
          ByteBuffer.wrap(
              "GET /-/ready HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
                  .getBytes(StandardCharsets.UTF_8)));
      assertThat(new String(Channels.newInputStream(c).readAllBytes(), StandardCharsets.UTF_8))
          .startsWith("HTTP/1.1 200");
    }
    // It is systemd's, and stays.
    started.getFirst().destroy();
    assertThat(started.getFirst().waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(at).exists();
  }

  @Test
  void rejectsSeveralSockets() throws Exception {
    int port = Ports.free();
    Process p =
        activated(
            List.of("127.0.0.1:" + port, folder.resolve("s").toString()),
            "exporter",
            "process",
            "--web.systemd-socket");
    awaitLog("Listening on");
    try (SocketChannel _ = SocketChannel.open(UnixDomainSocketAddress.of(folder.resolve("s")))) {
      assertThat(endsWith1(p)).contains("2 sockets are passed by systemd").contains("ListenStream");
    }
  }

  @Test
  void reportsMissingVariablesWithoutSystemd() throws Exception {
    assertThat(endsWith1(start(TethysProcess.small("exporter", "process", "--web.systemd-socket"))))
        .contains("no socket activation file descriptors found: LISTEN_PID and LISTEN_FDS");
  }
}
