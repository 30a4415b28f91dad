package dev.tethys.collect.scrape;

import dev.tethys.collect.discovery.TargetGroup;
import dev.tethys.model.Labels;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Preview of a discovered target, without scraping it.
 *
 * @param discovered labels before relabelling
 * @param labels labels after relabeling; null if the target is dropped or invalid
 * @param error reason why it is invalid; null if it is valid
 */
public record TargetPreview(Labels discovered, @Nullable Labels labels, @Nullable String error) {
  /** Previews of every target of a group. */
  public static List<TargetPreview> of(ScrapeConfig config, TargetGroup group) {
    List<TargetPreview> out = new ArrayList<>(group.targets().size());
    for (Labels t : group.targets()) {
      Labels discovered = TargetLabels.discovered(config, t, group.labels());
      try {
        out.add(new TargetPreview(discovered, TargetLabels.of(config, t, group.labels()), null));
      } catch (IllegalArgumentException e) {
        out.add(new TargetPreview(discovered, null, e.getMessage()));
      }
    }
    return out;
  }
}
