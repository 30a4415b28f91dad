package dev.tethys.collect.scrape;

import dev.tethys.codec.exposition.ExpositionParser;
import dev.tethys.codec.exposition.ExpositionParser.Event;
import dev.tethys.model.MetricMetadata;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Metadata of a target whose samples go to a sink. The sink takes the set of a page with each batch
 * by reference, since targets of the same kind share a set.
 */
final class SinkFamilies implements FamilyMemory {
  private final PageFamilies page = new PageFamilies();

  @Override
  public MetadataCache.@Nullable Entry update(Event kind, ExpositionParser p) {
    return null;
  }

  @Override
  public PageFamilies page() {
    return page;
  }

  @Override
  public boolean isPageOnly() {
    return true;
  }

  @Override
  public void scraped(boolean good) {}

  @Override
  public List<FamilyMetadata> list() {
    List<FamilyMetadata> out = new ArrayList<>();
    page.set()
        .forEach(
            (family, m) -> {
              if (ReportSeries.FAMILIES.get(family) == null) {
                out.add(new FamilyMetadata(family, m));
              }
            });
    return out;
  }

  @Override
  public @Nullable MetricMetadata get(String family) {
    return page.set().get(family);
  }

  @Override
  public int size() {
    return Math.max(0, page.set().size() - ReportSeries.FAMILIES.size());
  }

  @Override
  public long bytes() {
    long n = 0;
    for (FamilyMetadata f : list()) {
      MetricMetadata m = f.metadata();
      n += m.help().length() + m.unit().length() + m.type().text().length();
    }
    return n;
  }
}
