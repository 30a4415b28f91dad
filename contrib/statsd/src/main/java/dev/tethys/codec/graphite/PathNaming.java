package dev.tethys.codec.graphite;

import dev.tethys.codec.points.PointNames;
import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import org.jspecify.annotations.Nullable;

/** Maps a path to a series. */
@FunctionalInterface
public interface PathNaming {
  /**
   * Returns the labels for a path.
   *
   * @param path the received path with its tags
   * @return null if it is omitted on purpose
   * @throws IllegalArgumentException if its tags are malformed
   */
  @Nullable Labels labels(String path);

  /** Uses the path as the name and its tags ({@code path;tag=value;…}) as labels. */
  static PathNaming plain(PointNames names) {
    return path -> {
      int semicolon = path.indexOf(';');
      LabelsBuilder b = new LabelsBuilder();
      tags(path, names, b);
      String name = semicolon < 0 ? path : path.substring(0, semicolon);
      if (name.isEmpty()) {
        throw new IllegalArgumentException("the path is empty");
      }
      return b.set(Labels.METRIC_NAME, names.metric(name)).build();
    };
  }

  /**
   * Adds the tags of a path.
   *
   * @throws IllegalArgumentException if a tag has no name or no value
   */
  static void tags(String path, PointNames names, LabelsBuilder to) {
    int at = path.indexOf(';');
    while (at >= 0) {
      int next = path.indexOf(';', at + 1);
      String tag = path.substring(at + 1, next < 0 ? path.length() : next);
      int eq = tag.indexOf('=');
      if (eq <= 0 || eq == tag.length() - 1) {
        throw new IllegalArgumentException("the tag \"" + tag + "\" must be name=value");
      }
      to.set(names.label(tag.substring(0, eq)), tag.substring(eq + 1));
      at = next;
    }
  }
}
