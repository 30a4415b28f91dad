package dev.tethys.codec.exposition;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NegotiationTest {
  @Test
  void requestsFormatsLikePrometheus() {
    assertThat(ScrapeProtocol.acceptHeader(ScrapeProtocol.DEFAULT, EscapingScheme.ALLOW_UTF_8))
        .isEqualTo(
            "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
                + "application/openmetrics-text;version=0.0.1;q=0.5,"
                + "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,"
                + "text/plain;version=0.0.4;q=0.3,*/*;q=0.2");
    assertThat(
            ScrapeProtocol.acceptHeader(
                ScrapeProtocol.DEFAULT_PROTO_FIRST, EscapingScheme.UNDERSCORES))
        .startsWith(
            "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;"
                + "encoding=delimited;q=0.6,")
        .endsWith("text/plain;version=0.0.4;q=0.2,*/*;q=0.1");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "text/plain|text/plain",
        "text/plain; version=0.0.4; charset=utf-8|text/plain",
        "TEXT/PLAIN;version=\"x\";|text/plain",
        "application/openmetrics-text; version=1.0.0|application/openmetrics-text",
        "application/vnd.google.protobuf; encoding=delimited|application/vnd.google.protobuf"
      })
  void knowsTheThreeTypes(String contentType, String type) {
    assertThat(ExpositionParsers.choose(contentType, null))
        .isEqualTo(new ExpositionParsers.Choice(type, null));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "text/plain; version=0.0.4; charset=utf-8; charset=utf-8",
        "text/plain; version=0.0.4; VERSION=\"0.0.4\"",
        "text/plain; version=0.0.4; a=1; b=2; a=1; b=2; a=\"1\""
      })
  void equalParametersMayStandTwice(String contentType) throws Exception {
    assertThat(ExpositionParsers.choose(contentType, null)).isNotNull();
  }

  @ParameterizedTest
  @CsvSource({
    "UNDERSCORES,l:c,l_c",
    "UNDERSCORES,l.d,l_d",
    "UNDERSCORES,9a,_a",
    "UNDERSCORES,:,_",
    "UNDERSCORES,l_u,l_u",
    "DOTS,l:c,l__c",
    "DOTS,l.d,l_dot_d",
    "DOTS,l_u,l_u",
    "DOTS,9a,__a",
    "VALUES,l:c,U__l_3a_c",
    "VALUES,l.d,U__l_2e_d",
    "VALUES,l_u,l_u",
    "VALUES,9a,U___39_a",
    "VALUES,a_b:c,U__a__b_3a_c",
    "ALLOW_UTF_8,l:c,l:c",
    "UNDERSCORES,é:😀,___"
  })
  void aColonIsNotLegalInALabelName(EscapingScheme scheme, String name, String escaped) {
    assertThat(scheme.escapeLabel(name)).isEqualTo(escaped);
    assertThat(scheme.escape("a:b")).isEqualTo("a:b"); // legal in the name of a metric
    if (scheme == EscapingScheme.VALUES) {
      assertThat(scheme.unescape(escaped)).isEqualTo(name);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "''|non-compliant scrape target sending blank Content-Type and no fallback_scrape_protocol specified for target",
        "text/html|received unsupported Content-Type \"text/html\" and no fallback_scrape_protocol specified for target",
        "text/plain; bad|cannot parse Content-Type \"text/plain; bad\" and no fallback_scrape_protocol for target\\nmime: invalid media parameter",
        "//|cannot parse Content-Type \"//\" and no fallback_scrape_protocol for target\\nmime: no media type",
        "text/plain;a=1;a=2|cannot parse Content-Type \"text/plain;a=1;a=2\" and no fallback_scrape_protocol for target\\nmime: duplicate parameter name"
      })
  void withoutAFallbackTheScrapeFails(String contentType, String message) {
    assertThatThrownBy(() -> ExpositionParsers.choose(contentType, null))
        .isInstanceOf(ExpositionException.class)
        .hasMessage(message.replace("\\n", "\n"));
    ExpositionParsers.Choice c =
        ExpositionParsers.choose(contentType, ScrapeProtocol.OPEN_METRICS_0_0_1);
    assertThat(c.mediaType()).isEqualTo("application/openmetrics-text");
    assertThat(c.warning()).contains("using fallback_scrape_protocol");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "''|text/plain; version=0.0.4; charset=utf-8; escaping=underscores",
        "*/*|text/plain; version=0.0.4; charset=utf-8; escaping=underscores",
        "text/plain|text/plain; version=0.0.4; charset=utf-8; escaping=underscores",
        "text/plain;version=0.0.4;escaping=dots|text/plain; version=0.0.4; charset=utf-8; escaping=dots",
        "text/plain;version=9|text/plain; version=0.0.4; charset=utf-8; escaping=underscores",
        "application/openmetrics-text|application/openmetrics-text; version=0.0.1; charset=utf-8; escaping=underscores",
        "text/html,application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,text/plain;q=0.3|application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=allow-utf-8",
        "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited|application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited; escaping=underscores",
        "application/vnd.google.protobuf;proto=other;encoding=delimited|text/plain; version=0.0.4; charset=utf-8; escaping=underscores",
        "garbage;;,/;q=x,,|text/plain; version=0.0.4; charset=utf-8; escaping=underscores"
      })
  void answersAsClientLibrariesDo(String accept, String contentType) {
    assertThat(ExpositionFormat.negotiate(accept, ExpositionFormat.ALL).contentType())
        .isEqualTo(contentType);
  }

  @Test
  void openMetricsScraperReceivesTextWithItsEscaping() {
    String accept = ScrapeProtocol.acceptHeader(ScrapeProtocol.DEFAULT, EscapingScheme.ALLOW_UTF_8);
    assertThat(ExpositionFormat.negotiate(accept, ExpositionFormat.PROMETHEUS).contentType())
        .isEqualTo("text/plain; version=0.0.4; charset=utf-8; escaping=allow-utf-8");
  }

  @Property
  void anyHeaderSelectsAnOfferedFormat(@ForAll String accept) {
    List<ExpositionFormat> offered = ExpositionFormat.ALL;
    assertThat(offered).contains(ExpositionFormat.negotiate(accept, offered).format());
    try {
      ExpositionParsers.choose(accept, null);
    } catch (ExpositionException e) {
      assertThat(e).hasMessageContaining("fallback_scrape_protocol");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "mysystem.prod.west.cpu.load, mysystem_prod_west_cpu_load,"
        + " mysystem_dot_prod_dot_west_dot_cpu_dot_load,"
        + " U__mysystem_2e_prod_2e_west_2e_cpu_2e_load",
    "mysystem.prod.west.cpu.load_total, mysystem_prod_west_cpu_load_total,"
        + " mysystem_dot_prod_dot_west_dot_cpu_dot_load__total,"
        + " U__mysystem_2e_prod_2e_west_2e_cpu_2e_load__total",
    "http.status:sum, http_status:sum, http_dot_status:sum, U__http_2e_status:sum",
    "label with 😱, label_with__, label__with____, U__label_20_with_20__1f631_",
    "花火, __, ____, U___82b1__706b_",
    "no:escaping_required, no:escaping_required, no:escaping__required, no:escaping_required",
    "1abc, _abc, __abc, U___31_abc"
  })
  void escapesAsInTheSpecification(String name, String underscores, String dots, String values) {
    assertThat(EscapingScheme.UNDERSCORES.escape(name)).isEqualTo(underscores);
    assertThat(EscapingScheme.DOTS.escape(name)).isEqualTo(dots);
    assertThat(EscapingScheme.VALUES.escape(name)).isEqualTo(values);
    assertThat(EscapingScheme.VALUES.unescape(values)).isEqualTo(name);
    assertThat(EscapingScheme.ALLOW_UTF_8.escape(name)).isEqualTo(name);
  }

  @Property
  void escapingIsReversible(@ForAll String s) {
    if (s.startsWith("U__") || s.codePoints().anyMatch(c -> c >= 0xd800 && c <= 0xdfff)) {
      return;
    }
    assertThat(EscapingScheme.VALUES.unescape(EscapingScheme.VALUES.escape(s))).isEqualTo(s);
  }

  @ParameterizedTest
  @CsvSource({"U___", "U__bad__utf_", "U___D900_", "U___1234567_", "U___xyz_", "U__a_", "plain"})
  void keepsNamesThatWereNotEscaped(String s) {
    assertThat(EscapingScheme.VALUES.unescape(s)).isEqualTo(s);
  }
}
