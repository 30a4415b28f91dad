package dev.tethys.alert.manager;

import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Alert as posted by a client.
 *
 * @param startsAt null for the time of the request
 * @param endsAt time when it ended or counts as resolved; null for the resolve timeout
 */
public record PostedAlert(
    Map<String, String> labels,
    Map<String, String> annotations,
    @Nullable Instant startsAt,
    @Nullable Instant endsAt,
    String generatorUrl) {}
