package dev.tethys.collect.exporter.snmp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.collect.exporter.Exporter;
import dev.tethys.collect.exporter.Probe;
import dev.tethys.collect.exporter.ProbeException;
import dev.tethys.collect.exporter.snmp.wire.AgentDouble;
import dev.tethys.config.ConfigException;
import dev.tethys.config.YamlDocument;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.testkit.LogMessages;
import dev.tethys.web.Params;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What modules make of objects that real agents seldom have, and what is wrong in a file. */
class SnmpModulesTest {
  private AgentDouble agent;

  @BeforeEach
  void open() throws IOException {
    agent = new AgentDouble();
  }

  @AfterEach
  void close() {
    agent.close();
  }

  private static SnmpConfig config(String yaml) {
    return SnmpConfig.read(
        YamlDocument.parse("snmp.yml", null, yaml).root(), UnaryOperator.identity());
  }

  private static Exporter exporter(SnmpConfig c, boolean wrap, int atOnce) throws IOException {
    return new SnmpExporter(
        () -> c, new SnmpExporter.RequestOptions(null, wrap, atOnce, false), false);
  }

  private static Map<String, Double> ask(Exporter e, String query) throws Exception {
    Map<String, Double> out = new TreeMap<>();
    for (MetricFamily f :
        Objects.requireNonNull(e.probes().get("/snmp"))
            .collect(new Probe(Params.parse(query), null))) {
      if (!f.name().startsWith("snmp_scrape_")) {
        f.metrics()
            .forEach(
                m ->
                    out.put(
                        f.name() + m.labels().toMap(), ((MetricFamily.Value) m.point()).value()));
      }
    }
    return out;
  }

  private Map<String, Double> shown(String metrics) throws Exception {
    try (Exporter e = exporter(module(metrics), true, 1)) {
      return ask(e, "target=" + agent.target() + "&module=m");
    }
  }

  private static SnmpConfig module(String metrics) {
    return config(
        "auths: {public_v2: {}}\n"
            + "modules:\n"
            + "  m:\n"
            + "    walk: ['1.3.6.1']\n"
            + "    retries: 1\n"
            + "    metrics:\n"
            + metrics.indent(4));
  }

  @Test
  void largeCountersWrapAt2To53() throws Exception {
    agent.has("1.3.6.1.9.1", 0x46, AgentDouble.bytes(0, 0x80, 0, 0, 0, 0, 0, 0, 5));
    String m = "- {name: c, oid: 1.3.6.1.9, type: counter, help: h, indexes: []}";
    assertThat(shown(m)).containsEntry("c{}", 5.0);
    try (Exporter e = exporter(module(m), false, 1)) {
      assertThat(ask(e, "target=" + agent.target() + "&module=m")).containsEntry("c{}", 0x1p63);
    }
  }

  @Test
  void logsMessagesIfConfigured() throws Exception {
    Logger log = Logger.getLogger(SnmpScrape.class.getName());
    Level former = log.getLevel();
    log.setLevel(Level.FINE);
    try (LogMessages messages = LogMessages.of(SnmpScrape.class)) {
      List<String> lines = messages.messages();
      agent.has("1.3.6.1.9.1", 0x46, AgentDouble.bytes(5));
      SnmpConfig c = module("- {name: c, oid: 1.3.6.1.9, type: counter, help: h, indexes: []}");
      try (Exporter e = exporter(c, true, 1)) {
        ask(e, "target=" + agent.target() + "&module=m");
        ask(e, "target=" + agent.target() + "&module=m&snmp_debug_packets=1");
        assertThat(lines).noneMatch(l -> l.startsWith("to "));
        ask(e, "target=" + agent.target() + "&module=m&snmp_debug_packets=true");
        assertThat(lines).anyMatch(l -> l.matches("to 127.*: 30..02010104067075626c6963.*"));
      }
      lines.clear();
      try (Exporter e =
          new SnmpExporter(() -> c, new SnmpExporter.RequestOptions(null, true, 1, true), false)) {
        ask(e, "target=" + agent.target() + "&module=m");
      }
      // A SEQUENCE of version 1 (SNMPv2c) and the community "public".
      assertThat(lines).anyMatch(l -> l.matches("to 127.*: 30..02010104067075626c6963.*"));
      assertThat(lines).anyMatch(l -> l.matches("from 127.*: 30.*7075626c6963.*"));
    } finally {
      log.setLevel(former);
    }
  }

  @Test
  void numbersInOpaques() throws Exception {
    agent.has("1.3.6.1.9.1", 0x44, AgentDouble.bytes(0x9f, 0x78, 4, 0x3f, 0xc0, 0, 0));
    agent.has("1.3.6.1.9.2", 0x44, AgentDouble.bytes(0x9f, 0x79, 8, 0xc0, 4, 0, 0, 0, 0, 0, 0));
    assertThat(
            shown(
                "- {name: f, oid: 1.3.6.1.9, type: Float, help: h, indexes: [{labelname: i, type:"
                    + " gauge}]}"))
        .containsEntry("f{i=1}", 1.5)
        .containsEntry("f{i=2}", -2.5);
  }

  @Test
  void times() throws Exception {
    agent.text("1.3.6.1.9.1", AgentDouble.bytes(0x07, 0xe8, 2, 29, 12, 30, 15, 9));
    agent.text("1.3.6.1.9.2", AgentDouble.bytes(0x07, 0xe8, 2, 29, 12, 30, 15, 9, '-', 1, 30));
    agent.text("1.3.6.1.9.3", AgentDouble.bytes(1, 2, 3));
    agent.text("1.3.6.1.8.1", AgentDouble.bytes(0x83, 0xaa, 0x7e, 0x81, 0x80, 0, 0, 0));
    agent.text("1.3.6.1.8.2", AgentDouble.bytes(0x83));
    assertThat(
            shown(
                """
                - {name: d, oid: 1.3.6.1.9, type: DateAndTime, help: h, indexes: [{labelname: i, type: gauge}]}
                - {name: n, oid: 1.3.6.1.8, type: NTPTimeStamp, help: h, indexes: [{labelname: i, type: gauge}]}
                """))
        .containsEntry("d{i=1}", 1709209815.0)
        .containsEntry("d{i=2}", 1709209815.0 + 5400)
        .containsEntry("n{i=1}", 1.0)
        .hasSize(3);
  }

  @Test
  void bitsAndStates() throws Exception {
    agent.text("1.3.6.1.9.1", AgentDouble.bytes(0b1000_0001, 0b0100_0000));
    agent.number("1.3.6.1.8.1", 9);
    assertThat(
            shown(
                """
                - {name: b, oid: 1.3.6.1.9, type: Bits, help: h, enum_values: {0: a, 1: b, 7: c, 9: d, 16: e}}
                - {name: s, oid: 1.3.6.1.8, type: EnumAsStateSet, help: h, enum_values: {1: a, 2: b}}
                """))
        .containsEntry("b{b=a}", 1.0)
        .containsEntry("b{b=b}", 0.0)
        .containsEntry("b{b=c}", 1.0)
        .containsEntry("b{b=d}", 1.0)
        .containsEntry("b{b=e}", 0.0)
        .containsEntry("s{s=9}", 1.0)
        .containsEntry("s{s=a}", 0.0)
        .containsEntry("s{s=b}", 0.0);
  }

  /** As the module cisco_device of snmp_exporter's own snmp.yml has it. */
  @Test
  void lookedUpNumbersMayHaveNames() throws Exception {
    agent.number("1.3.6.1.9.1", 10).number("1.3.6.1.9.2", 20);
    agent.number("1.3.6.1.8.1", 2).number("1.3.6.1.8.2", 99);
    assertThat(
            shown(
                """
                - name: free
                  oid: 1.3.6.1.9
                  type: gauge
                  help: h
                  indexes: [{labelname: i, type: gauge}]
                  lookups:
                  - {labels: [i], labelname: pool, oid: 1.3.6.1.8, type: EnumAsInfo, enum_values: {1: cpu, 2: io}}
                  - {labels: [i], labelname: number, oid: 1.3.6.1.8, type: EnumAsInfo}
                  - {labels: [], labelname: i}
                """))
        .containsEntry("free{number=2, pool=io}", 10.0)
        .containsEntry("free{number=99, pool=99}", 20.0);
  }

  @Test
  void validatesTextsAndBoundsIndexes() throws Exception {
    agent.text("1.3.6.1.9.1", AgentDouble.bytes('a', 0xff, 0xfe, 'b', 0xc3, 0xa9, 0xc3));
    agent.text("1.3.6.1.8.4294967295.65", AgentDouble.bytes('x'));
    agent.text("1.3.6.1.7.0", AgentDouble.bytes());
    Map<String, Double> shown =
        shown(
            """
            - {name: t, oid: 1.3.6.1.9, type: DisplayString, help: h}
            - {name: u, oid: 1.3.6.1.8, type: DisplayString, help: h, indexes: [{labelname: i, type: DisplayString}, {labelname: j, type: gauge}]}
            - {name: v, oid: 1.3.6.1.7, type: OctetString, help: h}
            """);
    assertThat(shown).containsEntry("t{t=a\ufffdb\u00e9\ufffd}", 1.0).hasSize(3);
    assertThat(shown.keySet()).anyMatch(k -> k.startsWith("u{") && k.length() < 70_000);
  }

  @Test
  void addressTypesPrecedeAddresses() throws Exception {
    agent.number("1.3.6.1.9.1.1.7", 2);
    agent.text(
        "1.3.6.1.9.1.2.7",
        AgentDouble.bytes(0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1));
    agent.number("1.3.6.1.9.1.1.8", 1);
    agent.text("1.3.6.1.9.1.2.8", AgentDouble.bytes(10, 1, 2, 3));
    agent.number("1.3.6.1.9.1.1.9", 16);
    agent.text("1.3.6.1.9.1.2.9", AgentDouble.bytes(1, 2));
    agent.number("1.3.6.1.8.1.4.10.0.0.1", 3);
    agent.number("1.3.6.1.8.5.2.7.7", 4);
    agent.number("1.3.6.1.6.1.2.3.4", 5);
    agent.number("1.3.6.1.5.3.6.0.1.2.3.4.255", 6);
    assertThat(
            shown(
                """
                - {name: a, oid: 1.3.6.1.9.1.2, type: InetAddress, help: h, indexes: [{labelname: i, type: gauge}]}
                - {name: b, oid: 1.3.6.1.8, type: gauge, help: h, indexes: [{labelname: i, type: InetAddress}]}
                - {name: c, oid: 1.3.6.1.6, type: gauge, help: h, indexes: [{labelname: i, type: InetAddressMissingSize}]}
                - {name: d, oid: 1.3.6.1.5, type: gauge, help: h, indexes: [{labelname: i, type: LldpPortId}]}
                """))
        .containsOnlyKeys(
            "a{a=2001:0DB8:0000:0000:0000:0000:0000:0001, i=7}",
            "a{a=10.1.2.3, i=8}",
            "a{a=0x0102, i=9}",
            "b{i=10.0.0.1}",
            "b{i=0x05020707}",
            "c{i=2.3.4.0}",
            "d{i=00:01:02:03:04:FF}");
  }

  @Test
  void rejectsDuplicateSamples() {
    agent.number("1.3.6.1.9.1", 1).number("1.3.6.1.9.2", 2);
    assertThatThrownBy(() -> shown("- {name: x, oid: 1.3.6.1.9, type: gauge, help: h}"))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("was collected before");
  }

  @Test
  void queriesModulesConcurrently() throws Exception {
    agent.number("1.3.6.1.9.1", 1).number("1.3.6.1.8.1", 2);
    SnmpConfig c =
        config(
            """
            auths: {public_v2: {}}
            modules:
              a: {walk: [1.3.6.1.9], metrics: [{name: x, oid: 1.3.6.1.9, type: gauge, help: h}]}
              b: {get: [1.3.6.1.8.1], metrics: [{name: y, oid: 1.3.6.1.8, type: gauge, help: h}]}
            """);
    try (Exporter e = exporter(c, true, 3)) {
      assertThat(ask(e, "target=" + agent.target() + "&module=a,b"))
          .containsEntry("x{}", 1.0)
          .containsEntry("y{}", 2.0);
      assertThatThrownBy(() -> ask(e, "module=a")).hasMessageContaining("'target' parameter");
      assertThatThrownBy(() -> ask(e, "target=a:b&module=a")).isInstanceOf(ProbeException.class);
    }
  }

  @Test
  void reportsInvalidSettingsWithTheirPosition() {
    assertThatThrownBy(() -> config("auths:\n  a: {version: 4}"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("snmp.yml:2")
        .hasMessageContaining("SNMP version must be 1, 2 or 3");
    assertThatThrownBy(
            () -> config("auths: {a: {version: 3, username: u, security_level: authPriv}}"))
        .hasMessageContaining("priv password is missing");
    assertThatThrownBy(() -> config("auths: {a: {version: 3}}"))
        .hasMessageContaining("auth username is missing");
    assertThatThrownBy(
            () ->
                config(
                    "auths: {a: {version: 3, username: u, security_level: authNoPriv, password: p,"
                        + " auth_protocol: SHA1}}"))
        .hasMessageContaining("auth protocol must be one of [MD5, SHA, SHA224");
    assertThatThrownBy(() -> config("modules: {m: {walk: [1.x]}}"))
        .hasMessageContaining("not an object identifier");
    assertThatThrownBy(() -> config("modules: {m: {walks: [1.2]}}")).hasMessageContaining("walks");
    assertThatThrownBy(
            () -> config("modules: {m: {metrics: [{name: a, oid: 1.2, type: Guage, help: h}]}}"))
        .hasMessageContaining("unknown type \"Guage\" of metric a");
    assertThatThrownBy(() -> config("auths: {a: {}}").checked("here"))
        .hasMessageContaining("no modules here");
  }

  @Test
  void variablesAreReplaced() {
    EnvironmentText t = new EnvironmentText(n -> n.equals("KEY") ? "s$1cret" : null);
    assertThat(t.apply("a${KEY}b$KEY")).isEqualTo("as$1cretbs$1cret");
    assertThatThrownBy(() -> t.apply("$NONE")).hasMessageContaining("NONE");
  }
}
