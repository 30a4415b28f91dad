package dev.tethys.api.pyroscope;

import java.time.Duration;

/**
 * Settings of the API.
 *
 * @param timeout longest duration of a query
 */
public record PyroscopeSettings(Duration timeout) {}
