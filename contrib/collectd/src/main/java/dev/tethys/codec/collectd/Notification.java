package dev.tethys.codec.collectd;

import java.util.Map;

/**
 * A notification.
 *
 * @param time nanoseconds since 1970
 * @param severity FAILURE, WARNING, OKAY or UNKNOWN
 * @param more what else was said of where it comes from
 */
public record Notification(
    Identifier id, long time, String severity, String message, Map<String, String> more) {}
