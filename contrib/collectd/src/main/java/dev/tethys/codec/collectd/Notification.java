package dev.tethys.codec.collectd;

import java.util.Map;

/**
 * A notification.
 *
 * @param time nanoseconds since 1970
 * @param severity FAILURE, WARNING, OKAY or UNKNOWN
 * @param more further fields of its origin
 */
public record Notification(
    Identifier id, long time, String severity, String message, Map<String, String> more) {}
