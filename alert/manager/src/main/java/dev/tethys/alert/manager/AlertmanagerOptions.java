package dev.tethys.alert.manager;

import dev.tethys.alert.manager.match.MatcherSyntax;
import dev.tethys.alert.manager.state.SilenceLimits;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;

/**
 * Options of an Alertmanager from command-line flags.
 *
 * @param storage the folder of silences and of the notification log
 * @param silences limits on silences; their retention also applies to the notification log
 * @param logSilences whether changes of silences are logged
 * @param maintenanceInterval interval of removing expired records from the folder
 * @param gcInterval interval of removing resolved alerts from memory
 * @param perNameLimit maximum number of alerts with one name; 0 for no limit
 * @param startDelay time after the start without notifications
 * @param externalUrl external URL, without a slash at the end
 * @param metricLabels labels of per-integration metrics
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
