package dev.tethys.collect.host.device;

import static dev.tethys.collect.host.internal.netlink.GenericFamily.attribute;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.collect.host.internal.Families;
import dev.tethys.collect.host.internal.netlink.Attributes;
import dev.tethys.testkit.Exposition;
import dev.tethys.testkit.Shared;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The network and the stations of node_exporter's own test, as the kernel would report them. */
final class WifiCollectorTest {
  @Test
  void exposesStationsLikeNodeExporter() throws IOException {
    Families out = new Families();
    byte[] bss =
        join(
            attribute(1, HexFormat.of().parseHex("001122334455")),
            attribute(
                6, join(new byte[] {1, 1, 2, 0, 7}, "Example".getBytes(StandardCharsets.UTF_8))),
            attribute(9, 1));
    WifiCollector.network(
        "wlan0",
        List.of(told(attribute(47, attribute(1, new byte[6]))), told(attribute(47, bss))),
        out);
    WifiCollector.station(
        "wlan0", station("aabbccddeeff", 30, 400, 1280, 1640, -52, 10, 2, 1), out);
    WifiCollector.station(
        "wlan0", station("010203040506", 60, 800, 2560, 3280, -26, 20, 4, 2), out);
    Exposition ours = Exposition.of(out::drainTo);
    Exposition wanted =
        Exposition.parse(
            Files.readString(Shared.conformance("node_exporter/fixtures/e2e-output.txt")));
    assertThat(ours.families).hasSize(13);
    ours.families.forEach(
        (name, family) -> assertThat(family).as(name).isEqualTo(wanted.families.get(name)));
  }

  private static Attributes told(byte[] bytes) {
    return Attributes.of(ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder()));
  }

  private static Attributes station(
      String mac,
      int connected,
      int inactive,
      int received,
      int sent,
      int signal,
      int retries,
      int failed,
      int lost) {
    return told(
        join(
            attribute(6, HexFormat.of().parseHex(mac)),
            attribute(
                21,
                join(
                    attribute(16, connected),
                    attribute(1, inactive),
                    attribute(14, attribute(5, received)),
                    attribute(8, join(attribute(1, new byte[] {9, 0}), attribute(5, sent))),
                    attribute(7, new byte[] {(byte) signal}),
                    attribute(11, retries),
                    attribute(12, failed),
                    attribute(18, lost)))));
  }

  private static byte[] join(byte[]... parts) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (byte[] p : parts) {
      out.writeBytes(p);
    }
    return out.toByteArray();
  }
}
