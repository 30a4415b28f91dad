package dev.tethys.insight.entities.rules;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.config.YamlDocument;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.Test;

class RuleSetTest {
  private static RuleSet read(String text) {
    return RuleSet.of(YamlDocument.parse("rules.yml", null, text), RuleSet.defaults());
  }

  private static AbstractThrowableAssert<?, ?> assertRefused(String text) {
    return assertThatThrownBy(() -> read(text));
  }

  private static final String RULE =
      """
      rules:
        - name: mine
          metric: my_info
          entities:
            - {kind: service, keys: '{app}', name: '{app}'}
      """;

  @Test
  void addsRulesToThoseThatAreBuiltIn() {
    int builtIn = RuleSet.defaults().rules().size();
    assertThat(builtIn).isGreaterThan(20);
    assertThat(read(RULE).rules()).hasSize(builtIn + 1);
    assertThat(read("").rules()).hasSize(builtIn);
  }

  @Test
  void replacesAndDisablesBuiltInRules() {
    int builtIn = RuleSet.defaults().rules().size();
    assertThat(read(RULE.replace("mine", "scraped-target")).rules())
        .hasSize(builtIn)
        .last()
        .satisfies(r -> assertThat(r.metric()).isEqualTo("my_info"));
    assertThat(read("disable: [scraped-target]").rules()).hasSize(builtIn - 1);
    assertRefused("disable: [scraped]")
        .hasMessageContaining("rules.yml:1:11: there is no built-in rule \"scraped\"");
  }

  @Test
  void namesThePlaceAndTheRemedyOfMistakes() {
    assertRefused(RULE.replace("metric", "metrics"))
        .hasMessageContaining("rules.yml:3:5: unknown key \"metrics\"")
        .hasMessageContaining("did you mean \"metric\"?");
    assertRefused(RULE.replace("'{app}', name", "'all', name"))
        .hasMessageContaining("rules.yml:5:31: the key \"all\" has no label")
        .hasMessageContaining("add a {label}");
    assertRefused(RULE.replace("kind: service", "kind: app"))
        .hasMessageContaining("rules.yml:5:16: unknown kind of entity \"app\"; allowed: cluster");
    assertRefused(RULE.replace("my_info", "'my_('"))
        .hasMessageContaining("rules.yml:3:13: \"my_(\" is not a valid RE2 expression");
    assertRefused(RULE + "    relations:\n      - {kind: calls, from: service, to: db}\n")
        .hasMessageContaining("the rule has no entity \"db\"; it has service");
    assertRefused(RULE + RULE.substring("rules:\n".length()))
        .hasMessageContaining("two rules are named \"mine\", at rules.yml:2:5 and rules.yml:6:5");
    assertRefused(RULE.replace("metric: my_info", "source: metrics"))
        .hasMessageContaining("a rule over metrics has no \"metric\"");
  }

  @Test
  void refusesMergesThatAreMergedAgain() {
    String cycle =
        """
        merges:
          - {match: a, as: b}
          - {match: b, as: a}
        """;
    assertRefused(cycle)
        .hasMessageContaining("the merge at rules.yml:2:5 makes \"b\", which the merge at")
        .hasMessageContaining("write one merge with all names");
    assertThat(read("merges: [{match: 'a|b', as: a}]").merges()).hasSize(1);
  }

  @Test
  void reportsAllMistakesOfAFile() {
    assertRefused(RULE.replace("kind: service", "kind: app").replace("name: mine", "nam: mine"))
        .hasMessageContaining("rules.yml:2:5")
        .hasMessageContaining("rules.yml:5:16");
  }
}
