package dev.tethys.insight.entities.rules;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.insight.entities.kind.EntityKind;
import dev.tethys.insight.entities.rules.EditedRules.EditedEntry;
import dev.tethys.insight.entities.rules.EditedRules.Section;
import java.util.Map;
import org.junit.jupiter.api.Test;

class EditedRulesTest {
  private static EditedRules rules(String text) {
    return new EditedRules("entity-rules.yml", text);
  }

  @Test
  void addsEntriesToTheirSectionsAndKeepsOtherLines() {
    EditedRules r =
        rules("")
            .add(Section.NAMES, EntityKind.NODE, "ip-10-0-0-7", "database host")
            .add(Section.MERGES, EntityKind.SERVICE, "cart-(blue|green)", "cart")
            .add(Section.NAMES, null, "a\"b\\\n", "\u00e4");
    assertThat(r.text())
        .isEqualTo(
            """
            names:
              - {kind: node, match: "ip-10-0-0-7", as: "database host"}
              - {match: "a\\"b\\\\\\u000a", as: "\u00e4"}
            merges:
              - {kind: service, match: "cart-(blue|green)", as: "cart"}
            """);
    assertThat(r.entries())
        .containsExactly(
            new EditedEntry(Section.MERGES, 5, "service", "cart-(blue|green)", "cart"),
            new EditedEntry(Section.NAMES, 2, "node", "ip-10-0-0-7", "database host"),
            new EditedEntry(Section.NAMES, 3, "", "a\"b\\\n", "\u00e4"));
    String own = "# by hand\nnames: # of nodes\n  - match: x\n    as: y\n";
    assertThatThrownBy(() -> rules(own).add(Section.NAMES, null, "b", "c").over(RuleSet.defaults()))
        .hasMessageContaining("names");
  }

  @Test
  void removesAnEntryAndAnEmptySection() {
    EditedRules r =
        rules("# note\n").add(Section.NAMES, null, "a", "b").add(Section.NAMES, null, "c", "d");
    EditedRules one = r.remove(3);
    assertThat(one.text()).isEqualTo("# note\nnames:\n  - {match: \"c\", as: \"d\"}\n");
    assertThat(one.remove(3).text()).isEqualTo("# note\n");
    assertThatThrownBy(() -> one.remove(2)).hasMessageContaining("no entry in line 2");
    assertThatThrownBy(() -> rules("names:\n  - match: x\n    as: y\n").remove(2))
        .hasMessageContaining("has several lines");
  }

  @Test
  void appliesOverOtherRules() {
    RuleSet r =
        rules("")
            .add(Section.NAMES, EntityKind.SERVICE, "api", "shop")
            .over(rules("names: [{match: api, as: other}]").over(RuleSet.defaults()));
    assertThat(r.names().getFirst().selects(EntityKind.SERVICE, "api", Map.of())).isTrue();
    assertThat(r.names().getFirst().value()).isEqualTo("shop");
  }

  @Test
  void refusesCyclesOfMergesAlsoAcrossFiles() {
    EditedRules r = rules("").add(Section.MERGES, EntityKind.SERVICE, "a", "b");
    EditedRules both = r.add(Section.MERGES, EntityKind.SERVICE, "b", "a");
    assertThatThrownBy(() -> both.over(RuleSet.defaults())).hasMessageContaining("makes \"b\"");
    RuleSet other = rules("merges: [{kind: service, match: b, as: a}]").over(RuleSet.defaults());
    assertThatThrownBy(() -> r.over(other)).hasMessageContaining("write one merge");
    assertThat(r.over(RuleSet.defaults()).merges()).hasSize(1);
  }

  @Test
  void refusesWrongEntries() {
    assertThatThrownBy(() -> rules("").add(Section.NAMES, null, "(", "x").over(RuleSet.defaults()))
        .hasMessageContaining("not a valid RE2 expression");
    assertThatThrownBy(() -> rules("").add(Section.NAMES, null, "", "x"))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> rules("").add(Section.NAMES, null, "x".repeat(501), "x"))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> rules("#".repeat(300_000)).over(RuleSet.defaults()))
        .hasMessageContaining("more than 262144 bytes");
  }

  @Test
  void versionsFollowTheText() {
    assertThat(rules("a: 1").version()).isEqualTo(rules("a: 1").version());
    assertThat(rules("a: 1").version()).isNotEqualTo(rules("a: 2").version());
  }
}
