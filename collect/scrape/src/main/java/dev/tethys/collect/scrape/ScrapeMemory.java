package dev.tethys.collect.scrape;

import dev.tethys.codec.compression.SimilarBytes;

/** Memory of targets between scrapes. */
public interface ScrapeMemory {
  /**
   * Memory for a store that knows its series: each target keeps references into it, and the
   * metadata of its families.
   */
  ScrapeMemory OF_A_STORE =
      new ScrapeMemory() {
        @Override
        public SeriesMemory series() {
          return new SeriesCache();
        }

        @Override
        public FamilyMemory families() {
          return new MetadataCache();
        }
      };

  /** Maximum number of bytes of target labels kept for comparison. */
  int MOST_LABELS = 2 << 20;

  /**
   * For a sink that remembers nothing and takes metadata with each batch: each target keeps its
   * series' labels, compressed, and a reference to the metadata of its page.
   */
  static ScrapeMemory ofASink() {
    SimilarBytes.ReferenceGroup labels = new SimilarBytes.ReferenceGroup(MOST_LABELS);
    return new ScrapeMemory() {
      @Override
      public SeriesMemory series() {
        return new PackedSeries(labels);
      }

      @Override
      public FamilyMemory families() {
        return new SinkFamilies();
      }
    };
  }

  /** Returns the series memory of one target. */
  SeriesMemory series();

  /** Returns the family memory of one target. */
  FamilyMemory families();
}
