package dev.tethys.collect.kubernetes.event;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.config.HttpClientConfig;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.LogsData;
import dev.tethys.testkit.KubernetesDouble;
import dev.tethys.testkit.Waiting;
import dev.tethys.web.client.HttpClientFactory;
import dev.tethys.web.kubernetes.ClusterAccess;
import dev.tethys.web.kubernetes.ResourceWatch;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Events of a double of the API. */
@Timeout(60)
class EventFeedTest {
  private final List<LogRecord> received = new CopyOnWriteArrayList<>();
  private final AtomicInteger refusals = new AtomicInteger();
  private KubernetesDouble api;
  private HttpClientFactory clients;
  @TempDir private Path dir;

  @BeforeEach
  void start() throws Exception {
    api = new KubernetesDouble();
    clients = new HttpClientFactory("test");
  }

  @AfterEach
  void stop() {
    clients.close();
    api.close();
  }

  private void put(String name, int count) {
    api.put(
        EventFeed.PATH,
        "shop/" + name,
        """
        {"metadata":{"name":"%s","namespace":"shop","uid":"uid-%s"},
         "involvedObject":{"kind":"Pod","name":"web-1","namespace":"shop"},
         "reason":"BackOff","message":"Back-off restarting %s","type":"Warning","count":%d,
         "lastTimestamp":"2030-01-02T03:04:05Z",
         "source":{"component":"kubelet","host":"n1"}}
        """
            .formatted(name, name, name, count));
  }

  private EventFeed feed(@Nullable Path folder, long nowMillis) throws Exception {
    ResourceWatch.Connection connection =
        new ResourceWatch.Connection(
            ClusterAccess.of(api.url(), HttpClientConfig.DEFAULT),
            (c, call) -> clients.client(c).send(call),
            _ -> Thread.sleep(Duration.ofMillis(5)));
    EventFeed f = new EventFeed(connection, this::store, folder, nowMillis);
    f.start();
    return f;
  }

  private String store(LogsData batch) throws IOException {
    if (refusals.get() > 0) {
      refusals.decrementAndGet();
      throw new IOException("busy");
    }
    batch.resources().forEach(r -> r.scopes().forEach(s -> received.addAll(s.items())));
    return "";
  }

  private List<String> names() {
    return received.stream().map(r -> String.valueOf(r.attributes().get("event.name"))).toList();
  }

  @Test
  void sendsEventsWithTheAttributesOfCoroot() throws Exception {
    put("a", 2);
    try (EventFeed f = feed(dir, 0)) {
      Waiting.await(() -> f.sentCount() == 1);
    }
    LogRecord r = received.getFirst();
    assertThat(r.body()).isEqualTo("Back-off restarting a");
    assertThat(r.severityNumber()).isEqualTo(13);
    assertThat(r.severityText()).isEqualTo("Warning");
    for (String[] a :
        new String[][] {
          {"event.name", "a"},
          {"event.namespace", "shop"},
          {"event.reason", "BackOff"},
          {"object.kind", "Pod"},
          {"object.name", "web-1"},
          {"object.namespace", "shop"},
          {"source.component", "kubelet"},
          {"source.host", "n1"}
        }) {
      assertThat(r.attributes().get(a[0])).isEqualTo(a[1]);
    }
  }

  @Test
  void sendsEachEventOnceOverTwentyRestarts() throws Exception {
    List<String> expected = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      put("before" + i, 1);
      expected.add("before" + i);
      try (EventFeed f = feed(dir, 0)) {
        put("during" + i, 1);
        expected.add("during" + i);
        Waiting.await(() -> f.sentCount() == 2);
        if (i % 5 == 0) {
          api.forget(); // the next watch gets 410 and lists again
          api.endWatches();
        }
        put("again" + i, 1);
        expected.add("again" + i);
        Waiting.await(() -> f.sentCount() == 3);
      }
    }
    assertThat(names()).containsExactlyInAnyOrderElementsOf(expected);
  }

  @Test
  void sendsAnEventAgainWhenItsCountRises() throws Exception {
    put("a", 1);
    try (EventFeed f = feed(dir, 0)) {
      Waiting.await(() -> f.sentCount() == 1);
      put("a", 1); // a change without another occurrence
      put("a", 2);
      Waiting.await(() -> f.sentCount() == 2);
    }
    assertThat(received.getLast().attributes().get("event.count")).isEqualTo(2L);
  }

  @Test
  void keepsEventsUntilTheReceiverAcceptsThem() throws Exception {
    refusals.set(3);
    put("a", 1);
    put("b", 1);
    try (EventFeed f = feed(dir, 0)) {
      Waiting.await(() -> f.sentCount() == 2);
      Waiting.await(() -> f.problem().isEmpty());
    }
    assertThat(names()).containsExactlyInAnyOrder("a", "b");
  }

  @Test
  void doesNotRecordEventsThatWereNotAcknowledged() throws Exception {
    refusals.set(Integer.MAX_VALUE);
    put("a", 1);
    try (EventFeed f = feed(dir, 0)) {
      Waiting.await(() -> !f.problem().isEmpty());
    }
    refusals.set(0);
    try (EventFeed f = feed(dir, 0)) {
      Waiting.await(() -> f.sentCount() == 1);
    }
    assertThat(names()).containsExactly("a");
  }

  @Test
  void sendsOnlyLaterEventsWithoutAFolder() throws Exception {
    put("old", 1);
    long later = Instant.parse("2030-01-02T03:04:06Z").toEpochMilli();
    try (EventFeed f = feed(null, later)) {
      Waiting.await(() -> api.requests.stream().anyMatch(r -> r.contains("watch=true")));
      api.put(
          EventFeed.PATH,
          "shop/new",
          "{\"metadata\":{\"name\":\"new\",\"namespace\":\"shop\",\"uid\":\"n\"},"
              + "\"lastTimestamp\":\"2030-01-02T03:05:00Z\"}");
      Waiting.await(() -> f.sentCount() == 1);
    }
    assertThat(names()).containsExactly("new");
  }

  @Test
  void reportsAMissingRight() throws Exception {
    api.forbid(EventFeed.PATH, true);
    try (EventFeed f = feed(dir, 0)) {
      Waiting.await(() -> f.problem().contains("is forbidden"));
    }
  }
}
