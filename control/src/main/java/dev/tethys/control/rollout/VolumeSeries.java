package dev.tethys.control.rollout;

import dev.tethys.control.fleet.VolumeReports;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Reports of one agent run, in order. */
final class VolumeSeries {
  /**
   * Minimum number of intervals between reports in which an agent received items, for a judgment.
   */
  static final int MIN_INTERVALS = 3;

  /** Maximum number of reports kept per agent: the first, the last, and some in between. */
  private static final int MAX_POINTS = 10;

  private final List<VolumeCounts> points = new ArrayList<>();
  private List<VolumeCounts> quiet = List.of(); // the points that are compared
  private String cut = ""; // why earlier reports do not count

  VolumeSeries() {}

  /** Creates a series from the reports starting at a given monotonic time. */
  VolumeSeries(List<VolumeReports.Report> reports, long from) {
    reports.stream().filter(r -> r.nanos() - from >= 0).forEach(this::add);
  }

  String controls() {
    return points.isEmpty() ? "" : points.getLast().controls();
  }

  /** Returns the keys in the last report. */
  Set<VolumeKey> keys() {
    return points.getLast().counts().keySet();
  }

  /** Returns the reason for ignoring earlier reports; "" if they count. */
  String cut() {
    return cut;
  }

  /** Returns the number of intervals in which a value was received. */
  int activeIntervals(VolumeKey taken) {
    int out = 0;
    for (int i = 1; i < quiet.size(); i++) {
      out += quiet.get(i).of(taken)[0] > quiet.get(i - 1).of(taken)[0] ? 1 : 0;
    }
    return out;
  }

  /** Adds a report; returns whether it is new and follows another report. */
  boolean add(VolumeReports.Report report) {
    if (!points.isEmpty() && report.nanos() - points.getLast().nanos() <= 0) {
      return false;
    }
    VolumeCounts p = VolumeCounts.of(report);
    if (p == null) {
      return false;
    }
    if (!points.isEmpty()) {
      VolumeCounts last = points.getLast();
      boolean anew = !p.run().equals(last.run()) || p.taken() < last.taken();
      if (anew || !p.controls().equals(last.controls())) {
        cut = anew ? "restarted, or took another configuration" : "got other live controls";
        points.clear();
      }
    }
    points.add(p);
    if (points.size() > MAX_POINTS) {
      int closest = 1;
      for (int i = 2; i < points.size() - 1; i++) {
        closest = gap(i) < gap(closest) ? i : closest;
      }
      points.remove(closest);
    }
    quiet = leastWaiting();
    return points.size() > 1;
  }

  /**
   * Returns the half of the reports with the fewest items waiting in the pipeline, which were
   * received but not sent yet; all reports if there are too few.
   */
  private List<VolumeCounts> leastWaiting() {
    long median =
        points.stream()
            .mapToLong(VolumeCounts::waiting)
            .sorted()
            .skip((points.size() - 1) / 2)
            .findFirst()
            .orElse(0);
    List<VolumeCounts> out = points.stream().filter(p -> p.waiting() <= median).toList();
    return out.size() > MIN_INTERVALS ? out : List.copyOf(points);
  }

  private VolumeCounts first() {
    return quiet.getFirst();
  }

  VolumeCounts last() {
    return quiet.getLast();
  }

  private long gap(int i) {
    return points.get(i + 1).nanos() - points.get(i - 1).nanos();
  }

  int intervals() {
    return points.size() - 1;
  }

  /**
   * Returns the growth of a count from the first report to another; values may drop out of a full
   * list.
   */
  long grown(VolumeKey k, int count, VolumeCounts to) {
    return Math.max(0, to.of(k)[count] - first().of(k)[count]);
  }

  /** Whether counts of a value are known from the first report to the last. */
  boolean has(VolumeKey k) {
    return first().counts().containsKey(k)
        ? last().counts().containsKey(k)
        : !first().partial().contains(k.attribute());
  }

  /**
   * Returns the deviation of the output from a constant share of the input over the reports in
   * between.
   *
   * @param in count of the input, 0 or 1; that of the output is two more
   */
  double spread(VolumeKey given, VolumeKey taken, int in) {
    VolumeCounts last = last();
    double all = grown(taken, in, last);
    double ratio = all == 0 ? 0 : grown(given, in + 2, last) / all;
    double least = 0;
    double most = 0;
    for (VolumeCounts p : quiet) {
      double d = grown(given, in + 2, p) - ratio * grown(taken, in, p);
      least = Math.min(least, d);
      most = Math.max(most, d);
    }
    return (most - least) * chance(activeIntervals(taken));
  }

  long waits() {
    return last().waiting() - first().waiting();
  }

  long held() {
    VolumeCounts a = points.getFirst();
    VolumeCounts b = points.getLast();
    return b.waiting() - a.waiting() + b.held() - a.held();
  }

  long taken() {
    return points.getLast().taken() - points.getFirst().taken();
  }

  /** The same between the points that are compared. */
  long takenOfCompared() {
    return last().taken() - first().taken();
  }

  /**
   * Returns the factor by which a few intervals may differ more than they show: quantiles of
   * Student's distribution, relative to that of many.
   */
  private static double chance(int intervals) {
    return switch (intervals) {
      case 0, 1, 2 -> 6.5;
      case 3 -> 2.2;
      case 4 -> 1.6;
      case 5 -> 1.4;
      case 6 -> 1.3;
      default -> 1.2;
    };
  }
}
