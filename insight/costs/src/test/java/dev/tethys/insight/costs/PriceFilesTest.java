package dev.tethys.insight.costs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.config.ConfigException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PriceFilesTest {
  static final String LIST =
      """
      prices:
        - name: first
          from: 2026-01-01
          currency: EUR
          rates:
            - match: {instance_type: 'big-.*', region: north}
              cpu_hour: 0.05
              memory_gib_hour: 0.01
            - cpu_hour: 0.1
              memory_gib_hour: 0.02
          disk_gib_month: 0.073
          traffic: {between_zones_gib: 0.01, internet_gib: 0.1}
      """;

  @TempDir Path folder;

  private List<PriceList> read(String... texts) throws IOException {
    for (int i = 0; i < texts.length; i++) {
      Files.writeString(folder.resolve(i + ".yml"), texts[i]);
    }
    return PriceFiles.read(List.of(folder + "/*.yml"));
  }

  private void assertRefused(String text, String message) {
    assertThatThrownBy(() -> read(text))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(message);
  }

  @Test
  void readsDatedLists() throws IOException {
    List<PriceList> all =
        read(LIST.replace("2026-01-01", "2026-07-01").replace("first", "second"), LIST);
    assertThat(all).extracting(PriceList::name).containsExactly("first", "second");
    assertThat(all.getFirst().zoneGib()).isEqualTo(0.01);
    assertThat(valid(all, "2025-12-31T23:59:59Z")).isEmpty();
    assertThat(valid(all, "2026-06-30T23:59:59Z")).isEqualTo("first");
    assertThat(valid(all, "2026-07-01T00:00:00Z")).isEqualTo("second");
  }

  private static String valid(List<PriceList> all, String time) {
    PriceList l = PriceList.valid(all, Instant.parse(time).toEpochMilli());
    return l == null ? "" : l.name();
  }

  @Test
  void namesMistakesWithTheirPlace() {
    assertRefused(LIST.replace("0.05", "-1"), "0.yml:7:19: price is -1.0");
    assertRefused(LIST.replace("2026-01-01", "soon"), "date \"soon\" is not a day");
    assertRefused(LIST.replace("cpu_hour: 0.1", "cpu_hours: 0.1"), "cpu_hours");
    assertRefused(LIST.replace("'big-.*'", "'('"), "0.yml:6:");
    assertRefused(LIST + LIST.substring(8), "begins at 2026-01-01, as the list at");
    assertRefused("prices:\n  - {name: a, from: 2026-01-01, currency: EUR, rates: []}\n", "rates");
    assertThatThrownBy(() -> PriceFiles.read(List.of(folder + "/none.yml")))
        .hasMessageContaining("there is no file of prices");
  }

  @Test
  void refusesLargeFiles() {
    assertRefused(LIST + "# " + "x".repeat(1 << 20), "at most 1048576 are read");
  }
}
