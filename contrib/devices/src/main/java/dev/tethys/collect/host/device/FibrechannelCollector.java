package dev.tethys.collect.host.device;

import dev.tethys.collect.host.internal.Desc;
import dev.tethys.collect.host.internal.Families;
import dev.tethys.collect.host.internal.HostFiles;
import dev.tethys.collect.host.internal.MalformedException;
import dev.tethys.collect.host.internal.NodeCollector;
import dev.tethys.collect.host.internal.Numbers;
import dev.tethys.model.Labels;
import java.io.IOException;

/** Fibre Channel ports from /sys/class/fc_host. */
final class FibrechannelCollector implements NodeCollector {
  private record Counter(String file, Desc desc) {}

  private static final Counter[] COUNTERS = {
    counter("dumped_frames", "dumped_frames_total", "Number of dumped frames"),
    counter("error_frames", "error_frames_total", "Number of errors in frames"),
    counter("invalid_crc_count", "invalid_crc_total", "Invalid Cyclic Redundancy Check count"),
    counter("rx_frames", "rx_frames_total", "Number of frames received"),
    counter("rx_words", "rx_words_total", "Number of words received by host port"),
    counter("tx_frames", "tx_frames_total", "Number of frames transmitted by host port"),
    counter("tx_words", "tx_words_total", "Number of words transmitted by host port"),
    counter(
        "seconds_since_last_reset",
        "seconds_since_last_reset_total",
        "Number of seconds since last host port reset"),
    counter(
        "invalid_tx_word_count",
        "invalid_tx_words_total",
        "Number of invalid words transmitted by host port"),
    counter(
        "link_failure_count",
        "link_failure_total",
        "Number of times the host port link has failed"),
    counter(
        "loss_of_sync_count",
        "loss_of_sync_total",
        "Number of failures on either bit or transmission word boundaries"),
    counter("loss_of_signal_count", "loss_of_signal_total", "Number of times signal has been lost"),
    counter(
        "nos_count",
        "nos_total",
        "Number Not_Operational Primitive Sequence received by host port"),
    counter("fcp_packet_aborts", "fcp_packet_aborts_total", "Number of aborted packets")
  };

  /**
   * Files in the order of the labels; values of the second kind have the prefix 0x, which is
   * removed.
   */
  private static final String[] FILES = {
    "speed",
    "port_state",
    "port_type",
    "port_id",
    "port_name",
    "fabric_name",
    "symbolic_name",
    "supported_classes",
    "supported_speeds",
    "dev_loss_tmo"
  };

  private static final Desc INFO =
      Desc.gauge(
          "node_fibrechannel_info",
          "Non-numeric data from /sys/class/fc_host/<host>, value is always 1.",
          "fc_host",
          "speed",
          "port_state",
          "port_type",
          "port_id",
          "port_name",
          "fabric_name",
          "symbolic_name",
          "supported_classes",
          "supported_speeds",
          "dev_loss_tmo");

  /** Value reported by drivers for a missing counter. */
  private static final long UNKNOWN = -1;

  private static Counter counter(String file, String name, String help) {
    return new Counter(file, Desc.counter("node_fibrechannel_" + name, help, "fc_host"));
  }

  @Override
  public void collect(HostFiles files, Families out) throws IOException {
    String root = files.sys("class/fc_host");
    for (String host : files.listOrNoData(root)) {
      String dir = root + "/" + host + "/";
      String[] values = new String[FILES.length + 1];
      values[0] = host;
      for (int i = 0; i < FILES.length; i++) {
        String s = files.stringIfThere(dir + FILES[i]);
        boolean hex =
            FILES[i].equals("port_id")
                || FILES[i].equals("port_name")
                || FILES[i].equals("fabric_name");
        values[i + 1] = s == null ? "" : hex && s.length() > 2 ? s.substring(2) : s;
      }
      out.add(INFO, 1, values);
      boolean unknown = values[2].isEmpty() || values[2].equals("Unknown");
      Labels l = COUNTERS[0].desc.labels(host);
      for (Counter c : COUNTERS) {
        if (unknown) { // a port that is down has no statistics
          out.add(c.desc, 0, l);
          continue;
        }
        String path = dir + "statistics/" + c.file;
        String s = files.sysAttribute(path);
        Long v = s == null ? (Long) UNKNOWN : Numbers.unsigned(s);
        if (v == null) {
          throw new MalformedException(path + ": \"" + s + "\" is not a number");
        }
        if (v != UNKNOWN) {
          out.add(c.desc, Numbers.unsigned(v), l);
        }
      }
    }
  }
}
