package dev.tethys.control.rollout;

/** Reports of an agent before it was offered the version, and with it. */
record BeforeAndAfter(VolumeSeries before, VolumeSeries after) {
  boolean isEnough(VolumeKey k) {
    return before.activeIntervals(k) >= VolumeSeries.MIN_INTERVALS
        && after.activeIntervals(k) >= VolumeSeries.MIN_INTERVALS;
  }
}
