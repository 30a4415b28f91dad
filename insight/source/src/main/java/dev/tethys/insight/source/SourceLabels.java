package dev.tethys.insight.source;

import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import dev.tethys.model.storage.Appender;

/**
 * Labels of the series of one source: those in its responses, and the label {@code cluster} with
 * the name of the source for series that have none.
 */
final class SourceLabels implements Appender.LabelDecoder {
  /** Label that distinguishes the sources. */
  static final String CLUSTER = "cluster";

  private final String cluster;

  /**
   * @param cluster name of the source; "" to add no label
   */
  SourceLabels(String cluster) {
    this.cluster = cluster;
  }

  /**
   * Decodes labels of a {@link QueryAnswer}.
   *
   * @throws IllegalArgumentException if they are not labels of a series
   */
  @Override
  public Labels decode(byte[] buf, int offset, int length) {
    LabelsBuilder b = new LabelsBuilder();
    QueryAnswer.decode(buf, offset, length, b);
    if (b.get(Labels.METRIC_NAME).isEmpty()) {
      throw new IllegalArgumentException("the series has no metric name");
    }
    if (!cluster.isEmpty() && b.get(CLUSTER).isEmpty()) {
      b.set(CLUSTER, cluster);
    }
    return b.build();
  }
}
