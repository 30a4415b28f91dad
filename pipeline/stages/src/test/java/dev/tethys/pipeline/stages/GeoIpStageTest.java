package dev.tethys.pipeline.stages;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.model.Labels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("slow")
class GeoIpStageTest {
  @TempDir private Path folder;

  @BeforeEach
  void write() throws IOException {
    new MmdbFile()
        .put(
            192,
            0,
            2,
            1,
            Map.of(
                "city", Map.of("names", Map.of("en", "Exeter", "de", "X")),
                "country", Map.of("names", Map.of("en", "England")),
                "continent", Map.of("code", "EU", "names", Map.of("en", "Europe")),
                "postal", Map.of("code", "EX1"),
                "location",
                    Map.of("latitude", 50.5, "longitude", -3.0, "time_zone", "Europe/London"),
                "subdivisions",
                    List.of(
                        Map.of("iso_code", "GB", "names", Map.of("en", "Great Britain")),
                        Map.of("iso_code", "DEV", "names", Map.of("en", "Devon")))))
        .put(192, 0, 2, 2, Map.of("city", Map.of("names", Map.of("de", "X"))))
        .write(folder.resolve("city.mmdb"));
    new MmdbFile()
        .put(
            192,
            0,
            2,
            1,
            Map.of("autonomous_system_number", 396982, "autonomous_system_organization", "ORG"))
        .write(folder.resolve("asn.mmdb"));
  }

  private Labels labels(String type, String address) {
    Rig rig =
        new Rig(
            "- geoip: {source: ip, db_type: "
                + type
                + ", db: "
                + folder.resolve(type + ".mmdb")
                + "}\n- labeldrop: [ip]");
    return rig.one("x", "ip", address).labels();
  }

  @Test
  void findsCities() {
    assertThat(labels("city", "192.0.2.1").toMap())
        .containsEntry("geoip_city_name", "Exeter")
        .containsEntry("geoip_country_name", "England")
        .containsEntry("geoip_continent_name", "Europe")
        .containsEntry("geoip_continent_code", "EU")
        .containsEntry("geoip_postal_code", "EX1")
        .containsEntry("geoip_timezone", "Europe/London")
        .containsEntry("geoip_location_latitude", "50.5")
        .containsEntry("geoip_location_longitude", "-3")
        .containsEntry("geoip_subdivision_name", "Devon")
        .containsEntry("geoip_subdivision_code", "DEV")
        .hasSize(10);
  }

  @Test
  void findsNetworks() {
    assertThat(labels("asn", "192.0.2.1"))
        .isEqualTo(
            Labels.of(
                "geoip_autonomous_system_number",
                "396982",
                "geoip_autonomous_system_organization",
                "ORG"));
  }

  @Test
  void setsNothingForUnknownAddresses() {
    for (String a : new String[] {"192.0.2.2", "192.0.2.3", "localhost", "1.2", "300.1.1.1"}) {
      assertThat(labels("city", a)).isEqualTo(Labels.EMPTY);
    }
  }

  @Test
  void survivesCorruptDatabases() throws IOException {
    byte[] whole = Files.readAllBytes(folder.resolve("city.mmdb"));
    Random random = new Random(1);
    Path file = folder.resolve("damaged.mmdb");
    for (int i = 0; i < 3000; i++) {
      byte[] b = whole.clone();
      for (int k = 0; k < 1 + i % 4; k++) {
        b[random.nextInt(b.length)] = (byte) random.nextInt();
      }
      Files.write(file, i % 7 == 0 ? Arrays.copyOf(b, random.nextInt(b.length)) : b);
      try {
        MaxMindFile db = MaxMindFile.read(file);
        db.find(new byte[] {(byte) 192, 0, 2, 1});
        db.find(new byte[16]);
      } catch (IOException e) {
        assertThat(e.getMessage()).containsAnyOf("not ", "is damaged");
      }
    }
  }

  @Test
  void rejectsInvalidSettings() {
    assertThatThrownBy(() -> new Rig("- geoip: {source: ip, db_type: city, db: /nowhere.mmdb}"))
        .hasMessageContaining("cannot read the database /nowhere.mmdb");
    assertThatThrownBy(() -> new Rig("- geoip: {source: ip, db_type: moon, db: /x}"))
        .hasMessageContaining("allowed: city, asn");
    assertThatThrownBy(() -> new Rig("- geoip: {db_type: city, db: /x}"))
        .hasMessageContaining("\"source\" is required");
  }
}
