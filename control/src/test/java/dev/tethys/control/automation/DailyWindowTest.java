package dev.tethys.control.automation;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.config.ConfigException;
import dev.tethys.config.YamlDocument;
import java.time.Instant;
import org.junit.jupiter.api.Test;

/** Parts of days, and triggers that are not alerts. */
class DailyWindowTest {
  private static AutomationRule rule(String trigger) {
    return AutomationRule.read(
            YamlDocument.parse(
                "a.yaml", null, "rules: [{name: r, trigger: " + trigger + ", end_controls: [c1]}]"))
        .getFirst();
  }

  private static boolean contains(String trigger, String at) {
    DailyWindow w = requireNonNull(rule(trigger).schedule());
    return w.contains(Instant.parse(at));
  }

  @Test
  void nightWindowExtendsIntoTheNextDay() {
    String nights = "{schedule: {from: '22:00', to: '06:00', days: [fri]}}";
    assertThat(contains(nights, "2026-11-27T21:59:59Z")).isFalse(); // a Friday
    assertThat(contains(nights, "2026-11-27T22:00:00Z")).isTrue();
    assertThat(contains(nights, "2026-11-28T05:59:59Z")).isTrue();
    assertThat(contains(nights, "2026-11-28T06:00:00Z")).isFalse();
    assertThat(contains(nights, "2026-11-28T22:00:00Z")).isFalse();
    assertThat(contains(nights, "2026-11-27T05:00:00Z")).isFalse();
    String day = "{schedule: {from: '08:30', to: '17:00'}}";
    assertThat(contains(day, "2026-11-28T08:29:00Z")).isFalse();
    assertThat(contains(day, "2026-11-28T08:30:00Z")).isTrue();
    assertThat(contains(day, "2026-11-28T17:00:00Z")).isFalse();
  }

  @Test
  void triggerHasOneEvent() {
    assertThat(rule("{agent: dropping}").alert()).isEqualTo("agent:dropping");
    assertThat(rule("{webhook: deploy}").alert()).isEqualTo("webhook:deploy");
    for (String wrong :
        new String[] {
          "{}",
          "{alert: A, webhook: b}",
          "{alert: 'webhook:b'}",
          "{agent: sad}",
          "{schedule: {from: '8', to: '9:00'}}",
          "{schedule: {from: '08:00', to: '08:00'}}",
          "{schedule: {from: '08:00', to: '09:00', days: []}}",
          "{webhook: 'A b'}"
        }) {
      assertThatThrownBy(() -> rule(wrong)).as(wrong).isInstanceOf(ConfigException.class);
    }
  }
}
