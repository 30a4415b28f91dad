package dev.tethys.alert.manager;

import static dev.tethys.testkit.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.tethys.alert.manager.dispatch.ManagerClock;
import dev.tethys.web.tracing.Tracing;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Receivers that never answer, or never end a response, delay no other receiver. */
@Timeout(90)
@Tag("slow")
class SlowReceiversTest extends AlertmanagerFixture {
  private final CountDownLatch over = new CountDownLatch(1);
  private final Map<String, AtomicInteger> requests = new ConcurrentHashMap<>();
  private final Map<String, AtomicInteger> open = new ConcurrentHashMap<>();
  private final HttpServer slow = loopback();

  @BeforeEach
  void listenSlowly() {
    slow.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    slow.createContext("/hang", x -> during(x, () -> over.await()));
    slow.createContext("/trickle", x -> during(x, () -> trickle(x)));
    slow.start();
  }

  @AfterEach
  void end() {
    over.countDown();
    slow.stop(0);
  }

  private interface Step {
    void run() throws Exception;
  }

  private void during(HttpExchange x, Step step) throws IOException {
    x.getRequestBody().readAllBytes();
    String path = x.getRequestURI().getPath();
    count(requests, path).incrementAndGet();
    count(open, path).incrementAndGet();
    try {
      step.run();
    } catch (IOException e) {
      throw e;
    } catch (Exception e) {
      throw new IOException(e);
    } finally {
      count(open, path).decrementAndGet();
      x.close();
    }
  }

  /** A response with a byte occasionally, until the client has gone. */
  private void trickle(HttpExchange x) throws IOException {
    x.sendResponseHeaders(200, 0);
    OutputStream out = x.getResponseBody();
    while (over.getCount() > 0) {
      out.write('.');
      out.flush();
      LockSupport.parkNanos(5_000_000);
    }
  }

  private static AtomicInteger count(Map<String, AtomicInteger> of, String path) {
    return of.computeIfAbsent(path, k -> new AtomicInteger());
  }

  private String with(String config) {
    return config.replace("{slow}", "http://127.0.0.1:" + slow.getAddress().getPort());
  }

  private static final String BESIDE_OTHERS =
      """
      route:
        receiver: mixed
        group_by: [alertname]
        group_wait: 0s
        group_interval: 1h
        routes: [{receiver: good, matchers: [team="x"]}]
      receivers:
      - name: mixed
        webhook_configs: [{url: '{slow}/hang'}, {url: '{slow}/trickle'}, {url: '{hook}/beside'}]
      - {name: good, webhook_configs: [{url: '{hook}/good'}]}
      """;

  @Test
  void hangingReceiversDoNotDelayOthers() throws IOException {
    try (ManagerClock real = ManagerClock.system();
        Alertmanager m =
            new Alertmanager(
                TestOptions.in(dir),
                clients,
                registry,
                real,
                new Tracing("alertmanager", "1", clients, registry))) {
      m.apply(read(with(BESIDE_OTHERS)));
      for (int i = 0; i < 50; i++) {
        assertThat(m.receive(List.of(now("A" + i), now("G" + i, "team", "x")))).isEmpty();
      }
      // The receiver's other integration, its other groups, and other receivers.
      await("all others", () -> posted.size() == 100);
      await("the slow ones", () -> in("/hang") == 50 && in("/trickle") == 50);
      // Told of again and again, they do not get requests one upon the other.
      for (int i = 0; i < 50; i++) {
        m.receive(List.of(now("A" + i)));
      }
      assertThat(m.receive(List.of(now("Last", "team", "x")))).isEmpty();
      await("one more", () -> posted.size() == 101);
      assertThat(count(requests, "/hang")).hasValue(50);
      assertThat(count(requests, "/trickle")).hasValue(50);
    }
    // Its end cuts off what hangs.
    over.countDown();
    await("the end of all requests", () -> in("/hang") == 0 && in("/trickle") == 0);
  }

  private int in(String path) {
    return count(open, path).get();
  }

  private static PostedAlert now(String name, String... labels) {
    Map<String, String> m = new java.util.LinkedHashMap<>(Map.of("alertname", name));
    for (int i = 0; i < labels.length; i += 2) {
      m.put(labels[i], labels[i + 1]);
    }
    return new PostedAlert(m, Map.of(), null, null, "");
  }

  /** The limit holds for the whole of a response, not for each byte of it. */
  @Test
  void limitsNumberAndDurationOfAttempts() throws IOException {
    open(
        with(
            """
            route: {receiver: r, group_by: [alertname], group_wait: 0s, group_interval: 10s}
            receivers:
            - name: r
              webhook_configs: [{url: '{slow}/hang', timeout: 100ms}, {url: '{slow}/trickle', timeout: 100ms}]
            """));
    post(firing("A"));
    clock.advance(Duration.ofSeconds(1));
    // Pauses grow from half a second by half until the ten seconds of the interval are over.
    for (String path : new String[] {"/hang", "/trickle"}) {
      assertThat(count(requests, path).get()).as(path).isBetween(4, 8);
    }
    await("the end of the trickle", () -> in("/trickle") == 0);
    assertThat(
            value(
                "alertmanager_notifications_failed_total{integration=\"webhook\","
                    + "reason=\"contextDeadlineExceeded\"}"))
        .isEqualTo(2);
    int before = count(requests, "/hang").get();
    clock.advance(Duration.ofSeconds(10));
    assertThat(count(requests, "/hang").get()).isGreaterThan(before);
  }
}
