package dev.tethys.collect.scrape;

import dev.tethys.model.MetricMetadata;

/** What a target says about one metric family. */
public record FamilyMetadata(String family, MetricMetadata metadata) {}
