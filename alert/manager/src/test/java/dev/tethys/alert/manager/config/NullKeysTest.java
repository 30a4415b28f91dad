package dev.tethys.alert.manager.config;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.alert.manager.match.MatcherSyntax;
import dev.tethys.config.YamlDocument;
import org.junit.jupiter.api.Test;

/** Keys whose value is null: a child route inherits. */
class NullKeysTest {
  @Test
  void nullInRouteCountsAsUnset() {
    RouteConfig child =
        AlertmanagerConfig.read(
                YamlDocument.parse(
                    "alertmanager.yml",
                    null,
                    """
                    route:
                      receiver: r
                      group_by: [a]
                      group_wait: 7s
                      group_interval: null
                      repeat_interval: ~
                      routes:
                        - receiver: null
                          group_by: null
                          group_wait: null
                          group_interval: null
                          repeat_interval: null
                          matchers: null
                          match: null
                          continue: null
                          mute_time_intervals: null
                          routes: null
                    receivers: [{name: r, webhook_configs: null}]
                    inhibit_rules: null
                    time_intervals: null
                    """),
                MatcherSyntax.FALLBACK)
            .route()
            .routes()
            .getFirst();
    assertThat(child.receiver()).isNull();
    assertThat(child.groupBy()).isNull();
    assertThat(child.groupByAll()).isFalse();
    assertThat(child.groupWait()).isNull();
    assertThat(child.groupInterval()).isNull();
    assertThat(child.repeatInterval()).isNull();
  }
}
