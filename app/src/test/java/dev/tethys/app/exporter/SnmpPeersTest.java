package dev.tethys.app.exporter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.testkit.Ports;
import dev.tethys.testkit.ServerProcess;
import dev.tethys.testkit.Shared;
import java.net.http.HttpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A real agent shown by Tethys and by the real snmp_exporter. */
@Tag("contrib")
class SnmpPeersTest {
  private static final String AGENT =
      """
      agentaddress udp:127.0.0.1:PORT,tcp:127.0.0.1:PORT
      rocommunity public 127.0.0.1
      sysLocation  behind the door
      sysContact  Some\\xc3\\xa9 <one@example.org>
      load 12 10 5
      createUser md5 MD5 "password1"
      createUser shades SHA "password1" DES "password2"
      createUser shaaes SHA "password1" AES "password2"
      createUser sha224 SHA-224 "password1" AES-192 "password2"
      createUser sha256 SHA-256 "password1" AES-256 "password2"
      createUser sha384 SHA-384 "password1" AES "password2"
      createUser sha512 SHA-512 "password1" AES "password2"
      createUser none
      rouser none noauth
      rouser md5 auth
      rouser shades priv
      rouser shaaes priv
      rouser sha224 priv
      rouser sha256 priv
      rouser sha384 priv
      rouser sha512 priv
      """;

  private static final String CONFIG =
      """
      auths:
        public_v1: {community: public, version: 1}
        public_v2: {}
        none: {version: 3, username: none}
        md5: {version: 3, username: md5, security_level: authNoPriv, password: password1}
        shades: {version: 3, username: shades, security_level: authPriv, password: password1, auth_protocol: SHA, priv_password: password2}
        shaaes: {version: 3, username: shaaes, security_level: authPriv, password: password1, auth_protocol: SHA, priv_protocol: AES, priv_password: password2}
        sha224: {version: 3, username: sha224, security_level: authPriv, password: password1, auth_protocol: SHA224, priv_protocol: AES192, priv_password: password2}
        sha256: {version: 3, username: sha256, security_level: authPriv, password: password1, auth_protocol: SHA256, priv_protocol: AES256, priv_password: password2}
        sha384: {version: 3, username: sha384, security_level: authPriv, password: password1, auth_protocol: SHA384, priv_protocol: AES, priv_password: password2}
        sha512: {version: 3, username: sha512, security_level: authPriv, password: password1, auth_protocol: SHA512, priv_protocol: AES, priv_password: password2}
        wrong: {version: 3, username: shaaes, security_level: authPriv, password: wrongwrong, auth_protocol: SHA, priv_protocol: AES, priv_password: password2}
        stranger: {version: 3, username: stranger}
      modules:
        if_mib:
          walk: [1.3.6.1.2.1.2, 1.3.6.1.2.1.31.1.1]
          get: [1.3.6.1.2.1.1.3.0]
          max_repetitions: 7
          metrics:
          - {name: sysUpTime, oid: 1.3.6.1.2.1.1.3, type: gauge, help: Hundredths, scale: 0.01, offset: 1}
          - &octets {name: ifInOctets, oid: 1.3.6.1.2.1.2.2.1.10, type: counter, help: Octets, indexes: [{labelname: ifIndex, type: gauge}], lookups: [{labels: [ifIndex], labelname: ifDescr, oid: 1.3.6.1.2.1.2.2.1.2, type: DisplayString}, {labels: [ifIndex], labelname: mac, oid: 1.3.6.1.2.1.2.2.1.6, type: PhysAddress48}, {labels: [], labelname: ifIndex}]}
          - {name: ifHCInOctets, oid: 1.3.6.1.2.1.31.1.1.1.6, type: counter, help: Octets, indexes: [{labelname: ifIndex, type: gauge}]}
          - {name: ifType, oid: 1.3.6.1.2.1.2.2.1.3, type: EnumAsInfo, help: Kind, indexes: [{labelname: ifIndex, type: gauge}], enum_values: {6: ethernetCsmacd, 24: softwareLoopback}}
          - {name: ifOperStatus, oid: 1.3.6.1.2.1.2.2.1.8, type: EnumAsStateSet, help: State, indexes: [{labelname: ifIndex, type: gauge}], enum_values: {1: up, 2: down, 7: lowerLayerDown}}
          - {name: ifPhysAddress, oid: 1.3.6.1.2.1.2.2.1.6, type: PhysAddress48, help: Address, indexes: [{labelname: ifIndex, type: gauge}]}
          - {name: ifSpecific, oid: 1.3.6.1.2.1.2.2.1.22, type: OctetString, help: Oid, indexes: [{labelname: ifIndex, type: gauge}]}
          - {name: ifMtu, oid: 1.3.6.1.2.1.2.2.1.4, type: gauge, help: Bytes, indexes: [{labelname: ifIndex, type: EnumAsInfo, enum_values: {1: first}}]}
          - name: ifDescr
            oid: 1.3.6.1.2.1.2.2.1.2
            type: DisplayString
            help: Name
            indexes: [{labelname: ifIndex, type: gauge}]
            regex_extracts:
              Length: [{regex: '(l)(o)', value: '2'}, {regex: '[a-z]+(\\d+).*'}]
              None: [{regex: 'x{9}', value: '1'}]
        system:
          walk: [1.3.6.1.2.1.1, 1.3.6.1.2.1.25.1, 1.3.6.1.4.1.2021.10.1]
          metrics:
          - {name: sysContact, oid: 1.3.6.1.2.1.1.4, type: DisplayString, help: Who}
          - {name: sysDescr, oid: 1.3.6.1.2.1.1.1, type: OctetString, help: What}
          - {name: sysObjectID, oid: 1.3.6.1.2.1.1.2, type: OctetString, help: Kind}
          - {name: sysName, oid: 1.3.6.1.2.1.1.5, type: Bits, help: Bits of a name, enum_values: {0: b0, 1: b1, 2: b2, 7: b7, 4000: never}}
          - {name: hrSystemDate, oid: 1.3.6.1.2.1.25.1.2, type: DateAndTime, help: Now}
          - {name: laLoad, oid: 1.3.6.1.4.1.2021.10.1.3, type: DisplayString, help: Load, indexes: [{labelname: laIndex, type: gauge}]}
          - {name: laLoadInt, oid: 1.3.6.1.4.1.2021.10.1.5, type: gauge, help: Load, indexes: [{labelname: laIndex, type: gauge}]}
          - {name: laLoadFloat, oid: 1.3.6.1.4.1.2021.10.1.6, type: Float, help: Load, indexes: [{labelname: laIndex, type: gauge}]}
        addresses:
          walk: [1.3.6.1.2.1.4.34, 1.3.6.1.2.1.4.20, 1.3.6.1.2.1.4.24]
          metrics:
          - {name: ipAddressIfIndex, oid: 1.3.6.1.2.1.4.34.1.3, type: gauge, help: Interface, indexes: [{labelname: kind, type: gauge}, {labelname: address, type: OctetString}]}
          - {name: ipAddressType, oid: 1.3.6.1.2.1.4.34.1.4, type: gauge, help: Type, indexes: [{labelname: address, type: InetAddress}]}
          - {name: ipAdEntIfIndex, oid: 1.3.6.1.2.1.4.20.1.2, type: gauge, help: Interface, indexes: [{labelname: address, type: InetAddressIPv4}]}
          - {name: ipAdEntAddr, oid: 1.3.6.1.2.1.4.20.1.1, type: InetAddressIPv4, help: Address, indexes: [{labelname: a, type: gauge}, {labelname: rest, type: OctetString, implied: true}]}
          - {name: ipAdEntNetMask, oid: 1.3.6.1.2.1.4.20.1.3, type: InetAddressIPv4, help: Mask, indexes: [{labelname: two, type: OctetString, fixed_size: 2}, {labelname: more, type: DisplayString, fixed_size: 9}, {labelname: none, type: gauge}]}
        filtered:
          walk: [1.3.6.1.2.1.2.2.1.2, 1.3.6.1.2.1.2.2.1.4]
          filters: [{oid: 1.3.6.1.2.1.2.2.1.2, targets: [1.3.6.1.2.1.2.2.1.4], values: ['^lo']}]
          metrics:
          - {name: ifMtuOfSome, oid: 1.3.6.1.2.1.2.2.1.4, type: gauge, help: Bytes, indexes: [{labelname: ifIndex, type: gauge}]}
        leaf:
          walk: [1.3.6.1.2.1.1.6.0, 1.3.6.1.2.1.99]
          get: [1.3.6.1.2.1.1.8.0, 1.3.6.1.2.1.1.99.0]
          metrics:
          - {name: sysLocation, oid: 1.3.6.1.2.1.1.6, type: DisplayString, help: Where}
      """;

  @TempDir Path dir;

  /** What changes by itself. */
  private static boolean isMoving(String name) {
    return name.contains("duration_seconds")
        || name.startsWith("sysUpTime")
        || name.startsWith("ifInOctets")
        || name.startsWith("ifHCInOctets")
        || name.startsWith("hrSystemDate")
        || name.startsWith("laLoad");
  }

  private static Map<String, Double> still(ExposedText e) {
    Map<String, Double> m = new TreeMap<>(e.samples());
    m.keySet().removeIf(SnmpPeersTest::isMoving);
    return m;
  }

  @Test
  void exposesSameMetricsAsReference() throws Exception {
    Path peer = Shared.peer("prometheus-snmp-exporter");
    Path snmpd = ServerProcess.find("snmpd");
    int port = Ports.free();
    Path agent = dir.resolve("snmpd.conf");
    Files.writeString(agent, AGENT.replace("PORT", Integer.toString(port)));
    Path config = Files.writeString(dir.resolve("snmp.yml"), CONFIG);
    Path state = Files.createDirectory(dir.resolve("state"));
    try (ServerProcess real =
            new ServerProcess(
                port,
                dir.resolve("snmpd.log"),
                Map.of("SNMP_PERSISTENT_DIR", state.toString(), "MIBS", ""),
                List.of(snmpd.toString(), "-f", "-Lo", "-C", "-c", agent.toString()));
        RealExporter theirs =
            new RealExporter(
                dir,
                List.of(
                    peer.toString(), "--config.file=" + config, "--web.listen-address=ADDRESS"));
        BuiltInExporter ours =
            new BuiltInExporter(
                Kinds.of("snmp"),
                List.of("--config.file=" + config, "--web.listen-address=127.0.0.1:0"));
        HttpClient client = HttpClient.newHttpClient()) {
      assertThat(real.port()).isEqualTo(port);
      String base = "http://127.0.0.1:" + ours.port();
      String at = "/snmp?target=127.0.0.1:" + port;
      for (String more :
          List.of(
              "",
              "&auth=public_v1",
              "&module=system",
              "&module=system&auth=public_v1",
              "&module=addresses",
              "&module=filtered,leaf&module=system",
              "&module=leaf&auth=public_v1",
              "&module=leaf&auth=none",
              "&auth=md5",
              "&auth=shades",
              "&auth=shaaes",
              "&auth=sha224",
              "&auth=sha256",
              "&auth=sha384",
              "&auth=sha512")) {
        same(
            more,
            ExposedText.parse(theirs.get(at + more)),
            ExposedText.parse(RealExporter.get(client, base + at + more)));
      }
      String tcp = "/snmp?target=tcp://127.0.0.1:" + port + "&module=addresses&auth=shaaes";
      same(
          tcp,
          ExposedText.parse(theirs.get(tcp)),
          ExposedText.parse(RealExporter.get(client, base + tcp)));
      for (String wrong : List.of("&module=nope", "&auth=nope", "&auth=md5&auth=md5")) {
        assertThat(RealExporter.get(client, base + at + wrong))
            .isEqualToIgnoringWhitespace(theirs.get(at + wrong));
      }
      assertThat(RealExporter.get(client, base + at + "&auth=wrong")).contains("wrong digest");
      assertThat(RealExporter.get(client, base + at + "&auth=stranger"))
          .contains("unknown username");
      assertThat(theirs.get(at + "&auth=stranger")).contains("unknown username");
      assertThat(own(RealExporter.get(client, base + "/metrics")))
          .isEqualTo(own(theirs.get("/metrics")));
      assertThat(RealExporter.get(client, base + "/config"))
          .contains("username: shades", "<secret>")
          .doesNotContain("password1", "password2");
    }
  }

  private static void same(String asked, ExposedText theirs, ExposedText ours) {
    assertThat(theirs.samples()).as(asked).hasSizeGreaterThan(4);
    assertThat(ours.types()).as(asked).isEqualTo(theirs.types());
    assertThat(ours.helps()).as(asked).isEqualTo(theirs.helps());
    assertThat(still(ours)).as(asked).isEqualTo(still(theirs));
    if (!asked.contains("system")) {
      assertThat(ours.samples().keySet()).as(asked).isEqualTo(theirs.samples().keySet());
    }
  }

  private static Map<String, String> own(String metrics) {
    Map<String, String> types = new TreeMap<>(ExposedText.parse(metrics).only("snmp_").types());
    types.remove("snmp_exporter_build_info");
    return types;
  }
}
