package dev.tethys.model;

/** Metadata of a metric family in an exposition; empty strings for missing parts. */
public record MetricMetadata(MetricType type, String help, String unit) {}
