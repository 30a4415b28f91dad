package dev.tethys.collect.host.device;

import dev.tethys.collect.host.NodeExporterOptions;
import dev.tethys.collect.host.internal.Desc;
import dev.tethys.collect.host.internal.Families;
import dev.tethys.collect.host.internal.Filter;
import dev.tethys.collect.host.internal.HostFiles;
import dev.tethys.collect.host.internal.NodeCollector;
import dev.tethys.collect.host.internal.Numbers;
import dev.tethys.collect.host.internal.netlink.Attributes;
import dev.tethys.collect.host.internal.netlink.Links;
import dev.tethys.collect.host.internal.netlink.Netlink;
import dev.tethys.model.Labels;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.List;

/** Root queueing disciplines of network devices (linux/rtnetlink.h, linux/gen_stats.h). */
final class QdiscCollector implements NodeCollector {
  private static final int RTM_GETQDISC = 38;
  private static final int HEADER = 20;
  private static final int ROOT = 0xffffffff;
  private static final int TCA_KIND = 1;
  private static final int TCA_STATS = 3;
  private static final int TCA_STATS2 = 7;
  private static final int STATS_BASIC = 1;
  private static final int STATS_QUEUE = 3;

  private static final Desc BYTES = counter("bytes_total", "Number of bytes sent.");
  private static final Desc PACKETS = counter("packets_total", "Number of packets sent.");
  private static final Desc DROPS = counter("drops_total", "Number of packets dropped.");
  private static final Desc REQUEUES =
      counter("requeues_total", "Number of packets dequeued, not transmitted, and requeued.");
  private static final Desc OVERLIMITS =
      counter("overlimits_total", "Number of overlimit packets.");
  private static final Desc LENGTH =
      gauge("current_queue_length", "Number of packets currently in queue to be sent.");
  private static final Desc BACKLOG =
      gauge("backlog", "Number of bytes currently in queue to be sent.");

  private static final Desc[] ALL = {BYTES, PACKETS, DROPS, REQUEUES, OVERLIMITS, LENGTH, BACKLOG};

  private static Desc counter(String name, String help) {
    return Desc.counter("node_qdisc_" + name, help, "device", "kind");
  }

  private static Desc gauge(String name, String help) {
    return Desc.gauge("node_qdisc_" + name, help, "device", "kind");
  }

  private final Filter devices;
  private final String fixtures;

  QdiscCollector(NodeExporterOptions options) {
    devices =
        new Filter(
            options.string("collector.qdisc.device-exclude"),
            options.string("collector.qdisc.device-include"));
    fixtures = options.string("collector.qdisc.fixtures");
  }

  @Override
  public void collect(HostFiles files, Families out) throws IOException {
    if (!fixtures.isEmpty()) {
      written(Path.of(fixtures, "results.json"), out);
      return;
    }
    try (Netlink route = new Netlink(Netlink.ROUTE)) {
      List<Links.Link> links = Links.all(route);
      for (Netlink.Message m : route.dump(RTM_GETQDISC, new byte[HEADER])) {
        ByteBuffer b = m.body();
        int parent = b.limit() < HEADER ? 1 : b.getInt(12);
        if (parent != ROOT && parent != 0) {
          continue;
        }
        String device = Links.name(links, b.getInt(4));
        if (!devices.ignores(device)) {
          queue(
              device,
              Attributes.of(b.slice(HEADER, b.limit() - HEADER).order(ByteOrder.nativeOrder())),
              out);
        }
      }
    }
  }

  /** Reads a file instead of the kernel. */
  private void written(Path file, Families out) throws IOException {
    String[] keys = {"bytes", "packets", "drops", "requeues", "overlimits", "qlen", "backlog"};
    for (JsonObjects o : JsonObjects.list(file)) {
      String device = o.text("ifacename");
      if (o.number("parent") == 0 && !devices.ignores(device)) {
        Labels l = BYTES.labels(device, o.text("kind"));
        for (int i = 0; i < ALL.length; i++) {
          out.add(ALL[i], o.number(keys[i]), l);
        }
      }
    }
  }

  private static void queue(String device, Attributes a, Families out) {
    Labels l = BYTES.labels(device, a.text(TCA_KIND));
    long[] v = new long[ALL.length]; // in their order
    ByteBuffer old = a.find(TCA_STATS);
    if (old != null && old.limit() >= 36) {
      v[0] = old.getLong(0);
      v[1] = unsigned(old, 8);
      v[2] = unsigned(old, 12);
      v[4] = unsigned(old, 16);
      v[5] = unsigned(old, 28);
      v[6] = unsigned(old, 32);
    }
    Attributes stats = a.nested(TCA_STATS2);
    ByteBuffer basic = stats.find(STATS_BASIC);
    if (basic != null && basic.limit() >= 12) {
      v[0] = basic.getLong(0);
      v[1] = unsigned(basic, 8);
    }
    ByteBuffer queue = stats.find(STATS_QUEUE);
    if (queue != null && queue.limit() >= 20) {
      v[5] = unsigned(queue, 0);
      v[6] = unsigned(queue, 4);
      v[2] = unsigned(queue, 8);
      v[3] = unsigned(queue, 12);
      v[4] = unsigned(queue, 16);
    }
    for (int i = 0; i < ALL.length; i++) {
      out.add(ALL[i], Numbers.unsigned(v[i]), l);
    }
  }

  private static long unsigned(ByteBuffer b, int at) {
    return Integer.toUnsignedLong(b.getInt(at));
  }
}
