package dev.tethys.collect.exporter.blackbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import dev.tethys.config.ConfigException;
import dev.tethys.config.YamlDocument;
import dev.tethys.testkit.Shared;
import dev.tethys.web.client.WebSocketStreams;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Configuration files of blackbox_exporter, its own test data among them. */
@Tag("slow")
class BlackboxConfigTest {
  /** What is said about each file that is wrong. */
  private static final Map<String, String> WRONG =
      Map.ofEntries(
          Map.entry("blackbox-bad.yml", "invalid_extra_field"),
          Map.entry("blackbox-bad2.yml", "at most one of"),
          Map.entry("invalid-dns-class.yml", "query class 'X' is not valid"),
          Map.entry("invalid-dns-type.yml", "query type 'X' is not valid"),
          Map.entry("invalid-dns-module.yml", "query name must be set for DNS module"),
          Map.entry("invalid-http-body-config.yml", "body and body_file"),
          Map.entry("invalid-http-body-match-regexp.yml", "missing closing ]"),
          Map.entry("invalid-http-body-not-match-regexp.yml", "missing closing ]"),
          Map.entry("invalid-http-compression-mismatch.yml", "compression: gzip"),
          Map.entry("invalid-http-compression-mismatch-special-case.yml", "compression: gzip"),
          Map.entry("invalid-http-header-match.yml", "regexp must be set"),
          Map.entry("invalid-http-header-match-regexp.yml", "missing closing ]"),
          Map.entry("invalid-http-http3-http2-enabled.yml", "enable_http2 must be set to false"),
          Map.entry("invalid-http-http3-http2-version.yml", "HTTP/3 and HTTP/2.0/1.1"),
          Map.entry("invalid-http-http3-http2.yml", "HTTP/3 and HTTP/2.0/1.1"),
          Map.entry("invalid-http-request-compression-reject-all-encodings.yml", "compression"),
          Map.entry("invalid-icmp-ttl.yml", "\"ttl\" cannot be negative"),
          Map.entry("invalid-icmp-ttl-overflow.yml", "\"ttl\" cannot exceed 255"),
          Map.entry("invalid-no-versions-http3-enabled.yml", "enable_http2 must be set to false"),
          Map.entry("invalid-prober.yml", "prober 'invalid' is not valid"),
          Map.entry("invalid-tcp-query-response-regexp.yml", "missing closing ]"),
          Map.entry("invalid-unix-query-response-regexp.yml", "missing closing ]"),
          Map.entry("invalid-websocket-query-response-regexp.yml", "missing closing ]"));

  @Test
  void acceptsOrRejectsEveryFileLikeBlackboxExporter() throws IOException {
    Map<String, String> said = new TreeMap<>();
    for (Path f : Shared.conformanceFiles("blackbox_exporter", ".yml")) {
      try {
        BlackboxConfig c = BlackboxConfig.read(f);
        assertThat(c.modules()).as(f.toString()).isNotEmpty();
        // What is shown can be read again, secrets aside.
        assertThat(c.toYaml()).as(f.toString()).startsWith("modules:");
      } catch (ConfigException e) {
        said.put(String.valueOf(f.getFileName()), String.valueOf(e.getMessage()));
      }
    }
    assertThat(said.keySet()).containsExactlyInAnyOrderElementsOf(WRONG.keySet());
    WRONG.forEach((file, text) -> assertThat(said.get(file)).as(file).contains(text));
  }

  @Test
  void rejectsUnavailableModulesByName() throws IOException {
    // The module that uses HTTP/3 is not on this class path, as on a machine where its library
    // does not load.
    BlackboxConfig c = BlackboxConfig.read(Shared.conformance("blackbox_exporter/blackbox.yml"));
    assertThat(c.modules().values().stream().filter(m -> !m.missing().isEmpty()))
        .singleElement()
        .satisfies(
            m -> {
              assertThat(m.http().http3()).isTrue();
              assertThat(m.missing())
                  .startsWith("enable_http3: HTTP/3 requires the jars of ")
                  .endsWith("; HTTP/2 is (enable_http2: true)");
            });
    BlackboxConfig e = BlackboxConfig.read(Shared.conformance("blackbox_exporter/example.yml"));
    Module cel = e.modules().get("http_json_cel_match");
    assertThat(cel).isNotNull();
    assertThat(cel == null ? "" : cel.missing()).isEmpty();
  }

  @Test
  void bytesInModulesAreBytes() throws IOException {
    BlackboxConfig c = BlackboxConfig.read(Shared.conformance("blackbox_exporter/blackbox.yml"));
    Module m = c.modules().get("postgresql");
    assertThat(m).isNotNull();
    if (m != null) {
      assertThat(m.tcp().dialogue().getFirst().sent(null))
          .containsExactly(0, 0, 0, 8, 4, 0xd2, 0x16, 0x2f);
    }
  }

  @Test
  void groupsAreInsertedWhereReferenced() {
    Matcher m = Pattern.compile("PING :(?P<who>[^ ]+) ?(x)?").matcher("PING :me");
    assertThat(m.find()).isTrue();
    assertThat(QueryResponse.expand("PONG ${1} $who $1x ${2}$$ $ ${", m, g -> g))
        .isEqualTo("PONG me me $ $ ${".replace("me me ", "me me  "));
  }

  @Test
  void reportsInvalidSettingsWithTheirPosition() {
    assertThatThrownBy(
            () ->
                BlackboxConfig.read(
                    YamlDocument.parse(
                            "b.yml", null, "modules:\n  a:\n    prober: http\n    htttp: {}")
                        .root()))
        .isInstanceOf(ConfigException.class)
        .hasMessageStartingWith("b.yml:4:5")
        .hasMessageContaining("did you mean \"http\"?");
  }

  @Test
  void handlesEdgeCasesLikeGo() throws IOException {
    // FNV-1a's own test vector, and serial numbers with leading zeros.
    assertThat(ProbeAttempt.hash(new byte[] {'a'})).isEqualTo(0xe40c292cL);
    assertThat(TlsFacts.serial(new BigInteger("00f1", 16))).isEqualTo("f1");
    assertThat(TlsFacts.serial(new BigInteger("0af1", 16))).isEqualTo("0af1");
    assertThat(WebSocketStreams.accept("dGhlIHNhbXBsZSBub25jZQ=="))
        .isEqualTo("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="); // RFC 6455, section 1.3
    byte[] echo = IcmpProber.packet(8, 1, 9, "abcd".getBytes(StandardCharsets.US_ASCII), true);
    assertThat(IcmpSocket.checksum(echo)).isZero();
    assertThat(ProbeAttempt.HostPort.of("[::1]:53"))
        .isEqualTo(new ProbeAttempt.HostPort("::1", 53));
    assertThat(ProbeAttempt.HostPort.of("::1")).isNull();
    assertThat(ProbeAttempt.HostPort.of("host")).isNull();
    assertThat(HttpModule.accepts("gzip", "br;q=0.9, gzip;q=0.1")).isTrue();
  }

  @Test
  void historyKeepsFailuresLonger() {
    ProbeHistory h = new ProbeHistory(2);
    h.add("m", "bad", "", false);
    for (int i = 0; i < 5; i++) {
      h.add("m", "good" + i, "", true);
    }
    assertThat(h.list())
        .extracting(ProbeHistory.Entry::target)
        .isEqualTo(List.of("good4", "good3", "bad"));
    assertThat(h.find("bad", "m")).isNotNull();
    assertThat(h.find("bad", "n")).isNull();
    assertThat(h.find(5)).isNotNull();
    assertThat(h.find(2)).isNull();
  }
}
