package dev.tethys.collect.scrape;

import dev.tethys.codec.exposition.ExpositionParser;
import dev.tethys.codec.exposition.ExpositionParser.Event;
import dev.tethys.model.MetricMetadata;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What all targets of an agent say about metric families, kept once: targets of one kind say the
 * same. A family is nobody's own, so a target shows none. What comes beyond {@link #MAX_FAMILIES}
 * is not kept and not sent on.
 */
final class SharedFamilies implements FamilyMemory {
  static final int MAX_FAMILIES = 50_000;

  private final MetadataCache all = new MetadataCache();

  @Override
  public MetadataCache.@Nullable Entry update(Event kind, ExpositionParser p) {
    return all.size() >= MAX_FAMILIES ? null : all.update(kind, p);
  }

  /** Families stay as long as the process. */
  @Override
  public void scraped(boolean good) {}

  @Override
  public List<FamilyMetadata> list() {
    return List.of();
  }

  @Override
  public @Nullable MetricMetadata get(String family) {
    return null;
  }

  @Override
  public int size() {
    return 0;
  }

  @Override
  public long bytes() {
    return 0;
  }
}
