package dev.tethys.insight.entities;

import static dev.tethys.insight.entities.RecordedSeries.entity;
import static dev.tethys.insight.entities.RecordedSeries.ids;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.insight.entities.EntityModel.Limits;
import dev.tethys.insight.entities.kind.EntityKind;
import dev.tethys.insight.entities.rules.RuleSet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("slow")
class HostileSeriesTest {
  private static final long NOW = 1_800_000_000_000L;

  @TempDir Path folder;

  private final RecordedSeries series = new RecordedSeries();

  private RuleSet rules(String text) throws IOException {
    return RuleSet.read(Files.writeString(folder.resolve("rules.yml"), text));
  }

  @Test
  void staysBoundedUnder100_000NewServicesInAnHour() {
    Limits limits = new Limits(20_000, 30_000, Duration.ofMinutes(5), Duration.ofDays(1), 4 << 20);
    Path log = folder.resolve("entities.log");
    EntityModel m = series.model(RuleSet.defaults(), limits, log);
    int number = 0;
    int most = 0;
    for (int poll = 0; poll < 120; poll++) {
      long time = NOW + poll * 30_000L;
      for (int i = 0; i < 834; i++) {
        series.addAt(
            time - 60_000,
            time + 30_000,
            "traces_spanmetrics_calls_total",
            "service",
            "s" + number++,
            "span_name",
            "GET /",
            "span_kind",
            "SPAN_KIND_SERVER");
      }
      m.update(time);
      most = Math.max(most, m.current().entities().size());
      series.removeBefore(time - 60_000);
    }
    assertThat(number).isGreaterThan(100_000);
    assertThat(most).isBetween(5_000, 20_000);
    assertThat(log.toFile().length()).isLessThan(8 << 20);
    assertThat(m.at(NOW + 119 * 30_000L)).isEqualTo(m.current());
  }

  @Test
  void doesNotApplyARuleThatMatchesTooMuch() throws IOException {
    for (int i = 0; i < 300; i++) {
      series.add("m" + i, "job", "a", "instance", "i" + i);
    }
    series.add("up", "job", "a", "instance", "10.0.0.1:80");
    RuleSet rules =
        rules(
            """
            rules:
              - name: everything
                metric: '.*'
                entities:
                  - {kind: service, keys: '{instance}', name: '{instance}'}
            """);
    EntityModel m =
        series.model(
            rules, new Limits(200, 1000, Duration.ofMinutes(5), Duration.ofDays(1), 1 << 20), null);
    m.update(NOW);
    assertThat(ids(m.current(), EntityKind.SERVICE)).containsExactly("service:a");
    assertThat(m.problems())
        .singleElement()
        .asString()
        .endsWith(
            "rules.yml:2:5: rule \"everything\" matches more than 200 series and is not applied;"
                + " narrow its metric");
  }

  @Test
  void reportsRulesThatMatchNothing() throws IOException {
    RuleSet rules =
        rules(
            """
            rules:
              - name: nothing
                metric: absent_metric
                entities:
                  - {kind: service, keys: '{app}', name: '{app}'}
            """);
    EntityModel m = series.model(rules, Limits.DEFAULT, null);
    m.update(NOW);
    assertThat(m.rules())
        .filteredOn(r -> r.name().equals("nothing"))
        .singleElement()
        .satisfies(r -> assertThat(r.series()).isZero())
        .satisfies(r -> assertThat(r.applied()).isZero());
  }

  @Test
  void keepsKeysApartThatWouldJoinEverything() throws IOException {
    for (int i = 0; i < 100; i++) {
      series.add("my_info", "app", "a" + i, "zone", "z");
    }
    EntityModel m =
        series.model(
            rules(
                """
                rules:
                  - name: joining
                    metric: my_info
                    entities:
                      - {kind: service, keys: ['{app}', 'zone:{zone}'], name: '{app}'}
                """),
            Limits.DEFAULT,
            null);
    m.update(NOW);
    assertThat(ids(m.current(), EntityKind.SERVICE)).hasSize(100);
    assertThat(m.problems())
        .containsExactly(
            "101 keys would be one entity, first a0; an entity has at most 64 keys, so they stay"
                + " apart. Remove the key that they have in common from a rule");
  }

  @Test
  void appliesMergesAndNamesAndRefusesAMergeOfVeryMany() throws IOException {
    for (int i = 0; i < 1_200; i++) {
      series.add("up", "job", "job" + i, "instance", "10.0.0.1:" + i);
    }
    series.add("up", "job", "cart-blue", "instance", "10.0.0.2:1");
    series.add("up", "job", "cart-green", "instance", "10.0.0.2:2");
    EntityModel m =
        series.model(
            rules(
                """
                merges:
                  - {kind: service, match: 'cart-(blue|green)', as: cart}
                  - {kind: service, match: 'job.*', as: jobs}
                categories:
                  - {kind: service, match: cart, as: shop}
                names:
                  - {kind: service, match: job7, as: seven}
                """),
            Limits.DEFAULT,
            null);
    m.update(NOW);
    assertThat(ids(m.current(), EntityKind.SERVICE)).hasSize(1_201);
    Entity cart = entity(m.current(), "service:cart-green");
    assertThat(cart.id()).isEqualTo("service:cart-blue");
    assertThat(cart.name()).isEqualTo("cart");
    assertThat(cart.attributes()).containsEntry("category", "shop");
    assertThat(entity(m.current(), "service:job7").name()).isEqualTo("seven");
    assertThat(m.problems())
        .singleElement()
        .asString()
        .contains("the merge \"jobs\" matches 1200 entities of kind service; at most 1000");
  }

  @Test
  void takesNamesWithOddCharacters() throws IOException {
    String odd = "a\0b\n\"{}:/|\uD83D\uDE00%2F";
    series.add("up", "job", "x", "instance", "[::1]:80");
    series.add("up", "job", "y", "instance", ":");
    series.add("up", "job", "/", "instance", "z:1");
    series.add(
        "traces_spanmetrics_calls_total",
        "service",
        odd,
        "span_name",
        odd,
        "span_kind",
        "SPAN_KIND_SERVER");
    Path log = folder.resolve("entities.log");
    EntityModel m = series.model(RuleSet.defaults(), Limits.DEFAULT, log);
    m.update(NOW);
    assertThat(m.current().find("service:" + odd)).isNotNull();
    m.close();
    EntityModel again = series.model(RuleSet.defaults(), Limits.DEFAULT, log);
    assertThat(again.at(NOW)).isEqualTo(m.current());
  }
}
