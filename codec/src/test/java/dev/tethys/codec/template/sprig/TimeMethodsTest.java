package dev.tethys.codec.template.sprig;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.codec.template.GoDuration;
import dev.tethys.codec.template.GoMap;
import dev.tethys.codec.template.GoTime;
import dev.tethys.codec.template.MissingKey;
import dev.tethys.codec.template.Template;
import dev.tethys.codec.template.TemplateException;
import dev.tethys.codec.template.TemplateLimits;
import java.time.Instant;
import java.time.ZoneId;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Methods of Go's time.Time, Duration, Month and Weekday, as Go answers them. */
class TimeMethodsTest {
  private static final Instant SUNDAY = Instant.parse("2026-03-01T03:04:05.123456789Z");

  private static String run(String template) {
    Map<String, ?> data =
        Map.of(
            "T",
            GoTime.utc(SUNDAY),
            "Leap",
            GoTime.utc(Instant.parse("2024-01-31T00:00:00Z")),
            "Zoned",
            new GoTime(SUNDAY.atZone(ZoneId.of("America/Lima"))),
            "D",
            new GoDuration(5_400_500_000_000L));
    return Template.parse("t", template, LineFunctions.ALL, MissingKey.ZERO)
        .execute(new GoMap("interface {}", data), LineFunctions.ALL, TemplateLimits.DEFAULT);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{{ .T.Weekday }} {{ .T.Month }}|Sunday March",
        "{{ .T.Weekday.String }} {{ .T.Month.String }} {{ len .T.Month.String }}|Sunday March 5",
        "{{ eq .T.Weekday 0 }} {{ eq .T.Month 3 }} {{ ne .T.Weekday 0 }}|true true false",
        "{{ lt .T.Weekday 1 }} {{ ge .T.Month 4 }} {{ eq 0 .T.Weekday }}|true false true",
        "{{ eq .T.Weekday .T.Weekday }} {{ eq .T.Weekday 1 2 0 }}|true true",
        "{{ if .T.Weekday }}yes{{ else }}no{{ end }} {{ if .T.Month }}yes{{ end }}|no yes",
        "{{ printf \"%d %02d %v %s %q %5s\" .T.Weekday .T.Month .T.Month .T.Month .T.Weekday .T.Month}}|0 03 March March \"Sunday\" March",
        "{{ print .T.Weekday .T.Month }}|Sunday March",
        "{{ add .T.Month 1 }} {{ int .T.Weekday }}|4 0",
        "{{ .T.Location }} {{ .T.Location.String }} {{ .Zoned.Location }}|UTC UTC America/Lima",
        "{{ (.T.In .Zoned.Location).Hour }} {{ (.Zoned.In .T.Location).Hour }}|22 3",
        "{{ .T.Truncate 3600000000000 }}|2026-03-01 03:00:00 +0000 UTC",
        "{{ .T.Truncate 0 }}|2026-03-01 03:04:05.123456789 +0000 UTC",
        "{{ .T.Truncate -5 }}|2026-03-01 03:04:05.123456789 +0000 UTC",
        "{{ .T.Round 60000000000 }} {{ (.T.Round 1000000000).Nanosecond }}|2026-03-01 03:04:00 +0000 UTC 0",
        "{{ (.T.Truncate 604800000000000).Weekday }}|Monday",
        "{{ .T.Compare .Leap }} {{ .Leap.Compare .T }} {{ .T.Compare .Zoned }}|1 -1 0",
        "{{ .T.IsDST }} {{ .T.YearDay }} {{ .T.UnixMilli }}|false 60 1772334245123",
        "{{ (.Leap.AddDate 0 1 0).Format \"2006-01-02\" }}|2024-03-02",
        "{{ ((.Leap.AddDate 0 0 29).AddDate 1 0 0).Format \"2006-01-02\" }}|2025-03-01",
        "{{ (.Leap.AddDate 0 -1 -31).Format \"2006-01-02\" }}|2023-11-30",
        "{{ .T.Sub .Leap }} {{ (.T.Sub .Leap).Hours }}|18243h4m5.123456789s 18243.06808984911",
        "{{ .T.GoString }}|time.Date(2026, time.March, 1, 3, 4, 5, 123456789, time.UTC)",
        "{{ printf \"%s\" (.T.Format \"Mon Jan\") }}|Sun Mar",
        "{{ .T.MarshalText }}|[50 48 50 54 45 48 51 45 48 49 84 48 51 58 48 52 58 48 53 46 49 50 51 52 53 54 55 56 57 90]",
        "{{ len .T.MarshalBinary }} {{ index .T.MarshalBinary 0 }}|15 1",
        "{{ .D }} {{ .D.Hours }} {{ .D.Truncate 60000000000 }} {{ .D.Round 3600000000000 }}|1h30m0.5s 1.500138888888889 1h30m0s 2h0m0s",
        "{{ .D.Milliseconds }} {{ .D.Abs }} {{ printf \"%d\" .D }}|5400500 1h30m0.5s 5400500000000",
        "{{ gt .D 1 }} {{ eq .D 5400500000000 }}|true true",
        "{{ upper \"straße ŉ\" }} {{ ToLower \"ΟΔΟΣ İ\" }}|STRAßE ŉ οδοσ i",
      })
  void answersAsGo(String template, String expected) {
    assertThat(run(template)).isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(strings = {"Date", "Clock", "ISOWeek", "Zone", "ZoneBounds"})
  void refusesMethodsWithSeveralResults(String name) {
    assertThatThrownBy(() -> run("{{ .T." + name + " }}"))
        .isInstanceOf(TemplateException.class)
        .hasMessageContaining("can't call method/function \"" + name + "\" with ");
  }

  @Test
  void rejectsExpressionsThatGoRejects() {
    for (String template :
        new String[] {
          "{{ eq .T.Weekday \"Sunday\" }}",
          "{{ .T.Weekday.Name }}",
          "{{ .T.In \"UTC\" }}",
          "{{ .T.Truncate \"1h\" }}",
          "{{ .T.Nothing }}",
          "{{ .T.AddDate 9223372036854775807 0 0 }}",
        }) {
      assertThatThrownBy(() -> run(template)).as(template).isInstanceOf(TemplateException.class);
    }
  }
}
