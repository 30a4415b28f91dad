package dev.tethys.collect.scrape;

import dev.tethys.codec.exposition.ExpositionParser;
import dev.tethys.codec.exposition.ExpositionParser.Event;
import dev.tethys.model.MetricMetadata;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Metadata of metric families by target. Written by scrape loops, read by any thread. */
interface FamilyMemory {
  /**
   * Processes the current line of the parser; returns the family if its metadata changed, or null.
   */
  MetadataCache.@Nullable Entry update(Event kind, ExpositionParser p);

  /** Metadata of the last page for sinks that accept it with each batch. */
  PageFamilies page();

  /** Whether {@link #update} never has news, since the sink is given {@link #page} instead. */
  boolean isPageOnly();

  /** Ends a scrape. */
  void scraped(boolean good);

  /** Returns all metadata of the target. */
  List<FamilyMetadata> list();

  /** Returns the metadata of a family. */
  @Nullable MetricMetadata get(String family);

  int size();

  /** Length of the texts, as Prometheus counts its cache. */
  long bytes();
}
