package dev.tethys.contrib.clusteragent;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.json.JsonValues;
import dev.tethys.collect.database.reader.ReadingException.Failure;
import dev.tethys.contrib.clusteragent.TargetState.Status;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.testkit.Waiting;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Tag("slow")
@Timeout(120)
class DatabaseReadingsTest {
  /** Server on loopback that answers each connection in the same way. */
  private static final class Answering implements AutoCloseable {
    private final ServerSocket socket = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final AtomicInteger connections = new AtomicInteger();
    private final List<Socket> open = new ArrayList<>();

    Answering(byte[] greeting, boolean echoes, String answer) throws IOException {
      Thread.ofVirtual()
          .start(
              () -> {
                while (!socket.isClosed()) {
                  try {
                    Socket s = socket.accept();
                    synchronized (open) {
                      open.add(s);
                    }
                    connections.incrementAndGet();
                    Thread.ofVirtual().start(() -> answer(s, greeting, echoes, answer));
                  } catch (IOException e) {
                    return;
                  }
                }
              });
    }

    private static void answer(Socket s, byte[] greeting, boolean echoes, String answer) {
      try (s) {
        s.getOutputStream().write(greeting);
        InputStream in = s.getInputStream();
        byte[] b = new byte[4096];
        while (in.read(b) > 0) {
          if (echoes) {
            s.getOutputStream().write(answer.getBytes(StandardCharsets.US_ASCII));
          }
        }
      } catch (IOException e) {
        // the client has gone
      }
    }

    int port() {
      return socket.getLocalPort();
    }

    @Override
    public void close() throws IOException {
      socket.close();
      synchronized (open) {
        for (Socket s : open) {
          s.close();
        }
      }
    }
  }

  private static Answering hanging() throws IOException {
    return new Answering(new byte[0], false, "");
  }

  private static ClusterAgentConfig config(String text) {
    return ClusterAgentConfig.parse("agent.yml", text, Map.<String, String>of()::get);
  }

  private static TargetState state(DatabaseReadings r, int port) {
    return r.states().stream()
        .filter(s -> s.target().server().port() == port)
        .findFirst()
        .orElseThrow();
  }

  private static double value(DatabaseReadings r, String name, int port) {
    for (MetricFamily f : r.families()) {
      if (f.name().equals(name)) {
        for (MetricFamily.Metric m : f.metrics()) {
          if (m.labels().get("address").endsWith(":" + port)) {
            return ((MetricFamily.Value) m.point()).value();
          }
        }
      }
    }
    return Double.NaN;
  }

  @Test
  void readsOthersWhileServersHang() throws Exception {
    try (Answering memcached = new Answering(new byte[0], true, "STAT version 1.6\r\nEND\r\n");
        Answering hung = hanging();
        DatabaseReadings r = new DatabaseReadings(InstantSource.system(), RecordSink.NONE)) {
      StringBuilder yaml = new StringBuilder("interval: 1s\ntimeout: 5s\ndatabases:\n");
      yaml.append("- {engine: memcached, address: '127.0.0.1:" + memcached.port() + "'}\n");
      for (String engine : List.of("postgres", "mysql", "redis", "memcached")) {
        yaml.append("- {engine: " + engine + ", address: '127.0.0.1:" + hung.port() + "'}\n");
      }
      r.apply(config(yaml.toString()).databases());
      Waiting.await(() -> state(r, memcached.port()).statements() >= 12);
      assertThat(r.states())
          .filteredOn(s -> s.target().server().port() == hung.port())
          .allMatch(s -> s.status() == Status.WAITING || s.status() == Status.FAILING);
      assertThat(value(r, "memcached_up", memcached.port())).isNotNaN();
      Waiting.await(
          () -> r.states().stream().filter(s -> s.status() == Status.FAILING).count() == 4);
      assertThat(r.states())
          .filteredOn(s -> s.status() == Status.FAILING)
          .allMatch(s -> s.error().startsWith("timeout"));
      assertThat(value(r, "pg_up", hung.port())).isZero();
      assertThat(hung.connections.get()).isLessThanOrEqualTo(8);
    }
  }

  @Test
  void readsAThousandDatabasesOfWhichSomeAreSick() throws Exception {
    byte[] garbage = "\0\0garbage\r\n".repeat(1000).getBytes(StandardCharsets.UTF_8);
    List<Answering> open = new ArrayList<>();
    try (Answering hung = hanging();
        Answering noise = new Answering(garbage, true, "garbage\r\n");
        DatabaseReadings r = new DatabaseReadings(InstantSource.system(), RecordSink.NONE)) {
      StringBuilder yaml = new StringBuilder("interval: 3s\ntimeout: 2s\ndatabases:\n");
      for (Answering sick : List.of(hung, noise)) {
        for (String engine : List.of("postgres", "mysql", "redis", "memcached", "mongodb")) {
          yaml.append("- {engine: " + engine + ", address: '127.0.0.1:" + sick.port() + "'}\n");
        }
      }
      for (int i = 0; i < 990; i++) {
        Answering sound = new Answering(new byte[0], true, "STAT version 1.6\r\nEND\r\n");
        open.add(sound);
        yaml.append("- {engine: memcached, address: '127.0.0.1:" + sound.port() + "'}\n");
      }
      r.apply(config(yaml.toString()).databases());
      Waiting.await(
          () ->
              r.states().stream()
                  .allMatch(
                      s ->
                          open.stream().anyMatch(a -> a.port() == s.target().server().port())
                              ? s.statements() >= 9
                              : s.status() == Status.FAILING));
      // A database that was not read for three intervals has no metrics: none is late.
      Waiting.await(
          () ->
              r.families().stream()
                      .filter(f -> f.name().equals("memcached_up"))
                      .mapToInt(f -> f.metrics().size())
                      .sum()
                  == 992);
      assertThat(hung.connections.get()).isLessThanOrEqualTo(40);
    } finally {
      for (Answering a : open) {
        a.close();
      }
    }
  }

  @Test
  void reportsGarbage() throws Exception {
    byte[] garbage =
        "HTTP/1.1 400 Bad Request\r\n\r\n".repeat(100).getBytes(StandardCharsets.UTF_8);
    try (Answering web = new Answering(garbage, true, "garbage\r\n");
        DatabaseReadings r = new DatabaseReadings(InstantSource.system(), RecordSink.NONE)) {
      StringBuilder yaml = new StringBuilder("interval: 1s\ntimeout: 3s\ndatabases:\n");
      for (String engine : List.of("postgres", "mysql", "redis", "memcached")) {
        yaml.append("- {engine: " + engine + ", address: '127.0.0.1:" + web.port() + "'}\n");
      }
      r.apply(config(yaml.toString()).databases());
      Waiting.await(() -> r.states().stream().allMatch(s -> s.status() == Status.FAILING));
      assertThat(r.states()).allMatch(s -> !s.error().isEmpty());
    }
  }

  @Test
  void logsInOnceWithAWrongPassword(@TempDir Path dir) throws Exception {
    Path password = dir.resolve("password");
    Files.writeString(password, "wrong");
    AtomicReference<Instant> now = new AtomicReference<>(Instant.EPOCH);
    try (Answering redis = new Answering(new byte[0], true, "-WRONGPASS invalid\r\n")) {
      ClusterAgentConfig c =
          config(
              "databases: [{engine: redis, address: '127.0.0.1:"
                  + redis.port()
                  + "', password_file: "
                  + password
                  + "}]");
      ReadTarget t = new ReadTarget(c.databases().getFirst(), now::get, RecordSink.NONE);
      for (int i = 0; i < 20; i++) {
        t.read();
        now.set(now.get().plusSeconds(15));
      }
      assertThat(redis.connections.get()).isEqualTo(1);
      assertThat(t.state().status()).isEqualTo(Status.PAUSED);
      assertThat(t.state().error()).startsWith("login refused").doesNotContain("wrong\"");
      now.set(now.get().plus(Duration.ofMinutes(10)));
      t.read();
      t.read();
      assertThat(redis.connections.get()).isEqualTo(2);
      Files.writeString(password, "other");
      t.read();
      assertThat(redis.connections.get()).isEqualTo(3);
      t.close();
    }
  }

  @Test
  void continuesUnchangedDatabasesAfterAReload() throws Exception {
    try (Answering one = new Answering(new byte[0], true, "STAT version 1\r\nEND\r\n");
        Answering two = new Answering(new byte[0], true, "STAT version 1\r\nEND\r\n");
        DatabaseReadings r = new DatabaseReadings(InstantSource.system(), RecordSink.NONE)) {
      String first = "- {engine: memcached, address: '127.0.0.1:" + one.port() + "'}\n";
      String second = "- {engine: memcached, address: '127.0.0.1:" + two.port() + "'}\n";
      r.apply(config("databases:\n" + first).databases());
      Waiting.await(() -> state(r, one.port()).readAt() != null);
      TargetState before = state(r, one.port());
      assertThat(JsonValues.read(TargetsJson.write(r.states(), List.of()))).isNotNull();
      assertThat(TargetsJson.write(r.states(), List.of()))
          .contains("\"engine\":\"memcached\"", "\"status\":\"success\"", "\"name\":\"server\"");
      r.apply(config("databases:\n" + first + second).databases());
      assertThat(state(r, one.port())).isSameAs(before);
      Waiting.await(() -> state(r, two.port()).readAt() != null);
      r.apply(config("databases:\n" + second).databases());
      assertThat(r.states()).hasSize(1);
    }
  }

  @Test
  void pausesLongerAfterEachFailure() {
    Duration interval = Duration.ofSeconds(15);
    assertThat(TargetPauses.after(Failure.CONNECTION, 1, interval)).isEqualTo(interval);
    assertThat(TargetPauses.after(Failure.CONNECTION, 3, interval))
        .isEqualTo(Duration.ofSeconds(60));
    assertThat(TargetPauses.after(Failure.TIMEOUT, 1000, interval))
        .isEqualTo(Duration.ofMinutes(5));
    assertThat(TargetPauses.after(Failure.BUSY, 5, Duration.ofMinutes(30)))
        .isEqualTo(Duration.ofMinutes(30));
    assertThat(TargetPauses.after(Failure.LOGIN, 1, interval)).isEqualTo(Duration.ofMinutes(10));
    assertThat(TargetPauses.after(Failure.LOGIN, 9, interval)).isEqualTo(Duration.ofHours(1));
  }
}
