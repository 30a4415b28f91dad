package dev.tethys.model;

/**
 * What an exposition says about a metric family beside its samples; empty strings where it says
 * nothing.
 */
public record MetricMetadata(MetricType type, String help, String unit) {}
