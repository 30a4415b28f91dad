package dev.tethys.pipeline.receiver.host;

import dev.tethys.collect.host.HostReadings.CpuTime;
import dev.tethys.collect.host.HostReadings.Processor;
import dev.tethys.config.Section;
import dev.tethys.pipeline.receiver.scraping.Instrument;
import dev.tethys.pipeline.receiver.scraping.PointEmitter;
import dev.tethys.pipeline.receiver.scraping.Recorder;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Time of the CPUs. */
final class CpuScraper implements ScraperKind.ScrapeStep {
  private static final String FREQUENCY = "system.cpu.frequency";
  private static final String LOGICAL = "system.cpu.logical.count";
  private static final String PHYSICAL = "system.cpu.physical.count";
  private static final String TIME = "system.cpu.time";
  private static final String UTILIZATION = "system.cpu.utilization";
  private static final String[] PLACE = {"host.cpu.socket.id", "host.cpu.core.id"};

  static final List<Instrument> INSTRUMENTS =
      List.of(
          Instrument.gauge(FREQUENCY, "Hz", "Current frequency of the CPU core in Hz.", "cpu")
              .withOptional(PLACE)
              .optional(),
          Instrument.level(LOGICAL, "{cpu}", "Number of available logical CPUs.").optional(),
          Instrument.level(PHYSICAL, "{cpu}", "Number of available physical CPUs.").optional(),
          Instrument.time(
                  TIME, "Total seconds each logical CPU spent on each mode.", "cpu", "state")
              .withOptional(PLACE),
          Instrument.gauge(
                  UTILIZATION,
                  "1",
                  "Difference in system.cpu.time since the last measurement per logical CPU,"
                      + " divided by the elapsed time (value in interval [0,1]).",
                  "cpu",
                  "state")
              .withOptional(PLACE)
              .optional());

  static final ScraperKind KIND =
      ScraperKind.simple(
          "cpu", new Section("cpu", "Metrics of CPU time."), INSTRUMENTS, o -> CpuScraper::new);

  /** States in the Collector's order. */
  private static final String[] STATES = {
    "user", "system", "idle", "interrupt", "nice", "softirq", "steal", "wait"
  };

  private Map<Integer, double[]> before = Map.of();

  private static double[] times(CpuTime t) {
    return new double[] {
      t.user(), t.system(), t.idle(), t.irq(), t.nice(), t.softirq(), t.steal(), t.iowait()
    };
  }

  @Override
  public void at(HostScrape s, PointEmitter out) throws IOException {
    Map<String, Processor> places = new HashMap<>();
    Recorder frequency = out.recorder(FREQUENCY);
    if (frequency.isOn() || placed(out)) {
      for (Processor p : s.host().processors()) {
        places.put(p.number(), p);
        if (p.megahertz() > 0) {
          frequency.measure(p.megahertz() * 1e6, "cpu" + p.number(), p.socket(), p.core());
        }
      }
    }
    List<CpuTime> cpus = s.host().cpuTimes();
    out.recorder(LOGICAL).count(cpus.size());
    if (out.recorder(PHYSICAL).isOn()) {
      out.recorder(PHYSICAL).count(s.host().cores());
    }
    Map<Integer, double[]> now = HashMap.newHashMap(cpus.size());
    for (CpuTime cpu : cpus) {
      double[] t = times(cpu);
      String name = "cpu" + cpu.number();
      Processor p = places.get(Integer.toString(cpu.number()));
      String socket = p == null ? "" : p.socket();
      String core = p == null ? "" : p.core();
      for (int i = 0; i < STATES.length; i++) {
        out.recorder(TIME).measure(t[i], name, STATES[i], socket, core);
      }
      double[] last = before.get(cpu.number());
      if (last != null && !wasReset(last, t)) {
        double all = 0;
        for (int i = 0; i < STATES.length; i++) {
          all += t[i] - last[i];
        }
        for (int i = 0; i < STATES.length; i++) {
          out.recorder(UTILIZATION)
              .measure(all > 0 ? (t[i] - last[i]) / all : 0, name, STATES[i], socket, core);
        }
      }
      now.put(cpu.number(), t);
    }
    before = now;
  }

  /** Whether a CPU was unplugged and plugged in, so there is nothing to compare. */
  private static boolean wasReset(double[] last, double[] now) {
    for (int i = 0; i < now.length; i++) {
      if (now[i] < last[i]) {
        return true;
      }
    }
    return false;
  }

  /** Whether points say where their CPU is. */
  private static boolean placed(PointEmitter out) {
    return out.recorder(TIME).has(PLACE) || out.recorder(UTILIZATION).has(PLACE);
  }
}
