package dev.tethys.collect.scrape;

import dev.tethys.model.MetricMetadata;

/** Metadata of one metric family of a target. */
public record FamilyMetadata(String family, MetricMetadata metadata) {}
