package dev.tethys.collect.host.device;

import dev.tethys.collect.host.internal.Desc;
import dev.tethys.collect.host.internal.Families;
import dev.tethys.collect.host.internal.HostFiles;
import dev.tethys.collect.host.internal.NodeCollector;
import java.io.IOException;

/** Errors that memory controllers corrected or could not, from /sys/devices/system/edac. */
final class EdacCollector implements NodeCollector {
  private static final Desc CORRECTED =
      Desc.counter(
          "node_edac_correctable_errors_total", "Total correctable memory errors.", "controller");
  private static final Desc UNCORRECTED =
      Desc.counter(
          "node_edac_uncorrectable_errors_total",
          "Total uncorrectable memory errors.",
          "controller");
  private static final Desc ROW_CORRECTED =
      Desc.counter(
          "node_edac_csrow_correctable_errors_total",
          "Total correctable memory errors for this csrow.",
          "controller",
          "csrow");
  private static final Desc ROW_UNCORRECTED =
      Desc.counter(
          "node_edac_csrow_uncorrectable_errors_total",
          "Total uncorrectable memory errors for this csrow.",
          "controller",
          "csrow");
  private static final Desc CHANNEL_CORRECTED =
      Desc.counter(
          "node_edac_channel_correctable_errors_total",
          "Total correctable memory errors for this channel.",
          "controller",
          "csrow",
          "channel",
          "dimm_label");
  private static final Desc CHANNEL_UNCORRECTED =
      Desc.counter(
          "node_edac_channel_uncorrectable_errors_total",
          "Total uncorrectable memory errors for this channel.",
          "controller",
          "csrow",
          "channel",
          "dimm_label");

  @Override
  public void collect(HostFiles files, Families out) throws IOException {
    String root = files.sys("devices/system/edac/mc");
    for (String name : files.numbered(root, "mc")) {
      String dir = root + "/" + name;
      String controller = leadingDigits(name.substring(2));
      out.add(CORRECTED, files.uint(dir + "/ce_count"), controller);
      out.add(ROW_CORRECTED, files.uint(dir + "/ce_noinfo_count"), controller, "unknown");
      out.add(UNCORRECTED, files.uint(dir + "/ue_count"), controller);
      out.add(ROW_UNCORRECTED, files.uint(dir + "/ue_noinfo_count"), controller, "unknown");
      for (String row : files.numbered(dir, "csrow")) {
        row(files, out, controller, leadingDigits(row.substring(5)), dir + "/" + row);
      }
    }
  }

  private static void row(HostFiles files, Families out, String controller, String row, String dir)
      throws IOException {
    out.add(ROW_CORRECTED, files.uint(dir + "/ce_count"), controller, row);
    out.add(ROW_UNCORRECTED, files.uint(dir + "/ue_count"), controller, row);
    for (String file : files.numbered(dir, "ch")) {
      if (!file.endsWith("_ce_count")) {
        continue;
      }
      String channel = leadingDigits(file.substring(2));
      String dimm = dimm(files.stringOrNull(dir + "/ch" + channel + "_dimm_label"));
      out.add(CHANNEL_CORRECTED, files.uint(dir + "/" + file), controller, row, channel, dimm);
      double ue = files.uintOrNaN(dir + "/ch" + channel + "_ue_count");
      if (!Double.isNaN(ue)) {
        out.add(CHANNEL_UNCORRECTED, ue, controller, row, channel, dimm);
      }
    }
  }

  private static String dimm(@org.jspecify.annotations.Nullable String label) {
    return label == null
        ? "unknown"
        : label.replace("#", "").replace("csrow", "_csrow").replace("channel", "_channel");
  }

  private static String leadingDigits(String s) {
    int i = 0;
    while (i < s.length() && Character.isDigit(s.charAt(i))) {
      i++;
    }
    return s.substring(0, i);
  }
}
