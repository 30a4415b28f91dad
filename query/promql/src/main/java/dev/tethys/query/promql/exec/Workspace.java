package dev.tethys.query.promql.exec;

import dev.tethys.model.storage.SampleBuffer;

/** What one thread reuses from series to series. */
final class Workspace {
  final SampleBuffer buffer = new SampleBuffer();
  final Samples samples = new Samples();
  final double[][] scratch = new double[2][0];

  /** A scratch array of at least so many values; two are there. */
  double[] scratch(int which, int length) {
    if (scratch[which].length < length) {
      scratch[which] = new double[Math.max(length, 2 * scratch[which].length)];
    }
    return scratch[which];
  }
}
