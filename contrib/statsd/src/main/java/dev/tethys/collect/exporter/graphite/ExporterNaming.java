package dev.tethys.collect.exporter.graphite;

import dev.tethys.codec.graphite.PathNaming;
import dev.tethys.codec.points.PointNames;
import dev.tethys.collect.exporter.mapping.MetricKind;
import dev.tethys.collect.exporter.mapping.MetricMapper;
import dev.tethys.collect.exporter.mapping.MetricMapper.Mapped;
import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;

/**
 * Path naming of graphite_exporter: an invalid tag is omitted, and the rest of the path is used.
 *
 * <p>Metadata for each sample of a path, whose labels are cached, is stored in labels that start
 * with two underscores, which tags cannot set.
 */
final class ExporterNaming implements PathNaming {
  /** Marks samples that are omitted on purpose. */
  static final String LEFT_OUT = "__left_out__";

  /** Factor for values. */
  static final String SCALE = "__scale__";

  /** Counts invalid tags. */
  static final String BAD_TAGS = "__bad_tags__";

  private static final String RESERVED = "__";

  private final MetricMapper mapper;
  private final boolean strict;
  private final PointNames names = PointNames.UNDERSCORES;

  /**
   * Creates a path naming.
   *
   * @param strict whether paths that no rule matches are omitted
   */
  ExporterNaming(MetricMapper mapper, boolean strict) {
    this.mapper = mapper;
    this.strict = strict;
  }

  @Override
  public Labels labels(String path) {
    LabelsBuilder b = new LabelsBuilder();
    int semicolon = path.indexOf(';');
    String bare = semicolon < 0 ? path : path.substring(0, semicolon);
    int bad = semicolon < 0 ? 0 : tags(path.substring(semicolon + 1), b);
    if (bad > 0) {
      b.set(BAD_TAGS, Integer.toString(bad));
    }
    Mapped m = mapper.map(bare, MetricKind.GAUGE);
    if (m == null ? strict : m.mapping().drop()) {
      return b.set(LEFT_OUT, "1").build();
    }
    if (m == null) {
      if (bare.isEmpty()) {
        throw new IllegalArgumentException("the path is empty");
      }
      return b.set(Labels.METRIC_NAME, names.metric(bare)).build();
    }
    m.labels().forEach(b::set);
    double scale = m.mapping().scale();
    if (scale != 1) {
      b.set(SCALE, Double.toString(scale));
    }
    return b.set(Labels.METRIC_NAME, names.metric(m.name())).build();
  }

  /** Adds the tags of a path; returns the number of invalid ones. */
  private int tags(String tags, LabelsBuilder to) {
    int bad = 0;
    for (String tag : tags.split(";", -1)) {
      int eq = tag.indexOf('=');
      String name = eq <= 0 ? "" : names.label(tag.substring(0, eq));
      if (eq <= 0 || name.startsWith(RESERVED)) {
        bad++;
      } else {
        to.set(name, tag.substring(eq + 1));
      }
    }
    return bad;
  }

  /** Labels without internal ones. */
  static Labels shown(Labels labels) {
    return labels.toBuilder().set(SCALE, "").set(BAD_TAGS, "").build();
  }
}
