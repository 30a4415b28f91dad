package dev.tethys.collect.exporter.snmp;

import dev.tethys.model.exposition.Registry;

/** Self-metrics of the exporter. Thread-safe. */
final class SnmpMeasures {
  private static final double[] SECONDS = {0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10};

  final Registry registry = new Registry();
  final Registry.Counter packets =
      registry.counter("snmp_packets_total", "Number of SNMP packet sent, including retries.");
  final Registry.Counter retries =
      registry.counter("snmp_packet_retries_total", "Number of SNMP packet retries.");
  final Registry.Counter requestErrors =
      registry.counter("snmp_request_errors_total", "Errors in requests to the SNMP exporter");
  final Registry.Gauge inFlight =
      registry.gauge("snmp_request_in_flight", "Current number of SNMP scrapes being requested.");
  final Registry.Vector<Registry.BucketHistogram> packetSeconds =
      registry.histograms(
          "snmp_packet_duration_seconds",
          "A histogram of latencies for SNMP packets.",
          powersOfTwo());
  final Registry.Vector<Registry.BucketHistogram> moduleSeconds =
      registry.histograms(
          "snmp_collection_duration_seconds",
          "Duration of collections by the SNMP exporter",
          SECONDS,
          "module");

  SnmpMeasures() {
    registry.counter("snmp_unexpected_pdu_type_total", "Unexpected Go types in a PDU.");
    packetSeconds.with();
  }

  private static double[] powersOfTwo() {
    double[] b = new double[15];
    for (int i = 0; i < b.length; i++) {
      b[i] = 0.0001 * (1 << i);
    }
    return b;
  }
}
