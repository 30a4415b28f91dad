package dev.tethys.alert.manager.state;

import java.time.Duration;

/**
 * How much of silences is kept.
 *
 * @param retention of silences that are over
 * @param maxSilences how many there may be, those that are over among them; 0 for any number
 * @param maxBytes how large one may be as it is stored; 0 for any size that a record can have
 */
public record SilenceLimits(Duration retention, int maxSilences, int maxBytes) {}
