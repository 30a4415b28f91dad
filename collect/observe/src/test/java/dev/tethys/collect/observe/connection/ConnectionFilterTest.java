package dev.tethys.collect.observe.connection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.testkit.Shared;
import java.net.InetAddress;
import java.nio.file.Files;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConnectionFilterTest {

  static IpAddress ip(String text) {
    return IpAddress.of(InetAddress.ofLiteral(text));
  }

  private static ConnectionFilter filter(String... networks) {
    return new ConnectionFilter(
        List.of(networks).stream().map(IpPrefix::parse).toList(), PortRanges.LINUX);
  }

  @Test
  void decidesLikeCoroot() throws Exception {
    Pattern line =
        Pattern.compile(
            "\"destination\": \"([^\"]+)\", \"actual\": \"([^\"]+)\", \"skipped\": (true|false)");
    ConnectionFilter f = filter();
    int cases = 0;
    for (String text :
        Files.readAllLines(Shared.conformance("coroot/node-agent/connection-filter.jsonl"))) {
      Matcher m = line.matcher(text);
      assertThat(m.find()).as(text).isTrue();
      assertThat(f.skips(ip(m.group(1)), ip(m.group(2))))
          .as(text)
          .isEqualTo(Boolean.parseBoolean(m.group(3)));
      cases++;
    }
    assertThat(cases).isGreaterThanOrEqualTo(5);
  }

  @Test
  void tracksListedPublicNetworks() {
    ConnectionFilter f = filter("1.1.0.0/16", "2001:db8::/32");
    assertThat(f.skips(ip("1.1.2.3"), ip("1.1.2.3"))).isFalse();
    assertThat(f.skips(ip("1.2.2.3"), ip("1.2.2.3"))).isTrue();
    assertThat(f.skips(ip("2001:db8::1"), ip("2001:db8::1"))).isFalse();
    assertThat(f.skips(ip("2001:db9::1"), ip("2001:db9::1"))).isTrue();
    assertThat(filter("0.0.0.0/0").skips(ip("2001:db9::1"), ip("2001:db9::1"))).isFalse();
  }

  @Test
  void omitsClientPortsAndAddressesWithoutServices() {
    ConnectionFilter f = filter("0.0.0.0/0");
    assertThat(f.tracksDestination(ip("10.0.0.1"), 80, false)).isTrue();
    assertThat(f.tracksDestination(ip("10.0.0.1"), 40000, false)).isFalse();
    assertThat(f.tracksDestination(ip("10.0.0.1"), 50051, false)).isTrue();
    assertThat(f.tracksDestination(ip("127.0.0.1"), 80, false)).isFalse();
    assertThat(f.tracksDestination(ip("127.0.0.1"), 80, true)).isTrue();
    assertThat(f.tracksDestination(ip("::1"), 80, false)).isFalse();
    assertThat(f.tracksDestination(ip("169.254.1.1"), 80, true)).isFalse();
    assertThat(f.tracksDestination(ip("fe80::1"), 80, true)).isFalse();
    assertThat(f.tracksDestination(ip("0.0.0.0"), 80, true)).isFalse();
  }

  @ParameterizedTest
  @CsvSource({
    "10.1.2.3, true", "172.15.0.1, false", "172.16.0.1, true", "172.31.255.255, true",
    "172.32.0.1, false", "192.168.1.1, true", "192.169.0.1, false", "100.63.0.1, false",
    "100.64.0.1, true", "100.127.0.1, true", "100.128.0.1, false", "8.8.8.8, false",
    "fd00::1, true", "fc00::1, true", "fe00::1, false", "2001:db8::1, false"
  })
  void knowsPrivateNetworks(String address, boolean isPrivate) {
    assertThat(ip(address).isPrivate()).isEqualTo(isPrivate);
  }

  @Test
  void writesAddressesLikeGo() {
    assertThat(ip("127.0.0.1").withPort(80)).isEqualTo("127.0.0.1:80");
    assertThat(ip("2001:db8:0:0:0:0:0:1").withPort(80)).isEqualTo("[2001:db8::1]:80");
    assertThat(new IpAddress(0, 0xffff_0a00_0001L).withPort(1)).isEqualTo("10.0.0.1:1");
  }

  @ParameterizedTest
  @ValueSource(strings = {"10.0.0.0", "10.0.0.0/33", "10.0.0.0/x", "::/129", "example/8", "/8"})
  void refusesNetworksThatAreNone(String text) {
    assertThatThrownBy(() -> IpPrefix.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("network '" + text + "' is not valid");
  }

  @Test
  void containsTheAddressesOfANetwork() {
    assertThat(IpPrefix.parse("10.0.0.0/8").contains(ip("10.255.0.1"))).isTrue();
    assertThat(IpPrefix.parse("10.0.0.0/8").contains(ip("11.0.0.1"))).isFalse();
    assertThat(IpPrefix.parse("10.0.0.1/32").contains(ip("10.0.0.1"))).isTrue();
    assertThat(IpPrefix.parse("10.0.0.1/32").contains(ip("10.0.0.2"))).isFalse();
    assertThat(IpPrefix.parse("0.0.0.0/0").contains(ip("255.0.0.2"))).isTrue();
    assertThat(IpPrefix.parse("0.0.0.0/0").contains(ip("2001::1"))).isFalse();
    assertThat(IpPrefix.parse("::/0").contains(ip("2001::1"))).isTrue();
    assertThat(IpPrefix.parse("2001:db8::/33").contains(ip("2001:db8:8000::1"))).isFalse();
  }
}
