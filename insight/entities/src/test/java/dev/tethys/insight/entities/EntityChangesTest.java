package dev.tethys.insight.entities;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.insight.entities.EntityModel.Limits;
import dev.tethys.insight.entities.kind.EntityKind;
import dev.tethys.insight.entities.rules.RuleSet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Changes of entities over time, and rules that are replaced. */
@Tag("slow")
class EntityChangesTest {
  private static final long NOW = 1_800_000_000_000L;
  private static final long MINUTE = 60_000;

  @TempDir Path folder;

  private final RecordedSeries series = new RecordedSeries();

  private static List<String> texts(List<EntityChange> all) {
    return all.stream()
        .map(c -> (c.ended() ? "-" : "+") + c.entity().id() + " " + (c.time() - NOW) / MINUTE)
        .toList();
  }

  @Test
  void namesInstancesThatAppearedAndDisappearedWithTheirService() throws IOException {
    series.add("up", "job", "api", "instance", "10.0.0.1:80");
    series.addAt(
        NOW - 20 * MINUTE, NOW + 10 * MINUTE, "up", "job", "api", "instance", "10.0.0.2:80");
    series.addAt(
        NOW + 20 * MINUTE, NOW + 90 * MINUTE, "up", "job", "api", "instance", "10.0.0.3:80");
    try (EntityModel m = series.model(RuleSet.defaults(), Limits.DEFAULT, null)) {
      for (int i = 0; i < 40; i++) {
        m.update(NOW + i * MINUTE);
      }
      List<EntityChange> all =
          m.changes(Set.of(EntityKind.INSTANCE), NOW + MINUTE, NOW + 60 * MINUTE, 100);
      assertThat(texts(all))
          .containsExactly("+instance:address:10.0.0.3:80 21", "-instance:address:10.0.0.2:80 16");
      assertThat(all).allSatisfy(c -> assertThat(c.owners()).contains("service:api"));
      assertThat(m.changes(Set.of(EntityKind.NODE), NOW, NOW + 60 * MINUTE, 100)).isEmpty();
      assertThat(m.changes(Set.of(EntityKind.INSTANCE), NOW + MINUTE, NOW + 60 * MINUTE, 1))
          .hasSize(1);
    }
  }

  @Test
  void replacedRulesApplyWithTheNextUpdateAndTheHistoryContinues() throws IOException {
    series.add("up", "job", "api", "instance", "10.0.0.1:80");
    series.add("batch_info", "job_name", "nightly");
    Path file = folder.resolve("rules.yml");
    Files.writeString(
        file,
        """
        rules:
          - name: batch
            metric: batch_info
            entities:
              - {kind: service, keys: '{job_name}', name: '{job_name}'}
        names:
          - {kind: service, match: api, as: shop api}
        """);
    try (EntityModel m = series.model(RuleSet.defaults(), Limits.DEFAULT, null)) {
      m.update(NOW);
      assertThat(m.current().find("service:nightly")).isNull();
      m.replace(RuleSet.read(file));
      assertThat(m.current().find("service:api")).isNotNull();
      m.update(NOW + MINUTE);
      assertThat(m.current().find("service:nightly")).isNotNull();
      assertThat(RecordedSeries.entity(m.current(), "service:api").name()).isEqualTo("shop api");
      m.replace(RuleSet.defaults());
      m.update(NOW + 2 * MINUTE);
      assertThat(m.current().find("service:nightly")).isNull();
      assertThat(m.at(NOW + MINUTE)).isNotNull();
      assertThat(m.validity("service:api")).containsExactly(new Validity(NOW, Long.MAX_VALUE));
      assertThat(m.validity("service:nightly"))
          .containsExactly(new Validity(NOW + MINUTE, NOW + 2 * MINUTE));
    }
  }
}
