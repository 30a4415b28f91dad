package dev.tethys.codec.time;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Texts of the Collector's own tests of timeutils, ctimefmt and OTTL's Time, and variants. */
class StrptimeLayoutTest {
  private static final Instant NOW = Instant.parse("2026-02-16T11:48:14Z");

  private static Instant read(String layout, String location, String text) {
    StrptimeLayout l = StrptimeLayout.of(layout);
    l = location.isEmpty() ? l : l.in(StrptimeLayout.location(location));
    Instant t = l.time(text, NOW).toInstant();
    Instant n = Instant.ofEpochSecond(0, l.nanos(text, NOW));
    assertThat(n).as("both ways").isEqualTo(t);
    return t;
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      ignoreLeadingAndTrailingWhitespace = false,
      value = {
        "%a %b %e %H:%M:%S %z %Y|MST|Mon Jan 2 15:04:05 Z 2006|2006-01-02T15:04:05Z",
        "%Y-%m-%dT%H:%M:%S%z|MST|2007-04-05T06:07:08-10:00|2007-04-05T16:07:08Z",
        "%Y-%m-%dT%H:%M:%S%z|MST|2007-04-05T06:07:08-1000|2007-04-05T16:07:08Z",
        "%Y-%m-%dT%H:%M:%S%z|MST|2007-04-05T06:07:08-10|2007-04-05T16:07:08Z",
        "%Y-%m-%dT%H:%M:%S%z|MST|2007-04-05T06:07:08  -10:00|2007-04-05T16:07:08Z",
        "%Y-%m-%dT%H:%M:%S%z|MST|2007-4-5T6:7:8  -10|2007-04-05T16:07:08Z",
        "%Y-%m-%dT%H:%M:%S%z|MST|2007-4-5T6:7:8-1000|2007-04-05T16:07:08Z",
        "%y-%m-%dT%H:%M:%S%z|MST|07-04-05T06:07:08-10:00|2007-04-05T16:07:08Z",
        "%Y-%m-%dT%H:%M:%S%z|MST|2007-4-5T12:30:46+0000|2007-04-05T12:30:46Z",
        "%Y-%m-%dT%H:%M:%S%z|MST|2007-04-05T12:30:46+00|2007-04-05T12:30:46Z",
        "%Y-%m-%dT%H:%M:%S%z|MST|2007-04-05T12:30:46  Z|2007-04-05T12:30:46Z",
        "%Y-%m-%dT%H:%M:%S%z|MST|2007-04-05T12:30:46+05:30|2007-04-05T07:00:46Z",
        "%Y-%m-%dT%H:%M:%S%z|MST|2007-04-05T12:30:46+05|2007-04-05T07:30:46Z",
        "%Y%m%d%H%M%S|MST|20230203050607|2023-02-03T12:06:07Z",
        "%Y-%m-%d %H:%M:%S.%f|UTC|2019-01-02 15:04:05.666666|2019-01-02T15:04:05.666666Z",
        "%Y-%m-%d %l:%M:%S.%L %P, %a|UTC|2019-01-02 3:04:05.666 pm, Wed|2019-01-02T15:04:05.666Z",
        "%Y-%m-%d %H:%M:%S.%L|UTC|2019-01-02 15:04:05.6|2019-01-02T15:04:05.6Z",
        "%Y-%m-%d %H:%M:%S.%L|UTC|2019-01-02 15:04:05.123456789|2019-01-02T15:04:05.123456789Z",
        "%Y-%m-%d %H:%M:%S.%f|UTC|2019-01-02 15:04:05|2019-01-02T15:04:05Z",
        "%Y-%m-%d %H:%M:%S,%s|UTC|2019-01-02 15:04:05,12|2019-01-02T15:04:05.12Z",
        "%D|UTC|01/02/2006|2006-01-02T00:00:00Z",
        "%D|UTC|1/2/06|2006-01-02T00:00:00Z",
        "%x %X|UTC|12/31/1999 23:59:59|1999-12-31T23:59:59Z",
        "%b %d %H:%M:%S %Y|UTC|Jan  2  15:04:05  2006|2006-01-02T15:04:05Z",
        "%b %e %Y|UTC|Feb  3 2023|2023-02-03T00:00:00Z",
        "%c|UTC|Mon Jan 2 15:04:05 2006|2006-01-02T15:04:05Z",
        "%B %d, %Y|UTC|July 31, 1993|1993-07-31T00:00:00Z",
        "%F %r|UTC|2006-01-02 03:04:05 pm|2006-01-02T15:04:05Z",
        "%Y-%m-%d %H:%M:%S %Z||2023-05-26 12:34:56 HST|2023-05-26T22:34:56Z",
        "%Y-%m-%dT%H:%M:%S %Z||2023-05-26T12:34:56 GMT|2023-05-26T12:34:56Z",
        "%Y-%m-%dT%H:%M:%S%z %Z||2012-11-01T22:08:41+0000 EST|2012-11-01T22:08:41Z",
        "%Y-%m-%dT%H:%M:%S %Z|Asia/Shanghai|1986-10-01T00:17:33 MST|1986-10-01T07:17:33Z",
        "%Y-%m-%d %H:%M:%S %Z||2023-05-26 12:34:56 UTC|2023-05-26T12:34:56Z",
        "%Y-%m-%d %H:%M:%S %Z||2023-05-26 12:34:56 GMT+3|2023-05-26T09:34:56Z",
        "%Y-%m-%d %H:%M:%S %Z|Asia/Seoul|2023-05-26 12:34:56 KST|2023-05-26T03:34:56Z",
        "%Y-%m-%d %H:%M:%S %Z|Europe/Berlin|2023-05-26 12:34:56 CEST|2023-05-26T10:34:56Z",
        "%Y-%m-%d %H:%M:%S %Z|Europe/Berlin|2023-01-26 12:34:56 CET|2023-01-26T11:34:56Z",
        "%Y-%m-%d %H:%M:%S|America/New_York|2023-05-26 12:34:56|2023-05-26T16:34:56Z",
        "%H:%M:%S,%L|UTC|11:31:06,491|2026-02-16T11:31:06.491Z",
        "%H:%M:%S|UTC|23:59:59|2026-02-16T23:59:59Z",
        "%b %d %H:%M:%S|UTC|Jun 09 11:39:45|2025-06-09T11:39:45Z",
        "%b %d %H:%M:%S|UTC|Jan 01 10:30:00|2026-01-01T10:30:00Z",
        "%b %d %H:%M:%S|UTC|Feb 23 10:30:00|2026-02-23T10:30:00Z",
      })
  void readsAsTheCollector(String layout, String location, String text, String time) {
    assertThat(read(layout, location == null ? "" : location, text)).isEqualTo(Instant.parse(time));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "%Y-%m-%d %H:%M:%S %Z|UTC|2023-05-26 12:34:56 KST|zone \"KST\" is unknown",
        "%Y-%m-%d %H:%M:%S %Z|UTC|2023-05-26 12:34:56 CEST|zone \"CEST\" is unknown",
        "%Y-%m-%d %H:%M:%S %Z|UTC|2023-05-26 12:34:56 BST|zone \"BST\" is unknown",
        "%Y-%m-%d %H:%M:%S %Z|Asia/Seoul|2023-05-26 12:34:56 JST|zone \"JST\" is unknown",
        "%Y/%m/%d|UTC|11/11/11|at character 1 a number is missing",
        "%Y-%m-%d|UTC|2023-02-30|is not a time of this format",
        "%H:%M|UTC|25:00|is not a time of this format",
        "%H:%M|UTC|05-00|at character 3 \":\" is missing",
        "%H:%M|UTC|05:00x|extra text after the time",
        "%Y-%m-%dT%H:%M:%S%z|UTC|2007-04-05T12:30:46|at character 20 an offset from UTC is missing",
      })
  void rejectsTheSameAsTheCollector(String layout, String location, String text, String why) {
    assertThatThrownBy(() -> read(layout, location, text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(why);
  }

  @Test
  void timesWithoutAZoneAreLocal() {
    ZonedDateTime t = StrptimeLayout.of("%Y-%m-%d").time("2023-04-12", NOW);
    assertThat(t).isEqualTo(ZonedDateTime.of(2023, 4, 12, 0, 0, 0, 0, ZoneId.systemDefault()));
    assertThat(StrptimeLayout.of("%Y-%m-%dT%H:%M:%SZ").time("2023-04-12T01:02:03Z", NOW).getZone())
        .isEqualTo(ZoneOffset.UTC);
    assertThat(StrptimeLayout.of("%H %Z").time("1 UTC", NOW).getOffset()).isEqualTo(ZoneOffset.UTC);
  }

  @Test
  void timesKeepTheirZone() {
    StrptimeLayout l =
        StrptimeLayout.of("%Y-%m-%d %H:%M %Z").in(StrptimeLayout.location("Asia/Seoul"));
    assertThat(l.time("2023-05-26 12:34 KST", NOW).getZone()).isEqualTo(ZoneId.of("Asia/Seoul"));
    assertThat(StrptimeLayout.of("%H:%M %z").time("12:34 +05:30", NOW).getOffset())
        .isEqualTo(ZoneOffset.ofHoursMinutes(5, 30));
    assertThat(
            l.naming(Map.of("IST", ZoneId.of("Asia/Kolkata")))
                .time("2023-05-26 12:34 IST", NOW)
                .toInstant())
        .isEqualTo(Instant.parse("2023-05-26T07:04:00Z"));
  }

  @Test
  void readsNamesOfALanguage() {
    ZoneId utc = ZoneOffset.UTC;
    assertThat(
            StrptimeLayout.of("%B %d %A, %Y, %r")
                .in(utc)
                .spokenIn(Locale.forLanguageTag("es-ES"))
                .time("Febrero 25  jueves, 1993, 02:03:04 p.m.", NOW)
                .toInstant())
        .isEqualTo(Instant.parse("1993-02-25T14:03:04Z"));
    assertThat(
            StrptimeLayout.of("%A %h %e %Y")
                .in(utc)
                .spokenIn(Locale.forLanguageTag("it-IT"))
                .time("mercoledì set 4 2024", NOW)
                .toInstant())
        .isEqualTo(Instant.parse("2024-09-04T00:00:00Z"));
  }

  @Test
  void goLayoutsAreStrict() {
    StrptimeLayout l = StrptimeLayout.ofGo("2006-01-02T15:04:05Z07:00").in(ZoneOffset.UTC);
    assertThat(l.time("2023-04-12T01:02:03.5Z", NOW).toInstant())
        .isEqualTo(Instant.parse("2023-04-12T01:02:03.5Z"));
    assertThatThrownBy(() -> l.time("2023-4-12T01:02:03Z", NOW))
        .hasMessageContaining("at character 6");
  }

  @Test
  void rejectsMeaninglessLayouts() {
    for (String layout : List.of("%Q", "%Y%", "%S%L", "%S:%f", "%s")) {
      assertThatThrownBy(() -> StrptimeLayout.of(layout))
          .as(layout)
          .isInstanceOf(IllegalArgumentException.class);
    }
    assertThatThrownBy(() -> StrptimeLayout.of("%z%z%z%z%z%z%z%z%z%z%z%z"))
        .hasMessageContaining("too many");
  }
}
