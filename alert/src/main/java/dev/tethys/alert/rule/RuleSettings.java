package dev.tethys.alert.rule;

import dev.tethys.model.Labels;
import java.time.Duration;

/**
 * Settings for all rules from the configuration file.
 *
 * @param interval {@code global.evaluation_interval}
 * @param queryOffset {@code global.rule_query_offset}
 * @param externalLabels {@code global.external_labels}, available in templates
 */
public record RuleSettings(Duration interval, Duration queryOffset, Labels externalLabels) {}
