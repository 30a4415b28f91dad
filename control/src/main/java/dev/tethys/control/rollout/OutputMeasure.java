package dev.tethys.control.rollout;

import java.util.Collection;
import java.util.List;

/**
 * Output of some agents relative to their input.
 *
 * @param ratio items and bytes passed to exporters, for each one received
 * @param error possible error of the ratios
 * @param intervals smallest number of intervals in which an agent received items
 */
record OutputMeasure(long taken, double[] ratio, double[] error, int intervals) {
  /** Minimum number of items for which a value is compared. */
  static final long MIN_ITEMS = 20;

  /** Standard deviations of random decisions in an error. */
  private static final double DEVIATIONS = 2;

  /** Only those with enough intervals, if there are any: others would mask their result. */
  static OutputMeasure of(Collection<VolumeSeries> all, VolumeKey given, VolumeKey taken) {
    List<VolumeSeries> enough =
        all.stream().filter(s -> s.activeIntervals(taken) >= VolumeSeries.MIN_INTERVALS).toList();
    return sum(enough.isEmpty() ? all : enough, given, taken);
  }

  private static OutputMeasure sum(Collection<VolumeSeries> all, VolumeKey given, VolumeKey taken) {
    double[] in = new double[2];
    double[] out = new double[2];
    double[] spread = new double[2];
    double waits = 0;
    double sum = 0;
    int intervals = Integer.MAX_VALUE;
    for (VolumeSeries s : all) {
      if (s.intervals() < 1 || !s.has(given) || !s.has(taken)) {
        continue;
      }
      for (int i = 0; i < 2; i++) {
        in[i] += s.grown(taken, i, s.last());
        out[i] += s.grown(given, i + 2, s.last());
        spread[i] += s.spread(given, taken, i);
      }
      waits += Math.abs(s.waits());
      sum += Math.max(0, s.takenOfCompared());
      intervals = Math.min(intervals, s.activeIntervals(taken));
    }
    double[] ratio = {part(out[0], in[0]), part(out[1], in[1])};
    double[] error = new double[2];
    // The signal of waiting items is unknown: they count for each.
    double held = sum == 0 ? 0 : Math.min(1, waits / sum);
    double random =
        ratio[0] == 0 ? 0 : DEVIATIONS * Math.sqrt(out[0] * (1 - Math.min(1, ratio[0]))) / out[0];
    for (int i = 0; i < 2; i++) {
      error[i] = part(spread[i], in[i]) + held * Math.max(ratio[i], 1) + random * ratio[i];
    }
    return new OutputMeasure((long) in[0], ratio, error, intervals);
  }

  /**
   * Earlier output of the agents with their current shares of the input: agents with other ratios
   * may now get more or less of it.
   */
  static OutputMeasure weighted(List<BeforeAndAfter> pairs, VolumeKey k, OutputMeasure whole) {
    double[] all = new double[2];
    double[] ratio = new double[2];
    double[] error = new double[2];
    for (BeforeAndAfter p : pairs) {
      OutputMeasure one = sum(List.of(p.before()), k, k);
      for (int i = 0; i < 2; i++) {
        double weight = p.after().grown(k, i, p.after().last());
        all[i] += weight;
        ratio[i] += weight * one.ratio()[i];
        error[i] += weight * one.error()[i];
      }
    }
    for (int i = 0; i < 2; i++) {
      if (all[i] == 0) {
        return whole;
      }
      ratio[i] /= all[i];
      error[i] /= all[i];
    }
    return new OutputMeasure(whole.taken(), ratio, error, whole.intervals());
  }

  private static double part(double of, double all) {
    return all == 0 ? 0 : of / all;
  }

  boolean isEnough() {
    return taken >= MIN_ITEMS;
  }
}
