package dev.tethys.codec.otlp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OtlpNamesTest {
  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      value = {
        "system.filesystem.usage,By,GAUGE,system_filesystem_usage_bytes",
        "system.io,{packets}/s,MONOTONIC_SUM,system_io_per_second_total",
        "system.network.dropped,{packets},MONOTONIC_SUM,system_network_dropped_total",
        "network.received,By/s,GAUGE,network_received_bytes_per_second",
        "network_transmitted_bytes_total,By,MONOTONIC_SUM,network_transmitted_bytes_total",
        "http.total.requests,1,MONOTONIC_SUM,http_requests_total",
        "system.cpu.utilization,1,GAUGE,system_cpu_utilization_ratio",
        "system.cpu.ratio.x,1,GAUGE,system_cpu_x_ratio",
        "system.cpu.utilization,1,SUM,system_cpu_utilization",
        "http.duration.ms,ms,HISTOGRAM,http_duration_ms_milliseconds",
        "speed,m/m,GAUGE,speed_meters_per_minute",
        "weird:name,``,GAUGE,weird:name",
        "42.things,``,GAUGE,_42_things",
        "a--b__c,%,GAUGE,a_b_c_percent",
        "temp,_By_,GAUGE,temp_By_",
        "ßüper.metric,s,GAUGE,per_metric_seconds",
      })
  void withSuffixesAndEscaping(String name, String unit, MetricKind kind, String expected)
      throws Exception {
    assertThat(
            OtlpNames.metric(
                TranslationStrategy.UNDERSCORE_ESCAPING_WITH_SUFFIXES, name, unit, kind))
        .isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({
    "system.filesystem.usage,By,GAUGE,system.filesystem.usage_bytes",
    "requests_total,1,MONOTONIC_SUM,requests_total",
    "io,By/s,MONOTONIC_SUM,io_bytes_per_second_total",
    "x_bytes,By,GAUGE,x_bytes",
    "x,1,GAUGE,x_ratio",
  })
  void withSuffixesInUtf8(String name, String unit, MetricKind kind, String expected)
      throws Exception {
    assertThat(
            OtlpNames.metric(TranslationStrategy.NO_UTF8_ESCAPING_WITH_SUFFIXES, name, unit, kind))
        .isEqualTo(expected);
  }

  @Test
  void withoutSuffixes() throws Exception {
    assertThat(
            OtlpNames.metric(
                TranslationStrategy.UNDERSCORE_ESCAPING_WITHOUT_SUFFIXES,
                "a.b__c",
                "By",
                MetricKind.MONOTONIC_SUM))
        .isEqualTo("a_b__c");
    assertThat(
            OtlpNames.metric(
                TranslationStrategy.NO_TRANSLATION, "a.b", "By", MetricKind.MONOTONIC_SUM))
        .isEqualTo("a.b");
  }

  @Test
  void rejectsNamesWithoutValidCharacters() {
    assertThatThrownBy(
            () ->
                OtlpNames.metric(
                    TranslationStrategy.UNDERSCORE_ESCAPING_WITH_SUFFIXES,
                    "...",
                    "",
                    MetricKind.GAUGE))
        .hasMessage("normalization for metric \"...\" resulted in empty name");
    assertThatThrownBy(
            () ->
                OtlpNames.metric(
                    TranslationStrategy.UNDERSCORE_ESCAPING_WITHOUT_SUFFIXES,
                    "._.",
                    "",
                    MetricKind.GAUGE))
        .hasMessage("normalization for metric \"._.\" resulted in invalid name \"_\"");
  }

  private static OtlpOptions options(boolean underscore, boolean keepRuns) {
    OtlpOptions d = OtlpOptions.DEFAULT;
    return new OtlpOptions(
        d.translationStrategy(),
        Set.of(),
        false,
        Set.of(),
        false,
        false,
        false,
        underscore,
        keepRuns,
        false,
        1000,
        false);
  }

  @Test
  void labels() throws Exception {
    assertThat(OtlpNames.label(options(true, true), "http.method")).isEqualTo("http_method");
    assertThat(OtlpNames.label(options(true, true), "1st")).isEqualTo("key_1st");
    assertThat(OtlpNames.label(options(true, true), "_x")).isEqualTo("key_x");
    assertThat(OtlpNames.label(options(false, true), "_x")).isEqualTo("_x");
    assertThat(OtlpNames.label(options(true, true), "a..b")).isEqualTo("a__b");
    assertThat(OtlpNames.label(options(true, false), "a..b__c")).isEqualTo("a_b_c");
    assertThat(OtlpNames.label(options(true, false), "__a..b__")).isEqualTo("__a_b__");
    assertThatThrownBy(() -> OtlpNames.label(options(true, true), "..."))
        .hasMessageContaining("___");
    assertThatThrownBy(() -> OtlpNames.label(options(true, true), ""))
        .hasMessage("label name is empty");
  }

  @Test
  void units() {
    assertThat(OtlpNames.unit("By/s", false)).isEqualTo("bytes_per_second");
    assertThat(OtlpNames.unit("1", false)).isEmpty();
    assertThat(OtlpNames.unit("{things}", false)).isEmpty();
    assertThat(OtlpNames.unit("ms", false)).isEqualTo("milliseconds");
  }
}
