package dev.tethys.pipeline.receiver.host;

import dev.tethys.collect.host.HostReadings.Network;
import dev.tethys.config.Section;
import dev.tethys.pipeline.receiver.scraping.Instrument;
import dev.tethys.pipeline.receiver.scraping.PointEmitter;
import dev.tethys.pipeline.receiver.scraping.Recorder;
import java.io.IOException;
import java.util.List;

/** Scraper of network device traffic and connections. */
final class NetworkScraper {
  private static final String[] DIRECTED = {"device", "direction"};
  private static final String CONNECTIONS = "system.network.connections";
  private static final String TRACKED = "system.network.conntrack.count";
  private static final String MAY_BE_TRACKED = "system.network.conntrack.max";

  static final List<Instrument> INSTRUMENTS =
      List.of(
          Instrument.level(
              CONNECTIONS, "{connections}", "The number of connections.", "protocol", "state"),
          Instrument.level(TRACKED, "{entries}", "The count of entries in conntrack table.")
              .optional(),
          Instrument.level(
                  MAY_BE_TRACKED, "{entries}", "The limit for entries in the conntrack table.")
              .optional(),
          Instrument.counter(
              "system.network.dropped", "{packets}", "The number of packets dropped.", DIRECTED),
          Instrument.counter(
              "system.network.errors", "{errors}", "The number of errors encountered.", DIRECTED),
          Instrument.counter(
              "system.network.io", "By", "The number of bytes transmitted and received.", DIRECTED),
          Instrument.counter(
              "system.network.packets",
              "{packets}",
              "The number of packets transferred.",
              DIRECTED));

  /** By the kernel's number of a state (include/net/tcp_states.h). */
  private static final String[] STATES = {
    "",
    "ESTABLISHED",
    "SYN_SENT",
    "SYN_RECV",
    "FIN_WAIT1",
    "FIN_WAIT2",
    "TIME_WAIT",
    "CLOSE",
    "CLOSE_WAIT",
    "LAST_ACK",
    "LISTEN",
    "CLOSING"
  };

  static final ScraperKind KIND = kind();

  private NetworkScraper() {}

  private static ScraperKind kind() {
    Section section = new Section("network", "Metrics of network devices and connections.");
    NameFilter.Keys filter = new NameFilter.Keys(section, "", "interfaces");
    return ScraperKind.simple(
        "network",
        section,
        INSTRUMENTS,
        o -> {
          NameFilter devices = filter.read(o);
          return () -> (s, out) -> collect(s, out, devices);
        });
  }

  private static void collect(HostScrape s, PointEmitter out, NameFilter devices) {
    try {
      for (Network n : s.host().networks()) {
        if (devices.includes(n.device())) {
          pair(out, "system.network.packets", n, n.sentPackets(), n.receivedPackets());
          pair(out, "system.network.dropped", n, n.sendDropped(), n.receiveDropped());
          pair(out, "system.network.errors", n, n.sendErrors(), n.receiveErrors());
          pair(out, "system.network.io", n, n.sentBytes(), n.receivedBytes());
        }
      }
    } catch (IOException e) {
      s.failed(4, "failed to read network IO stats: " + e.getMessage());
    }
    try {
      if (out.isEnabled(CONNECTIONS)) {
        long[] counts = s.host().tcpStates();
        for (int i = 1; i < STATES.length; i++) {
          out.recorder(CONNECTIONS).count(counts[i], "tcp", STATES[i]);
        }
      }
    } catch (IOException e) {
      s.failed(1, "failed to read TCP connections: " + e.getMessage());
    }
    try {
      if (out.isEnabled(TRACKED, MAY_BE_TRACKED)) {
        long[] tracked = s.host().tracked();
        out.recorder(TRACKED).count(tracked[0]);
        out.recorder(MAY_BE_TRACKED).count(tracked[1]);
      }
    } catch (IOException e) {
      s.failed(2, "failed to read conntrack info: " + e.getMessage());
    }
  }

  private static void pair(PointEmitter out, String metric, Network n, long sent, long received) {
    Recorder r = out.recorder(metric);
    r.count(sent, n.device(), "transmit");
    r.count(received, n.device(), "receive");
  }
}
