package dev.tethys.collect.observe.connection;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.collect.observe.connection.ConnectionTracker.FirstSeenOrigin;
import dev.tethys.model.exposition.MetricFamily;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ConnectionTrackerTest {
  private static final long SECOND = 1_000_000_000L;
  private static final int HOST = 1;

  private final ConnectionTracker tracker = tracker((_, p) -> new Owner("/app/" + p, ""));

  private static ConnectionTracker tracker(Owner.Resolver owners) {
    return new ConnectionTracker(
        owners,
        new ConnectionFilter(List.of(IpPrefix.parse("0.0.0.0/0")), PortRanges.LINUX),
        new LocalAddresses(Path.of("/nonexistent")));
  }

  private static SocketView socket(long id, int state, String to, int port) {
    SocketView v = new SocketView();
    v.socket = id;
    v.state = state;
    v.process = 7;
    v.namespace = HOST;
    v.localPort = 40000;
    v.remotePort = port;
    IpAddress a = ConnectionFilterTest.ip(to);
    v.remote(a.high(), a.low());
    return v;
  }

  private static SocketView counted(SocketView v, long sent, long received, long retransmits) {
    v.sent = sent;
    v.received = received;
    v.retransmits = retransmits;
    return v;
  }

  /** Metrics as text, without the prefix of the names. */
  static TreeMap<String, Double> metrics(ConnectionTracker tracker) {
    TreeMap<String, Double> out = new TreeMap<>();
    tracker.collect(
        f ->
            f.metrics()
                .forEach(
                    m ->
                        out.put(
                            f.name().replace("container_net_", "") + m.labels(),
                            ((MetricFamily.Value) m.point()).value())));
    return out;
  }

  private static String labels(String to) {
    return "{actual_destination=\""
        + to
        + "\", container_id=\"/app/7\", destination=\""
        + to
        + "\"}";
  }

  private void connect(long id, long time, String to, int port) {
    tracker.onStateChange(time, TcpState.CLOSE, socket(id, TcpState.SYN_SENT, to, port));
    tracker.onStateChange(
        time + SECOND / 4, TcpState.SYN_SENT, socket(id, TcpState.ESTABLISHED, to, port));
  }

  @Test
  void countsAConnectionFromItsStartToItsEnd() {
    connect(1, 0, "10.0.0.1", 80);
    String to = labels("10.0.0.1:80");
    assertThat(metrics(tracker))
        .containsEntry("tcp_successful_connects_total" + to, 1.0)
        .containsEntry("tcp_connection_time_seconds_total" + to, 0.25)
        .containsEntry("tcp_active_connections" + to, 1.0);
    tracker.onStateChange(
        SECOND,
        TcpState.TIME_WAIT,
        counted(socket(1, TcpState.CLOSE, "10.0.0.1", 80), 100, 2000, 3));
    assertThat(metrics(tracker))
        .containsEntry("tcp_active_connections" + to, 0.0)
        .containsEntry("tcp_bytes_sent_total" + to, 100.0)
        .containsEntry("tcp_bytes_received_total" + to, 2000.0)
        .containsEntry("tcp_retransmits_total" + to, 3.0);
    assertThat(tracker.openConnections()).isZero();
  }

  @Test
  void namesDestinationsWithSeveralPublicAddressesByDomain() {
    tracker.learn("api.example.com", List.of("203.0.113.1", "203.0.113.2"));
    tracker.learn("single.example.com", List.of("203.0.113.9"));
    tracker.learn("db.internal", List.of("10.0.0.1", "10.0.0.2"));
    connect(1, 0, "203.0.113.1", 443);
    connect(2, 0, "203.0.113.2", 443);
    connect(3, 0, "203.0.113.9", 443);
    connect(4, 0, "10.0.0.1", 5432);
    assertThat(metrics(tracker))
        .containsEntry(
            "tcp_successful_connects_total{container_id=\"/app/7\","
                + " destination=\"api.example.com:443\"}",
            2.0)
        .containsEntry("tcp_successful_connects_total" + labels("203.0.113.9:443"), 1.0)
        .containsEntry("tcp_successful_connects_total" + labels("10.0.0.1:5432"), 1.0);
  }

  @Test
  void showsMachinePortsForwardedByARuntime() {
    ConnectionTracker published =
        tracker(
            new Owner.Resolver() {
              @Override
              public @Nullable Owner ownerOf(long cgroup, int process) {
                return null;
              }

              @Override
              public Map<Owner, List<PublishedPort>> published() {
                return Map.of(
                    new Owner("/docker/web", ""),
                    List.of(
                        new PublishedPort("dockerd", ConnectionFilterTest.ip("10.0.0.1"), 8080)));
              }
            });
    assertThat(metrics(published))
        .containsOnly(
            Map.entry(
                "tcp_listen_info{container_id=\"/docker/web\", listen_addr=\"10.0.0.1:8080\","
                    + " proxy=\"dockerd\"}",
                1.0));
  }

  @Test
  void countsFailedConnect() {
    tracker.onStateChange(0, TcpState.CLOSE, socket(1, TcpState.SYN_SENT, "10.0.0.1", 80));
    tracker.onStateChange(1, TcpState.SYN_SENT, socket(1, TcpState.CLOSE, "10.0.0.1", 80));
    assertThat(metrics(tracker))
        .containsEntry(
            "tcp_failed_connects_total{container_id=\"/app/7\", destination=\"10.0.0.1:80\"}", 1.0)
        .doesNotContainKey("tcp_successful_connects_total" + labels("10.0.0.1:80"));
  }

  @Test
  void countsEachByteOnceAcrossPassesAndTheEnd() {
    connect(1, 0, "10.0.0.1", 80);
    for (int i = 1; i <= 3; i++) {
      tracker.beginPass();
      SocketView v = counted(socket(1, TcpState.ESTABLISHED, "10.0.0.1", 80), 100L * i, 10L * i, i);
      v.smoothedRttMicros = 500;
      tracker.connectionInPass(0, v, FirstSeenOrigin.KNOWN);
      tracker.endPass(0, true);
    }
    tracker.onStateChange(
        SECOND,
        TcpState.ESTABLISHED,
        counted(socket(1, TcpState.CLOSE, "10.0.0.1", 80), 350, 31, 3));
    assertThat(metrics(tracker))
        .containsEntry("tcp_bytes_sent_total" + labels("10.0.0.1:80"), 350.0)
        .containsEntry("tcp_bytes_received_total" + labels("10.0.0.1:80"), 31.0)
        .containsEntry("tcp_retransmits_total" + labels("10.0.0.1:80"), 3.0)
        .containsEntry(
            "latency_seconds{container_id=\"/app/7\", destination_ip=\"10.0.0.1\"}", 0.0005);
  }

  @Test
  void acceptsExistingSocketsWithoutTheirPast() {
    tracker.beginPass();
    SocketView listening = socket(1, TcpState.LISTEN, "0.0.0.0", 0);
    listening.localPort = 80;
    tracker.listenerInPass(listening);
    SocketView accepted = counted(socket(2, TcpState.ESTABLISHED, "10.0.0.9", 5000), 5, 5, 0);
    accepted.localPort = 80;
    tracker.connectionInPass(0, accepted, FirstSeenOrigin.KNOWN);
    tracker.connectionInPass(
        0,
        counted(socket(3, TcpState.ESTABLISHED, "10.0.0.1", 5432), 900, 900, 0),
        FirstSeenOrigin.KNOWN);
    tracker.endPass(0, true);
    assertThat(metrics(tracker))
        .containsEntry("tcp_active_connections" + labels("10.0.0.1:5432"), 1.0)
        .containsEntry("tcp_successful_connects_total" + labels("10.0.0.1:5432"), 0.0)
        .containsEntry("tcp_bytes_sent_total" + labels("10.0.0.1:5432"), 0.0)
        .doesNotContainKey("tcp_active_connections" + labels("10.0.0.9:5000"));
  }

  @Test
  void countsConnectionsFoundInSequence() {
    for (int i = 1; i <= 2; i++) {
      tracker.beginPass();
      tracker.connectionInPass(
          0,
          counted(socket(i, TcpState.ESTABLISHED, "10.0.0.1", 80), 10, 0, 0),
          FirstSeenOrigin.OPENED);
      tracker.endPass(0, false);
    }
    assertThat(metrics(tracker))
        .containsEntry("tcp_successful_connects_total" + labels("10.0.0.1:80"), 2.0)
        .containsEntry("tcp_bytes_sent_total" + labels("10.0.0.1:80"), 20.0)
        .containsEntry("tcp_active_connections" + labels("10.0.0.1:80"), 1.0);
  }

  @Test
  void replacesAConnectionWhoseEndWasLost() {
    connect(1, 0, "10.0.0.1", 80);
    connect(1, SECOND, "10.0.0.2", 80);
    assertThat(metrics(tracker))
        .containsEntry("tcp_active_connections" + labels("10.0.0.1:80"), 0.0)
        .containsEntry("tcp_active_connections" + labels("10.0.0.2:80"), 1.0);
    for (int i = 0; i < 20; i++) {
      tracker.beginPass();
      tracker.endPass(SECOND, true);
    }
    assertThat(tracker.openConnections()).isZero();
  }

  @Test
  void boundsTheDestinationsOfAnOwnerAndCountsTheRest() {
    for (int i = 0; i < 1_200; i++) {
      connect(i, 0, "10.0." + i / 250 + "." + i % 250, 80);
    }
    assertThat(metrics(tracker))
        .containsEntry("tcp_successful_connects_total" + labels("~other"), 200.0);
    assertThat(tracker.shedPeers()).isEqualTo(200);
  }

  @Test
  void forgetsDestinationsUnusedForAnHour() {
    connect(1, 0, "10.0.0.1", 80);
    tracker.onStateChange(SECOND, TcpState.ESTABLISHED, socket(1, TcpState.CLOSE, "10.0.0.1", 80));
    tracker.beginPass();
    tracker.endPass(1800 * SECOND, true);
    assertThat(metrics(tracker)).isNotEmpty();
    tracker.beginPass();
    tracker.endPass(3700 * SECOND, true);
    assertThat(metrics(tracker)).isEmpty();
  }

  /** Translations that are answered when the test says so. */
  private static final class Queue implements ConnectionTracker.Translations {
    final List<UnresolvedDestination> queued = new ArrayList<>();
    Outcome outcome = Outcome.QUEUED;

    @Override
    public Outcome offer(UnresolvedDestination u) {
      if (outcome == Outcome.QUEUED) {
        queued.add(u);
      }
      return outcome;
    }

    void answer(ConnectionTracker to, String address, int port) {
      for (UnresolvedDestination u : queued) {
        u.answer =
            new Flow(u.flow.source(), u.flow.sourcePort(), ConnectionFilterTest.ip(address), port);
      }
      to.resolved(queued);
      queued.clear();
    }
  }

  private static String translated(String to, String actual) {
    return "{actual_destination=\""
        + actual
        + "\", container_id=\"/app/7\", destination=\""
        + to
        + "\"}";
  }

  private final Queue queue = new Queue();

  @Test
  void countsConnectionActivityBeforeItsDestinationIsKnown() {
    tracker.translations(queue);
    connect(1, 0, "10.96.0.10", 80);
    connect(2, 0, "10.96.0.10", 80);
    tracker.onStateChange( // a short one is over by then
        SECOND,
        TcpState.ESTABLISHED,
        counted(socket(1, TcpState.CLOSE, "10.96.0.10", 80), 100, 2000, 3));
    assertThat(metrics(tracker)).isEmpty();
    queue.answer(tracker, "10.1.2.3", 8080);
    String to = translated("10.96.0.10:80", "10.1.2.3:8080");
    assertThat(metrics(tracker))
        .containsEntry("tcp_successful_connects_total" + to, 2.0)
        .containsEntry("tcp_connection_time_seconds_total" + to, 0.5)
        .containsEntry("tcp_bytes_received_total" + to, 2000.0)
        .containsEntry("tcp_active_connections" + to, 1.0);
    tracker.beginPass();
    SocketView v = counted(socket(2, TcpState.ESTABLISHED, "10.96.0.10", 80), 7, 9, 0);
    v.smoothedRttMicros = 500;
    tracker.connectionInPass(0, v, FirstSeenOrigin.KNOWN);
    tracker.endPass(0, true);
    tracker.onStateChange(
        SECOND, TcpState.ESTABLISHED, socket(2, TcpState.CLOSE, "10.96.0.10", 80));
    assertThat(metrics(tracker))
        .containsEntry("tcp_bytes_received_total" + to, 2009.0)
        .containsEntry("tcp_active_connections" + to, 0.0)
        .containsEntry(
            "latency_seconds{container_id=\"/app/7\", destination_ip=\"10.1.2.3\"}", 0.0005);
  }

  @Test
  void separatesServersOfAService() {
    tracker.translations(queue);
    connect(1, 0, "10.96.0.10", 80);
    queue.answer(tracker, "10.1.2.3", 8080);
    connect(2, 0, "10.96.0.10", 80);
    queue.answer(tracker, "10.1.2.4", 8080);
    connect(3, 0, "10.0.0.1", 80);
    queue.answer(tracker, "10.0.0.1", 80);
    tracker.onStateChange(0, TcpState.CLOSE, socket(4, TcpState.SYN_SENT, "10.96.0.10", 80));
    tracker.onStateChange(1, TcpState.SYN_SENT, socket(4, TcpState.CLOSE, "10.96.0.10", 80));
    String connects = "tcp_successful_connects_total";
    assertThat(metrics(tracker))
        .containsEntry(connects + translated("10.96.0.10:80", "10.1.2.3:8080"), 1.0)
        .containsEntry(connects + translated("10.96.0.10:80", "10.1.2.4:8080"), 1.0)
        .containsEntry(connects + labels("10.0.0.1:80"), 1.0)
        .containsEntry(
            "tcp_failed_connects_total{container_id=\"/app/7\", destination=\"10.96.0.10:80\"}",
            1.0);
  }

  @Test
  void countsUntranslatedDestinationsAsTheyAre() {
    tracker.translations(queue);
    queue.outcome = ConnectionTracker.Translations.Outcome.NONE;
    connect(1, 0, "10.0.0.1", 80);
    assertThat(metrics(tracker))
        .containsEntry("tcp_active_connections" + labels("10.0.0.1:80"), 1.0);
    assertThat(tracker.shedTranslations()).isZero();
  }

  @Test
  void retriesAfterAFullQueueAndCountsEndedConnections() {
    tracker.translations(queue);
    queue.outcome = ConnectionTracker.Translations.Outcome.FULL;
    connect(1, 0, "10.96.0.10", 80);
    connect(2, 0, "10.96.0.10", 80);
    tracker.onStateChange(
        SECOND, TcpState.ESTABLISHED, socket(1, TcpState.CLOSE, "10.96.0.10", 80));
    assertThat(tracker.shedTranslations()).isEqualTo(1);
    queue.outcome = ConnectionTracker.Translations.Outcome.QUEUED;
    tracker.beginPass();
    tracker.connectionInPass(
        0, socket(2, TcpState.ESTABLISHED, "10.96.0.10", 80), FirstSeenOrigin.KNOWN);
    tracker.endPass(0, true);
    queue.answer(tracker, "10.1.2.3", 8080);
    assertThat(metrics(tracker))
        .containsEntry("tcp_successful_connects_total" + labels("10.96.0.10:80"), 1.0)
        .containsEntry(
            "tcp_successful_connects_total" + translated("10.96.0.10:80", "10.1.2.3:8080"), 1.0);
  }

  @Test
  void boundsConnectionsWaitingForADestination() {
    tracker.translations(queue);
    connect(1, 0, "10.96.0.10", 80);
    SocketView v = socket(1, TcpState.ESTABLISHED, "10.96.0.10", 80);
    List<String> counted = new ArrayList<>();
    tracker.lock().lock();
    try {
      for (int i = 0; i < 10_002; i++) {
        Connection c = Objects.requireNonNull(tracker.connectionOf(0, v));
        Peer p = Objects.requireNonNull(c.peer());
        p.whenKnown(known -> counted.add(known.actualDestination()));
      }
    } finally {
      tracker.lock().unlock();
    }
    assertThat(counted).hasSize(10_002).containsOnly("10.96.0.10:80");
    assertThat(tracker.shedTranslations()).isEqualTo(1);
    queue.answer(tracker, "10.1.2.3", 8080); // too late, and counted once
    assertThat(metrics(tracker))
        .containsEntry("tcp_active_connections" + labels("10.96.0.10:80"), 1.0)
        .doesNotContainKey("tcp_active_connections" + translated("10.96.0.10:80", "10.1.2.3:8080"));
  }

  @Test
  void tracksPublicAddressesOfPrivateServers() {
    ConnectionTracker some =
        new ConnectionTracker(
            (_, p) -> new Owner("/app/" + p, ""),
            new ConnectionFilter(List.of(), PortRanges.LINUX),
            new LocalAddresses(Path.of("/nonexistent")));
    some.translations(queue);
    int id = 1;
    for (String to : List.of("203.0.113.1", "203.0.113.2")) {
      some.onStateChange(0, TcpState.CLOSE, socket(id, TcpState.SYN_SENT, to, 80));
      some.onStateChange(1, TcpState.SYN_SENT, socket(id++, TcpState.ESTABLISHED, to, 80));
      queue.answer(some, to.endsWith("1") ? "10.1.2.3" : to, 80);
    }
    assertThat(metrics(some))
        .containsEntry("tcp_active_connections" + translated("203.0.113.1:80", "10.1.2.3:80"), 1.0)
        .doesNotContainKey("tcp_active_connections" + labels("203.0.113.2:80"));
  }

  @Test
  void omitsUnownedConnectionsAndStaysBounded() {
    ConnectionTracker none = tracker((_, _) -> null);
    List<Integer> sizes = new ArrayList<>();
    for (int i = 0; i < 1_000; i++) {
      none.onStateChange(0, TcpState.CLOSE, socket(i, TcpState.SYN_SENT, "10.0.0.1", 80));
      none.onStateChange(0, TcpState.SYN_SENT, socket(i, TcpState.CLOSE, "10.0.0.1", 80));
      sizes.add(none.openConnections());
    }
    assertThat(sizes).containsOnly(0);
    assertThat(metrics(none)).isEmpty();
  }
}
