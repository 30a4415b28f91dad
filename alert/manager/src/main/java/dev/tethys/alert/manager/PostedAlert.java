package dev.tethys.alert.manager;

import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An alert as somebody tells of it.
 *
 * @param startsAt null for the moment at which it is told of
 * @param endsAt when it ended or will be taken to have ended; null for the resolve timeout
 */
public record PostedAlert(
    Map<String, String> labels,
    Map<String, String> annotations,
    @Nullable Instant startsAt,
    @Nullable Instant endsAt,
    String generatorUrl) {}
