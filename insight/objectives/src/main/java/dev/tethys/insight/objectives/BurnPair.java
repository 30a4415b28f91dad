package dev.tethys.insight.objectives;

import java.time.Duration;

/**
 * Condition on the burn rate: it exceeds a factor over a long window, and still does over a short
 * one, so that an alert ends soon after the failures.
 */
public record BurnPair(Duration shortWindow, Duration longWindow, double factor) {}
