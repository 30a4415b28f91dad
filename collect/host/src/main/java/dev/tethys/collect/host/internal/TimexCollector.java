package dev.tethys.collect.host.internal;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.tethys.model.libc.LibraryFunction;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * State of the clock's synchronisation, from adjtimex(2). Offsets are those of struct timex on
 * 64-bit Linux (include/uapi/linux/timex.h).
 */
final class TimexCollector implements NodeCollector {
  private static final int SIZE = 208;
  private static final int TIME_ERROR = 5;
  private static final int STA_NANO = 0x2000;
  private static final double PPM_16_FRACTION = 1_000_000.0 * 65_536.0;
  private static final double MICROS = 1_000_000;
  private static final double NANOS = 1_000_000_000;

  private static final Desc OFFSET =
      gauge("offset_seconds", "Time offset in between local system and reference clock.");
  private static final Desc FREQUENCY =
      gauge("frequency_adjustment_ratio", "Local clock frequency adjustment.");
  private static final Desc MAX_ERROR = gauge("maxerror_seconds", "Maximum error in seconds.");
  private static final Desc ESTIMATED_ERROR =
      gauge("estimated_error_seconds", "Estimated error in seconds.");
  private static final Desc STATUS = gauge("status", "Value of the status array bits.");
  private static final Desc CONSTANT =
      gauge("loop_time_constant", "Phase-locked loop time constant.");
  private static final Desc TICK = gauge("tick_seconds", "Seconds between clock ticks.");
  private static final Desc PPS_FREQUENCY =
      gauge("pps_frequency_hertz", "Pulse per second frequency.");
  private static final Desc PPS_JITTER = gauge("pps_jitter_seconds", "Pulse per second jitter.");
  private static final Desc PPS_SHIFT =
      gauge("pps_shift_seconds", "Pulse per second interval duration.");
  private static final Desc PPS_STABILITY =
      gauge(
          "pps_stability_hertz",
          "Pulse per second stability, average of recent frequency changes.");
  private static final Desc PPS_JITTERS =
      counter("pps_jitter_total", "Pulse per second count of jitter limit exceeded events.");
  private static final Desc PPS_CALIBRATIONS =
      counter("pps_calibration_total", "Pulse per second count of calibration intervals.");
  private static final Desc PPS_ERRORS =
      counter("pps_error_total", "Pulse per second count of calibration errors.");
  private static final Desc PPS_STABILITIES =
      counter(
          "pps_stability_exceeded_total",
          "Pulse per second count of stability limit exceeded events.");
  private static final Desc TAI =
      gauge("tai_offset_seconds", "International Atomic Time (TAI) offset.");
  private static final Desc SYNC =
      gauge("sync_status", "Is clock synchronized to a reliable server (1 = yes, 0 = no).");

  private static Desc gauge(String name, String help) {
    return Desc.gauge("node_timex_" + name, help);
  }

  private static Desc counter(String name, String help) {
    return Desc.counter("node_timex_" + name, help);
  }

  private final MemorySegment state = LibraryFunction.errnoState(Arena.ofAuto());
  private final MemorySegment timex = Arena.ofAuto().allocate(SIZE, 8);

  @Override
  public void collect(HostFiles files, Families out) throws IOException {
    timex.fill((byte) 0); // modes 0: change nothing
    int kept = Posix.adjtimex(state, timex);
    if (kept < 0) {
      HostFileException e = new HostFileException("adjtimex", "", LibraryFunction.errno(state));
      throw e.denied() ? NoDataException.NO_DATA : e;
    }
    int status = timex.get(JAVA_INT, 40);
    double unit = (status & STA_NANO) != 0 ? NANOS : MICROS;
    out.add(SYNC, kept == TIME_ERROR ? 0 : 1);
    out.add(OFFSET, at(8) / unit);
    out.add(FREQUENCY, 1 + at(16) / PPM_16_FRACTION);
    out.add(MAX_ERROR, at(24) / MICROS);
    out.add(ESTIMATED_ERROR, at(32) / MICROS);
    out.add(STATUS, status);
    out.add(CONSTANT, at(48));
    out.add(TICK, at(88) / MICROS);
    out.add(PPS_FREQUENCY, at(96) / PPM_16_FRACTION);
    out.add(PPS_JITTER, at(104) / unit);
    out.add(PPS_SHIFT, timex.get(JAVA_INT, 112));
    out.add(PPS_STABILITY, at(120) / PPM_16_FRACTION);
    out.add(PPS_JITTERS, at(128));
    out.add(PPS_CALIBRATIONS, at(136));
    out.add(PPS_ERRORS, at(144));
    out.add(PPS_STABILITIES, at(152));
    out.add(TAI, timex.get(JAVA_INT, 160));
  }

  private double at(int offset) {
    return timex.get(JAVA_LONG, offset);
  }
}
