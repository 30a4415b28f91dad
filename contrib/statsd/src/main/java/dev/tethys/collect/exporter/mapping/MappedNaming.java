package dev.tethys.collect.exporter.mapping;

import dev.tethys.codec.graphite.PathNaming;
import dev.tethys.codec.points.PointNames;
import dev.tethys.collect.exporter.mapping.MetricMapper.Mapped;
import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import org.jspecify.annotations.Nullable;

/** Paths by the mapping file of graphite_exporter; tags of a path are also labels. */
public final class MappedNaming implements PathNaming {
  private final MetricMapper mapper;
  private final boolean strict;
  private final PointNames names;
  private final PathNaming otherwise;

  /**
   * Creates a path naming that applies a mapping file.
   *
   * @param strict whether paths that no rule matches are omitted
   */
  public MappedNaming(MetricMapper mapper, boolean strict, PointNames names) {
    this.mapper = mapper;
    this.strict = strict;
    this.names = names;
    this.otherwise = PathNaming.plain(names);
  }

  @Override
  public @Nullable Labels labels(String path) {
    int semicolon = path.indexOf(';');
    String bare = semicolon < 0 ? path : path.substring(0, semicolon);
    Mapped m = mapper.map(bare, MetricKind.GAUGE);
    if (m == null) {
      return strict ? null : otherwise.labels(path);
    }
    if (m.mapping().drop()) {
      return null;
    }
    LabelsBuilder b = new LabelsBuilder();
    PathNaming.tags(path, names, b);
    m.labels().forEach(b::set);
    return b.set(Labels.METRIC_NAME, names.metric(m.name())).build();
  }
}
