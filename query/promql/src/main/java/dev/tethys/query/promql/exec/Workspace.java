package dev.tethys.query.promql.exec;

import dev.tethys.model.storage.SampleBuffer;
import java.util.Arrays;

/** Buffers reused by a thread across series. */
final class Workspace {
  final SampleBuffer buffer = new SampleBuffer();
  final Samples samples = new Samples();
  final double[][] scratch = new double[6][0];
  private long[] numbers = new long[0];

  /** Returns a scratch array of at least the given length; six exist. */
  double[] scratch(int which, int length) {
    if (scratch[which].length < length) {
      scratch[which] = new double[Math.max(length, 2 * scratch[which].length)];
    }
    return scratch[which];
  }

  /** Returns a scratch array of integers of at least the given length. */
  long[] numbers(int length) {
    if (numbers.length < length) {
      numbers = new long[Math.max(length, 2 * numbers.length)];
    }
    return numbers;
  }

  /** Returns a scratch array with a zeroed prefix. */
  double[] zeros(int which, int length) {
    double[] z = scratch(which, length);
    Arrays.fill(z, 0, length, 0);
    return z;
  }
}
