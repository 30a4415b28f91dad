package dev.tethys.control.rollout;

import dev.tethys.control.text.Texts;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Difference of a value, or of a whole signal.
 *
 * @param key the whole signal, or a value
 * @param before if this value had none, the measure of the signal
 */
record OutputDifference(VolumeKey key, OutputMeasure before, OutputMeasure after, String against) {
  private static final String OTHERS = "agents without the version";
  static final String BEFORE = "the same agents before";

  /** Result of a comparison with a limit. */
  enum LimitResult {
    WITHIN,
    ABOVE,
    UNCLEAR
  }

  /** Returns the difference from the same agents before; null if there are too few items. */
  static @Nullable OutputDifference fromBefore(VolumeKey k, List<BeforeAndAfter> pairs) {
    List<BeforeAndAfter> enough = pairs.stream().filter(p -> p.isEnough(k)).toList();
    if (enough.isEmpty()) {
      List<VolumeSeries> then = pairs.stream().map(BeforeAndAfter::before).toList();
      return of(k, pairs.stream().map(BeforeAndAfter::after).toList(), then, BEFORE);
    }
    OutputDifference r =
        of(
            k,
            enough.stream().map(BeforeAndAfter::after).toList(),
            enough.stream().map(BeforeAndAfter::before).toList(),
            BEFORE);
    return r == null
        ? null
        : new OutputDifference(k, OutputMeasure.weighted(enough, k, r.before()), r.after(), BEFORE);
  }

  /** Returns the difference from other agents; null if there are too few items. */
  static @Nullable OutputDifference beside(
      VolumeKey k, Collection<VolumeSeries> now, Collection<VolumeSeries> without) {
    return of(k, now, without, OTHERS);
  }

  private static @Nullable OutputDifference of(
      VolumeKey k, Collection<VolumeSeries> now, Collection<VolumeSeries> without, String against) {
    OutputMeasure a = OutputMeasure.of(without, k, k);
    OutputMeasure b = OutputMeasure.of(now, k, k);
    if (a.taken() == 0 && b.taken() == 0 && !k.attribute().isEmpty()) {
      // The pipeline itself makes the value: its part of the whole is compared.
      VolumeKey whole = VolumeKey.whole(k.signal());
      a = OutputMeasure.of(without, k, whole);
      b = OutputMeasure.of(now, k, whole);
      if (Math.max(a.ratio()[0] * a.taken(), b.ratio()[0] * b.taken()) < OutputMeasure.MIN_ITEMS) {
        return null;
      }
    }
    return a.isEnough() && b.isEnough() ? new OutputDifference(k, a, b, against) : null;
  }

  /** Returns the largest relative change of items or bytes. */
  double change() {
    return Math.max(change(0), change(1));
  }

  private double difference(int i) {
    return Math.abs(after.ratio()[i] - before.ratio()[i]);
  }

  private double change(int i) {
    return difference(i) == 0 ? 0 : before.ratio()[i] == 0 ? 1 : difference(i) / before.ratio()[i];
  }

  /** Combines the errors of both sides, which are independent of each other. */
  double error(int i) {
    return Math.hypot(before.error()[i], after.error()[i]);
  }

  boolean isLongEnough() {
    return before.intervals() >= VolumeSeries.MIN_INTERVALS
        && after.intervals() >= VolumeSeries.MIN_INTERVALS;
  }

  boolean isClear() {
    return isLongEnough() && (difference(0) > error(0) || difference(1) > error(1));
  }

  LimitResult compareWithLimit(double most) {
    LimitResult out = LimitResult.WITHIN;
    for (int i = 0; i < 2; i++) {
      if (!isLongEnough()) {
        return LimitResult.UNCLEAR;
      }
      double limit = most * before.ratio()[i];
      if (difference(i) - error(i) > limit) {
        return LimitResult.ABOVE;
      }
      out = difference(i) + error(i) > limit ? LimitResult.UNCLEAR : out;
    }
    return out;
  }

  /**
   * Whether a longer wait would only refine a small result: the observed difference is within a
   * limit, and few intervals on both sides, or an error of up to as much, keep it from being
   * judged.
   */
  boolean isUnclearOfLittle(double most) {
    boolean few =
        Math.min(before.intervals(), after.intervals()) < VolumeSeries.MIN_INTERVALS
            && Math.max(before.intervals(), after.intervals()) <= VolumeSeries.MIN_INTERVALS;
    if (!few && !isLongEnough()) {
      return false;
    }
    for (int i = 0; i < 2; i++) {
      double limit = most * before.ratio()[i];
      if (difference(i) > limit || !few && difference(i) + error(i) > 2 * limit) {
        return false;
      }
    }
    return true;
  }

  private int larger() {
    return change(0) >= change(1) ? 0 : 1;
  }

  String text() {
    int i = larger();
    return String.format(
        Locale.ROOT,
        "%s: %.3f %s to exporters for each that was taken, and %.3f without the version, with an"
            + " error of at most %.3f (%s)",
        key.signal(),
        after.ratio()[i],
        i == 0 ? "items" : "bytes",
        before.ratio()[i],
        error(i),
        against);
  }

  String unclear() {
    return "the outputs of "
        + key.signal()
        + (isLongEnough() ? " are compared over " + compared() : " are not compared yet: " + few());
  }

  /** Returns the reason why the difference is not evaluated, without its signal. */
  String lack() {
    return isLongEnough() ? "compared over " + compared() : few();
  }

  private String few() {
    return String.format(
        Locale.ROOT,
        "too few reports of volumes with items (%s): %s with items with the version and"
            + " %d without, at least %d are required",
        against,
        Texts.counted(after.intervals(), "interval"),
        before.intervals(),
        VolumeSeries.MIN_INTERVALS);
  }

  private String compared() {
    int i = error(0) >= error(1) ? 0 : 1;
    return String.format(
        Locale.ROOT,
        "%d items only, with an error of %.3f %s for each that was taken",
        after.taken(),
        error(i),
        i == 0 ? "items" : "bytes");
  }
}
