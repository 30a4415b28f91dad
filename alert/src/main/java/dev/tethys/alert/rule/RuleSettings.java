package dev.tethys.alert.rule;

import dev.tethys.model.Labels;
import java.time.Duration;

/**
 * What the configuration file says of all rules.
 *
 * @param interval {@code global.evaluation_interval}
 * @param queryOffset {@code global.rule_query_offset}
 * @param externalLabels {@code global.external_labels}, which templates see
 */
public record RuleSettings(Duration interval, Duration queryOffset, Labels externalLabels) {}
