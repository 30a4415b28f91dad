package dev.tethys.pipeline.receiver.host;

import dev.tethys.config.Section;
import dev.tethys.model.telemetry.Resource;
import dev.tethys.pipeline.receiver.scraping.Instrument;
import dev.tethys.pipeline.receiver.scraping.MetricSettings;
import dev.tethys.pipeline.receiver.scraping.PointEmitter;
import dev.tethys.pipeline.receiver.scraping.Recorder;
import java.io.IOException;
import java.util.List;
import java.util.Map;

/** Scraper of the kernel's NFS clients and servers. */
final class NfsScraper implements HostScraper {
  private static final String TRANSPORT = "network.transport";
  private static final String VERSION = "onc_rpc.version";
  private static final String PROCEDURE = "onc_rpc.procedure.name";
  private static final String OPERATION = "nfs.operation.name";

  static final List<Instrument> INSTRUMENTS =
      List.of(
          of(
              "nfs.client.net.count",
              "{record}",
              "Reports the count of kernel NFS client TCP segments and UDP datagrams handled.",
              TRANSPORT),
          of(
              "nfs.client.net.tcp.connection.accepted",
              "{connection}",
              "Reports the count of kernel NFS client TCP connections accepted."),
          of(
              "nfs.client.operation.count",
              "{operation}",
              "Reports the count of kernel NFSv4+ client operations.",
              VERSION,
              OPERATION),
          of(
              "nfs.client.procedure.count",
              "{procedure}",
              "Reports the count of kernel NFS client procedures.",
              VERSION,
              PROCEDURE),
          of(
              "nfs.client.rpc.authrefresh.count",
              "{authrefresh}",
              "Reports the count of kernel NFS client RPC authentication refreshes."),
          of(
              "nfs.client.rpc.count",
              "{request}",
              "Reports the count of kernel NFS client RPCs sent, regardless of whether they're"
                  + " accepted/rejected by the server."),
          of(
              "nfs.client.rpc.retransmit.count",
              "{retransmit}",
              "Reports the count of kernel NFS client RPC retransmits."),
          of(
              "nfs.server.fh.stale.count",
              "{fh}",
              "Reports the count of kernel NFS server stale file handles."),
          of(
              "nfs.server.io",
              "By",
              "Reports the count of kernel NFS server bytes returned to receive and transmit (read"
                  + " and write) requests.",
              "network.io.direction"),
          of(
              "nfs.server.net.count",
              "{record}",
              "Reports the count of kernel NFS server TCP segments and UDP datagrams handled.",
              TRANSPORT),
          of(
              "nfs.server.net.tcp.connection.accepted",
              "{connection}",
              "Reports the count of kernel NFS server TCP connections accepted."),
          of(
              "nfs.server.operation.count",
              "{operation}",
              "Reports the count of kernel NFSv4+ server operations.",
              VERSION,
              OPERATION),
          of(
              "nfs.server.procedure.count",
              "{procedure}",
              "Reports the count of kernel NFS server procedures.",
              VERSION,
              PROCEDURE),
          of(
              "nfs.server.repcache.requests",
              "{request}",
              "Reports the kernel NFS server reply cache request count by cache hit status.",
              "nfs.server.repcache.status"),
          of(
              "nfs.server.rpc.count",
              "{request}",
              "Reports the count of kernel NFS server RPCs handled.",
              "error.type"),
          Instrument.level(
              "nfs.server.thread.count",
              "{thread}",
              "Reports the count of kernel NFS server available threads."));

  private static Instrument of(String name, String unit, String about, String... attributes) {
    return Instrument.counter(name, unit, about, attributes);
  }

  static final ScraperKind KIND = kind();

  private static ScraperKind kind() {
    Section section = new Section("nfs", "Metrics of NFS clients and servers of the kernel.");
    MetricSettings.Keys metrics = new MetricSettings.Keys(section, INSTRUMENTS);
    return new ScraperKind(
        "nfs",
        section.doc(),
        section.type(
            o -> {
              List<MetricSettings> m = metrics.read(o);
              return version ->
                  new NfsScraper(new PointEmitter(ScraperKind.origin("nfs", version), m));
            }));
  }

  private final PointEmitter out;
  private long startNanos;

  private NfsScraper(PointEmitter out) {
    this.out = out;
  }

  @Override
  public int metrics() {
    return out.enabled();
  }

  @Override
  public void scrape(HostScrape s) {
    if (startNanos == 0) {
      startNanos = s.nanos(); // the kernel does not tell since when it counts
    }
    out.at(startNanos, s.nanos());
    try {
      gather(s);
      out.emit(new Resource(), s.data());
    } finally {
      out.clear();
    }
  }

  private void gather(HostScrape s) {
    Map<String, double[]> client = null;
    Map<String, double[]> server = null;
    try {
      client = s.host().nfsClient();
      if (client != null) {
        client(client);
      }
    } catch (IOException e) {
      s.failed((int) INSTRUMENTS.stream().filter(NfsScraper::isOfClient).count(), e.getMessage());
    }
    try {
      server = s.host().nfsServer();
      if (server != null) {
        server(server);
      }
    } catch (IOException e) {
      s.failed((int) INSTRUMENTS.stream().filter(i -> !isOfClient(i)).count(), e.getMessage());
    }
    if (client == null && server == null && !s.hasFailures()) {
      s.failed(metrics(), "this host has neither an NFS client nor a server");
    }
  }

  private static boolean isOfClient(Instrument i) {
    return i.name().startsWith("nfs.client.");
  }

  private void client(Map<String, double[]> lines) {
    network("nfs.client.", lines);
    double[] rpc = lines.get("rpc");
    if (rpc != null && rpc.length >= 3) {
      out.recorder("nfs.client.rpc.count").count((long) rpc[0]);
      out.recorder("nfs.client.rpc.retransmit.count").count((long) rpc[1]);
      out.recorder("nfs.client.rpc.authrefresh.count").count((long) rpc[2]);
    }
    calls("nfs.client.procedure.count", 3, NfsNames.V3, lines.get("proc3"));
    calls("nfs.client.operation.count", 4, NfsNames.CLIENT_V4, lines.get("proc4"));
  }

  private void server(Map<String, double[]> lines) {
    network("nfs.server.", lines);
    double[] rpc = lines.get("rpc");
    if (rpc != null && rpc.length >= 5) {
      Recorder r = out.recorder("nfs.server.rpc.count");
      r.count((long) rpc[2], "format");
      r.count((long) rpc[3], "auth");
      r.count((long) rpc[4], "client");
    }
    double[] cache = lines.get("rc");
    if (cache != null && cache.length >= 3) {
      Recorder r = out.recorder("nfs.server.repcache.requests");
      r.count((long) cache[0], "hit");
      r.count((long) cache[1], "miss");
      r.count((long) cache[2], "nocache");
    }
    double[] handles = lines.get("fh");
    if (handles != null && handles.length >= 1) {
      out.recorder("nfs.server.fh.stale.count").count((long) handles[0]);
    }
    double[] io = lines.get("io");
    if (io != null && io.length >= 2) {
      out.recorder("nfs.server.io").count((long) io[0], "receive");
      out.recorder("nfs.server.io").count((long) io[1], "transmit");
    }
    double[] threads = lines.get("th");
    if (threads != null && threads.length >= 1) {
      out.recorder("nfs.server.thread.count").count((long) threads[0]);
    }
    calls("nfs.server.procedure.count", 3, NfsNames.V3, lines.get("proc3"));
    calls("nfs.server.procedure.count", 4, NfsNames.SERVER_V4, lines.get("proc4"));
    calls("nfs.server.operation.count", 4, NfsNames.SERVER_V4_OPERATIONS, lines.get("proc4ops"));
  }

  private void network(String prefix, Map<String, double[]> lines) {
    double[] net = lines.get("net");
    if (net != null && net.length >= 4) {
      out.recorder(prefix + "net.count").count((long) net[1], "udp");
      out.recorder(prefix + "net.count").count((long) net[2], "tcp");
      out.recorder(prefix + "net.tcp.connection.accepted").count((long) net[3]);
    }
  }

  /**
   * Adds calls. The first number of a line is the count; newer kernels have more values than known
   * names.
   */
  private void calls(
      String metric,
      long version,
      List<String> names,
      double @org.jspecify.annotations.Nullable [] line) {
    if (line == null) {
      return;
    }
    for (int i = 1; i < line.length && i <= names.size(); i++) {
      if (!names.get(i - 1).isEmpty()) {
        out.recorder(metric).count((long) line[i], version, names.get(i - 1));
      }
    }
  }
}
