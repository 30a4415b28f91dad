package dev.tethys.collect.host.device;

import dev.tethys.collect.host.NodeExporterOptions;
import dev.tethys.collect.host.internal.Desc;
import dev.tethys.collect.host.internal.Families;
import dev.tethys.collect.host.internal.HostFiles;
import dev.tethys.collect.host.internal.MalformedException;
import dev.tethys.collect.host.internal.NodeCollector;
import dev.tethys.collect.host.internal.Numbers;
import dev.tethys.model.Labels;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Devices on the PCI bus from /sys/bus/pci/devices. */
final class PcideviceCollector implements NodeCollector {
  private static final String[] LOCATION = {"segment", "bus", "device", "function"};
  private static final String[] INFO_LABELS = {
    "segment",
    "bus",
    "device",
    "function",
    "parent_segment",
    "parent_bus",
    "parent_device",
    "parent_function",
    "class_id",
    "vendor_id",
    "device_id",
    "subsystem_vendor_id",
    "subsystem_device_id",
    "revision"
  };
  private static final String[] NAME_LABELS = {
    "vendor_name", "device_name", "subsystem_vendor_name", "subsystem_device_name", "class_name"
  };
  private static final String INFO_HELP =
      "Non-numeric data from /sys/bus/pci/devices/<location>, value is always 1.";

  /**
   * Numbers of a device; absent ones have the value {@code absent}, and are omitted if it is NaN.
   */
  private record Figure(String file, double scale, double absent, Desc desc) {}

  private static final Figure[] FIGURES = {
    figure(
        "max_link_speed",
        1e9,
        -1,
        "max_link_transfers_per_second",
        "Value of maximum link's transfers per second (T/s)"),
    figure(
        "max_link_width",
        1,
        -1,
        "max_link_width",
        "Value of maximum link's width (number of lanes)"),
    figure(
        "current_link_speed",
        1e9,
        -1,
        "current_link_transfers_per_second",
        "Value of current link's transfers per second (T/s)"),
    figure(
        "current_link_width",
        1,
        -1,
        "current_link_width",
        "Value of current link's width (number of lanes)"),
    figure(
        "d3cold_allowed",
        1,
        0,
        "d3cold_allowed",
        "Whether the PCIe device supports D3cold power state (0/1)."),
    figure(
        "sriov_drivers_autoprobe",
        1,
        0,
        "sriov_drivers_autoprobe",
        "Whether SR-IOV drivers autoprobe is enabled for the device (0/1)."),
    figure(
        "sriov_numvfs",
        1,
        0,
        "sriov_numvfs",
        "Number of Virtual Functions (VFs) currently enabled for SR-IOV."),
    figure(
        "sriov_totalvfs",
        1,
        0,
        "sriov_totalvfs",
        "Total number of Virtual Functions (VFs) supported by the device."),
    figure(
        "sriov_vf_total_msix",
        1,
        0,
        "sriov_vf_total_msix",
        "Total number of MSI-X vectors for Virtual Functions."),
    figure(
        "numa_node",
        1,
        Double.NaN,
        "numa_node",
        "NUMA node number for the PCI device. -1 indicates unknown or not available.")
  };

  private static final Desc POWER =
      Desc.gauge(
          "node_pcidevice_power_state",
          "PCIe device power state, one of: D0, D1, D2, D3hot, D3cold, unknown or error.",
          "segment",
          "bus",
          "device",
          "function",
          "state");
  private static final String[] STATES = {"D0", "D1", "D2", "D3hot", "D3cold", "unknown", "error"};

  private static Figure figure(String file, double scale, double absent, String name, String help) {
    return new Figure(file, scale, absent, Desc.gauge("node_pcidevice_" + name, help, LOCATION));
  }

  private final @Nullable PciIds ids;
  private final Desc info;

  PcideviceCollector(NodeExporterOptions options) {
    boolean names = options.on("collector.pcidevice.names");
    ids = names ? PciIds.read(options.string("collector.pcidevice.idsfile")) : null;
    List<String> labels = new ArrayList<>(List.of(INFO_LABELS));
    if (names) {
      labels.addAll(List.of(NAME_LABELS));
    }
    info = Desc.gauge("node_pcidevice_info", INFO_HELP, labels.toArray(new String[0]));
  }

  @Override
  public void collect(HostFiles files, Families out) throws IOException {
    String root = files.sys("bus/pci/devices");
    for (String name : files.listOrNoData(root)) {
      String dir = root + "/" + name;
      String real = files.realPath(dir);
      if (real == null) {
        continue; // taken out meanwhile
      }
      int slash = real.lastIndexOf('/');
      int before = real.lastIndexOf('/', slash - 1);
      String parent = real.substring(before + 1, slash);
      String[] at = location(real.substring(slash + 1));
      String[] above =
          parent.startsWith("pci") ? new String[] {"*", "*", "*", "*"} : location(parent);
      info(files, out, dir, at, above);
      Labels l = FIGURES[0].desc.labels(at);
      for (Figure n : FIGURES) {
        double v = value(files, dir + "/" + n.file, n);
        if (!Double.isNaN(v)) {
          out.add(n.desc, v, l);
        }
      }
      String power = files.stringIfThere(dir + "/power_state");
      if (power != null && !power.isEmpty()) {
        for (String s : STATES) {
          out.add(POWER, s.equals(power) ? 1 : 0, at[0], at[1], at[2], at[3], s);
        }
      }
    }
  }

  private static double value(HostFiles files, String path, Figure n) throws IOException {
    String s = files.stringIfThere(path);
    if (s == null || s.isEmpty() || s.startsWith("Unknown")) {
      return n.absent;
    }
    boolean speed = s.endsWith(" GT/s PCIe");
    Double v = Numbers.parse(speed ? s.substring(0, s.indexOf(' ')) : s);
    if (v == null) {
      throw new MalformedException(path + ": \"" + s + "\" is not a number");
    }
    return n.file.equals("numa_node") && v < 0 ? Double.NaN : v * n.scale;
  }

  private void info(HostFiles files, Families out, String dir, String[] at, String[] above)
      throws IOException {
    List<String> v = new ArrayList<>(List.of(at));
    v.addAll(List.of(above));
    String kind = hex(files, dir + "/class", 6);
    String vendor = hex(files, dir + "/vendor", 4);
    String device = hex(files, dir + "/device", 4);
    String subVendor = hex(files, dir + "/subsystem_vendor", 4);
    String subDevice = hex(files, dir + "/subsystem_device", 4);
    for (String id : List.of(kind, vendor, device, subVendor, subDevice)) {
      v.add("0x" + id);
    }
    v.add("0x" + hex(files, dir + "/revision", 2));
    if (ids != null) {
      v.add(ids.vendor(vendor));
      v.add(ids.device(vendor, device));
      v.add(ids.vendor(subVendor));
      v.add(ids.subsystem(vendor, device, subVendor, subDevice));
      v.add(ids.kind(kind));
    }
    out.add(info, 1, v.toArray(new String[0]));
  }

  /** Reads a number with the given count of hexadecimal digits. */
  private static String hex(HostFiles files, String path, int digits) throws IOException {
    String s = files.string(path);
    Long v = Numbers.whole(s);
    if (v == null || v < 0 || v > 0xffffffffL) {
      throw new MalformedException(path + ": \"" + s + "\" is not a PCI number");
    }
    StringBuilder sb = new StringBuilder(Long.toHexString(v));
    while (sb.length() < digits) {
      sb.insert(0, '0');
    }
    return sb.toString();
  }

  /** Splits {@code 0000:00:02.1} into its parts. */
  private static String[] location(String s) throws MalformedException {
    String[] p = s.split("[:.]");
    if (p.length != 4) {
      throw new MalformedException("\"" + s + "\" is not a PCI address");
    }
    return p;
  }
}
