package dev.tethys.pipeline.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.pipeline.Batch;
import dev.tethys.testkit.Ports;
import dev.tethys.testkit.Waiting;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Receivers over HTTP that a change of the graph replaces while requests are in flight. */
class GraphPortsTest extends GraphCase {
  private final int port = Ports.free();

  /**
   * @param batch number of requests that the batch waits for: each is in flight until then
   * @param settings of the receiver in addition to its address
   */
  private String yaml(String receiver, int batch, String settings) {
    return """
    receivers: {%s: {endpoint: "127.0.0.1:%d"%s}}
    processors: {batch: {send_batch_size: %d, timeout: 1h}}
    exporters: {out: }
    service: {pipelines: {logs: {receivers: [%s], processors: [batch], exporters: [out]}}}
    """
        .formatted(receiver, port, settings, batch, receiver);
  }

  /** A client that keeps its connection. */
  private final class Client implements AutoCloseable {
    private final Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
    private final BufferedReader in =
        new BufferedReader(
            new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII));

    Client() throws IOException {}

    Client send(String method, String path) throws IOException {
      String text = method + " " + path + " HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx";
      socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
      return this;
    }

    /** The lines of a head; an error when the connection ends before it. */
    List<String> answer() throws IOException {
      List<String> head = new ArrayList<>();
      while (true) {
        String line = in.readLine();
        if (line == null) {
          throw new IOException("the connection ended without an answer");
        }
        if (line.isEmpty()) {
          break;
        }
        head.add(line);
      }
      for (String h : head) {
        if (h.toLowerCase(java.util.Locale.ROOT).startsWith("content-length: ")) {
          in.skip(Long.parseLong(h.substring(16)));
        }
      }
      return head;
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }

  private FutureTask<Void> applying(String yaml) {
    FutureTask<Void> t =
        new FutureTask<>(
            () -> {
              graph.apply(read(yaml));
              return null;
            });
    Thread.ofPlatform().start(t);
    return t;
  }

  private void awaitInFlight(int items) {
    Waiting.await(
        () ->
            graph.status().edges().stream()
                    .filter(e -> e.to().startsWith("processor"))
                    .mapToLong(GraphStatus.EdgeStatus::items)
                    .sum()
                == items);
  }

  /** Whether a new connection is answered by the changed receiver. */
  private boolean isChanged() {
    try (Client c = new Client()) {
      return c.send("GET", "/none").answer().contains("x: 2");
    } catch (IOException e) {
      return false; // a change of socket settings releases the address briefly
    }
  }

  /** The batch is complete only with a request that the changed receiver has taken. */
  @ParameterizedTest
  @ValueSource(strings = {"", ", idle_timeout: 1h"})
  void answersRequestsInFlightWhenTheirReceiverChanges(String other) throws Exception {
    graph.apply(read(yaml("http", 2, ", response_headers: {x: '1'}")));
    try (Client before = new Client()) {
      before.send("POST", "/http");
      awaitInFlight(1);
      FutureTask<Void> change = applying(yaml("http", 2, ", response_headers: {x: '2'}" + other));
      Waiting.await(this::isChanged);
      try (Client after = new Client()) {
        after.send("POST", "/http");
        List<String> answered = before.answer();
        assertThat(answered).first().asString().contains("204");
        assertThat(after.answer()).first().asString().contains("204");
        change.get();
        assertThat(answered.stream().anyMatch(h -> h.equalsIgnoreCase("connection: close")))
            .isEqualTo(!other.isEmpty());
      }
    }
    assertThat(taken("out").stream().mapToInt(Batch::items).sum()).isEqualTo(2);
  }

  @Test
  void losesNoConnectionOrRequestDuringReloads() throws Exception {
    graph.apply(read(yaml("http", 1, "")));
    AtomicBoolean done = new AtomicBoolean();
    AtomicLong answered = new AtomicLong();
    List<FutureTask<Void>> clients = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      FutureTask<Void> t =
          new FutureTask<>(
              () -> {
                try (Client c = new Client()) {
                  while (!done.get()) {
                    assertThat(c.send("POST", "/http").answer()).first().asString().contains("204");
                    answered.incrementAndGet();
                  }
                }
                return null;
              });
      clients.add(t);
      Thread.ofVirtual().start(t);
    }
    for (int i = 1; i <= 30; i++) {
      long n = answered.get();
      graph.apply(
          read(
              yaml(
                  i % 3 == 0 ? "http/b" : "http",
                  1,
                  ", max_request_body_size: " + (1000 + i % 2))));
      Waiting.await(() -> answered.get() > n + 8 || clients.stream().anyMatch(FutureTask::isDone));
    }
    done.set(true);
    for (FutureTask<Void> c : clients) {
      c.get();
    }
    assertThat(taken("out").stream().mapToLong(Batch::items).sum()).isEqualTo(answered.get());
  }

  @ParameterizedTest
  @CsvSource({"http, http/b", "http, web", "web/a, http"})
  void anotherReceiverTakesOverThePort(String from, String to) throws Exception {
    graph.apply(read(yaml(from, 1, "")));
    try (Client c = new Client()) {
      assertThat(c.send("POST", "/" + type(from)).answer()).first().asString().contains("204");
      graph.apply(read(yaml(to, 1, "")));
      assertThat(c.send("POST", "/" + type(to)).answer()).first().asString().contains("204");
    }
  }

  private static String type(String id) {
    return id.split("/", 2)[0];
  }

  @ParameterizedTest
  @ValueSource(strings = {"", ", idle_timeout: 1h"})
  void restoresThePortAfterAFailedChange(String other) throws Exception {
    graph.apply(read(yaml("http", 1, "")));
    doubles.broken.add("in");
    String both =
        yaml("http/b", 1, other)
            .replace("receivers: {", "receivers: {in: , ")
            .replace("receivers: [", "receivers: [in, ");
    try (Client c = new Client()) {
      c.send("POST", "/http").answer();
      assertThatThrownBy(() -> graph.apply(read(both)))
          .hasMessageContaining("receiver in cannot start: the port is taken");
      if (other.isEmpty()) {
        assertThat(c.send("POST", "/http").answer()).first().asString().contains("204");
      }
    }
    assertThat(graph.failures()).isEmpty();
    try (Client c = new Client()) {
      assertThat(c.send("POST", "/http").answer()).first().asString().contains("204");
    }
  }
}
