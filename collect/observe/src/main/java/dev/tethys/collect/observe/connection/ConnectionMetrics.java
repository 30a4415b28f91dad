package dev.tethys.collect.observe.connection;

import dev.tethys.collect.observe.connection.ConnectionTracker.Listener;
import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import dev.tethys.model.MetricType;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.MetricFamily.Metric;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;

/** TCP connection metrics, named and labelled as in Coroot's node agent. */
final class ConnectionMetrics {
  private static final double NANOS = 1e9;
  private static final double MICROS = 1e6;

  private ConnectionMetrics() {}

  /** Copy of a destination's counters. */
  static final class PeerValues {
    final Owner owner;
    final String destination;
    final String actualDestination;
    final String address;
    final long connects;
    final double connectSeconds;
    final long failed;
    final long retransmits;
    final long sent;
    final long received;
    final int active;
    final long rttMicros;
    final int rttCount;

    PeerValues(Peer p) {
      owner = p.owner();
      destination = p.destination();
      actualDestination = p.actualDestination();
      address = p.address();
      connects = p.connects;
      connectSeconds = p.connectNanos / NANOS;
      failed = p.failed;
      retransmits = p.retransmits;
      sent = p.sent;
      received = p.received;
      active = p.active;
      rttMicros = p.rttMicros;
      rttCount = p.rttCount;
    }

    /** True if a connection was ever open. */
    boolean wasOpen() {
      return connects > 0 || active > 0 || sent > 0 || received > 0;
    }
  }

  static void collect(
      List<PeerValues> peers,
      Collection<Listener> listeners,
      Map<Owner, List<PublishedPort>> published,
      LocalAddresses addresses,
      Consumer<MetricFamily> to) {
    listeners(listeners, published, addresses, to);
    counter(
        "container_net_tcp_successful_connects_total",
        "TCP connections established to the destination.",
        peers,
        PeerValues::wasOpen,
        p -> p.connects,
        to);
    counter(
        "container_net_tcp_connection_time_seconds_total",
        "Time spent on the handshakes of TCP connections to the destination.",
        peers,
        PeerValues::wasOpen,
        p -> p.connectSeconds,
        to);
    counter(
        "container_net_tcp_retransmits_total",
        "TCP segments retransmitted to the destination.",
        peers,
        p -> p.wasOpen() || p.retransmits > 0,
        p -> p.retransmits,
        to);
    counter(
        "container_net_tcp_bytes_sent_total",
        "Bytes sent to the destination, retransmissions excluded.",
        peers,
        PeerValues::wasOpen,
        p -> p.sent,
        to);
    counter(
        "container_net_tcp_bytes_received_total",
        "Bytes received from the destination.",
        peers,
        PeerValues::wasOpen,
        p -> p.received,
        to);
    family(
        "container_net_tcp_active_connections",
        MetricType.GAUGE,
        "TCP connections to the destination that are open.",
        peers,
        PeerValues::wasOpen,
        p -> p.active,
        true,
        to);
    family(
        "container_net_tcp_failed_connects_total",
        MetricType.COUNTER,
        "TCP connections to the destination that were refused or timed out.",
        peers,
        p -> p.failed > 0,
        p -> p.failed,
        false,
        to);
    latency(peers, to);
  }

  private static void counter(
      String name,
      String help,
      List<PeerValues> peers,
      Predicate<PeerValues> with,
      ToDoubleFunction<PeerValues> value,
      Consumer<MetricFamily> to) {
    family(name, MetricType.COUNTER, help, peers, with, value, true, to);
  }

  private static void family(
      String name,
      MetricType type,
      String help,
      List<PeerValues> peers,
      Predicate<PeerValues> with,
      ToDoubleFunction<PeerValues> value,
      boolean actual,
      Consumer<MetricFamily> to) {
    List<Metric> metrics = new ArrayList<>();
    for (PeerValues p : peers) {
      if (with.test(p)) {
        LabelsBuilder labels = owner(p.owner).set("destination", p.destination);
        if (actual) {
          labels.set("actual_destination", p.actualDestination);
        }
        metrics.add(new Metric(labels.build(), value.applyAsDouble(p)));
      }
    }
    if (!metrics.isEmpty()) {
      to.accept(new MetricFamily(name, type, help, "", metrics));
    }
  }

  private record LatencyKey(Owner owner, String address) {}

  private static void latency(List<PeerValues> peers, Consumer<MetricFamily> to) {
    Map<LatencyKey, double[]> sums = new HashMap<>();
    for (PeerValues p : peers) {
      if (p.rttCount > 0 && !p.address.isEmpty()) {
        double[] sum = sums.computeIfAbsent(new LatencyKey(p.owner, p.address), _ -> new double[2]);
        sum[0] += p.rttMicros;
        sum[1] += p.rttCount;
      }
    }
    List<Metric> metrics = new ArrayList<>();
    sums.forEach(
        (k, sum) ->
            metrics.add(
                new Metric(
                    owner(k.owner()).set("destination_ip", k.address()).build(),
                    sum[0] / sum[1] / MICROS)));
    if (!metrics.isEmpty()) {
      to.accept(
          new MetricFamily(
              "container_net_latency_seconds",
              MetricType.GAUGE,
              "Mean smoothed round trip time of the open TCP connections to the address.",
              "",
              metrics));
    }
  }

  private static void listeners(
      Collection<Listener> listeners,
      Map<Owner, List<PublishedPort>> published,
      LocalAddresses addresses,
      Consumer<MetricFamily> to) {
    Map<Owner, TreeSet<String>> byOwner = new HashMap<>();
    for (Listener l : listeners) {
      if (l.owner != null) {
        TreeSet<String> of = byOwner.computeIfAbsent(l.owner, _ -> new TreeSet<>());
        if (l.address.isUnspecified()) {
          for (IpAddress a : addresses.of(l.namespace, l.process)) {
            if (!l.address.isV4() || a.isV4()) {
              of.add(a.withPort(l.port));
            }
          }
        } else if (!l.address.isLoopback() || addresses.isHost(l.namespace)) {
          of.add(l.address.withPort(l.port));
        }
      }
    }
    List<Metric> metrics = new ArrayList<>();
    byOwner.forEach(
        (o, of) ->
            of.forEach(
                text -> metrics.add(new Metric(owner(o).set("listen_addr", text).build(), 1))));
    published.forEach(
        (o, ports) -> {
          TreeMap<String, String> proxies = new TreeMap<>();
          ports.forEach(
              p -> machineAddresses(p, addresses).forEach(a -> proxies.put(a, p.proxy())));
          proxies.forEach(
              (text, proxy) ->
                  metrics.add(
                      new Metric(
                          owner(o).set("listen_addr", text).set("proxy", proxy).build(), 1)));
        });
    if (!metrics.isEmpty()) {
      to.accept(
          new MetricFamily(
              "container_net_tcp_listen_info",
              MetricType.GAUGE,
              "Addresses on which the container accepts TCP connections.",
              "",
              metrics));
    }
  }

  private static List<String> machineAddresses(PublishedPort p, LocalAddresses addresses) {
    return p.address().isUnspecified()
        ? addresses.ofHost().stream()
            .filter(a -> a.isV4() == p.address().isV4())
            .map(a -> a.withPort(p.port()))
            .toList()
        : List.of(p.address().withPort(p.port()));
  }

  private static LabelsBuilder owner(Owner o) {
    return new LabelsBuilder(Labels.EMPTY)
        .set("container_id", o.containerId())
        .set("app_id", o.appId());
  }
}
