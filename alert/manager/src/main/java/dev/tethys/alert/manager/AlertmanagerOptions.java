package dev.tethys.alert.manager;

import dev.tethys.alert.manager.match.MatcherSyntax;
import dev.tethys.alert.manager.state.SilenceLimits;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;

/**
 * What flags say about an Alertmanager.
 *
 * @param storage the folder of silences and of what was sent
 * @param silences how much of silences is kept; their retention is also that of what was sent
 * @param logSilences whether changes of silences are said in the log
 * @param maintenanceInterval how often what is out of date is removed from the folder
 * @param gcInterval how often alerts that are over are forgotten
 * @param perNameLimit how many alerts of one name are kept; 0 for any number
 * @param startDelay for how long after the start nobody is notified
 * @param externalUrl under which people reach it, without a slash at the end
 * @param metricLabels what metrics tell apart
 */
public record AlertmanagerOptions(
    Path storage,
    SilenceLimits silences,
    boolean logSilences,
    Duration maintenanceInterval,
    Duration gcInterval,
    int perNameLimit,
    Duration startDelay,
    MatcherSyntax syntax,
    URI externalUrl,
    MetricLabels metricLabels) {}
