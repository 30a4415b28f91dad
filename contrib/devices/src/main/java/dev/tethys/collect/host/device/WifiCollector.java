package dev.tethys.collect.host.device;

import dev.tethys.collect.host.NodeExporterOptions;
import dev.tethys.collect.host.internal.Desc;
import dev.tethys.collect.host.internal.Families;
import dev.tethys.collect.host.internal.HostFiles;
import dev.tethys.collect.host.internal.NoDataException;
import dev.tethys.collect.host.internal.NodeCollector;
import dev.tethys.collect.host.internal.Numbers;
import dev.tethys.collect.host.internal.netlink.Attributes;
import dev.tethys.collect.host.internal.netlink.GenericFamily;
import dev.tethys.model.Labels;
import dev.tethys.model.libc.Errno;
import dev.tethys.model.libc.LibraryException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;

/** Wireless devices and the stations that they receive (linux/nl80211.h). */
final class WifiCollector implements NodeCollector {
  private static final int GET_INTERFACE = 5;
  private static final int GET_STATION = 17;
  private static final int GET_SCAN = 32;
  private static final int IFINDEX = 3;
  private static final int IFNAME = 4;
  private static final int MAC = 6;
  private static final int STA_INFO = 21;
  private static final int FREQUENCY = 38;
  private static final int BSS = 47;
  private static final int BSS_BSSID = 1;
  private static final int BSS_ELEMENTS = 6;
  private static final int BSS_STATUS = 9;
  private static final int INACTIVE = 1;
  private static final int RX_BYTES = 2;
  private static final int TX_BYTES = 3;
  private static final int SIGNAL = 7;
  private static final int TX_RATE = 8;
  private static final int RX_PACKETS = 9;
  private static final int TX_PACKETS = 10;
  private static final int TX_RETRIES = 11;
  private static final int TX_FAILED = 12;
  private static final int RX_RATE = 14;
  private static final int CONNECTED = 16;
  private static final int BEACON_LOSS = 18;
  private static final int RX_BYTES64 = 23;
  private static final int TX_BYTES64 = 24;
  private static final int RATE = 1;
  private static final int RATE32 = 5;
  private static final double NANOS = 1e9;
  private static final double MEGA = 1e6;
  private static final double RATE_UNIT = 1e5; // bits a second

  private static final Desc FREQUENCY_HERTZ =
      Desc.gauge(
          "node_wifi_interface_frequency_hertz",
          "The current frequency a WiFi interface is operating at, in hertz.",
          "device");
  private static final Desc INFO =
      Desc.gauge(
          "node_wifi_station_info",
          "Labeled WiFi interface station information as provided by the operating system.",
          "device",
          "bssid",
          "ssid",
          "mode");
  private static final Desc CONNECTED_SECONDS =
      counter(
          "connected_seconds_total",
          "The total number of seconds a station has been connected to an access point.");
  private static final Desc INACTIVE_SECONDS =
      gauge(
          "inactive_seconds",
          "The number of seconds since any wireless activity has occurred on a station.");
  private static final Desc RECEIVE_RATE =
      gauge(
          "receive_bits_per_second",
          "The current WiFi receive bitrate of a station, in bits per second.");
  private static final Desc TRANSMIT_RATE =
      gauge(
          "transmit_bits_per_second",
          "The current WiFi transmit bitrate of a station, in bits per second.");
  private static final Desc RECEIVED =
      counter("receive_bytes_total", "The total number of bytes received by a WiFi station.");
  private static final Desc TRANSMITTED =
      counter("transmit_bytes_total", "The total number of bytes transmitted by a WiFi station.");
  private static final Desc SIGNAL_DBM =
      gauge("signal_dbm", "The current WiFi signal strength, in decibel-milliwatts (dBm).");
  private static final Desc RETRIES =
      counter(
          "transmit_retries_total",
          "The total number of times a station has had to retry while sending a packet.");
  private static final Desc FAILED =
      counter(
          "transmit_failed_total",
          "The total number of times a station has failed to send a packet.");
  private static final Desc LOST =
      counter(
          "beacon_loss_total", "The total number of times a station has detected a beacon loss.");
  private static final Desc SENT_PACKETS =
      counter("transmitted_packets_total", "The total number of packets transmitted by a station.");
  private static final Desc RECEIVED_PACKETS =
      counter("received_packets_total", "The total number of packets received by a station.");

  private static Desc gauge(String name, String help) {
    return Desc.gauge("node_wifi_station_" + name, help, "device", "mac_address");
  }

  private static Desc counter(String name, String help) {
    return Desc.counter("node_wifi_station_" + name, help, "device", "mac_address");
  }

  private final String fixtures;

  WifiCollector(NodeExporterOptions options) {
    fixtures = options.string("collector.wifi.fixtures");
  }

  @Override
  public void collect(HostFiles files, Families out) throws IOException {
    if (!fixtures.isEmpty()) {
      written(Path.of(fixtures), out);
      return;
    }
    try (GenericFamily wireless = new GenericFamily("nl80211")) {
      for (Attributes a : wireless.dump(GET_INTERFACE, new byte[0])) {
        String device = a.text(IFNAME);
        if (device.isEmpty()) {
          continue; // a virtual one
        }
        out.add(FREQUENCY_HERTZ, a.number(FREQUENCY, 0) * MEGA, device);
        ByteArrayOutputStream of = new ByteArrayOutputStream();
        of.writeBytes(GenericFamily.attribute(IFINDEX, (int) a.number(IFINDEX, 0)));
        of.writeBytes(GenericFamily.attribute(MAC, a.bytes(MAC)));
        network(device, wireless.dump(GET_SCAN, of.toByteArray()), out);
        for (Attributes station : wireless.dump(GET_STATION, of.toByteArray())) {
          station(device, station, out);
        }
      }
    } catch (LibraryException e) {
      if (e.errno() == Errno.ENOENT || e.errno() == Errno.EPERM || e.errno() == Errno.EACCES) {
        throw NoDataException.NO_DATA; // no wireless devices, or not for this process
      }
      throw e;
    }
  }

  /** Reads files instead of the kernel: of networks and stations if these files exist. */
  private static void written(Path folder, Families out) throws IOException {
    for (JsonObjects i : JsonObjects.list(folder.resolve("interfaces.json"))) {
      String device = i.text("name");
      if (device.isEmpty()) {
        continue; // a virtual one
      }
      out.add(FREQUENCY_HERTZ, i.number("frequency") * MEGA, device);
      Path own = folder.resolve(device);
      try {
        JsonObjects bss = JsonObjects.one(own.resolve("bss.json"));
        String mode = mode((int) bss.number("status"));
        out.add(INFO, 1, device, mac(bss.bytes("bssid")), bss.text("ssid"), mode);
      } catch (NoSuchFileException e) {
        // part of no network
      }
      try {
        for (JsonObjects s : JsonObjects.list(own.resolve("stationinfo.json"))) {
          written(device, s).show(out);
        }
      } catch (NoSuchFileException e) {
        // has no stations
      }
    }
  }

  private static Station written(String device, JsonObjects s) throws IOException {
    return new Station(
        device,
        mac(s.bytes("hardwareaddr")),
        s.number("connected") / NANOS,
        s.number("inactive") / NANOS,
        s.number("receivebitrate"),
        s.number("transmitbitrate"),
        s.number("receivedbytes"),
        s.number("transmittedbytes"),
        s.number("signal"),
        s.number("transmitretries"),
        s.number("transmitfailed"),
        s.number("beaconloss"),
        s.number("transmittedpackets"),
        s.number("receivedpackets"));
  }

  /** Adds metrics for the network the device belongs to, selected from all received ones. */
  static void network(String device, List<Attributes> stations, Families out) {
    for (Attributes a : stations) {
      Attributes bss = a.nested(BSS);
      if (bss.find(BSS_STATUS) == null) {
        continue;
      }
      String mode = mode((int) bss.number(BSS_STATUS, -1));
      out.add(INFO, 1, device, mac(bss.bytes(BSS_BSSID)), name(bss.bytes(BSS_ELEMENTS)), mode);
      return;
    }
  }

  private static String mode(int status) {
    return switch (status) {
      case 0, 1 -> "client";
      case 2 -> "ad-hoc";
      default -> "unknown";
    };
  }

  /** Returns the network name from the first matching IEEE 802.11 element. */
  private static String name(byte[] elements) {
    for (int at = 0; at + 2 <= elements.length; at += 2 + (elements[at + 1] & 0xff)) {
      int length = Math.min(elements[at + 1] & 0xff, elements.length - at - 2);
      if (elements[at] == 0) {
        return new String(elements, at + 2, length, StandardCharsets.UTF_8);
      }
    }
    return "";
  }

  static void station(String device, Attributes a, Families out) {
    Attributes s = a.nested(STA_INFO);
    new Station(
            device,
            mac(a.bytes(MAC)),
            s.number(CONNECTED, 0),
            s.number(INACTIVE, 0) / 1000.0,
            rate(s.nested(RX_RATE)),
            rate(s.nested(TX_RATE)),
            Numbers.unsigned(s.number(RX_BYTES64, s.number(RX_BYTES, 0))),
            Numbers.unsigned(s.number(TX_BYTES64, s.number(TX_BYTES, 0))),
            (byte) s.number(SIGNAL, 0),
            s.number(TX_RETRIES, 0),
            s.number(TX_FAILED, 0),
            s.number(BEACON_LOSS, 0),
            s.number(TX_PACKETS, 0),
            s.number(RX_PACKETS, 0))
        .show(out);
  }

  /** Station connected to a wireless device. */
  private record Station(
      String device,
      String mac,
      double connected,
      double inactive,
      double receiveRate,
      double transmitRate,
      double received,
      double transmitted,
      double signal,
      double retries,
      double failed,
      double lost,
      double sentPackets,
      double receivedPackets) {
    void show(Families out) {
      Labels l = SIGNAL_DBM.labels(device, mac);
      out.add(CONNECTED_SECONDS, connected, l);
      out.add(INACTIVE_SECONDS, inactive, l);
      out.add(RECEIVE_RATE, receiveRate, l);
      out.add(TRANSMIT_RATE, transmitRate, l);
      out.add(RECEIVED, received, l);
      out.add(TRANSMITTED, transmitted, l);
      out.add(SIGNAL_DBM, signal, l);
      out.add(RETRIES, retries, l);
      out.add(FAILED, failed, l);
      out.add(LOST, lost, l);
      out.add(SENT_PACKETS, sentPackets, l);
      out.add(RECEIVED_PACKETS, receivedPackets, l);
    }
  }

  private static double rate(Attributes r) {
    return r.number(RATE32, r.number(RATE, 0)) * RATE_UNIT;
  }

  private static String mac(byte[] b) {
    return HexFormat.ofDelimiter(":").formatHex(b);
  }
}
