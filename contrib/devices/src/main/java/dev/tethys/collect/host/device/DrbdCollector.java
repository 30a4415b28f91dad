package dev.tethys.collect.host.device;

import dev.tethys.collect.host.internal.Desc;
import dev.tethys.collect.host.internal.Families;
import dev.tethys.collect.host.internal.HostFiles;
import dev.tethys.collect.host.internal.MalformedException;
import dev.tethys.collect.host.internal.NoDataException;
import dev.tethys.collect.host.internal.NodeCollector;
import dev.tethys.collect.host.internal.Numbers;
import dev.tethys.collect.host.internal.Text;
import java.io.IOException;

/** Replicated disks from /proc/drbd. */
final class DrbdCollector implements NodeCollector {
  private record Figure(String key, Desc desc, double scale) {}

  private static final Figure[] FIGURES = {
    new Figure(
        "ns",
        Desc.counter(
            "node_drbd_network_sent_bytes_total",
            "Total number of bytes sent via the network.",
            "device"),
        1024),
    new Figure(
        "nr",
        Desc.counter(
            "node_drbd_network_received_bytes_total",
            "Total number of bytes received via the network.",
            "device"),
        1),
    new Figure(
        "dw",
        Desc.counter(
            "node_drbd_disk_written_bytes_total",
            "Net data written on local hard disk; in bytes.",
            "device"),
        1024),
    new Figure(
        "dr",
        Desc.counter(
            "node_drbd_disk_read_bytes_total",
            "Net data read from local hard disk; in bytes.",
            "device"),
        1024),
    new Figure(
        "al",
        Desc.counter(
            "node_drbd_activitylog_writes_total",
            "Number of updates of the activity log area of the meta data.",
            "device"),
        1),
    new Figure(
        "bm",
        Desc.counter(
            "node_drbd_bitmap_writes_total",
            "Number of updates of the bitmap area of the meta data.",
            "device"),
        1),
    new Figure(
        "lo",
        Desc.gauge(
            "node_drbd_local_pending",
            "Number of open requests to the local I/O sub-system.",
            "device"),
        1),
    new Figure(
        "pe",
        Desc.gauge(
            "node_drbd_remote_pending",
            "Number of requests sent to the peer, but that have not yet been "
                + "answered by the latter.",
            "device"),
        1),
    new Figure(
        "ua",
        Desc.gauge(
            "node_drbd_remote_unacknowledged",
            "Number of requests received by the peer via the network connection, but "
                + "that have not yet been answered.",
            "device"),
        1),
    new Figure(
        "ap",
        Desc.gauge(
            "node_drbd_application_pending",
            "Number of block I/O requests forwarded to DRBD, but not yet answered by " + "DRBD.",
            "device"),
        1),
    new Figure(
        "ep",
        Desc.gauge("node_drbd_epochs", "Number of Epochs currently on the fly.", "device"),
        1),
    new Figure(
        "oos",
        Desc.gauge(
            "node_drbd_out_of_sync_bytes",
            "Amount of data known to be out of sync; in bytes.",
            "device"),
        1024)
  };

  private static final Desc PRIMARY =
      Desc.gauge(
          "node_drbd_node_role_is_primary",
          "Whether the role of the node is in the primary state.",
          "device",
          "node");
  private static final Desc UP_TO_DATE =
      Desc.gauge(
          "node_drbd_disk_state_is_up_to_date",
          "Whether the disk of the node is up to date.",
          "device",
          "node");
  private static final Desc CONNECTED =
      Desc.gauge("node_drbd_connected", "Whether DRBD is connected to the peer.", "device");

  @Override
  public void collect(HostFiles files, Families out) throws IOException {
    Text t = files.readIfThere(files.proc("drbd"));
    if (t == null) {
      throw NoDataException.NO_DATA;
    }
    String device = "unknown";
    while (t.nextLine()) {
      while (t.nextField()) {
        String[] kv = t.field().split(":", -1);
        if (kv.length != 2) {
          continue;
        }
        if (kv[1].isEmpty()) {
          Long id = Numbers.whole(kv[0]);
          device = id == null ? device : "drbd" + id;
        } else {
          field(t, out, device, kv[0], kv[1]);
        }
      }
    }
  }

  private static void field(Text t, Families out, String device, String key, String value)
      throws MalformedException {
    switch (key) {
      case "cs" -> out.add(CONNECTED, value.equals("Connected") ? 1 : 0, device);
      case "ro" -> pair(t, out, PRIMARY, device, value, "Primary");
      case "ds" -> pair(t, out, UP_TO_DATE, device, value, "UpToDate");
      default -> {
        for (Figure n : FIGURES) {
          if (n.key.equals(key)) {
            Double v = Numbers.parse(value);
            if (v == null) {
              throw t.malformed("\"" + value + "\" is not a number");
            }
            out.add(n.desc, v * n.scale, device);
          }
        }
      }
    }
  }

  /** Parses {@code mine/theirs}. */
  private static void pair(Text t, Families out, Desc d, String device, String value, String wanted)
      throws MalformedException {
    String[] both = value.split("/", -1);
    if (both.length != 2) {
      throw t.malformed("no two states in \"" + value + "\"");
    }
    out.add(d, both[0].equals(wanted) ? 1 : 0, device, "local");
    out.add(d, both[1].equals(wanted) ? 1 : 0, device, "remote");
  }
}
